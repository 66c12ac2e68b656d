"""两单一书一报告 (R239): assignments, suggestion letters and thematic reports in one register."""

from collections.abc import Callable
from datetime import date
from typing import Self

from services.supervision.domain.common_problems import CommonProblem
from shared.contracts.base import Decision
from shared.contracts.supervision import (
    AssignmentIssued,
    InstrumentHandled,
    InstrumentKind,
    InstrumentReceived,
    StatedFigure,
    SuggestionLetterIssued,
    ThematicReportIssued,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor
from shared.kernel.errors import RefusedError

LEADING_GROUP, COMMITTEE = "leading-group", "committee"
SECRETARY_MEETINGS = ("secretary-special-meeting", "five-person-group")

Issued = AssignmentIssued | SuggestionLetterIssued | ThematicReportIssued


class NotDecidedByError(RefusedError):
    """The instrument rests on the decision of another body than this one."""

    code = "not-decided-by"
    title = "Another body must decide this"


class NotTheInstrumentsAddresseeError(RefusedError):
    code = "not-the-instruments-addressee"
    title = "Only the addressee confirms and answers it"


class InstrumentStateError(RefusedError):
    code = "instrument-state"
    title = "The instrument is received once, then answered once"


class Instrument(Aggregate):
    """One instrument under its number: issued, received, handled."""

    KIND = "instrument"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.kind = InstrumentKind.SUGGESTION_LETTER
        self.addressee = ""
        self.is_received = self.is_handled = False

    def assign_named(self, basis: str, addressee: str, decision: Decision, today: date) -> Self:
        """Assign what the secretary named (点人点事, R236); `basis` is the key item or meeting."""
        require_decision(decision, today, *SECRETARY_MEETINGS)
        return self._assign(
            InstrumentKind.ASSIGNMENT_PERSONS_AND_MATTERS, basis, addressee, decision, today
        )

    def assign_common(
        self, common: CommonProblem, addressee: str, decision: Decision, today: date
    ) -> Self:
        """Assign a common problem that the committee confirmed (R237, A24)."""
        common.require_confirmed()
        require_decision(decision, today, COMMITTEE)
        return self._assign(
            InstrumentKind.ASSIGNMENT_COMMON_PROBLEM, common.key, addressee, decision, today
        )

    def send_letter(self, addressee: str, digest: str, decision: Decision, today: date) -> Self:
        """Send a suggestion letter to a department (R238)."""
        require_decision(decision, today, LEADING_GROUP)
        self.record(
            SuggestionLetterIssued(
                instrument_no=self.key, addressee=addressee, issued_on=today, decision=decision,
                digest=digest,
            )
        )  # fmt: skip
        return self

    def report(
        self,
        addressee: str,
        digest: str,
        decision: Decision,
        today: date,
        figures: list[StatedFigure],
    ) -> Self:
        """Issue a thematic report (R240); its figures say from which positions they come."""
        require_decision(decision, today, LEADING_GROUP)
        self.record(
            ThematicReportIssued(
                instrument_no=self.key, addressee=addressee, issued_on=today, decision=decision,
                digest=digest, figures=figures,
            )
        )  # fmt: skip
        return self

    def receive(self, actor: Actor) -> None:
        """The addressee confirms it; raises InstrumentStateError the second time."""
        self._require(actor, lambda: not self.is_received)
        self.record(
            InstrumentReceived(instrument_no=self.key, kind=self.kind, received_by=actor.person_ref)
        )

    def handle(self, actor: Actor, answer: str) -> None:
        """The addressee answers for what it did."""
        self._require(actor, lambda: self.is_received and not self.is_handled)
        self.record(InstrumentHandled(instrument_no=self.key, kind=self.kind, answer=answer))

    def _assign(
        self, kind: InstrumentKind, basis: str, addressee: str, decision: Decision, today: date
    ) -> Self:
        self.record(
            AssignmentIssued(
                instrument_no=self.key, kind=kind, basis=basis, addressee=addressee,
                issued_on=today, decision=decision,
            )
        )  # fmt: skip
        return self

    def _require(self, actor: Actor, fits: Callable[[], bool]) -> None:
        if actor.org != self.addressee:
            raise NotTheInstrumentsAddresseeError("addressed elsewhere", instrument_no=self.key)
        if not fits():
            raise InstrumentStateError("not in its order", instrument_no=self.key)

    @applies(AssignmentIssued)
    def _assigned(self, event: AssignmentIssued) -> None:
        self.kind, self.addressee = event.kind, event.addressee

    @applies(SuggestionLetterIssued)
    def _letter_sent(self, event: SuggestionLetterIssued) -> None:
        self.kind, self.addressee = InstrumentKind.SUGGESTION_LETTER, event.addressee

    @applies(ThematicReportIssued)
    def _reported(self, event: ThematicReportIssued) -> None:
        self.kind, self.addressee = InstrumentKind.THEMATIC_REPORT, event.addressee

    @applies(InstrumentReceived)
    def _received(self, _: InstrumentReceived) -> None:
        self.is_received = True

    @applies(InstrumentHandled)
    def _handled(self, _: InstrumentHandled) -> None:
        self.is_handled = True


def require_decision(decision: Decision, today: date, *forums: str) -> None:
    """Refuse what was not decided, by today, in one of these forums (G03)."""
    if decision.forum not in forums or decision.decided_on > today:
        raise NotDecidedByError(
            f"decided in {decision.forum}", needed=", ".join(forums), on=str(decision.decided_on)
        )
