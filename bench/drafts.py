"""A small domain on true events, so that a benchmark measures the store and no rule."""

from datetime import UTC, datetime

from shared.contracts.feedback import ProblemDraftReturned
from shared.eventstore.aggregate import Aggregate, applies
from shared.eventstore.record import RecordedEvent, compose
from shared.kernel.actor import Actor, Role
from shared.kernel.context import Context

SERVICE = "feedback"
REASON = "依据不足：请补充谈话记录和会议纪要，写明责任人、完成时限和佐证材料的出处。" * 3
PER_STREAM = 30
"""How many events a problem has from its draft to its closing (the scale in issue 4)."""


class Draft(Aggregate):
    """A draft that is sent back again and again."""

    KIND = "draft"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.times = 0

    @applies(ProblemDraftReturned)
    def _sent_back(self, _: ProblemDraftReturned) -> None:
        self.times += 1


def circumstances(number: int | str = 1) -> Context:
    """Return the circumstances of one command."""
    return Context(
        tenant="city:yunlan",
        actor=Actor(person_ref="p-team-leader", org="team-1", role=Role.TL),
        command=f"ReturnDraft/{number}",
        time=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        correlation="YL-T1R1-U01-001",
    )


def sent_back(key: str) -> ProblemDraftReturned:
    """Return the event: some 800 bytes as a record, the middle of what the sample city stores."""
    return ProblemDraftReturned(problem_no=key, reason=REASON)


def next_record(key: str, before: RecordedEvent | None = None) -> RecordedEvent:
    """Return the record that follows `before` in the stream of this draft."""
    version, prev = (before.record.version, before.digest) if before else (0, "")
    place = (SERVICE, Draft.stream_of(key), version + 1, prev)
    return compose(*place, sent_back(key), circumstances(version))
