"""Closing (报结): acceptance, approval, countersignatures, and returns at each step."""

from collections.abc import Iterable
from datetime import date

from services.supervision.domain.evaluation import EvaluatedProblem
from services.supervision.domain.review import IN_CLOSING, S
from shared.contracts.rectification import ResidualItem
from shared.contracts.supervision import (
    LEAST_PAIRS,
    ClosureAccepted,
    ClosureCountersigned,
    ClosureOfficeApproved,
    ClosureReturned,
    Cosigner,
    LedgersReconciled,
    MethodUsed,
    ProblemClosed,
    Returner,
)
from shared.eventstore.aggregate import applies
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import ForbiddenError, GuardFailedError, RefusedError

DIRECT_METHODS = {"ON_SITE", "INTERVIEW", "FIELD_SURVEY", "VISITING_SERVICE_USERS"}
"""Methods that look at deeds (R222); reading documents and hearing reports are not among them."""

RETURNER_AT = {
    S.CLOSURE_APPLIED: Returner.LINKED_OFFICE,
    S.CLOSURE_ACCEPTED: Returner.OFFICE,
    S.OFFICE_APPROVED: Returner.COSIGNER,
}


class LedgerDifferenceError(RefusedError):
    """The three ledgers do not say the same; resolve the difference first (T30, A60)."""

    code = "ledger-difference"


class OnlyDocumentsSeenError(RefusedError):
    """Acceptance needs at least one on-site or interview method (R222)."""

    code = "only-documents-seen"


class AlreadyCountersignedError(RefusedError):
    """Each of the two countersigners signs once."""

    code = "already-countersigned"


