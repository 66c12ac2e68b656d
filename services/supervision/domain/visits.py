"""Visits (督查): pair n begins on site, with the right executor, and sham is found there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from services.supervision.domain.review import FollowedProblem, S, WrongStateError
from shared.contracts.supervision import (
    Executor,
    Grade,
    GroupMember,
    MethodUsed,
    ShamKind,
    ShamRectificationFound,
    SupervisionCompleted,
    SupervisionStarted,
)
from shared.eventstore.aggregate import applies
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import ForbiddenError, GuardFailedError, RefusedError

FIRST_PAIR = 1


class NotThisUnitsSupervisorError(RefusedError):
    """The office or team that acts is not the one that answers for this unit (A49)."""

    code = "not-this-units-supervisor"


@dataclass
class Pair:
    """One supervision with its evaluation; it counts once the evaluation is final."""

    n: int
    executor_org: str
    visit_no: str
    own: int | None = None
    panel: int | None = None
    poll: int | None = None
    grade: Grade | None = None

    @property
    def missing_scores(self) -> list[str]:
        scores = {"self": self.own, "panel": self.panel, "poll": self.poll}
        return [name for name, score in scores.items() if score is None]


class VisitedProblem(FollowedProblem):
    """A followed problem that is supervised on site, pair after pair."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.pairs: list[Pair] = []
        self.pair: Pair | None = None

    def start_supervision(
        self,
        actor: Actor,
        *,
        visit_no: str,
        members: Sequence[GroupMember],
        linked_office: str,
        unit_people: Collection[str] = (),
    ) -> None:
        """Begin pair n on site (T20): G15 for the group, G18 for the executor.

        Pair 1 is the joint group's; every later one belongs to the office which is linked to the
        unit now (`linked_office`), and which is not the executor of pair 1. Nobody comes from the
        unit: neither sent by it, nor holding a post in it (`unit_people`).
        """
        self.require_state(S.DECLARED_RECTIFIED)
        n = len(self.pairs) + 1
        self._require_group(actor, members, unit_people)
        executor = self._executor_of(n, actor, linked_office)
        self.record(
            SupervisionStarted(
                problem_no=self.key,
                cycle=self.cycle,
                n=n,
                visit_no=visit_no,
                executor=executor,
                executor_org=actor.org,
                members=[member.person_ref for member in members],
                group=list(members),
            )
        )

    def _require_group(
        self, actor: Actor, members: Sequence[GroupMember], unit_people: Collection[str]
    ) -> None:
        if not members:
            raise GuardFailedError("G15", "a supervision group needs members")
        if len({member.person_ref for member in members}) < len(members):
            raise GuardFailedError("G15", "a member stands twice in the group")
        if self.unit in {actor.org, *(member.org for member in members)}:
            raise GuardFailedError("G15", "a member comes from the checked unit", unit=self.unit)
        if not {actor.person_ref, *(one.person_ref for one in members)}.isdisjoint(unit_people):
            raise GuardFailedError("G15", "a member holds a post in the checked unit")

    def _executor_of(self, n: int, actor: Actor, linked_office: str) -> Executor:
        if n == FIRST_PAIR:
            if actor.role is not Role.JSG:
                raise GuardFailedError("G15", "the joint supervision group executes pair 1")
            if actor.org == linked_office:
                raise GuardFailedError("G18", "the linked office executes the later pairs only")
            return Executor.JOINT_GROUP
        if actor.role is not Role.DSO or actor.org != linked_office:
            raise GuardFailedError("G18", f"pair {n} belongs to the unit's linked office", n=n)
        if actor.org == self.pairs[0].executor_org:
            raise GuardFailedError("G18", f"the executor of pair 1 cannot execute pair {n}", n=n)
        return Executor.LINKED_OFFICE

    def complete_supervision(self, actor: Actor, methods: list[MethodUsed], finding: str) -> None:
        """End the visit with its methods, their evidence and a finding (T21, R175)."""
        pair = self._pair_at(S.UNDER_SUPERVISION)
        self._require_executor(actor, pair, Role.JSG)
        if actor.org != pair.executor_org:
            raise GuardFailedError("G15", "another group began this visit", n=pair.n)
        self.record(
            SupervisionCompleted(
                problem_no=self.key,
                cycle=self.cycle,
                n=pair.n,
                methods=methods,
                finding=finding,
            )
        )

    def find_sham(
        self,
        actor: Actor,
        kind: ShamKind,
        evidence: list[str],
        rectify_by: date,
        *,
        team_leader: str,
        discipline_orgs: Collection[str],
    ) -> None:
        """Find the declared completion to be sham: it counts no longer (T19, R152).

        Any supervisor of this unit may: the joint group, the inspection office, the team leader
        of record, its linked office and its resident team (`discipline_orgs`).
        """
        self.require_state(S.DECLARED_RECTIFIED)
        is_stranger = (actor.role is Role.TL and actor.person_ref != team_leader) or (
            actor.role in (Role.DSO, Role.RDT) and actor.org not in discipline_orgs
        )
        if is_stranger or actor.org == self.unit:
            raise NotThisUnitsSupervisorError(
                f"{actor.org} does not supervise {self.unit}", problem_no=self.key
            )
        self.record(
            ShamRectificationFound(
                problem_no=self.key,
                case_no=self.case_no,
                unit=self.unit,
                cycle=self.cycle,
                kind=kind,
                evidence=evidence,
                rectify_by=rectify_by,
            )
        )

    def _pair_at(self, state: S) -> Pair:
        self.require_state(state)
        if self.pair is None:
            raise WrongStateError(f"{self.key} has no pair in progress", problem_no=self.key)
        return self.pair

    def _require_executor(self, actor: Actor, pair: Pair, first_role: Role) -> None:
        """Demand `first_role` for pair 1, and the executing linked office later (A10)."""
        if pair.n == FIRST_PAIR:
            if actor.role is not first_role:
                raise ForbiddenError(f"pair 1 needs the role {first_role}", n=pair.n)
        elif actor.role is not Role.DSO or actor.org != pair.executor_org:
            raise GuardFailedError("G18", f"pair {pair.n} belongs to its executor", n=pair.n)

    @applies(SupervisionStarted)
    def _supervision_started(self, event: SupervisionStarted) -> None:
        self.pair = Pair(event.n, event.executor_org, event.visit_no)
        self.chain = S.UNDER_SUPERVISION

    @applies(SupervisionCompleted)
    def _supervision_completed(self, _: SupervisionCompleted) -> None:
        self.chain = S.UNDER_EVALUATION

    @applies(ShamRectificationFound)
    def _sham_found(self, event: ShamRectificationFound) -> None:
        self.chain, self.rectify_by = S.RE_RECTIFYING, event.rectify_by
