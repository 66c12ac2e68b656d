"""Use cases of a change of principal: what it requires, who signs, who witnesses."""

from datetime import datetime

from services.rectification.application.cases import found_or_created_unit, problems_of
from services.rectification.domain.case import RectificationCase
from services.rectification.domain.guards import require_incumbent
from services.rectification.domain.unit import PrincipalChange, Unit
from shared.contracts.directory import Incumbent
from shared.contracts.rectification import HandoverParty
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.periods import civil_date


class HandoverUseCases:
    """What follows when the principal of a unit changes (X10)."""

    def note_principal_change(
        self,
        uow: UnitOfWork,
        org: str,
        *,
        outgoing: str | None,
        incoming: str | None,
        effective: datetime,
    ) -> None:
        """Take note of the change, and apply it if it has taken effect (X10, T37, T39)."""
        unit = found_or_created_unit(uow, org)
        unit.note_change(outgoing, incoming, effective)
        self._apply_due(uow, unit)

    def apply_due_changes(self, uow: UnitOfWork, org: str) -> int:
        """Apply the changes that have taken effect since; return how many (the timer asks)."""
        return self._apply_due(uow, uow.load(Unit, org))

    def _apply_due(self, uow: UnitOfWork, unit: Unit) -> int:
        due = unit.due_changes(uow.now)
        for change in due:
            unit.mark_applied(change)
        uow.save(unit)
        for change in due:
            self._apply(uow, unit, change)
        return len(due)

    def _apply(self, uow: UnitOfWork, unit: Unit, change: PrincipalChange) -> None:
        if change.outgoing == change.incoming:
            return  # confirmed in office, such as an acting principal who stays
        for case_no in unit.case_nos:
            self._hand_over(uow, uow.load(RectificationCase, case_no), change)

    def _hand_over(self, uow: UnitOfWork, case: RectificationCase, change: PrincipalChange) -> None:
        """Require the handover of what is open, and let signatures of the former lapse."""
        still_open = [problem for problem in problems_of(uow, case) if problem.is_open]
        is_concerned = case.is_handed_over_by(change.incoming, civil_date(change.effective))
        if not still_open or not is_concerned:
            return
        numbers = [problem.key for problem in still_open]
        case.require_handover(change.outgoing, change.incoming, numbers)
        for problem in still_open:
            problem.lapse_signature(change.incoming)
        uow.save(case, *still_open)

    def sign_handover(
        self,
        uow: UnitOfWork,
        case_no: str,
        *,
        party: HandoverParty,
        substitute_reason: str | None,
        incumbent: Incumbent | None,
        upper_level: str | None,
    ) -> None:
        """Sign for one side; the incoming side is the incumbent in person (T38, G06, A56).

        `upper_level` is the organisation that may stand in for the outgoing side.
        """
        case = uow.load(RectificationCase, case_no)
        if party is HandoverParty.INCOMING:
            require_incumbent(uow.actor, incumbent, uow.now)
        case.sign_handover(party, uow.actor, substitute_reason, upper_level)
        uow.save(case)

    def complete_handover(self, uow: UnitOfWork, case_no: str) -> None:
        """Witness the handover for the inspection office (T38)."""
        case = uow.load(RectificationCase, case_no)
        case.complete_handover(uow.actor.person_ref)
        uow.save(case)
