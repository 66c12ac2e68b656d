"""A small domain on true events: drafts that are sent back, and a read model that counts it."""

from datetime import UTC, datetime

from shared.contracts.feedback import ProblemDraftReturned
from shared.eventstore.aggregate import Aggregate, applies
from shared.eventstore.projections import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import Receipt
from shared.kernel.actor import Actor, Role
from shared.kernel.context import Context

SERVICE = "feedback"


class Draft(Aggregate):
    KIND = "draft"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.reasons: list[str] = []

    def send_back(self, reason: str) -> None:
        self.record(ProblemDraftReturned(problem_no=self.key, reason=reason))

    @applies(ProblemDraftReturned)
    def _sent_back(self, event: ProblemDraftReturned) -> None:
        self.reasons.append(event.reason)


class ReturnedDrafts(ReadModel):
    """How often was each draft sent back?"""

    NAME = "returned_drafts"
    TABLES = "CREATE TABLE returned_draft (stream text PRIMARY KEY, times int, last_reason text)"

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        assert isinstance(recorded.event, ProblemDraftReturned)
        cursor.execute(
            "INSERT INTO returned_draft AS known VALUES (%s, 1, %s) ON CONFLICT (stream)"
            " DO UPDATE SET times = known.times + 1, last_reason = excluded.last_reason",
            (recorded.record.stream, recorded.event.reason),
        )


def command(number: int | str = 1) -> Context:
    """Return the circumstances of one command."""
    return Context(
        tenant="city:yunlan",
        actor=Actor(person_ref="p-team-leader", org="team-1", role=Role.TL),
        command=f"ReturnDraft/{number}",
        time=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        correlation="YL-T1R1-U01-001",
    )


def send_back(store: EventStore, key: str, *reasons: str, number: int | str = 1) -> Receipt:
    """Send a draft back once for each reason, in one command."""
    unit = store.begin(command(number))
    draft = unit.find(Draft, key) or unit.create(Draft, key)
    for reason in reasons:
        draft.send_back(reason)
    unit.save(draft)
    return unit.commit()
