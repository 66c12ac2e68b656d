"""The plan of a term, opening rounds, and noting when all their targets are fed back."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.feedback.domain.coverage import CoveragePlan
from services.feedback.domain.issuing import Feedback
from services.feedback.domain.joint_actions import JointAction
from services.feedback.domain.rounds import Round
from shared.contracts.base import Decision
from shared.contracts.feedback import CoverageCategory, RoundTarget
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.periods import civil_date


class RoundUseCases:
    def open_round(
        self,
        uow: UnitOfWork,
        round_no: str,
        *,
        term: str,
        ordinal: int,
        mode: str,
        targets: Sequence[RoundTarget],
    ) -> dict[str, Any]:
        """Open a round over its targets (R037, R149)."""
        uow.save(uow.create(Round, round_no).open(term, ordinal, mode, targets))
        return {"round_no": round_no}

    def authorise_deputy(
        self, uow: UnitOfWork, round_no: str, *, person_ref: str, decision: Decision
    ) -> None:
        """Authorise a non-resident deputy leader for the round (R102)."""
        this_round = uow.load(Round, round_no)
        this_round.authorise_deputy(person_ref, decision, civil_date(uow.now))
        uow.save(this_round)

    def open_joint_action(
        self,
        uow: UnitOfWork,
        action_no: str,
        *,
        field: str,
        partners: Sequence[str],
        opened_on: date,
        decision: Decision,
    ) -> dict[str, Any]:
        """Open a joint action of several bodies in a field."""
        action = uow.create(JointAction, action_no)
        today = civil_date(uow.now)
        uow.save(action.open(field, partners, opened_on, decision, today))
        return {"action_no": action_no}

    def adopt_coverage_plan(
        self,
        uow: UnitOfWork,
        term: str,
        *,
        categories: Sequence[CoverageCategory],
        total: int,
        decision: Decision,
    ) -> dict[str, Any]:
        """Adopt whom the term inspects at least once, or a new edition of it (R035)."""
        plan = uow.find(CoveragePlan, term) or uow.create(CoveragePlan, term)
        uow.save(plan.adopt(categories, total, decision, civil_date(uow.now)))
        return {"term": term, "edition": plan.editions}

    def complete_round_if_all_fed_back(self, uow: UnitOfWork, round_no: str) -> None:
        """Note the round as fed back once feedback was issued to every target; only once."""
        this_round = uow.load(Round, round_no)
        feedbacks = [uow.find(Feedback, case_no) for case_no in this_round.targets]
        days = [found.issued_on for found in feedbacks if found and found.issued_on]
        if len(days) == len(feedbacks) and not this_round.is_fed_back:
            this_round.complete(max(days))
            uow.save(this_round)
