"""轮次: a round inspects its targets, each with its team, and is fed back when all of them are."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Self

from services.feedback.domain.grounds import NotOfTheTeamError
from shared.contracts.feedback import RoundFedBack, RoundOpened, RoundTarget
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import RefusedError


class TargetNamedTwiceError(RefusedError):
    code = "target-named-twice"
    title = "A unit or a case stands twice among the targets of the round"


class NotATargetError(RefusedError):
    code = "not-a-target"
    title = "The case is not a target of this round"


class Round(Aggregate):
    """An inspection round over its targets (R037, R149)."""

    KIND = "round"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.targets: dict[str, RoundTarget] = {}
        self.is_fed_back = False

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

    @applies(RoundOpened)
    def _opened(self, event: RoundOpened) -> None:
        self.targets = {target.case_no: target for target in event.targets}

    @applies(RoundFedBack)
    def _fed_back(self, _: RoundFedBack) -> None:
        self.is_fed_back = True


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
