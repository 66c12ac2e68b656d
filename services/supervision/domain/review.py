"""Following one problem: the three ledgers, its place in the chain, and what was made known."""

from datetime import date
from typing import NamedTuple

from shared.contracts.supervision import (
    ClosureReviewOpened,
    DisposalNoted,
    EntryPosted,
    Ledger,
    Milestone,
    ProblemState,
    UrgeIssued,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import RefusedError

S = ProblemState
M = Milestone

CONTESTABLE = {None, S.ISSUED, S.CLAIMED}
OBJECTION = {M.CONTESTED, M.OBJECTION_SETTLED, M.AMENDED, M.WITHDRAWN}
"""Milestones that open or settle an objection."""

CLOSED_STATES = {S.CLOSED, S.LONG_TERM_WATCH, S.ARCHIVED}
IN_CLOSING = {S.CLOSURE_APPLIED, S.CLOSURE_ACCEPTED, S.OFFICE_APPROVED}

MOVES: dict[Milestone, tuple[set[ProblemState | None], ProblemState]] = {
    M.ISSUED: ({None}, S.ISSUED),
    M.WITHDRAWN: ({None, *S} - CLOSED_STATES, S.WITHDRAWN),
    M.CLAIMED: ({None, S.ISSUED}, S.CLAIMED),
    M.PLAN_UNDER_REVIEW: ({None, S.ISSUED, S.CLAIMED}, S.PLAN_UNDER_REVIEW),
    M.PLAN_RETURNED: ({S.PLAN_UNDER_REVIEW}, S.CLAIMED),
    M.RECTIFYING: ({None, S.ISSUED, S.CLAIMED, S.PLAN_UNDER_REVIEW}, S.RECTIFYING),
    M.DECLARED_RECTIFIED: ({S.RECTIFYING, S.RE_RECTIFYING}, S.DECLARED_RECTIFIED),
    M.COMPLETION_VOIDED: ({S.DECLARED_RECTIFIED}, S.RE_RECTIFYING),
    M.RE_RECTIFYING: ({S.DECLARED_RECTIFIED}, S.RE_RECTIFYING),
    M.CLOSURE_APPLIED: ({S.CLOSURE_ELIGIBLE}, S.CLOSURE_APPLIED),
    M.SIGNATURE_LAPSED: (set(IN_CLOSING), S.CLOSURE_ELIGIBLE),
}
"""From where a milestone moves the problem, and whereto; from elsewhere it is only noted.

Messages of different streams arrive in any order: a plan may be known before a claim. Milestones
of one stream keep their order, so what supervision itself decided meanwhile is never undone.
"""

MUST_MOVE = {
    M.DECLARED_RECTIFIED: {S.WITHDRAWN, S.CLOSURE_ELIGIBLE},
    M.CLOSURE_APPLIED: {S.WITHDRAWN},
}
"""Milestones that presuppose what supervision decided, and where they may yet come too late: after
a withdrawal, or after the second pair was waived while the unit declared.
"""


class WrongStateError(RefusedError):
    """The command does not fit where the problem stands in the chain (R199)."""

    code = "wrong-state"


class ImpossibleMilestoneError(RefusedError):
    """A milestone arrived which cannot follow from what supervision knows."""

    code = "impossible-milestone"


class EntryAlreadyPostedError(RefusedError):
    """The ledger has this very entry."""

    code = "entry-already-posted"


class LedgerLine(NamedTuple):
    """What makes an entry the same in two ledgers."""

    cycle: int
    milestone: Milestone
    source_id: str


class FollowedProblem(Aggregate):
    """A problem as the ledgers follow it.

    `chain` is where it stands in the chain, None before anything is known; an open objection is
    a flag beside it, since it may be raised and settled while the claim goes on.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.case_no = self.unit = self.team_leader = self.resident_team = ""
        self.team_members: list[str] = []
        self.is_opened = self.is_contested = False
        self.concerns_person_or_matter = False
        self.disposal_known = self.pursuit_known = False
        self.chain: ProblemState | None = None
        self.cycle = 1
        self.application = 0
        self.signatory = self.digest = ""
        self.rectify_by: date | None = None
        self.ledgers: dict[Ledger, set[LedgerLine]] = {ledger: set() for ledger in Ledger}
        self.urged: list[str] = []

    @property
    def state(self) -> ProblemState:
        """Where the problem stands, an open objection included."""
        if self.is_contested and self.chain in CONTESTABLE:
            return S.CONTESTED
        return self.chain or S.ISSUED

    def open(self, opening: ClosureReviewOpened) -> None:
        """Begin supervision of an issued problem (X02)."""
        if not self.is_opened:
            self.record(opening)

    def note(self, milestone: Milestone, source_id: str, case_no: str = "", *, cycle: int = 0,
             due: date | None = None, application: int | None = None,
             signatory: str | None = None, digest: str | None = None) -> None:  # fmt: skip
        """Enter a milestone of another service into all three ledgers, once.

        It moves the problem along the chain where `MOVES` says so. Raises
        ImpossibleMilestoneError for a declaration or an application that cannot be.
        """
        line = LedgerLine(cycle or self.cycle, milestone, source_id)
        if self.has_line(line):
            return
        self.record(
            EntryPosted(
                problem_no=self.key,
                case_no=case_no or self.case_no,
                ledgers=list(Ledger),
                milestone=milestone,
                cycle=line.cycle,
                source_id=source_id,
                state=self._moved_by(milestone, line.cycle, application),
                due=due,
                application=application,
                signatory=signatory,
                digest=digest,
            )
        )

    def _moved_by(
        self, milestone: Milestone, cycle: int, application: int | None
    ) -> ProblemState | None:
        sources, target = MOVES.get(milestone, (set(), None))
        is_current = cycle == self.cycle
        if milestone is M.SIGNATURE_LAPSED:
            is_current = is_current and application == self.application
        if is_current and self.chain in sources:
            return target
        is_overtaken = (
            milestone is M.CLOSURE_APPLIED
            and is_current
            and self.chain is S.RE_RECTIFYING
            and 0 < self.application < (application or 0)
        )
        if is_overtaken:
            return None  # applied anew before the return of the last application was known
        if milestone in MUST_MOVE and self.chain not in MUST_MOVE[milestone]:
            raise ImpossibleMilestoneError(
                f"{milestone} of cycle {cycle} at {self.state}", problem_no=self.key
            )
        return None

    def post_entry(self, ledger: Ledger, milestone: Milestone, source_id: str) -> None:
        """Enter a milestone into one ledger by hand (R165).

        It never moves the problem: it makes a difference, or resolves one (A60).
        """
        self.require_open()
        line = LedgerLine(self.cycle, milestone, source_id)
        if line in self.ledgers[ledger]:
            raise EntryAlreadyPostedError(f"{ledger} has this entry", problem_no=self.key)
        self.record(
            EntryPosted(
                problem_no=self.key,
                case_no=self.case_no,
                ledgers=[ledger],
                milestone=milestone,
                cycle=self.cycle,
                source_id=source_id,
            )
        )

    def has_line(self, line: LedgerLine) -> bool:
        return all(line in lines for lines in self.ledgers.values())

    def ledger_differences(self) -> dict[Ledger, int]:
        """Return how many entries each ledger lacks that another one has (R163, R164)."""
        known = set().union(*self.ledgers.values())
        lacking = {ledger: len(known - lines) for ledger, lines in self.ledgers.items()}
        return {ledger: count for ledger, count in lacking.items() if count}

    def urge(self, cause_id: str, levels: int | None) -> None:
        """Urge the unit because a deadline passed; each urge is one level higher (X06, R185).

        Whenever as many as `levels` went unheeded, accountability is to be proposed.
        """
        if cause_id in self.urged or self.chain in CLOSED_STATES | {S.WITHDRAWN}:
            return
        level = len(self.urged) + 1
        self.record(
            UrgeIssued(
                problem_no=self.key,
                case_no=self.case_no,
                unit=self.unit,
                level=level,
                cause_id=cause_id,
                is_exhausted=levels is not None and level % levels == 0,
            )
        )

    def note_disposal(self, *, disposal_known: bool, pursuit_known: bool) -> None:
        """Keep what accountability made known, and nothing more (X09, G19).

        Nothing of a problem that concerns no person or matter: whether a lead lies behind it must
        not show, not even in its version.
        """
        if self.is_opened and not self.concerns_person_or_matter:
            return
        known = (self.disposal_known or disposal_known, self.pursuit_known or pursuit_known)
        if known != (self.disposal_known, self.pursuit_known):
            self.record(
                DisposalNoted(problem_no=self.key, disposal_known=known[0], pursuit_known=known[1])
            )

    def require_open(self) -> None:
        """Demand an issued problem whose feedback has arrived."""
        if not self.is_opened:
            raise WrongStateError(f"{self.key} has not been fed back", problem_no=self.key)

    def require_state(self, *allowed: ProblemState) -> None:
        """Demand that the problem stands in one of these states."""
        self.require_open()
        if self.state not in allowed:
            names = ", ".join(allowed)
            raise WrongStateError(
                f"{self.key} stands at {self.state}, not at {names}",
                problem_no=self.key,
                state=self.state,
            )

    @applies(ClosureReviewOpened)
    def _opened(self, event: ClosureReviewOpened) -> None:
        self.is_opened = True
        self.case_no, self.unit = event.case_no, event.unit
        self.team_leader, self.resident_team = event.team_leader, event.resident_team
        self.team_members = event.team_members
        self.concerns_person_or_matter = event.concerns_person_or_matter
        self.rectify_by = self.rectify_by or event.rectify_by

    @applies(EntryPosted)
    def _posted(self, event: EntryPosted) -> None:
        self.case_no = event.case_no
        line = LedgerLine(event.cycle, event.milestone, event.source_id)
        for ledger in event.ledgers:
            self.ledgers[ledger].add(line)
        self.chain = event.state or self.chain
        self.rectify_by = event.due or self.rectify_by
        if event.milestone in OBJECTION and len(event.ledgers) > 1:
            self.is_contested = event.milestone is M.CONTESTED
        if event.state is S.CLOSURE_APPLIED:
            self.application = event.application or 0
            self.signatory, self.digest = event.signatory or "", event.digest or ""

    @applies(UrgeIssued)
    def _urged(self, event: UrgeIssued) -> None:
        self.urged.append(event.cause_id)

    @applies(DisposalNoted)
    def _disposal_noted(self, event: DisposalNoted) -> None:
        self.disposal_known, self.pursuit_known = event.disposal_known, event.pursuit_known
