"""Accountability cases (问责): proposed by a rule, referred by people, decided by another organ.

The inspection side proposes and never decides (R256, R259); every sanction rests on a ground, on
evidence, on a problem and on a legal basis in force at the conduct (R272, INV-15). A case never
moves the state of a problem (R110).
"""

from dataclasses import dataclass
from datetime import date

from services.accountability.domain.guards import (
    is_within_band,
    require_fit_to_travel,
    require_higher_approval,
    require_in_force,
)
from shared.contracts.accountability import (
    AccountabilityProposed,
    AccountabilityReferred,
    AccountabilityState,
    CaseAccepted,
    CaseDecided,
    CaseExecuted,
    CaseRejected,
    Ground,
    InspectedCaseNoted,
    InspectedProblemNoted,
    ProblemLeadNoted,
    SubjectKind,
)
from shared.contracts.base import Sealed
from shared.contracts.directory import LegalBasisView
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import RefusedError

DECIDING_ROLES = (Role.DCI, Role.COM)
REFERRING_ROLES = (Role.OFF, Role.LG)


class NotADecidingOrganError(RefusedError):
    """The inspection side may propose but not decide sanctions (R256, R259)."""

    code = "not-a-deciding-organ"
    title = "Only the discipline organ or the committee decides"


class NotAReferringBodyError(RefusedError):
    code = "not-a-referring-body"
    title = "Only the inspection office or the leading group refers a case"


class OrphanCaseError(RefusedError):
    """A sanction without problem, ground or evidence is refused: no quotas (R272)."""

    code = "orphan-case"
    title = "A case needs a problem, a ground and evidence"


class NotReferredJointlyError(RefusedError):
    code = "not-referred-jointly"
    title = "The office refers together with another body"


class OtherUnitError(RefusedError):
    code = "other-unit"
    title = "The proposal concerns another unit or other problems"


class AlreadyReferredError(RefusedError):
    """A case is referred once under its number (T42)."""

    code = "already-referred"
    title = "A case of this number was referred before"


class ProblemNotClaimedError(RefusedError):
    """A case rests on problems that their unit has claimed: P4 and later (T42)."""

    code = "problem-not-claimed"
    title = "The problem was not claimed by this unit"


class CaseStateError(RefusedError):
    code = "case-state"
    title = "The case does not stand where this could happen"


@dataclass(frozen=True)
class Referral:
    """What people bring forward. `account` is sealed: nothing of its text is in any event."""

    unit: str
    subject_kind: SubjectKind
    subject: str
    ground: Ground
    evidence: list[str]
    problem_nos: list[str]
    joint_with: str
    conduct_on: date
    account: Sealed


@dataclass(frozen=True)
class Sanction:
    """What the deciding organ decides."""

    severity: str
    measure: str
    legal_basis: str
    higher_approval: str | None = None
    higher_approval_reason: str | None = None


class InspectedCase(Aggregate):
    """What accountability knows of a fed-back case: its round and its unit."""

    KIND = "inspected-case"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.unit = ""

    def note(self, round_no: str, unit: str) -> None:
        """Remember it; a repetition changes nothing."""
        if not self.exists:
            self.record(InspectedCaseNoted(case_no=self.key, round_no=round_no, unit=unit))

    @applies(InspectedCaseNoted)
    def _noted(self, event: InspectedCaseNoted) -> None:
        self.unit = event.unit


class InspectedProblem(Aggregate):
    """What accountability knows of a problem: that it was claimed, and which leads are open."""

    KIND = "inspected-problem"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.case_no = ""
        self.open_leads: set[str] = set()

    def note_lead(self, lead_no: str, *, is_open: bool) -> None:
        """Remember that a lead behind the problem waits for its result, or has it (G19)."""
        if (lead_no in self.open_leads) != is_open:
            self.record(ProblemLeadNoted(problem_no=self.key, lead_no=lead_no, is_open=is_open))

    def note_claim(self, case_no: str) -> None:
        """Remember it; a repetition changes nothing."""
        if not self.case_no:
            self.record(InspectedProblemNoted(problem_no=self.key, case_no=case_no))

    @applies(InspectedProblemNoted)
    def _noted(self, event: InspectedProblemNoted) -> None:
        self.case_no = event.case_no

    @applies(ProblemLeadNoted)
    def _lead_noted(self, event: ProblemLeadNoted) -> None:
        if event.is_open:
            self.open_leads.add(event.lead_no)
        else:
            self.open_leads.discard(event.lead_no)


