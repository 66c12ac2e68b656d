"""Leads (问题线索): offered, registered or returned, disposed of, concluded, cancelled.

Only the organ to which a lead is addressed disposes of it; it always has exactly one owner (R101).
"""

from datetime import date

from services.accountability.domain.guards import require_fit_to_travel, require_in_force
from shared.contracts.accountability import (
    CaseFiled,
    DisposalMethod,
    LeadCancelled,
    LeadClassified,
    LeadConcluded,
    LeadConclusion,
    LeadOfferReceived,
    LeadRegistered,
    LeadReturned,
    LeadState,
    MeasureCategory,
    MeasureImposed,
    TransferredToJudiciary,
)
from shared.contracts.directory import LegalBasisView
from shared.contracts.feedback import LeadAddresseeKind, LeadOffered, OrganisationLeadKind
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import RefusedError

ORGANISATION_KINDS = frozenset(str(kind) for kind in OrganisationLeadKind)
UNDER_WAY = (LeadState.CLASSIFIED, LeadState.IN_DISPOSAL)


class NotTheAddresseeError(RefusedError):
    """Visibility and disposal follow the addressee, not the case (requirements 3.4)."""

    code = "not-the-addressee"
    title = "The lead is not addressed to this organ"


class LeadStateError(RefusedError):
    code = "lead-state"
    title = "The lead does not stand where this could happen"


class AlreadyRecordedError(RefusedError):
    code = "already-recorded"
    title = "This is recorded already"


class ContradictoryConclusionError(RefusedError):
    code = "contradictory-conclusion"
    title = "No case cannot be the result where a measure or case stands"


