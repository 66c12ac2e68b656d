"""Commands of the pairs of supervision and evaluation."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.supervision import schemas
from services.supervision.api.desk import Desk, disciplinary, review
from shared.contracts.base import Code
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, command
from shared.kernel.actor import Role


def evaluation_routes(desk: Desk) -> APIRouter:
    """Return the commands from the visit to the result."""
    router = APIRouter(tags=["supervision and evaluation"])
    router.include_router(_visits(desk))
    router.include_router(_scores(desk))
    router.include_router(_results(desk))
    return router


def _visits(desk: Desk) -> APIRouter:
    router = APIRouter()
    application = desk.application

    @router.post("/problems/{problem_no}/start-supervision")
    def start_supervision(
        problem_no: Code,
        body: schemas.StartSupervision,
        call: Annotated[CommandCall, Depends(command("StartSupervision", Role.JSG, Role.DSO))],
    ) -> Response:
        """Begin the next pair on site: the joint group the first, the linked office later ones."""

        def start(uow: UnitOfWork) -> dict[str, object]:
            unit = desk.unit_of_problem(uow, problem_no)
            return application.start_supervision(
                uow,
                problem_no,
                visit_no=body.visit_no,
                members=body.members,
                linked_office=unit.linked_office or "",
                unit_people=unit.people,
            )

        return call.run(start, on=review(problem_no), correlation=problem_no)

    @router.post("/problems/{problem_no}/complete-supervision")
    def complete_supervision(
        problem_no: Code,
        body: schemas.CompleteSupervision,
        call: Annotated[CommandCall, Depends(command("CompleteSupervision", Role.JSG, Role.DSO))],
    ) -> Response:
        """End the visit with methods, evidence and a finding (T21)."""
        return call.run(
            lambda uow: application.complete_supervision(
                uow, problem_no, methods=body.methods, finding=body.finding
            ),
            on=review(problem_no),
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/find-sham")
    def find_sham(
        problem_no: Code,
        body: schemas.FindSham,
        call: Annotated[
            CommandCall,
            Depends(command("FindSham", Role.JSG, Role.DSO, Role.RDT, Role.OFF, Role.TL)),
        ],
    ) -> Response:
        """Find a declared completion to be sham (T19)."""
        return call.run(
            lambda uow: application.find_sham(
                uow,
                problem_no,
                kind=body.kind,
                evidence=body.evidence,
                rectify_by=desk.rectify_by(uow),
                discipline_orgs=disciplinary(desk.unit_of_problem(uow, problem_no)),
            ),
            on=review(problem_no),
            correlation=problem_no,
        )

    return router


def _scores(desk: Desk) -> APIRouter:
    router = APIRouter()
    application = desk.application

    @router.post("/problems/{problem_no}/score-self")
    def score_self(
        problem_no: Code,
        body: schemas.Score,
        call: Annotated[CommandCall, Depends(command("ScoreSelf", Role.UP))],
    ) -> Response:
        """Give the unit's own score, first and locked (T22)."""
        return call.run(
            lambda uow: application.score_self(uow, problem_no, **dict(body)),
            on=review(problem_no),
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/score-panel")
    def score_panel(
        problem_no: Code,
        body: schemas.Score,
        call: Annotated[CommandCall, Depends(command("ScorePanel", Role.PAN, Role.DSO))],
    ) -> Response:
        """Give the panel's score (T22)."""
        return call.run(
            lambda uow: application.score_panel(uow, problem_no, **dict(body)),
            on=review(problem_no),
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/close-poll")
    def close_poll(
        problem_no: Code,
        body: schemas.ClosePoll,
        call: Annotated[CommandCall, Depends(command("ClosePoll", Role.OFF))],
    ) -> Response:
        """Close the anonymous poll with its aggregate (T22)."""
        return call.run(
            lambda uow: application.close_poll(
                uow,
                problem_no,
                **dict(body),
                policy=desk.policy(),
            ),
            on=review(problem_no),
            correlation=problem_no,
        )

    return router


def _results(desk: Desk) -> APIRouter:
    router = APIRouter()
    application = desk.application

    @router.post("/problems/{problem_no}/finalise-evaluation")
    def finalise_evaluation(
        problem_no: Code,
        body: schemas.FinaliseEvaluation,
        call: Annotated[CommandCall, Depends(command("FinaliseEvaluation", Role.PAN, Role.DSO))],
    ) -> Response:
        """Give the evaluation its result (T23–T25)."""
        return call.run(
            lambda uow: application.finalise_evaluation(
                uow,
                problem_no,
                scheme_version=body.scheme_version,
                items=body.items,
                rectify_by=desk.rectify_by(uow),
                policy=desk.policy(),
            ),
            on=review(problem_no),
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/waive-second-round")
    def waive_second_round(
        problem_no: Code,
        body: schemas.WaiveSecondRound,
        call: Annotated[CommandCall, Depends(command("WaiveSecondRound", Role.LG))],
    ) -> Response:
        """Waive the second pair, exceptionally (T47)."""
        return call.run(
            lambda uow: application.waive_second_round(
                uow, problem_no, reason=body.reason, decision=body.decision
            ),
            on=review(problem_no),
            correlation=problem_no,
        )

    return router
