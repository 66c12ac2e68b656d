"""What the commands ask the directory for, and how they address a thing."""

from dataclasses import dataclass
from datetime import date

from services.supervision.application import SupervisionApplication
from shared.contracts.directory import PolicyView, UnitView
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.directory import Directory
from shared.kernel.periods import civil_date


def review(problem_no: str) -> str:
    """Return the stream of the review of this problem."""
    return f"review/{problem_no}"


def case(case_no: str) -> str:
    """Return the stream of the supervision side of this case."""
    return f"case/{case_no}"


@dataclass(frozen=True)
class Desk:
    """The application, with the answers of the directory at hand."""

    application: SupervisionApplication
    directory: Directory

    def unit_of_problem(self, uow: UnitOfWork, problem_no: str) -> UnitView:
        """Return the problem's unit and who answers for it now."""
        return self.directory.unit(self.application.unit_of_problem(uow, problem_no))

    def unit_of_case(self, uow: UnitOfWork, case_no: str) -> UnitView:
        """Return the case's unit and who answers for it now."""
        return self.directory.unit(self.application.unit_of_case(uow, case_no))

    def linked_office(self, uow: UnitOfWork, problem_no: str) -> str:
        """Return the office linked to the problem's unit now, "" when none is: nobody matches."""
        return self.unit_of_problem(uow, problem_no).linked_office or ""

    def rectify_by(self, uow: UnitOfWork) -> date:
        """Return the new date for rectification, as the policy in force counts it from today."""
        return self._due(uow, "task_deadline")

    def watch_until(self, uow: UnitOfWork) -> date:
        """Return the last day of a watch that begins today, as the policy in force counts it."""
        return self._due(uow, "watch_period")

    def round_due(self, uow: UnitOfWork, round_no: str) -> date:
        """Return by when the round is to be evaluated and told, counted from its feedback."""
        start = self.application.round_completed_on(uow, round_no)
        return self._due(uow, "round_evaluation_within", start)

    def _due(self, uow: UnitOfWork, parameter: str, start: date | None = None) -> date:
        due = self.directory.due(parameter, start or civil_date(uow.now))
        uow.under(due.edition)
        return due.due

    def policy(self) -> PolicyView:
        """Return the policy parameters in force."""
        return self.directory.policy()


def disciplinary(unit: UnitView) -> set[str]:
    """Return the offices and teams that watch the unit: the linked one, the resident one."""
    return {org for org in (unit.linked_office, unit.resident_team) if org}
