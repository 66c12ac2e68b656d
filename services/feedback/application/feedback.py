"""The feedback of a case: reports, issue, receipts, answers to copy notices."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.feedback.domain.deliveries import DepartmentRoute, recipients_of
from services.feedback.domain.grounds import require_past
from services.feedback.domain.issuing import Deadlines, Feedback, FeedbackSession, Reports
from services.feedback.domain.problems import Problem
from services.feedback.domain.rounds import NotATargetError, Round, require_leader
from shared.contracts.directory import UnitView
from shared.contracts.feedback import DeliveryKind, RecipientItems
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.periods import civil_date


class FeedbackUseCases:
    def file_reports(
        self, uow: UnitOfWork, case_no: str, *, round_no: str, reports: Reports
    ) -> dict[str, Any]:
        """File the three reports of a target (R063); again while orphans are left in them."""
        target = uow.load(Round, round_no).target(case_no)
        require_leader(target, uow.actor)
        feedback = uow.find(Feedback, case_no) or uow.create(Feedback, case_no)
        if feedback.reports is not None and feedback.reports.round_no != round_no:
            raise NotATargetError("the case belongs to another round", case_no=case_no)
        uow.save(feedback.file_reports(round_no, target.unit, reports))
        return {"case_no": case_no}

    def unit_of(self, uow: UnitOfWork, case_no: str) -> str:
        """Return the unit that the case is about; raises for G02 when no report says so."""
        return uow.load(Feedback, case_no).require_reports().unit

    def issue_feedback(
        self,
        uow: UnitOfWork,
        case_no: str,
        *,
        session: FeedbackSession,
        unit: UnitView,
        dates: Deadlines,
        policy_edition: str,
        departments: Sequence[DepartmentRoute] = (),
        former_items: Sequence[RecipientItems] = (),
    ) -> dict[str, Any]:
        """T05: feedback, four deliveries, copy notices and every listed problem, in one go."""
        feedback = uow.load(Feedback, case_no)
        target = uow.load(Round, feedback.require_reports().round_no).target(case_no)
        require_leader(target, uow.actor)
        require_past(session.issued_on, civil_date(uow.now))
        recipients = recipients_of(unit, departments, former_items)
        feedback.issue(session, target, recipients, dates)
        uow.fetch(Problem, list(feedback.listed))
        problems = [uow.load(Problem, problem_no) for problem_no in feedback.listed]
        for problem in problems:
            problem.issue(session.issued_on, dates.objection_until)
        uow.under(policy_edition)
        uow.save(feedback, *problems)
        return {"problem_nos": list(feedback.listed), "notice_nos": list(feedback.notices)}

    def confirm_delivery(
        self,
        uow: UnitOfWork,
        case_no: str,
        *,
        kind: DeliveryKind,
        recipient: str,
        received_on: date,
    ) -> None:
        """A delivery was received (R080, R081)."""
        feedback = uow.load(Feedback, case_no)
        today = civil_date(uow.now)
        feedback.confirm_delivery(kind, recipient, received_on, uow.actor, today)
        uow.save(feedback)

    def reply_to_notice(
        self, uow: UnitOfWork, case_no: str, notice_no: str, *, reply: str, replied_on: date
    ) -> None:
        """A copy notice was answered (R087)."""
        feedback = uow.load(Feedback, case_no)
        today = civil_date(uow.now)
        feedback.reply_to_notice(notice_no, reply, replied_on, uow.actor, today)
        uow.save(feedback)
