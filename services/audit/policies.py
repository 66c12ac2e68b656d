"""Reactions of audit: whatever is recorded anywhere is kept, byte for byte.

There is one sentence for every event of every service, also for those about the sealed logs
themselves. The order among streams does not matter: what is asked later is put in causal order.
"""

from collections.abc import Sequence

from services.audit.application import AuditApplication
from shared.contracts import accountability, directory, feedback, log, rectification, supervision
from shared.eventstore.record import RecordedEvent
from shared.eventstore.unit_of_work import UnitOfWork
from shared.messaging.reactions import Reaction, Reactions

VOCABULARIES = (directory, feedback, rectification, supervision, accountability, log)
"""Named, so that every event that may arrive is declared in this process."""

FOLLOWED = ("directory", "feedback", "rectification", "supervision", "accountability")


def keep_record_when_anything_is_recorded(
    application: AuditApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """R338: one row for one record, in the transaction of its inbox mark."""
    application.keep(uow, recorded)


class EveryEvent(Reactions):
    """The one reaction to every event of the followed services."""

    def to(self, event_type: str) -> Sequence[Reaction]:
        return (keep_record_when_anything_is_recorded,)

    @property
    def sources(self) -> set[str]:
        return set(FOLLOWED)


reactions = EveryEvent()