class Lead(Aggregate):
    """One lead on this side of the hand-over."""

    KIND = "lead"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.state = LeadState.OFFERED
        self.offered: LeadOfferReceived
        self.offers = 0
        self.registered: LeadRegistered | None = None
        self.method: DisposalMethod | None = None
        self.concluded: LeadConcluded | None = None
        self.measures: set[str] = set()
        self.filed: set[str] = set()
        self.transferred: set[str] = set()

    def receive_offer(self, offered: LeadOffered) -> None:
        """Take an offer in (X04). An offer that is known, or overtaken by a newer, changes nothing.

        Raises LeadStateError when a lead that was never returned is offered anew.
        """
        if offered.offer <= self.offers:
            return
        if self.offers and self.state is not LeadState.RETURNED:
            raise LeadStateError(f"the lead is {self.state}", lead_no=self.key)
        self.record(
            LeadOfferReceived(
                lead_no=self.key,
                offer=offered.offer,
                case_no=offered.case_no,
                round_no=offered.round_no,
                unit=offered.unit,
                kind=offered.kind,
                addressee=offered.addressee,
                addressee_kind=offered.addressee_kind,
                concerns_principal=offered.concerns_principal,
                post_level=offered.post_level,
                problem_nos=offered.problem_nos,
                content=offered.content,
            )
        )

    def require_addressee(self, actor: Actor) -> None:
        """Raises NotTheAddresseeError unless this organ, in its role, disposes of it (R098)."""
        if not self.is_addressed_to(actor):
            raise NotTheAddresseeError("another organ disposes of it", lead_no=self.key)

    def is_addressed_to(self, actor: Actor) -> bool:
        """Return whether this organ, in its role, sees and disposes of the lead."""
        return actor.org == self.offered.addressee and self._is_competent(actor.role)

    def _is_competent(self, role: Role) -> bool:
        if self.offered.addressee_kind is LeadAddresseeKind.ORGANISATION_DEPARTMENT:
            return role is Role.ORG and self.offered.kind in ORGANISATION_KINDS
        return role is Role.DCI

    def accept(self, registered_on: date, first_disposal_due: date) -> None:
        """Register the offered lead; from now on its first disposal is due (R254)."""
        self._require_state(LeadState.OFFERED)
        self.record(
            LeadRegistered(
                lead_no=self.key,
                offer=self.offers,
                round_no=self.offered.round_no,
                addressee=self.offered.addressee,
                registered_on=registered_on,
                first_disposal_due=first_disposal_due,
            )
        )

    def send_back(self, reason: str) -> None:
        """Return the offer with a reason fit to travel (G26); it may be offered again."""
        self._require_state(LeadState.OFFERED)
        require_fit_to_travel(reason)
        self.record(LeadReturned(lead_no=self.key, offer=self.offers, reason=reason))

    def classify(self, method: DisposalMethod) -> None:
        """Decide the way of disposal (R250); it may be decided anew until the conclusion."""
        self._require_state(LeadState.REGISTERED, *UNDER_WAY)
        self.record(LeadClassified(lead_no=self.key, method=method))

    def impose_measure(
        self,
        measure_no: str,
        *,
        person_ref: str,
        category: MeasureCategory,
        measure: str,
        legal_basis: str,
        basis: LegalBasisView | None,
        conduct_on: date,
    ) -> None:
        """Impose a measure on a person (R274), on a legal basis in force at the conduct (G28)."""
        self._require_state(*UNDER_WAY)
        if measure_no in self.measures:
            raise AlreadyRecordedError("the measure stands", measure_no=measure_no)
        edition = require_in_force(basis, legal_basis, conduct_on).edition
        self.record(
            MeasureImposed(
                measure_no=measure_no,
                person_ref=person_ref,
                category=category,
                measure=measure,
                origin_lead=self.key,
                round_no=self.offered.round_no,
                legal_basis=legal_basis,
                basis_edition=edition,
                conduct_on=conduct_on,
                problem_nos=self.offered.problem_nos,
            )
        )

    def file_case(self, person_ref: str, post_level: str, filed_on: date) -> None:
        """File a case against a person (立案, R278); transfer or retirement is no bar (R265)."""
        self._require_state(*UNDER_WAY)
        if person_ref in self.filed:
            raise AlreadyRecordedError("a case is filed", lead_no=self.key)
        self.record(
            CaseFiled(
                lead_no=self.key,
                person_ref=person_ref,
                post_level=post_level,
                round_no=self.offered.round_no,
                filed_on=filed_on,
            )
        )

    def transfer_to_judiciary(self, person_ref: str, transferred_on: date) -> None:
        """Transfer a person to the judiciary (移送司法, R276), once."""
        self._require_state(*UNDER_WAY)
        if person_ref in self.transferred:
            raise AlreadyRecordedError("the person is transferred", lead_no=self.key)
        self.record(
            TransferredToJudiciary(
                lead_no=self.key,
                person_ref=person_ref,
                round_no=self.offered.round_no,
                transferred_on=transferred_on,
            )
        )

    def conclude(
        self,
        conclusion: LeadConclusion,
        *,
        pursuit_known: bool,
        concluded_on: date,
        open_problem_nos: list[str],
    ) -> None:
        """Settle the lead; supervision learns that it is settled, never how (X09, G19)."""
        self._require_state(*UNDER_WAY)
        if conclusion is LeadConclusion.NO_CASE and self.state is LeadState.IN_DISPOSAL:
            raise ContradictoryConclusionError("measures or cases stand", lead_no=self.key)
        self.record(
            LeadConcluded(
                lead_no=self.key,
                conclusion=conclusion,
                problem_nos=self.offered.problem_nos,
                pursuit_known=pursuit_known,
                concluded_on=concluded_on,
                open_problem_nos=open_problem_nos,
            )
        )

    def cancel(self) -> None:
        """Take the lead off the transfer list: only with a disposal result (销号, R100)."""
        self._require_state(LeadState.CONCLUDED)
        self.record(LeadCancelled(lead_no=self.key))

    def _require_state(self, *states: LeadState) -> None:
        if self.state not in states:
            raise LeadStateError(f"the lead is {self.state}", lead_no=self.key)

    @applies(LeadOfferReceived)
    def _offer_received(self, event: LeadOfferReceived) -> None:
        self.state, self.offers, self.offered = LeadState.OFFERED, event.offer, event

    @applies(LeadReturned)
    def _returned(self, _: LeadReturned) -> None:
        self.state = LeadState.RETURNED

    @applies(LeadRegistered)
    def _registered(self, event: LeadRegistered) -> None:
        self.state, self.registered = LeadState.REGISTERED, event

    @applies(LeadClassified)
    def _classified(self, event: LeadClassified) -> None:
        self.method = event.method
        if self.state is LeadState.REGISTERED:
            self.state = LeadState.CLASSIFIED

    @applies(MeasureImposed)
    def _measure_imposed(self, event: MeasureImposed) -> None:
        self.state = LeadState.IN_DISPOSAL
        self.measures.add(event.measure_no)

    @applies(CaseFiled)
    def _case_filed(self, event: CaseFiled) -> None:
        self.state = LeadState.IN_DISPOSAL
        self.filed.add(event.person_ref)

    @applies(TransferredToJudiciary)
    def _transferred_to_judiciary(self, event: TransferredToJudiciary) -> None:
        self.state = LeadState.IN_DISPOSAL
        self.transferred.add(event.person_ref)

    @applies(LeadConcluded)
    def _concluded(self, event: LeadConcluded) -> None:
        self.state, self.concluded = LeadState.CONCLUDED, event

    @applies(LeadCancelled)
    def _cancelled(self, _: LeadCancelled) -> None:
        self.state = LeadState.CANCELLED
