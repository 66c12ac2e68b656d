"""The case of one unit and round: its plan, its special meeting, its handovers."""

from collections.abc import Collection, Sequence
from datetime import date

from services.rectification.domain import plan
from shared.contracts.rectification import (
    CaseOpened,
    CaseProblem,
    HandoverCompleted,
    HandoverParty,
    HandoverRequired,
    HandoverSigned,
    MeetingHeld,
    MeetingReported,
    PlanApprovalNoted,
    PlannedProblem,
    PlanReturnNoted,
    PlanSubmitted,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import InvalidValueError, RefusedError


class PlanUnderReviewError(RefusedError):
    """A plan waits for the three votes, or was approved: no other may be submitted (T12)."""

    code = "plan-under-review"
    title = "The plan is under review or approved"


class MeetingOrderError(RefusedError):
    """The special meeting is held once, then reported once (G12)."""

    code = "meeting-order"
    title = "The meeting is held once and then reported once"


class HandoverNotOpenError(RefusedError):
    """There is no handover to sign or to complete (T38)."""

    code = "handover-not-open"
    title = "No handover is open"


class HandoverSignatureError(RefusedError):
    """The wrong person signs, or a signature is missing (T38, A56)."""

    code = "handover-signature"
    title = "The signatures of the handover are not in order"


class RectificationCase(Aggregate):
    """The stream `case/<case_no>`."""

    KIND = "case"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.opened: CaseOpened | None = None
        self.unit = ""
        self.problems: dict[str, CaseProblem] = {}
        self.plan: PlanSubmitted | None = None
        self.plan_is_closed = False
        self.plan_is_approved = False
        self.meeting_held_on: date | None = None
        self.meeting_is_reported = False
        self.handover: HandoverRequired | None = None
        self.handovers = 0
        self.signed: set[HandoverParty] = set()

    @property
    def meeting_is_complete(self) -> bool:
        """Whether the special meeting was held and reported (G12)."""
        return self.meeting_is_reported

    def open(self, opened: CaseOpened) -> None:
        """Open the case on what feedback issued (X01)."""
        self.record(opened)

    # -- the plan

    def submit_plan(
        self,
        problems: Sequence[PlannedProblem],
        submitted_by: str,
        issued: Collection[str],
        claimed: Collection[str],
    ) -> None:
        """Submit the plan's next version for joint review (T12: G07 G08 G09 G10).

        `issued` are the problems of the case that were not withdrawn.
        """
        if self.plan_is_closed:
            raise PlanUnderReviewError("no version may be submitted now", case_no=self.key)
        plan.require_complete(issued, claimed, problems)
        for problem in problems:
            plan.require_bound(problem)
            plan.require_own_level(problem)
            plan.require_root(problem)
        self._submit(list(problems), submitted_by)

    def _submit(self, problems: list[PlannedProblem], submitted_by: str) -> None:
        version = self.plan.plan_version + 1 if self.plan else 1
        self.record(
            PlanSubmitted(
                case_no=self.key,
                unit=self.unit,
                plan_version=version,
                digest=plan.plan_digest(self.key, version, problems),
                submitted_by=submitted_by,
                problems=problems,
            )
        )

    def is_reviewing(self, plan_version: int) -> bool:
        """Whether this very version waits for votes."""
        is_pending = self.plan_is_closed and not self.plan_is_approved
        return self.plan is not None and self.plan.plan_version == plan_version and is_pending

    def note_plan_return(self, plan_version: int, returned_by: str) -> None:
        """Let the unit submit again (T13)."""
        self.record(
            PlanReturnNoted(case_no=self.key, plan_version=plan_version, returned_by=returned_by)
        )

    def note_plan_approval(self, plan_version: int) -> None:
        self.record(PlanApprovalNoted(case_no=self.key, plan_version=plan_version))

    # -- the special meeting

    def hold_meeting(self, held_on: date) -> None:
        if self.meeting_held_on is not None:
            raise MeetingOrderError("the meeting was held already", case_no=self.key)
        self.record(MeetingHeld(case_no=self.key, held_on=held_on))

    def report_meeting(self, reported_on: date, report: str) -> None:
        if self.meeting_held_on is None or self.meeting_is_reported:
            raise MeetingOrderError("there is no meeting to report", case_no=self.key)
        if reported_on < self.meeting_held_on:
            raise InvalidValueError("the report is older than the meeting", case_no=self.key)
        self.record(MeetingReported(case_no=self.key, reported_on=reported_on, report=report))

    # -- the handover

    @property
    def has_open_handover(self) -> bool:
        return self.handover is not None

    def is_handed_over_by(self, incoming: str | None, took_office_on: date) -> bool:
        """Whether a change of principal concerns this case.

        A change from before the issue, heard of only now, does not: the feedback named who was
        principal by then, and the case was opened under that person.
        """
        assert self.opened is not None
        if self.handovers == 0 and incoming == self.opened.principal:
            return False
        return took_office_on >= self.opened.issued_on

    def require_handover(
        self, outgoing: str | None, incoming: str | None, problem_nos: list[str]
    ) -> None:
        """Have the open problems handed over (T37, R141, R143).

        A handover that was still open is replaced: who should have handed over still has to.
        """
        waiting = self.handover.outgoing if self.handover else None
        self.record(
            HandoverRequired(
                case_no=self.key,
                handover=self.handovers + 1,
                outgoing=waiting or outgoing,
                incoming=incoming,
                problem_nos=problem_nos,
                unit=self.unit,
            )
        )

    def sign_handover(
        self,
        party: HandoverParty,
        actor: Actor,
        substitute_reason: str | None,
        upper_level: str | None,
    ) -> None:
        """Sign for one side; only the upper level may stand in, for the outgoing side (A56)."""
        handover = self._open_handover()
        if party in self.signed:
            raise HandoverSignatureError("this side has signed already", case_no=self.key)
        if party is HandoverParty.INCOMING:
            _require_incoming(handover, actor)
        elif actor.person_ref != handover.outgoing:
            _require_substitute(handover, actor, substitute_reason, upper_level)
        self.record(
            HandoverSigned(
                case_no=self.key,
                handover=handover.handover,
                party=party,
                signatory=actor.person_ref,
                substitute_reason=substitute_reason or None,
            )
        )

    def complete_handover(self, witness: str) -> None:
        """Witness that both sides signed (T38); nobody hands over for a post that was vacant."""
        handover = self._open_handover()
        demanded = set(HandoverParty) if handover.outgoing else {HandoverParty.INCOMING}
        if not demanded <= self.signed:
            raise HandoverSignatureError("a signature is missing", case_no=self.key)
        self.record(
            HandoverCompleted(
                case_no=self.key, handover=handover.handover, witness=witness, unit=self.unit
            )
        )

    def _open_handover(self) -> HandoverRequired:
        if self.handover is None:
            raise HandoverNotOpenError("no handover is open", case_no=self.key)
        return self.handover

    # -- what the events change

    @applies(CaseOpened)
    def _opened(self, event: CaseOpened) -> None:
        self.unit = event.unit
        self.opened = event
        self.problems = {problem.problem_no: problem for problem in event.problems}

    @applies(PlanSubmitted)
    def _plan_submitted(self, event: PlanSubmitted) -> None:
        self.plan, self.plan_is_closed = event, True

    @applies(PlanReturnNoted)
    def _plan_returned(self, _: PlanReturnNoted) -> None:
        self.plan_is_closed = False

    @applies(PlanApprovalNoted)
    def _plan_approved(self, _: PlanApprovalNoted) -> None:
        self.plan_is_approved = True

    @applies(MeetingHeld)
    def _meeting_held(self, event: MeetingHeld) -> None:
        self.meeting_held_on = event.held_on

    @applies(MeetingReported)
    def _meeting_reported(self, _: MeetingReported) -> None:
        self.meeting_is_reported = True

    @applies(HandoverRequired)
    def _handover_required(self, event: HandoverRequired) -> None:
        self.handover, self.signed = event, set()
        self.handovers = event.handover

    @applies(HandoverSigned)
    def _handover_signed(self, event: HandoverSigned) -> None:
        self.signed.add(event.party)

    @applies(HandoverCompleted)
    def _handover_completed(self, _: HandoverCompleted) -> None:
        self.handover = None


def _require_incoming(handover: HandoverRequired, actor: Actor) -> None:
    """Demand the incoming principal in person: this signature is never replaced (A56)."""
    if actor.person_ref != handover.incoming:
        raise HandoverSignatureError("the incoming principal signs in person")


def _require_substitute(
    handover: HandoverRequired, actor: Actor, reason: str | None, upper_level: str | None
) -> None:
    """Demand that who stands in for the outgoing side is of the upper level and says why (A56)."""
    if actor.person_ref == handover.incoming:
        raise HandoverSignatureError("nobody signs for both sides")
    if actor.role is not Role.UPP or actor.org != upper_level:
        raise HandoverSignatureError("only the upper-level organisation may stand in")
    if not (reason or "").strip():
        raise HandoverSignatureError("a substitute needs a reason")
