"""Use cases beyond single cases: instruments, common problems, campaigns, rounds, handovers."""

from datetime import date
from typing import Any

from services.supervision.domain import ClosureReview, SupervisionCase
from services.supervision.domain.campaigns import Campaign
from services.supervision.domain.common_problems import CommonProblem
from services.supervision.domain.instruments import Instrument
from services.supervision.domain.rounds import (
    Circular,
    HandoverUrging,
    NotOverdueError,
    RoundEvaluation,
)
from services.supervision.domain.surprise_draws import SurpriseDraw
from shared.contracts.base import Decision
from shared.contracts.supervision import StatedFigure
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.periods import civil_date


class InstrumentUseCases:
    """What is decided about many cases at once."""

    def propose_common(
        self, uow: UnitOfWork, common_no: str, *, title: str, problem_nos: list[str]
    ) -> dict[str, Any]:
        """Propose that problems of several units are one (R244)."""
        unit_of = {number: uow.load(ClosureReview, number).unit for number in problem_nos}
        uow.save(uow.create(CommonProblem, common_no).propose(title, unit_of))
        return {"common_no": common_no}

    def confirm_common(self, uow: UnitOfWork, common_no: str, *, decision: Decision) -> None:
        """Confirm a common problem (A24)."""
        common = uow.load(CommonProblem, common_no)
        common.confirm(decision, civil_date(uow.now))
        uow.save(common)

    def assign_named(
        self, uow: UnitOfWork, instrument_no: str, *, basis: str, addressee: str, decision: Decision
    ) -> dict[str, Any]:
        """Issue an assignment on persons and matters (R236)."""
        instrument = uow.create(Instrument, instrument_no)
        uow.save(instrument.assign_named(basis, addressee, decision, civil_date(uow.now)))
        return {"instrument_no": instrument_no}

    def assign_common(
        self,
        uow: UnitOfWork,
        instrument_no: str,
        *,
        common_no: str,
        addressee: str,
        decision: Decision,
    ) -> dict[str, Any]:
        """Issue an assignment on a confirmed common problem (R237)."""
        common = uow.load(CommonProblem, common_no)
        instrument = uow.create(Instrument, instrument_no)
        uow.save(instrument.assign_common(common, addressee, decision, civil_date(uow.now)))
        return {"instrument_no": instrument_no}

    def send_letter(
        self,
        uow: UnitOfWork,
        instrument_no: str,
        *,
        addressee: str,
        digest: str,
        decision: Decision,
    ) -> dict[str, Any]:
        """Send a suggestion letter (R238)."""
        instrument = uow.create(Instrument, instrument_no)
        uow.save(instrument.send_letter(addressee, digest, decision, civil_date(uow.now)))
        return {"instrument_no": instrument_no}

    def issue_report(
        self,
        uow: UnitOfWork,
        instrument_no: str,
        *,
        addressee: str,
        digest: str,
        decision: Decision,
        figures: list[StatedFigure],
    ) -> dict[str, Any]:
        """Issue a thematic report with its figures (R240)."""
        instrument = uow.create(Instrument, instrument_no)
        uow.save(instrument.report(addressee, digest, decision, civil_date(uow.now), figures))
        return {"instrument_no": instrument_no}

    def receive_instrument(self, uow: UnitOfWork, instrument_no: str) -> None:
        """The addressee confirms an instrument."""
        instrument = uow.load(Instrument, instrument_no)
        instrument.receive(uow.actor)
        uow.save(instrument)

    def handle_instrument(self, uow: UnitOfWork, instrument_no: str, *, answer: str) -> None:
        """The addressee answers an instrument (R239)."""
        instrument = uow.load(Instrument, instrument_no)
        instrument.handle(uow.actor, answer)
        uow.save(instrument)

    def open_campaign(
        self,
        uow: UnitOfWork,
        campaign_no: str,
        *,
        field: str,
        lead_department: str,
        common_nos: list[str],
        decision: Decision,
    ) -> dict[str, Any]:
        """Open a campaign (R245, R295)."""
        commons = [uow.load(CommonProblem, number) for number in common_nos]
        campaign = uow.create(Campaign, campaign_no)
        today = civil_date(uow.now)
        uow.save(campaign.open(uow.actor, field, lead_department, commons, decision, today))
        return {"campaign_no": campaign_no}

    def close_campaign(self, uow: UnitOfWork, campaign_no: str, *, report: str) -> None:
        """Close a campaign with its report."""
        campaign = uow.load(Campaign, campaign_no)
        campaign.close(uow.actor, report, civil_date(uow.now))
        uow.save(campaign)

    def evaluate_round(
        self, uow: UnitOfWork, round_no: str, *, case_nos: list[str], report: str
    ) -> dict[str, Any]:
        """Record the evaluation of a round (R209)."""
        cases = [uow.load(SupervisionCase, case_no) for case_no in case_nos]
        evaluation = _round(uow, round_no)
        uow.save(evaluation.evaluate(cases, report, civil_date(uow.now)))
        return {"round_no": round_no}

    def note_round_completion(self, uow: UnitOfWork, round_no: str, completed_on: date) -> None:
        """Take note that a whole round was fed back: evaluation and circular are due."""
        uow.save(_round(uow, round_no).note_completion(completed_on))

    def issue_circular(
        self, uow: UnitOfWork, round_no: str, *, circular: Circular, decision: Decision
    ) -> None:
        """Issue the circular of an evaluated round (R194)."""
        evaluation = uow.load(RoundEvaluation, round_no)
        evaluation.issue_circular(circular, decision, civil_date(uow.now))
        uow.save(evaluation)

    def round_completed_on(self, uow: UnitOfWork, round_no: str) -> date:
        """Return the day on which the round was fed back; raises NotOverdueError before it."""
        completed_on = uow.load(RoundEvaluation, round_no).completed_on
        if completed_on is None:
            raise NotOverdueError("the round is not fed back", round_no=round_no)
        return completed_on

    def list_overdue_round(self, uow: UnitOfWork, round_no: str, *, due: date) -> None:
        """List what a round still lacks after `due` (A20)."""
        evaluation = uow.load(RoundEvaluation, round_no)
        evaluation.list_overdue(due, civil_date(uow.now))
        uow.save(evaluation)

    def freeze_population(
        self, uow: UnitOfWork, draw_no: str, *, population: list[str], size: int
    ) -> dict[str, Any]:
        """Fix out of which problems a surprise re-check will be drawn (R177)."""
        for problem_no in population:
            uow.load(ClosureReview, problem_no).require_open()
        uow.save(uow.create(SurpriseDraw, draw_no).freeze(uow.actor, population, size))
        return {"draw_no": draw_no}

    def draw_surprise(
        self, uow: UnitOfWork, draw_no: str, *, seed: str, seed_source: str
    ) -> dict[str, Any]:
        """Let a seed select out of the frozen population."""
        draw = uow.load(SurpriseDraw, draw_no)
        draw.draw(uow.actor, seed, seed_source)
        uow.save(draw)
        return {"draw_no": draw_no}

    def urge_handover(
        self, uow: UnitOfWork, case_no: str, *, principal: str, principals: set[str]
    ) -> dict[str, Any]:
        """Urge a principal to hand the open problems over (R142)."""
        case = uow.load(SupervisionCase, case_no)
        urging = uow.find(HandoverUrging, case_no) or uow.create(HandoverUrging, case_no)
        uow.save(urging.urge(case, principal, principals, civil_date(uow.now)))
        return {"case_no": case_no, "urge": urging.urges}


def _round(uow: UnitOfWork, round_no: str) -> RoundEvaluation:
    return uow.find(RoundEvaluation, round_no) or uow.create(RoundEvaluation, round_no)
