"""轮次: a round inspects its targets, each with its team, and is fed back when all of them are."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Self

from services.feedback.domain.grounds import (
    NotOfTheTeamError,
    require_authority,
    require_past,
)
from shared.contracts.base import Decision
from shared.contracts.feedback import (
    DeputyAuthorised,
    RoundFedBack,
    RoundOpened,
    RoundTarget,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import RefusedError


class TargetNamedTwiceError(RefusedError):
    code = "target-named-twice"
    title = "A unit or a case stands twice among the targets of the round"


class NotATargetError(RefusedError):
    code = "not-a-target"
    title = "The case is not a target of this round"


class NotNonResidentError(RefusedError):
    """A non-resident deputy belongs to no team of the round (R102)."""

    code = "not-non-resident"
    title = "Who sits in a team of the round cannot be its non-resident deputy"


class AlreadyAuthorisedError(RefusedError):
    code = "already-authorised"
    title = "The deputy is authorised for this round"


class RoundIsOverError(RefusedError):
    """The access of non-resident deputies ends with the round (3.4 rule 7)."""

    code = "round-is-over"
    title = "The round is fed back"


class Round(Aggregate):
    """An inspection round over its targets (R037, R149)."""

    KIND = "round"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.targets: dict[str, RoundTarget] = {}
        self.is_fed_back = False
        self.deputies: set[str] = set()

    def open(self, term: str, ordinal: int, mode: str, targets: Sequence[RoundTarget]) -> Self:
        """Open the round; raises TargetNamedTwiceError."""
        _require_distinct("unit", (target.unit for target in targets))
        _require_distinct("case", (target.case_no for target in targets))
        self.record(
            RoundOpened(
                round_no=self.key, term=term, ordinal=ordinal, mode=mode, targets=list(targets)
            )
        )
        return self

    def target(self, case_no: str) -> RoundTarget:
        """Return the unit and the team of a case of this round; raises NotATargetError."""
        if case_no not in self.targets:
            raise NotATargetError("the case is not a target of the round", case_no=case_no)
        return self.targets[case_no]

    def complete(self, completed_on: date) -> None:
        """Note that feedback was issued to every target."""
        self.record(RoundFedBack(round_no=self.key, completed_on=completed_on))

    def authorise_deputy(self, person_ref: str, decision: Decision, today: date) -> None:
        """Authorise a non-resident deputy for this round, under G03 (R102)."""
        if self.is_fed_back:
            raise RoundIsOverError("the round is fed back", round_no=self.key)
        if any(_sits_in(target, person_ref) for target in self.targets.values()):
            raise NotNonResidentError("the deputy sits in a team", round_no=self.key)
        if person_ref in self.deputies:
            raise AlreadyAuthorisedError("authorised before", round_no=self.key)
        require_authority(decision, today)
        require_past(decision.decided_on, today)
        self.record(
            DeputyAuthorised(
                round_no=self.key, person_ref=person_ref, authorised_on=today, decision=decision
            )
        )

    @applies(DeputyAuthorised)
    def _deputy_authorised(self, event: DeputyAuthorised) -> None:
        self.deputies.add(event.person_ref)

    @applies(RoundOpened)
    def _opened(self, event: RoundOpened) -> None:
        self.targets = {target.case_no: target for target in event.targets}

    @applies(RoundFedBack)
    def _fed_back(self, _: RoundFedBack) -> None:
        self.is_fed_back = True


def _sits_in(target: RoundTarget, person_ref: str) -> bool:
    return person_ref in (target.team_leader, *target.team_members)


def require_member(target: RoundTarget, actor: Actor) -> None:
    """R061: only the team of the target (or its leader) writes down what it found."""
    if actor.person_ref not in (target.team_leader, *target.team_members):
        raise NotOfTheTeamError("the actor is not of the team", case_no=target.case_no)


def require_leader(target: RoundTarget, actor: Actor) -> None:
    """R075, R101: a team leader acts for the own team only; other roles are not bound to one."""
    if actor.role is Role.TL and actor.person_ref != target.team_leader:
        raise NotOfTheTeamError("the actor does not lead the team", case_no=target.case_no)


def _require_distinct(what: str, codes: Iterable[str]) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise TargetNamedTwiceError(f"the same {what} stands twice", code=code)
        seen.add(code)
