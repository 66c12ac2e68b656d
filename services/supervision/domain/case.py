"""One case, that is one unit in one round: its ledgers, its phase, its plan, its closing."""

from datetime import date

from services.supervision.domain.grounds import require_decision
from shared.contracts.base import Decision, Text
from shared.contracts.supervision import (
    CaseClosed,
    CopyNoticeNoted,
    EntryCancelled,
    EntryRestored,
    Ledger,
    LedgerOpened,
    MeetingNoted,
    Phase,
    PhaseChanged,
    PhaseStarted,
    PlanApproved,
    PlanReceived,
    PlanReturned,
    PlanVoteCast,
    ReviewingBody,
    TeamLeaderReplaced,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import GuardFailedError, RefusedError

NEXT_PHASE = {Phase.INITIAL: Phase.MIDDLE, Phase.MIDDLE: Phase.LONG}

BODY_OF = {
    Role.DSO: ReviewingBody.DISCIPLINE,
    Role.RDT: ReviewingBody.DISCIPLINE,
    Role.ORG: ReviewingBody.ORGANISATION,
    Role.OFF: ReviewingBody.INSPECTION,
}


class CaseNotOpenError(RefusedError):
    """The ledgers of this case were never opened: no feedback was issued yet."""

    code = "case-not-open"


class PhaseOrderError(RefusedError):
    """The phases follow one another: INITIAL, MIDDLE, LONG (R168)."""

    code = "phase-order"


class NotTheNextSupervisorError(RefusedError):
    """Only the next supervisor can accept the phase, so that no gap arises (R196)."""

    code = "not-the-next-supervisor"


class PlanNotUnderReviewError(RefusedError):
    """No version of the plan waits for votes, or the vote names another version (G11)."""

    code = "plan-not-under-review"


class AlreadyVotedError(RefusedError):
    """Each of the three bodies has one vote on a version (R211)."""

    code = "already-voted"


class RemarksMissingError(RefusedError):
    """A plan is returned only with remarks (T13)."""

    code = "remarks-missing"


class NotThisUnitsSupervisorError(RefusedError):
    """The office or team that acts is not the one that answers for this unit (A49)."""

    code = "not-this-units-supervisor"


class SameTeamLeaderError(RefusedError):
    """A successor is another person than the team leader of record (A12)."""

    code = "same-team-leader"


class SupervisionCase(Aggregate):
    """The supervision side of a case.

    Facts may arrive before the feedback that opened the case, since they come from other
    streams; they are kept, and `is_opened` says whether the ledgers exist.
    """

    KIND = "case"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.unit = self.round_no = ""
        self.problem_nos: list[str] = []
        self.ledgers: set[Ledger] = set()
        self.settled: set[str] = set()
        self.phase: Phase | None = None
        self.supervisor = self.team_leader = ""
        self.plan_version = 0
        self.plan_digest = ""
        self.votes: dict[ReviewingBody, bool] = {}
        self.is_plan_under_review = False
        self.is_meeting_noted = False
        self.open_notices: set[str] = set()
        self.answered_notices: set[str] = set()
        self.is_closed = False

    @property
    def is_opened(self) -> bool:
        return bool(self.ledgers)

    # ledgers and phase

    def open(self, unit: str, round_no: str, problem_nos: list[str], team_leader: str) -> None:
        """Open the three ledgers at once and make the team accountable (X02, R163, R169)."""
        if self.is_opened:
            return
        for ledger in Ledger:
            self.record(
                LedgerOpened(
                    case_no=self.key,
                    ledger=ledger,
                    unit=unit,
                    round_no=round_no,
                    problem_nos=problem_nos,
                )
            )
        self.record(PhaseStarted(case_no=self.key, phase=Phase.INITIAL, supervisor=team_leader))

    def change_phase(self, phase: Phase, actor: Actor, long_supervisors: set[str]) -> None:
        """Let the next supervisor take the case over (T40, R168–R171, R196).

        The inspection office takes over the middle phase; the unit's resident team or its linked
        office (`long_supervisors`) the long one. Raises PhaseOrderError and
        NotTheNextSupervisorError.
        """
        self.require_opened()
        self._require_next(phase)
        _require_accepting(phase, actor, long_supervisors)
        self.record(
            PhaseChanged(
                case_no=self.key, phase=phase, supervisor=actor.org, accepted_by=actor.person_ref
            )
        )

    def replace_team_leader(
        self, successor: str, reason: Text, decision: Decision, today: date
    ) -> None:
        """Let another person sign in the place of a team leader who is unavailable (A12, G22).

        In the initial phase the successor is the accountable supervisor too (R196).
        """
        self.require_opened()
        require_decision("G22", decision, today)
        if successor == self.team_leader:
            raise SameTeamLeaderError("this person is the team leader of record", case_no=self.key)
        self.record(
            TeamLeaderReplaced(
                case_no=self.key,
                former=self.team_leader,
                successor=successor,
                reason=reason,
                decision=decision,
            )
        )

    def require_opened(self) -> None:
        if not self.is_opened:
            raise CaseNotOpenError(f"the ledgers of {self.key} are not open", case_no=self.key)

    def _require_next(self, phase: Phase) -> None:
        if self.phase is None or NEXT_PHASE.get(self.phase) is not phase:
            raise PhaseOrderError(f"{phase} does not follow {self.phase}", case_no=self.key)

    # joint review of the plan

    def receive_plan(self, plan_version: int, digest: str) -> None:
        """Put a version of the plan before the three bodies; an older one is no news."""
        if plan_version > self.plan_version:
            self.record(PlanReceived(case_no=self.key, plan_version=plan_version, digest=digest))

    def vote_on_plan(
        self,
        actor: Actor,
        *,
        plan_version: int,
        digest: str,
        approves: bool,
        remarks: Text | None,
        discipline_orgs: set[str],
    ) -> None:
        """Cast one body's vote (G11): one disapproval returns the plan (T13), three approvals
        of the same version approve it (T14).

        `discipline_orgs` are the linked office and the resident team of the unit now.
        """
        self.require_opened()
        self._require_under_review(plan_version, digest)
        body = self._require_vote(actor, discipline_orgs)
        if not approves and not (remarks or "").strip():
            raise RemarksMissingError("a plan is returned only with remarks", case_no=self.key)
        self.record(
            PlanVoteCast(
                case_no=self.key,
                plan_version=plan_version,
                digest=digest,
                body=body,
                approves=approves,
                remarks=remarks,
            )
        )
        self._conclude_review(body, remarks or "")

    def _conclude_review(self, body: ReviewingBody, remarks: str) -> None:
        version = self.plan_version
        if not self.votes[body]:
            self.record(
                PlanReturned(case_no=self.key, plan_version=version, body=body, remarks=remarks)
            )
        elif all(self.votes.get(each) for each in ReviewingBody):
            self.record(
                PlanApproved(case_no=self.key, plan_version=version, digest=self.plan_digest)
            )

    def _require_under_review(self, plan_version: int, digest: str) -> None:
        if not self.is_plan_under_review or plan_version != self.plan_version:
            raise PlanNotUnderReviewError(
                f"version {plan_version} of the plan is not under review", case_no=self.key
            )
        if digest != self.plan_digest:
            raise GuardFailedError(
                "G11", "the vote names other content than this version has", case_no=self.key
            )

    def _require_vote(self, actor: Actor, discipline_orgs: set[str]) -> ReviewingBody:
        body = BODY_OF.get(actor.role)
        if body is None:
            raise GuardFailedError("G11", f"{actor.role} is none of the three bodies")
        if body is ReviewingBody.DISCIPLINE and actor.org not in discipline_orgs:
            raise NotThisUnitsSupervisorError(f"{actor.org} does not answer for {self.unit}")
        if body in self.votes:
            raise AlreadyVotedError(f"{body} has voted on version {self.plan_version}")
        return body

    # closing the case

    def cancel(self, problem_no: str, *, withdrawn: bool = False) -> None:
        """Cancel the item from all three ledgers (R121); the last one may close the case."""
        if problem_no in self.settled:
            return
        self.record(EntryCancelled(case_no=self.key, problem_no=problem_no, withdrawn=withdrawn))
        self._close_when_settled()

    def restore(self, problem_no: str) -> None:
        """Put a reopened item back into all three ledgers; the case is open again."""
        if problem_no in self.settled:
            self.record(EntryRestored(case_no=self.key, problem_no=problem_no))

    def note_meeting(self) -> None:
        """Note that the special meeting was held and reported (R161)."""
        if not self.is_meeting_noted:
            self.record(MeetingNoted(case_no=self.key))
            self._close_when_settled()

    def note_copy_notice(self, notice_no: str, *, is_answered: bool) -> None:
        """Note that a copy notice went out, or that it was answered (R087)."""
        known = self.answered_notices | (set() if is_answered else self.open_notices)
        if notice_no in known:
            return
        self.record(CopyNoticeNoted(case_no=self.key, notice_no=notice_no, is_answered=is_answered))
        self._close_when_settled()

    @property
    def can_close(self) -> bool:
        """Whether every problem is cancelled or withdrawn and nothing of the case is open."""
        settled = self.is_opened and set(self.problem_nos) <= self.settled
        return settled and self.is_meeting_noted and not self.open_notices and not self.is_closed

    def _close_when_settled(self) -> None:
        if self.can_close:
            self.record(CaseClosed(case_no=self.key, unit=self.unit, round_no=self.round_no))

    @applies(LedgerOpened)
    def _ledger_opened(self, event: LedgerOpened) -> None:
        self.ledgers.add(event.ledger)
        self.unit, self.round_no = event.unit, event.round_no
        self.problem_nos = event.problem_nos

    @applies(PhaseStarted, PhaseChanged)
    def _phase_entered(self, event: PhaseStarted | PhaseChanged) -> None:
        self.phase, self.supervisor = event.phase, event.supervisor
        if isinstance(event, PhaseStarted):
            self.team_leader = event.supervisor

    @applies(TeamLeaderReplaced)
    def _team_leader_replaced(self, event: TeamLeaderReplaced) -> None:
        self.team_leader = event.successor
        if self.phase is Phase.INITIAL:
            self.supervisor = event.successor

    @applies(PlanReceived)
    def _plan_received(self, event: PlanReceived) -> None:
        self.plan_version, self.plan_digest = event.plan_version, event.digest
        self.votes, self.is_plan_under_review = {}, True

    @applies(PlanVoteCast)
    def _voted(self, event: PlanVoteCast) -> None:
        self.votes[event.body] = event.approves

    @applies(PlanReturned, PlanApproved)
    def _plan_concluded(self, _: PlanReturned | PlanApproved) -> None:
        self.is_plan_under_review = False

    @applies(EntryCancelled)
    def _cancelled(self, event: EntryCancelled) -> None:
        self.settled.add(event.problem_no)

    @applies(EntryRestored)
    def _restored(self, event: EntryRestored) -> None:
        self.settled.discard(event.problem_no)
        self.is_closed = False

    @applies(MeetingNoted)
    def _meeting_noted(self, _: MeetingNoted) -> None:
        self.is_meeting_noted = True

    @applies(CopyNoticeNoted)
    def _copy_notice_noted(self, event: CopyNoticeNoted) -> None:
        if event.is_answered:
            self.answered_notices.add(event.notice_no)
            self.open_notices.discard(event.notice_no)
        else:
            self.open_notices.add(event.notice_no)

    @applies(CaseClosed)
    def _closed(self, _: CaseClosed) -> None:
        self.is_closed = True


def _require_accepting(phase: Phase, actor: Actor, long_supervisors: set[str]) -> None:
    is_next = (
        actor.role is Role.OFF
        if phase is Phase.MIDDLE
        else actor.role in (Role.RDT, Role.DSO) and actor.org in long_supervisors
    )
    if not is_next:
        raise NotTheNextSupervisorError(f"{actor.org} is not the next supervisor for {phase}")
