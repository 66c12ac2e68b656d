"""云岚市, as accountability's tests know it: organs, a water bureau, a lead, a referral."""

import base64
from datetime import date
from typing import Any

from services.accountability.application import AccountabilityApplication, Referral, Sanction
from shared.contracts.accountability import (
    DisposalMethod,
    Ground,
    LeadConclusion,
    MeasureCategory,
    SubjectKind,
)
from shared.contracts.base import Commitment, Sealed
from shared.contracts.directory import DueDate, LegalBasisView, SeverityBand
from shared.contracts.feedback import LeadAddresseeKind, LeadOffered
from shared.kernel.actor import Actor, Role
from tests.support.in_memory import InMemoryUnitOfWork

WATER = "yl-water"  # 云岚市水利局
COMMISSION, DEPARTMENT = "yl-discipline", "yl-organisation"
CASE, ROUND, PROBLEM, LEAD, AFFAIR = (
    "YL-T1R1-U03", "YL-T1R1", "YL-T1R1-U03-007", "YL-L-0007", "YL-A-0001",
)  # fmt: skip
HAO, QIAO = "p-up-water", "p-member-water"

HANDLER = Actor(person_ref="p-handler", org=COMMISSION, role=Role.DCI)
PERSONNEL = Actor(person_ref="p-personnel", org=DEPARTMENT, role=Role.ORG)
OFFICE = Actor(person_ref="p-office", org="yl-inspection-office", role=Role.OFF)
COMMITTEE = Actor(person_ref="p-committee", org="yl-committee", role=Role.COM)

TODAY = date(2026, 3, 2)
CONDUCT = date(2023, 6, 1)
DUE = DueDate(
    parameter="lead_first_disposal_within", edition="yl-2025", start=TODAY, due=date(2026, 4, 2)
)
REGULATIONS = LegalBasisView(
    basis="discipline-regulations",
    edition="2018",
    bands=[
        SeverityBand(severity="LIGHT", measures=["WARNING", "SERIOUS_WARNING"]),
        SeverityBand(severity="SERIOUS", measures=["EXPULSION"]),
    ],
)
SEALED = Sealed(sealed=Commitment(c=base64.b64encode(b"c" * 32).decode(), s=HAO))
EVIDENCE = ["ab" * 32]


def offered(offer: int = 1, **changes: Any) -> LeadOffered:
    """Return an offer of the lead to the discipline commission, but for what is changed."""
    facts: dict[str, Any] = {
        "lead_no": LEAD, "offer": offer, "case_no": CASE, "round_no": ROUND, "unit": WATER,
        "kind": "finance-lead", "addressee": COMMISSION,
        "addressee_kind": LeadAddresseeKind.DISCIPLINE_COMMISSION, "concerns_principal": True,
        "post_level": "COUNTY_CHIEF", "problem_nos": [PROBLEM], "content": SEALED,
    }  # fmt: skip
    return LeadOffered(**{**facts, **changes})


def referral(**changes: Any) -> Referral:
    """Return a referral of the water bureau's principal, but for what is changed."""
    facts: dict[str, Any] = {
        "unit": WATER, "subject_kind": SubjectKind.PERSON, "subject": HAO, "ground": Ground.FRAUD,
        "evidence": EVIDENCE, "problem_nos": [PROBLEM], "joint_with": COMMISSION,
        "conduct_on": CONDUCT, "account": SEALED,
    }  # fmt: skip
    return Referral(**{**facts, **changes})


def sanction(**changes: Any) -> Sanction:
    """Return a warning for a light breach, but for what is changed."""
    facts: dict[str, Any] = {
        "severity": "LIGHT", "measure": "WARNING", "legal_basis": "discipline-regulations",
    }  # fmt: skip
    return Sanction(**{**facts, **changes})


class Desk:
    """The use cases over one store, each given by the actor who may."""

    def __init__(self) -> None:
        self.application = AccountabilityApplication()
        self.uow = InMemoryUnitOfWork("accountability", actor=HANDLER)
        self.claimed(PROBLEM)

    def as_(self, actor: Actor) -> InMemoryUnitOfWork:
        """Begin the next unit of work; what came before is stored."""
        self.uow = self.uow.acting(as_=actor)
        return self.uow

    def claimed(self, *problem_nos: str) -> "Desk":
        """The water bureau claimed these problems of its case."""
        self.application.note_inspected_case(self.uow, CASE, round_no=ROUND, unit=WATER)
        for problem_no in problem_nos:
            self.application.note_claim(self.uow, problem_no, case_no=CASE)
        self.as_(HANDLER)
        return self

    def offered(self, **changes: Any) -> "Desk":
        self.application.receive_offer(self.as_(HANDLER), offered(**changes))
        self.as_(HANDLER)
        return self

    def registered(self, **changes: Any) -> "Desk":
        self.offered(**changes)
        self.application.accept_lead(self.uow, LEAD, registered_on=TODAY, due=DUE)
        self.as_(HANDLER)
        return self

    def classified(self) -> "Desk":
        self.registered()
        method = DisposalMethod.PRELIMINARY_VERIFICATION
        self.application.classify_lead(self.uow, LEAD, method=method)
        self.as_(HANDLER)
        return self

    def concluded(self) -> "Desk":
        self.classified()
        self.conclude(LeadConclusion.FORM_1)
        self.as_(HANDLER)
        return self

    def conclude(self, conclusion: LeadConclusion) -> None:
        self.application.conclude_lead(
            self.uow, LEAD, conclusion=conclusion, pursuit_known=True, concluded_on=TODAY
        )

    def impose(self, basis: LegalBasisView | None = REGULATIONS, measure_no: str = "M-1") -> None:
        self.application.impose_measure(
            self.uow,
            LEAD,
            measure_no=measure_no,
            person_ref=QIAO,
            category=MeasureCategory.DISCIPLINE,
            measure="WARNING",
            legal_basis="discipline-regulations",
            basis=basis,
            conduct_on=CONDUCT,
        )

    def referred(self, **changes: Any) -> "Desk":
        self.application.refer_case(self.as_(OFFICE), AFFAIR, referral(**changes))
        self.as_(HANDLER)
        return self

    def accepted(self) -> "Desk":
        self.referred()
        self.application.accept_case(self.uow, AFFAIR)
        self.as_(HANDLER)
        return self

    def decide(self, basis: LegalBasisView | None = REGULATIONS, **changes: Any) -> None:
        self.application.decide_case(
            self.uow, AFFAIR, sanction(**changes), basis=basis, decided_on=TODAY
        )
