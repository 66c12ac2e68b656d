"""问题线索: a lead is offered to an addressee and is never without an owner (R101).

A lead is its own thing: nothing of it is ever written on a problem (R069, 3.4 rule 6). Its
content is not here either: the event carries a commitment to the sealed value.
"""

from collections.abc import Sequence
from typing import Self

from shared.contracts.base import Code, Facts, Sealed
from shared.contracts.feedback import (
    LeadAddresseeKind,
    LeadOffered,
    LeadTransferAccepted,
    LeadTransferReturned,
    OrganisationLeadKind,
    TransferState,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import NotFoundError, RefusedError


class LeadMisroutedError(RefusedError):
    code = "lead-misrouted"
    title = "This addressee does not dispose of leads of this kind"


class LeadNotReturnedError(RefusedError):
    code = "lead-not-returned"
    title = "Only a returned lead can be offered again"


class LeadAddress(Facts):
    """To whom a lead is offered."""

    addressee: Code
    addressee_kind: LeadAddresseeKind


class LeadOrigin(Facts):
    """Where a lead comes from and what it touches, in codes only."""

    case_no: Code
    round_no: Code
    unit: Code
    kind: Code
    concerns_principal: bool
    post_level: Code
    problem_nos: list[Code]
    joint_action: Code | None = None


class Lead(Aggregate):
    """The hand-over of one lead, seen from the inspection side."""

    KIND = "lead"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.state = TransferState.OFFERED
        self.offers = 0
        self.origin: LeadOrigin
        self.address: LeadAddress
        self.content: Sealed

    def offer(self, origin: LeadOrigin, address: LeadAddress, content: Sealed) -> Self:
        """Offer the lead for the first time; raises LeadMisroutedError (R097, R098)."""
        self._offer(origin, address, content)
        return self

    def offer_again(self, address: LeadAddress | None, content: Sealed) -> None:
        """Offer a returned lead again under its number, to another addressee or the same."""
        if self.state is not TransferState.RETURNED:
            raise LeadNotReturnedError(f"the lead is {self.state}", lead_no=self.key)
        self._offer(self.origin, address or self.address, content)

    def note_accepted(self, offer: int) -> None:
        """Note that the addressee registered this offer; late or repeated news change nothing."""
        if self._awaits(offer):
            self.record(LeadTransferAccepted(lead_no=self.key, offer=offer))

    def note_returned(self, offer: int, reason: str) -> None:
        """Note that the addressee returned this offer; late or repeated news change nothing."""
        if self._awaits(offer):
            self.record(LeadTransferReturned(lead_no=self.key, offer=offer, reason=reason))

    def content_for(self, reader: Actor) -> Sealed:
        """Return the sealed content to the addressed organ in its role (R098, 3.4 rule 2).

        Raises NotFoundError for everybody else, and once the addressee has returned the lead.
        """
        to_organisation = self.address.addressee_kind is LeadAddresseeKind.ORGANISATION_DEPARTMENT
        role = Role.ORG if to_organisation else Role.DCI
        is_addressee = (reader.org, reader.role) == (self.address.addressee, role)
        if not is_addressee or self.state is TransferState.RETURNED:
            raise NotFoundError("there is no such lead", lead_no=self.key)
        return self.content

    def _awaits(self, offer: int) -> bool:
        return self.state is TransferState.OFFERED and offer == self.offers

    def _offer(self, origin: LeadOrigin, address: LeadAddress, content: Sealed) -> None:
        require_competent(address, origin.kind)
        self.record(
            LeadOffered(
                lead_no=self.key,
                offer=self.offers + 1,
                content=content,
                **origin.model_dump(),
                **address.model_dump(),
            )
        )

    @applies(LeadOffered)
    def _offered(self, event: LeadOffered) -> None:
        self.state, self.offers = TransferState.OFFERED, event.offer
        self.content = event.content
        self.address = LeadAddress(addressee=event.addressee, addressee_kind=event.addressee_kind)
        self.origin = LeadOrigin(
            case_no=event.case_no,
            round_no=event.round_no,
            unit=event.unit,
            kind=event.kind,
            concerns_principal=event.concerns_principal,
            post_level=event.post_level,
            problem_nos=event.problem_nos,
            joint_action=event.joint_action,
        )

    @applies(LeadTransferAccepted)
    def _accepted(self, _: LeadTransferAccepted) -> None:
        self.state = TransferState.ACCEPTED

    @applies(LeadTransferReturned)
    def _returned(self, _: LeadTransferReturned) -> None:
        self.state = TransferState.RETURNED


def require_competent(address: LeadAddress, kind: str) -> None:
    """R098: the organisation department gets its six kinds of leads and no other."""
    to_organisation = address.addressee_kind is LeadAddresseeKind.ORGANISATION_DEPARTMENT
    own: Sequence[str] = list(OrganisationLeadKind)
    if to_organisation and kind not in own:
        raise LeadMisroutedError("not a kind of the organisation department", kind=kind)
