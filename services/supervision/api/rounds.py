"""Commands about whole rounds: evaluation, circular, overdue list; urged handovers; draws."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.supervision import schemas
from services.supervision.api.desk import Desk, case
from services.supervision.domain.rounds import Circular
from shared.contracts.base import Code
from shared.contracts.directory import UnitView
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, command
from shared.kernel.actor import Role


def round_routes(desk: Desk) -> APIRouter:
    """Return the commands on rounds, handovers and draws."""
    router = APIRouter(tags=["rounds"])
    router.include_router(_evaluations(desk))
    router.include_router(_handovers(desk))
    router.include_router(_draws(desk))
    return router


def _evaluations(desk: Desk) -> APIRouter:
    router = APIRouter()
    application = desk.application

    @router.post("/round-evaluations", status_code=201)
    def evaluate_round(
        body: schemas.EvaluateRound,
        call: Annotated[CommandCall, Depends(command("EvaluateRound", Role.OFF))],
    ) -> Response:
        """Record the evaluation of a whole round (一轮一评估)."""
        return call.run(
            lambda uow: application.evaluate_round(uow, **dict(body)),
            correlation=body.round_no,
            status=201,
        )

    @router.post("/round-evaluations/{round_no}/issue-circular")
    def issue_circular(
        round_no: Code,
        body: schemas.IssueCircular,
        call: Annotated[CommandCall, Depends(command("IssueCircular", Role.OFF))],
    ) -> Response:
        """Issue the circular of an evaluated round (一轮一通报; the leading group decides)."""
        circular = Circular(**body.model_dump(exclude={"decision"}))
        return call.run(
            lambda uow: application.issue_circular(
                uow, round_no, circular=circular, decision=body.decision
            ),
            on=f"round-evaluation/{round_no}",
            correlation=round_no,
        )

    @router.post("/round-evaluations/{round_no}/list-overdue")
    def list_overdue(
        round_no: Code,
        call: Annotated[CommandCall, Depends(command("ListOverdueRound", Role.OFF))],
    ) -> Response:
        """Put what the round lacks on the overdue list, after the policy's period."""

        def listed(uow: UnitOfWork) -> None:
            due = desk.round_due(uow, round_no)
            application.list_overdue_round(uow, round_no, due=due)

        return call.run(listed, on=f"round-evaluation/{round_no}", correlation=round_no)

    return router


def _handovers(desk: Desk) -> APIRouter:
    router = APIRouter()
    application = desk.application

    @router.post("/cases/{case_no}/urge-handover")
    def urge_handover(
        case_no: Code,
        body: schemas.UrgeHandover,
        call: Annotated[
            CommandCall,
            Depends(command("UrgeHandover", Role.OFF, Role.DSO, Role.RDT, Role.ORG)),
        ],
    ) -> Response:
        """Urge a principal to hand the open problems over (督促整改交接)."""

        def urge(uow: UnitOfWork) -> dict[str, object]:
            known = _principals(desk.unit_of_case(uow, case_no))
            return application.urge_handover(
                uow, case_no, principal=body.principal, principals=known
            )

        return call.run(urge, on=case(case_no), correlation=case_no)

    return router


def _draws(desk: Desk) -> APIRouter:
    router = APIRouter()
    application = desk.application

    @router.post("/surprise-draws", status_code=201)
    def freeze(
        body: schemas.FreezePopulation,
        call: Annotated[CommandCall, Depends(command("FreezePopulation", Role.OFF))],
    ) -> Response:
        """Fix out of which problems a surprise re-check will be drawn (回马枪)."""
        return call.run(
            lambda uow: application.freeze_population(uow, **dict(body)),
            correlation=body.draw_no,
            status=201,
        )

    @router.post("/surprise-draws/{draw_no}/draw")
    def draw(
        draw_no: Code,
        body: schemas.DrawSurprise,
        call: Annotated[CommandCall, Depends(command("DrawSurprise", Role.OFF, Role.LG))],
    ) -> Response:
        """Let the seed of a lot select (another person than who froze the population)."""
        return call.run(
            lambda uow: application.draw_surprise(uow, draw_no, **dict(body)),
            on=f"surprise-draw/{draw_no}",
            correlation=draw_no,
        )

    return router


def _principals(unit: UnitView) -> set[str]:
    incumbent = {unit.principal.person_ref} if unit.principal else set()
    return incumbent | set(unit.former_principals)