class ClosingProblem(EvaluatedProblem):
    """An evaluated problem that is accepted, approved and countersigned, or returned."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.signed_by: dict[Cosigner, str] = {}

    def accept_closure(
        self, actor: Actor, methods: list[MethodUsed], *, linked_office: str
    ) -> None:
        """Accept the rectification in the linked office's name (T28): G17, G18, G19, R222."""
        self.require_state(S.CLOSURE_APPLIED)
        _require_linked(actor, linked_office)
        self._require_pairs()
        self._require_second_executor()
        self._require_disposal_known()
        _require_deeds_seen(methods)
        self.record(
            ClosureAccepted(
                problem_no=self.key,
                cycle=self.cycle,
                application=self.application,
                office=actor.org,
                accepted_by=actor.person_ref,
                methods=methods,
            )
        )

    def _require_pairs(self) -> None:
        """G17: two completed pairs in this cycle, or an explicit waiver.

        A policy may ask for more: that was decided when the problem became eligible (T25), and a
        stricter edition of a later day does not undo it.
        """
        if len(self.pairs) < LEAST_PAIRS and not self.is_waived:
            raise GuardFailedError(
                "G17",
                f"{len(self.pairs)} of {LEAST_PAIRS} pairs are complete",
                pairs=len(self.pairs),
            )

    def _require_second_executor(self) -> None:
        """G18: no later pair was executed by who executed pair 1."""
        first, *later = [pair.executor_org for pair in self.pairs] or [""]
        if first in later or not (later or self.is_waived):
            raise GuardFailedError("G18", "pair 2 was not executed by the linked office")

    def _require_disposal_known(self) -> None:
        """G19: for a concrete person or matter, disposal and pursuit must be known."""
        known = self.disposal_known and self.pursuit_known
        if self.concerns_person_or_matter and not known:
            raise GuardFailedError("G19", "disposal and pursuit are not known", problem_no=self.key)

    def approve_closure(self, actor: Actor) -> None:
        """Agree in the inspection office's name, the ledgers being reconciled (T30, R219)."""
        self.require_state(S.CLOSURE_ACCEPTED)
        differences = self.ledger_differences()
        if differences:
            lacking = ", ".join(f"{ledger} lacks {n}" for ledger, n in differences.items())
            raise LedgerDifferenceError(f"the ledgers differ: {lacking}", problem_no=self.key)
        entries = len(set().union(*self.ledgers.values()))
        self.record(
            LedgersReconciled(
                problem_no=self.key,
                cycle=self.cycle,
                application=self.application,
                entries=entries,
            )
        )
        self.record(
            ClosureOfficeApproved(
                problem_no=self.key,
                cycle=self.cycle,
                application=self.application,
                approved_by=actor.person_ref,
            )
        )

    def countersign(
        self,
        actor: Actor,
        digest: str,
        *,
        linked_office: str,
        team_leader: str,
        principal: str | None,
        handover_is_open: bool,
    ) -> None:
        """Sign the closing (T31); the second signature closes the problem.

        G22: in order, two different persons, one hash. G20, G21 and G24 are checked again: no
        handover of the unit is open, whoever signed the report is its `principal` now, and no
        objection was raised since.
        """
        self._require_order()
        cosigner = self._cosigner(actor, linked_office, team_leader)
        self._require_two_persons(cosigner, actor)
        if digest != self.digest:
            raise GuardFailedError("G22", "the signature is on other content", problem_no=self.key)
        if principal != self.signatory:
            raise GuardFailedError("G21", "the signatory of the report is principal no longer")
        if handover_is_open:
            raise GuardFailedError("G20", "a handover of the unit's principal is open")
        if self.is_contested:
            raise GuardFailedError("G24", "an objection is open", problem_no=self.key)
        self.record(
            ClosureCountersigned(
                problem_no=self.key,
                cycle=self.cycle,
                application=self.application,
                cosigner=cosigner,
                signed_by=actor.person_ref,
                digest=digest,
            )
        )
        if len(self.signed_by) == len(Cosigner):
            self._close()

    def _require_order(self) -> None:
        self.require_open()
        if self.state in IN_CLOSING - {S.OFFICE_APPROVED}:
            raise GuardFailedError(
                "G22", "acceptance and office approval come first", problem_no=self.key
            )
        self.require_state(S.OFFICE_APPROVED)

    def _cosigner(self, actor: Actor, linked_office: str, team_leader: str) -> Cosigner:
        if actor.role is Role.DSO and actor.org == linked_office:
            return Cosigner.LINKED_OFFICE
        if actor.role is Role.TL and actor.person_ref == team_leader:
            return Cosigner.TEAM_LEADER
        raise GuardFailedError("G22", "only the linked office and the team leader countersign")

    def _require_two_persons(self, cosigner: Cosigner, actor: Actor) -> None:
        if cosigner in self.signed_by:
            raise AlreadyCountersignedError(f"{cosigner} has signed", problem_no=self.key)
        if actor.person_ref in self.signed_by.values():
            raise GuardFailedError("G22", "the two countersigners are different persons")

    def _close(self) -> None:
        self.record(
            ProblemClosed(
                problem_no=self.key,
                case_no=self.case_no,
                unit=self.unit,
                cycle=self.cycle,
                application=self.application,
                pairs=len(self.pairs),
                signatory=self.signatory,
                digest=self.digest,
                resident_team=self.resident_team,
            )
        )

    def return_closure(
        self,
        actor: Actor,
        *,
        reasons: str,
        items: list[ResidualItem],
        rectify_by: date,
        linked_office: str,
    ) -> None:
        """Return the closing at the step that waits for this actor (T27, T29)."""
        self.require_state(S.CLOSURE_APPLIED, S.CLOSURE_ACCEPTED)
        if self.state is S.CLOSURE_APPLIED:
            _require_linked(actor, linked_office)
        elif actor.role is not Role.OFF:
            raise ForbiddenError("at this step the inspection office decides")
        self._send_back(reasons, items, rectify_by)

    def refuse_countersignature(
        self,
        actor: Actor,
        *,
        reasons: str,
        items: list[ResidualItem],
        rectify_by: date,
        linked_office: str,
        team_leader: str,
    ) -> None:
        """Refuse one's signature: the closing is returned (T32)."""
        self.require_state(S.OFFICE_APPROVED)
        self._cosigner(actor, linked_office, team_leader)
        self._send_back(reasons, items, rectify_by)

    def _send_back(self, reasons: str, items: list[ResidualItem], rectify_by: date) -> None:
        self.record(
            ClosureReturned(
                problem_no=self.key,
                case_no=self.case_no,
                cycle=self.cycle,
                application=self.application,
                returned_by=RETURNER_AT[self.state],
                reasons=reasons,
                items=items,
                rectify_by=rectify_by,
            )
        )

    @applies(ClosureAccepted)
    def _accepted(self, _: ClosureAccepted) -> None:
        self.chain, self.signed_by = S.CLOSURE_ACCEPTED, {}

    @applies(LedgersReconciled)
    def _reconciled(self, _: LedgersReconciled) -> None:
        """The approval that follows in the same transaction moves the problem."""

    @applies(ClosureOfficeApproved)
    def _office_approved(self, _: ClosureOfficeApproved) -> None:
        self.chain = S.OFFICE_APPROVED

    @applies(ClosureCountersigned)
    def _countersigned(self, event: ClosureCountersigned) -> None:
        self.signed_by[event.cosigner] = event.signed_by

    @applies(ClosureReturned)
    def _returned(self, event: ClosureReturned) -> None:
        self.chain, self.rectify_by = S.RE_RECTIFYING, event.rectify_by

    @applies(ProblemClosed)
    def _closed(self, _: ProblemClosed) -> None:
        self.chain = S.CLOSED


def _require_linked(actor: Actor, linked_office: str) -> None:
    if actor.role is not Role.DSO or actor.org != linked_office:
        raise GuardFailedError("G18", "the unit's linked office decides here", office=linked_office)


def _require_deeds_seen(methods: Iterable[MethodUsed]) -> None:
    used = {used.method.upper().replace("-", "_") for used in methods}
    if not used & DIRECT_METHODS:
        raise OnlyDocumentsSeenError("at least one on-site or interview method is needed")
