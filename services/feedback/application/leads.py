"""Offering leads, and learning what became of the offer."""

from collections.abc import Sequence
from typing import Any

from services.feedback.domain.issuing import Feedback
from services.feedback.domain.joint_actions import JointAction
from services.feedback.domain.leads import Lead, LeadAddress, LeadOrigin
from services.feedback.domain.problems import Problem
from services.feedback.domain.readings import LeadReadings
from services.feedback.domain.rounds import NotATargetError, Round, require_leader
from shared.contracts.base import Sealed
from shared.eventstore.unit_of_work import UnitOfWork


class LeadUseCases:
    def offer_lead(
        self,
        uow: UnitOfWork,
        lead_no: str,
        *,
        case_no: str,
        kind: str,
        address: LeadAddress,
        post_level: str,
        problem_nos: Sequence[str],
        concerns_principal: bool,
        content: Sealed,
        joint_action: str | None = None,
    ) -> dict[str, Any]:
        """X04: offer a lead found in a case. Linked problems are read, never written."""
        reports = uow.load(Feedback, case_no).require_reports()
        require_leader(uow.load(Round, reports.round_no).target(case_no), uow.actor)
        _require_problems_of(uow, case_no, problem_nos)
        if joint_action is not None:
            uow.load(JointAction, joint_action)
        origin = LeadOrigin(
            case_no=case_no,
            round_no=reports.round_no,
            unit=reports.unit,
            kind=kind,
            concerns_principal=concerns_principal,
            post_level=post_level,
            problem_nos=list(problem_nos),
            joint_action=joint_action,
        )
        lead = uow.create(Lead, lead_no).offer(origin, address, content)
        uow.save(lead)
        return {"lead_no": lead_no, "offer": lead.offers}

    def offer_lead_again(
        self, uow: UnitOfWork, lead_no: str, *, address: LeadAddress | None, content: Sealed
    ) -> dict[str, Any]:
        """Offer a returned lead again; without an address, to the same addressee."""
        lead = uow.load(Lead, lead_no)
        target = uow.load(Round, lead.origin.round_no).target(lead.origin.case_no)
        require_leader(target, uow.actor)
        lead.offer_again(address, content)
        uow.save(lead)
        return {"offer": lead.offers}

    def read_lead_content(self, uow: UnitOfWork, lead_no: str, *, purpose: str) -> Sealed:
        """Return the sealed content to its addressee, and note the reading with its purpose."""
        lead = uow.load(Lead, lead_no)
        content = lead.content_for(uow.actor)
        readings = uow.find(LeadReadings, lead_no) or uow.create(LeadReadings, lead_no)
        readings.note(lead.offers, uow.actor, purpose)
        uow.save(readings)
        return content

    def note_lead_accepted(self, uow: UnitOfWork, lead_no: str, *, offer: int) -> None:
        """The addressee registered the lead."""
        lead = uow.load(Lead, lead_no)
        lead.note_accepted(offer)
        uow.save(lead)

    def note_lead_returned(self, uow: UnitOfWork, lead_no: str, *, offer: int, reason: str) -> None:
        """The addressee returned the lead."""
        lead = uow.load(Lead, lead_no)
        lead.note_returned(offer, reason)
        uow.save(lead)


def _require_problems_of(uow: UnitOfWork, case_no: str, problem_nos: Sequence[str]) -> None:
    for problem_no in problem_nos:
        if uow.load(Problem, problem_no).case_no != case_no:
            raise NotATargetError("the problem belongs to another case", problem_no=problem_no)
