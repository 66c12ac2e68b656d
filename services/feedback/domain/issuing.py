"""反馈: the feedback to one unit in one round, from the three reports to the last receipt."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from pydantic import Field

from services.feedback.domain.deliveries import (
    Recipients,
    copy_notices,
    deliveries,
    require_listed,
)
from services.feedback.domain.grounds import require_authority, require_past
from services.feedback.domain.rounds import NotATargetError
from shared.contracts.base import (
    Day,
    Decision,
    DocumentHash,
    Facts,
)
from shared.contracts.feedback import (
    Attendance,
    AttendanceCategory,
    CopyNoticeReplied,
    CopyNoticeSent,
    CopyRecipientKind,
    DeliveryComputed,
    DeliveryKind,
    DeliveryReceipted,
    FeedbackForm,
    FeedbackIssued,
    IssuedProblem,
    ProblemListed,
    ReportTripleFiled,
    RoundTarget,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import GuardFailedError, NotFoundError, RefusedError


class FeedbackAlreadyIssuedError(RefusedError):
    code = "feedback-already-issued"
    title = "Feedback was issued already; it is not changed any more"


class FeedbackNotIssuedError(RefusedError):
    code = "feedback-not-issued"
    title = "Feedback was not issued yet"


class NothingToFeedBackError(RefusedError):
    code = "nothing-to-feed-back"
    title = "No approved problem stands on the list of this case"


class ReportsAlreadyFiledError(RefusedError):
    code = "reports-already-filed"
    title = "The three reports are filed and corroborate each other"


class NotTheRecipientError(RefusedError):
    code = "not-the-recipient"
    title = "This went to somebody else"


class AlreadyAnsweredError(RefusedError):
    code = "already-answered"
    title = "This was confirmed or answered already"


class Reports(Facts):
    """The three reports in one (三位一体, R063); `orphans` counts what no other report carries."""

    lead_report: DocumentHash
    interview_report: DocumentHash
    inspection_report: DocumentHash
    orphans: int = Field(ge=0)


class FeedbackSession(Facts):
    """How feedback was given: the day, the forms, under which decision, and who was there."""

    issued_on: Day
    forms: list[FeedbackForm] = Field(min_length=1)
    decision: Decision
    attendance: list[Attendance]


class Deadlines(Facts):
    """The dates that begin to run with the feedback, computed from the policy in force."""

    plan_due: Day
    window_end: Day
    rectify_by: Day
    reply_due: Day
    objection_until: Day


class Feedback(Aggregate):
    """The feedback of one case: reports, list, issue, deliveries and copy notices."""

    KIND = "feedback"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.reports: ReportTripleFiled | None = None
        self.listed: dict[str, IssuedProblem] = {}
        self.issued_on: date | None = None
        self.recipients: dict[DeliveryKind, set[str]] = {}
        self.receipted: set[tuple[DeliveryKind, str]] = set()
        self.notices: dict[str, CopyNoticeSent] = {}
        self.replied: set[str] = set()

    def file_reports(self, round_no: str, unit: str, reports: Reports) -> Self:
        """File the three reports; once more only while orphans are left in them (R063, R064)."""
        self.require_not_issued()
        if self.reports is not None and self.reports.orphans == 0:
            raise ReportsAlreadyFiledError("the reports stand", case_no=self.key)
        self.record(
            ReportTripleFiled(
                case_no=self.key, round_no=round_no, unit=unit, **reports.model_dump()
            )
        )
        return self

    def list_problem(self, problem: IssuedProblem, round_no: str) -> None:
        """Put an approved problem on the list that is fed back; raises for G02.

        NotATargetError when it was drafted in another round than the reports of this case.
        """
        self.require_not_issued()
        if self.require_reports().round_no != round_no:
            raise NotATargetError("the case belongs to another round", case_no=self.key)
        self.record(ProblemListed(case_no=self.key, **problem.model_dump()))

    def issue(
        self, session: FeedbackSession, target: RoundTarget, to: Recipients, dates: Deadlines
    ) -> None:
        """T05 under G03, G04, G05: feedback, four deliveries and the copy notices at once."""
        self.require_not_issued()
        reports = self.require_reports()
        if not self.listed:
            raise NothingToFeedBackError("no problem was approved", case_no=self.key)
        require_authority(session.decision, session.issued_on)
        require_attendance(session.attendance)
        require_listed(to, self.listed)
        self.record(
            FeedbackIssued(
                case_no=self.key,
                round_no=reports.round_no,
                unit=to.unit,
                issued_on=session.issued_on,
                forms=session.forms,
                decision=session.decision,
                attendance=session.attendance,
                principal=to.principal,
                team_leader=target.team_leader,
                linked_office=to.linked_office,
                resident_team=to.resident_team,
                plan_due=dates.plan_due,
                window_end=dates.window_end,
                rectify_by=dates.rectify_by,
                problems=list(self.listed.values()),
                team_members=target.team_members,
            )
        )
        for delivery in deliveries(self.key, to, list(self.listed)):
            self.record(delivery)
        for notice in copy_notices(self.key, to, list(self.listed), dates.reply_due):
            self.record(notice)

    def confirm_delivery(
        self, kind: DeliveryKind, recipient: str, received_on: date, actor: Actor, today: date
    ) -> None:
        """A recipient confirms a delivery, or the team or the office does it for the recipient."""
        require_past(received_on, today, not_before=self.require_issued())
        if recipient not in self.recipients[kind]:
            raise NotTheRecipientError("the delivery has other recipients", kind=kind)
        if actor.role not in (Role.TL, Role.OFF):
            require_recipient(recipient, actor)
        if (kind, recipient) in self.receipted:
            raise AlreadyAnsweredError("the delivery is confirmed", kind=kind)
        self.record(
            DeliveryReceipted(
                case_no=self.key, kind=kind, recipient=recipient, received_on=received_on
            )
        )

    def reply_to_notice(
        self, notice_no: str, reply: str, replied_on: date, actor: Actor, today: date
    ) -> None:
        """The recipient answers a copy notice, once (R087)."""
        require_past(replied_on, today, not_before=self.require_issued())
        notice = self.notices.get(notice_no)
        if notice is None:
            raise NotFoundError("there is no such copy notice", notice_no=notice_no)
        require_addressee(notice, actor)
        if notice_no in self.replied:
            raise AlreadyAnsweredError("the copy notice is answered", notice_no=notice_no)
        self.record(
            CopyNoticeReplied(
                notice_no=notice_no,
                case_no=self.key,
                recipient=notice.recipient,
                reply=reply,
                replied_on=replied_on,
            )
        )

    def require_not_issued(self) -> None:
        """R075: what was fed back is not changed; corrections go through an objection."""
        if self.issued_on is not None:
            raise FeedbackAlreadyIssuedError("feedback was issued", case_no=self.key)

    def require_issued(self) -> date:
        """Return the day of the feedback; raises FeedbackNotIssuedError."""
        if self.issued_on is None:
            raise FeedbackNotIssuedError("feedback was not issued", case_no=self.key)
        return self.issued_on

    def require_reports(self) -> ReportTripleFiled:
        """G02 (R063, R064): three reports are filed, and none of their items stands alone."""
        if self.reports is None:
            raise GuardFailedError("G02", "the three reports are not filed", case_no=self.key)
        if self.reports.orphans:
            raise GuardFailedError(
                "G02", "items of one report are carried by no other",
                case_no=self.key, orphans=self.reports.orphans,
            )  # fmt: skip
        return self.reports

    @applies(ReportTripleFiled)
    def _reports_filed(self, event: ReportTripleFiled) -> None:
        self.reports = event

    @applies(ProblemListed)
    def _problem_listed(self, event: ProblemListed) -> None:
        self.listed[event.problem_no] = IssuedProblem(
            problem_no=event.problem_no,
            category=event.category,
            cause=event.cause,
            nature=event.nature,
            concerns_person_or_matter=event.concerns_person_or_matter,
        )

    @applies(FeedbackIssued)
    def _issued(self, event: FeedbackIssued) -> None:
        self.issued_on = event.issued_on

    @applies(DeliveryComputed)
    def _delivery_computed(self, event: DeliveryComputed) -> None:
        self.recipients[event.kind] = set(event.recipients)

    @applies(DeliveryReceipted)
    def _delivery_receipted(self, event: DeliveryReceipted) -> None:
        self.receipted.add((event.kind, event.recipient))

    @applies(CopyNoticeSent)
    def _notice_sent(self, event: CopyNoticeSent) -> None:
        self.notices[event.notice_no] = event

    @applies(CopyNoticeReplied)
    def _notice_replied(self, event: CopyNoticeReplied) -> None:
        self.replied.add(event.notice_no)


def require_attendance(attendance: Sequence[Attendance]) -> None:
    """G04 (R077, R078): six categories, each present, or absent with a reason and an approver."""
    named = [one.category for one in attendance]
    for category in AttendanceCategory:
        if named.count(category) != 1:
            raise GuardFailedError("G04", f"{category} must be accounted for exactly once")
    for one in attendance:
        reason = (one.deviation_reason or "").strip()
        if not one.present and not (reason and one.approved_by):
            raise GuardFailedError(
                "G04", f"{one.category} was absent without a reason and an approver"
            )


def require_recipient(recipient: str, actor: Actor) -> None:
    """Only the person or the organisation that something went to confirms it."""
    if recipient not in (actor.person_ref, actor.org):
        raise NotTheRecipientError("the actor is not the recipient")


def require_addressee(notice: CopyNoticeSent, actor: Actor) -> None:
    """R085: a leader in charge answers in person, a department through its own people."""
    to_leader = notice.recipient_kind is CopyRecipientKind.LEADER_IN_CHARGE
    if notice.recipient != (actor.person_ref if to_leader else actor.org):
        raise NotTheRecipientError("the copy notice went to others", notice_no=notice.notice_no)