class AccountabilityCase(Aggregate):
    """One accountability case under its number."""

    KIND = "accountability-case"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.state = AccountabilityState.PROPOSED
        self.source_id = ""
        self.unit = ""
        self.problem_nos: list[str] = []
        self.ground = ""
        self.referral: AccountabilityReferred | None = None
        self.decided: CaseDecided | None = None

    def propose(self, unit: str, ground: Ground, problem_nos: list[str], source_id: str) -> None:
        """Note what a rule found (X07, X08). Nothing follows until a person refers it."""
        self.record(
            AccountabilityProposed(
                accountability_no=self.key,
                unit=unit,
                ground=ground,
                problem_nos=problem_nos,
                source_id=source_id,
            )
        )

    def refer(self, referral: Referral, actor: Actor) -> None:
        """Refer the case, or confirm the proposal of this number (T42, R259).

        Raises NotAReferringBodyError, OrphanCaseError, NotReferredJointlyError, OtherUnitError,
        AlreadyReferredError.
        """
        if actor.role not in REFERRING_ROLES:
            raise NotAReferringBodyError("another body refers", accountability_no=self.key)
        self._require_open_to_referral(referral)
        if not referral.problem_nos or not referral.evidence:
            raise OrphanCaseError("name a problem and its evidence", accountability_no=self.key)
        if referral.joint_with == actor.org:
            raise NotReferredJointlyError("name the other body", accountability_no=self.key)
        self.record(
            AccountabilityReferred(
                accountability_no=self.key, referred_by=actor.org, **vars(referral)
            )
        )

    def _require_open_to_referral(self, referral: Referral) -> None:
        if not self.exists:
            return
        if self.state is not AccountabilityState.PROPOSED:
            raise AlreadyReferredError(f"the case is {self.state}", accountability_no=self.key)
        if referral.unit != self.unit or not set(self.problem_nos) <= set(referral.problem_nos):
            raise OtherUnitError("refer what was proposed", accountability_no=self.key)

    def accept(self, actor: Actor) -> None:
        """Take the case up."""
        self._require_deciding(actor, AccountabilityState.REFERRED)
        self.record(CaseAccepted(accountability_no=self.key, accepted_by=actor.org))

    def reject(self, reason: str, actor: Actor) -> None:
        """Do not take it up, for a reason that is fit to travel (G26)."""
        self._require_deciding(actor, AccountabilityState.REFERRED)
        require_fit_to_travel(reason, private=frozenset({self._referral.subject}))
        self.record(CaseRejected(accountability_no=self.key, reason=reason))

    def decide(
        self,
        sanction: Sanction,
        basis: LegalBasisView | None,
        decided_on: date,
        actor: Actor,
        open_problem_nos: list[str],
    ) -> None:
        """Decide on a basis in force at the conduct (G28), within its band or approved (G27).

        Behind `open_problem_nos` leads still wait: their disposal is not known by this (G19).
        """
        self._require_deciding(actor, AccountabilityState.ACCEPTED)
        in_force = require_in_force(basis, sanction.legal_basis, self._referral.conduct_on)
        within_band = is_within_band(in_force, sanction.severity, sanction.measure)
        if not within_band:
            require_higher_approval(sanction.higher_approval, sanction.higher_approval_reason)
        self.record(
            CaseDecided(
                accountability_no=self.key,
                problem_nos=self.problem_nos,
                basis_edition=in_force.edition,
                within_band=within_band,
                decided_by=actor.org,
                decided_on=decided_on,
                open_problem_nos=open_problem_nos,
                **vars(sanction),
            )
        )

    def execute(self, executed_on: date, record: str, actor: Actor) -> None:
        """Note that the decision was carried out."""
        self._require_deciding(actor, AccountabilityState.DECIDED)
        self.record(
            CaseExecuted(accountability_no=self.key, executed_on=executed_on, record=record)
        )

    @property
    def conduct_on(self) -> date:
        """The date of the conduct; raises CaseStateError before the referral."""
        return self._referral.conduct_on

    @property
    def account(self) -> Sealed:
        """What happened, in words; raises CaseStateError before the referral."""
        return self._referral.account

    @property
    def _referral(self) -> AccountabilityReferred:
        if self.referral is None:
            raise CaseStateError(f"the case is {self.state}", accountability_no=self.key)
        return self.referral

    def _require_deciding(self, actor: Actor, state: AccountabilityState) -> None:
        """Raises NotADecidingOrganError, also for the bodies that referred it; CaseStateError."""
        if actor.role not in DECIDING_ROLES:
            raise NotADecidingOrganError("another organ decides", accountability_no=self.key)
        if self.state is not state:
            raise CaseStateError(f"the case is {self.state}", accountability_no=self.key)
        if actor.org == self._referral.referred_by:
            raise NotADecidingOrganError("who refers does not decide", accountability_no=self.key)

    @applies(AccountabilityProposed)
    def _proposed(self, event: AccountabilityProposed) -> None:
        self.unit, self.problem_nos = event.unit, event.problem_nos
        self.ground, self.source_id = event.ground, event.source_id

    @applies(AccountabilityReferred)
    def _referred(self, event: AccountabilityReferred) -> None:
        self.state, self.referral = AccountabilityState.REFERRED, event
        self.unit, self.ground, self.problem_nos = event.unit, event.ground, event.problem_nos

    @applies(CaseAccepted)
    def _accepted(self, _: CaseAccepted) -> None:
        self.state = AccountabilityState.ACCEPTED

    @applies(CaseRejected)
    def _rejected(self, _: CaseRejected) -> None:
        self.state = AccountabilityState.REJECTED

    @applies(CaseDecided)
    def _decided(self, event: CaseDecided) -> None:
        self.state, self.decided = AccountabilityState.DECIDED, event

    @applies(CaseExecuted)
    def _executed(self, _: CaseExecuted) -> None:
        self.state = AccountabilityState.EXECUTED
