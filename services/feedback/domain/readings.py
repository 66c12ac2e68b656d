"""Every opening of a lead's sealed content is a fact of its own (requirements 3.4 rule 4, R344)."""

from shared.contracts.feedback import LeadContentRead
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor


class LeadReadings(Aggregate):
    """Who opened the content of one lead: a stream beside the lead, so that reading changes no
    version that a command names."""

    KIND = "lead-reading"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.count = 0

    def note(self, offer: int, reader: Actor, purpose: str) -> None:
        """Note one opening with its purpose."""
        self.record(
            LeadContentRead(
                lead_no=self.key,
                offer=offer,
                reader=reader.person_ref,
                org=reader.org,
                purpose=purpose,
            )
        )

    @applies(LeadContentRead)
    def _read(self, _: LeadContentRead) -> None:
        self.count += 1
