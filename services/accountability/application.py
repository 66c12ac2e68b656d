"""The use cases of accountability: one method per command."""

from datetime import date
from typing import Any

from services.accountability.domain.cases import (
    DECIDING_ROLES,
    REFERRING_ROLES,
    AccountabilityCase,
    InspectedCase,
    InspectedProblem,
    ProblemNotClaimedError,
    Referral,
    Sanction,
)
from services.accountability.domain.circulars import NamingCircular
from services.accountability.domain.leads import Lead
from services.accountability.domain.other_leads import OtherLead
from services.accountability.domain.sealed_facts import Detention, VoluntarySurrender
from shared.contracts.accountability import (
    DisposalMethod,
    Ground,
    LeadConclusion,
    LeadSource,
    MeasureCategory,
    NamedPerson,
)
from shared.contracts.base import Decision, Sealed
from shared.contracts.directory import DueDate, LegalBasisView
from shared.contracts.feedback import LeadOffered
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.errors import NotYetSeenError
from shared.kernel.periods import civil_date

__all__ = [
    "DECIDING_ROLES",
    "REFERRING_ROLES",
    "AccountabilityApplication",
    "AccountabilityCase",
    "Lead",
    "Referral",
    "Sanction",
]


class AccountabilityApplication:
    """Loads, lets the domain decide, saves."""

    def note_inspected_case(
        self, uow: UnitOfWork, case_no: str, *, round_no: str, unit: str
    ) -> None:
        """NoteInspectedCase: which unit a fed-back case belongs to."""
        case = uow.find(InspectedCase, case_no) or uow.create(InspectedCase, case_no)
        case.note(round_no, unit)
        uow.save(case)

    def note_claim(self, uow: UnitOfWork, problem_no: str, *, case_no: str) -> None:
        """NoteClaim: from now on the problem may be referred (T42)."""
        problem = uow.find(InspectedProblem, problem_no) or uow.create(InspectedProblem, problem_no)
        problem.note_claim(case_no)
        uow.save(problem)

    def receive_offer(self, uow: UnitOfWork, offered: LeadOffered) -> None:
        """ReceiveLeadOffer (X04)."""
        lead = uow.find(Lead, offered.lead_no) or uow.create(Lead, offered.lead_no)
        lead.receive_offer(offered)
        uow.save(lead, *self._problems_with(uow, lead, is_open=True))

    def accept_lead(
        self, uow: UnitOfWork, lead_no: str, *, registered_on: date, due: DueDate
    ) -> dict[str, Any]:
        """AcceptLead (R101, R254): the first disposal is due by the policy in force."""
        lead = self._addressed(uow, lead_no)
        lead.accept(registered_on, due.due)
        uow.under(due.edition)
        uow.save(lead)
        return {"first_disposal_due": due.due.isoformat()}

    def return_lead(self, uow: UnitOfWork, lead_no: str, *, reason: str) -> None:
        """ReturnLead (R101)."""
        lead = self._addressed(uow, lead_no)
        lead.send_back(reason)
        uow.save(lead)

    def classify_lead(self, uow: UnitOfWork, lead_no: str, *, method: DisposalMethod) -> None:
        """ClassifyLead (R250)."""
        lead = self._addressed(uow, lead_no)
        lead.classify(method)
        uow.save(lead)

    def register_other_lead(
        self, uow: UnitOfWork, lead_no: str, *, source: LeadSource, registered_on: date
    ) -> dict[str, Any]:
        """RegisterOtherLead: one that no inspection found (R253)."""
        lead = uow.create(OtherLead, lead_no)
        uow.save(lead.register(uow.actor, source, registered_on, civil_date(uow.now)))
        return {"lead_no": lead_no}

    def classify_other_lead(self, uow: UnitOfWork, lead_no: str, *, method: DisposalMethod) -> None:
        """ClassifyOtherLead."""
        lead = uow.load(OtherLead, lead_no)
        lead.classify(uow.actor, method, civil_date(uow.now))
        uow.save(lead)

    def conclude_other_lead(
        self, uow: UnitOfWork, lead_no: str, *, conclusion: LeadConclusion, concluded_on: date
    ) -> None:
        """ConcludeOtherLead."""
        lead = uow.load(OtherLead, lead_no)
        lead.conclude(uow.actor, conclusion, concluded_on, civil_date(uow.now))
        uow.save(lead)

    def impose_measure(
        self,
        uow: UnitOfWork,
        lead_no: str,
        *,
        measure_no: str,
        person_ref: str,
        category: MeasureCategory,
        measure: str,
        legal_basis: str,
        basis: LegalBasisView | None,
        conduct_on: date,
    ) -> None:
        """ImposeMeasure (R274, R275, G28)."""
        lead = self._addressed(uow, lead_no)
        lead.impose_measure(
            measure_no,
            person_ref=person_ref,
            category=category,
            measure=measure,
            legal_basis=legal_basis,
            basis=basis,
            conduct_on=conduct_on,
        )
        uow.save(lead)

    def file_case(
        self, uow: UnitOfWork, lead_no: str, *, person_ref: str, post_level: str, filed_on: date
    ) -> None:
        """FileCase (R278)."""
        lead = self._addressed(uow, lead_no)
        lead.file_case(person_ref, post_level, filed_on)
        uow.save(lead)

    def transfer_to_judiciary(
        self, uow: UnitOfWork, lead_no: str, *, person_ref: str, transferred_on: date
    ) -> None:
        """TransferToJudiciary (R276)."""
        lead = self._addressed(uow, lead_no)
        lead.transfer_to_judiciary(person_ref, transferred_on)
        uow.save(lead)

    def record_detention(
        self,
        uow: UnitOfWork,
        lead_no: str,
        *,
        detention_no: str,
        matter: Sealed,
        detained_on: date,
    ) -> dict[str, Any]:
        """RecordDetention: only its existence leaves this service (3.3, C5)."""
        detention = uow.create(Detention, detention_no)
        lead, today = self._addressed(uow, lead_no), civil_date(uow.now)
        uow.save(detention.record_of(lead, matter, detained_on, today))
        return {"detention_no": detention_no}

    def record_surrender(
        self,
        uow: UnitOfWork,
        surrender_no: str,
        *,
        round_no: str,
        sector: str,
        matter: Sealed,
        surrendered_on: date,
    ) -> dict[str, Any]:
        """RecordVoluntarySurrender: only its existence leaves this service (3.3, C5)."""
        surrender = uow.create(VoluntarySurrender, surrender_no)
        today = civil_date(uow.now)
        uow.save(surrender.record_in(round_no, sector, matter, surrendered_on, today))
        return {"surrender_no": surrender_no}

    def issue_naming_circular(
        self,
        uow: UnitOfWork,
        circular_no: str,
        *,
        named: dict[str, list[NamedPerson]],
        decision: Decision,
    ) -> dict[str, Any]:
        """IssueNamingCircular (R268): decided cases, with the persons named in each."""
        cases = [
            (uow.load(AccountabilityCase, number), persons) for number, persons in named.items()
        ]
        circular = uow.create(NamingCircular, circular_no)
        uow.save(circular.issue(cases, decision, civil_date(uow.now)))
        return {"circular_no": circular_no}

    def conclude_lead(
        self,
        uow: UnitOfWork,
        lead_no: str,
        *,
        conclusion: LeadConclusion,
        pursuit_known: bool,
        concluded_on: date,
    ) -> None:
        """ConcludeLead (R249, X09)."""
        lead = self._addressed(uow, lead_no)
        problems = self._problems_with(uow, lead, is_open=False)
        lead.conclude(
            conclusion,
            pursuit_known=pursuit_known,
            concluded_on=concluded_on,
            open_problem_nos=[problem.key for problem in problems if problem.open_leads],
        )
        uow.save(lead, *problems)

    def cancel_lead(self, uow: UnitOfWork, lead_no: str) -> None:
        """CancelLead (R100)."""
        lead = self._addressed(uow, lead_no)
        lead.cancel()
        uow.save(lead)

    def propose(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        ground: Ground,
        source_id: str,
        unit: str = "",
        case_no: str = "",
    ) -> None:
        """ProposeAccountability (X07, X08): once per finding, under the next free number.

        Raises NotYetSeenError while the unit of the case is not known yet.
        """
        number = 1
        while known := uow.find(AccountabilityCase, f"AP-{problem_no}-{number}"):
            if known.source_id == source_id:
                return
            number += 1
        case = uow.create(AccountabilityCase, f"AP-{problem_no}-{number}")
        case.propose(unit or self._unit_of(uow, case_no), ground, [problem_no], source_id)
        uow.save(case)

    def refer_case(self, uow: UnitOfWork, accountability_no: str, referral: Referral) -> None:
        """ReferForAccountability (T42): a new case, or a proposal that people confirm."""
        found = uow.find(AccountabilityCase, accountability_no)
        case = found or uow.create(AccountabilityCase, accountability_no)
        case.refer(referral, uow.actor)
        for problem_no in referral.problem_nos:
            self._require_claimed(uow, problem_no, referral.unit)
        uow.save(case)

    def accept_case(self, uow: UnitOfWork, accountability_no: str) -> None:
        """AcceptCase."""
        case = uow.load(AccountabilityCase, accountability_no)
        case.accept(uow.actor)
        uow.save(case)

    def reject_case(self, uow: UnitOfWork, accountability_no: str, *, reason: str) -> None:
        """RejectCase."""
        case = uow.load(AccountabilityCase, accountability_no)
        case.reject(reason, uow.actor)
        uow.save(case)

    def decide_case(
        self,
        uow: UnitOfWork,
        accountability_no: str,
        sanction: Sanction,
        *,
        basis: LegalBasisView | None,
        decided_on: date,
    ) -> None:
        """DecideCase (R260–R263, G27, G28)."""
        case = uow.load(AccountabilityCase, accountability_no)
        found = [uow.find(InspectedProblem, problem_no) for problem_no in case.problem_nos]
        waiting = [problem.key for problem in found if problem and problem.open_leads]
        case.decide(sanction, basis, decided_on, uow.actor, waiting)
        uow.save(case)

    def execute_case(
        self, uow: UnitOfWork, accountability_no: str, *, executed_on: date, record: str
    ) -> None:
        """ExecuteCase."""
        case = uow.load(AccountabilityCase, accountability_no)
        case.execute(executed_on, record, uow.actor)
        uow.save(case)

    def lead(self, uow: UnitOfWork, lead_no: str) -> Lead:
        """Return the lead; raises NotFoundError."""
        return uow.load(Lead, lead_no)

    def case(self, uow: UnitOfWork, accountability_no: str) -> AccountabilityCase:
        """Return the accountability case; raises NotFoundError."""
        return uow.load(AccountabilityCase, accountability_no)

    def account(self, uow: UnitOfWork, accountability_no: str) -> Sealed:
        """Return the sealed account of the referral; raises NotFoundError, CaseStateError."""
        return uow.load(AccountabilityCase, accountability_no).account

    def _addressed(self, uow: UnitOfWork, lead_no: str) -> Lead:
        lead = uow.load(Lead, lead_no)
        lead.require_addressee(uow.actor)
        return lead

    def _problems_with(
        self, uow: UnitOfWork, lead: Lead, *, is_open: bool
    ) -> list[InspectedProblem]:
        """Return the problems before the lead, which take note whether it waits for its result."""
        problems = [
            uow.find(InspectedProblem, problem_no) or uow.create(InspectedProblem, problem_no)
            for problem_no in lead.offered.problem_nos
        ]
        for problem in problems:
            problem.note_lead(lead.key, is_open=is_open)
        return problems

    def _require_claimed(self, uow: UnitOfWork, problem_no: str, unit: str) -> None:
        """Demand a problem from P4 on, of this unit (T42)."""
        problem = uow.find(InspectedProblem, problem_no)
        is_claimed = problem is not None and bool(problem.case_no)
        case = uow.find(InspectedCase, problem.case_no) if problem and is_claimed else None
        if case is None or case.unit != unit:
            raise ProblemNotClaimedError("no such claimed problem", problem_no=problem_no)

    def _unit_of(self, uow: UnitOfWork, case_no: str) -> str:
        found = uow.find(InspectedCase, case_no)
        if found is None:
            raise NotYetSeenError("the inspected case is not seen yet", case_no=case_no)
        return found.unit
