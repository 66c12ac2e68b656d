"""Commands on a case, and entries into one's own ledger."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.supervision import schemas
from services.supervision.api.desk import Desk, case, disciplinary, review
from shared.contracts.base import Code
from shared.http.commands import CommandCall, command
from shared.kernel.actor import Role


def case_routes(desk: Desk) -> APIRouter:
    """Return the commands on a case."""
    router = APIRouter(tags=["cases"])
    application = desk.application

    @router.post("/cases/{case_no}/vote-on-plan")
    def vote_on_plan(
        case_no: Code,
        body: schemas.VoteOnPlan,
        call: Annotated[
            CommandCall,
            Depends(command("VoteOnPlan", Role.DSO, Role.RDT, Role.ORG, Role.OFF)),
        ],
    ) -> Response:
        """Cast the vote of one of the three bodies on a version of the plan (G11)."""
        return call.run(
            lambda uow: application.vote_on_plan(
                uow,
                case_no,
                plan_version=body.plan_version,
                digest=body.digest,
                approves=body.approves,
                remarks=body.remarks,
                discipline_orgs=disciplinary(desk.unit_of_case(uow, case_no)),
            ),
            on=case(case_no),
            correlation=case_no,
        )

    @router.post("/cases/{case_no}/change-phase")
    def change_phase(
        case_no: Code,
        body: schemas.ChangePhase,
        call: Annotated[CommandCall, Depends(command("ChangePhase", Role.OFF, Role.RDT, Role.DSO))],
    ) -> Response:
        """Accept the case as its next accountable supervisor (T40)."""
        return call.run(
            lambda uow: application.change_phase(
                uow,
                case_no,
                phase=body.phase,
                long_supervisors=disciplinary(desk.unit_of_case(uow, case_no)),
            ),
            on=case(case_no),
            correlation=case_no,
        )

    @router.post("/cases/{case_no}/replace-team-leader")
    def replace_team_leader(
        case_no: Code,
        body: schemas.ReplaceTeamLeader,
        call: Annotated[CommandCall, Depends(command("ReplaceTeamLeader", Role.LG))],
    ) -> Response:
        """Appoint a successor of the team leader of record, who is unavailable (A12)."""
        return call.run(
            lambda uow: application.replace_team_leader(uow, case_no, **dict(body)),
            on=case(case_no),
            correlation=case_no,
        )

    @router.post("/problems/{problem_no}/post-entry")
    def post_entry(
        problem_no: Code,
        body: schemas.PostEntry,
        call: Annotated[
            CommandCall,
            Depends(command("PostEntry", Role.OFF, Role.TL, Role.TM, Role.UP, Role.UH)),
        ],
    ) -> Response:
        """Enter a milestone by hand into one's own ledger (R165)."""
        return call.run(
            lambda uow: application.post_entry(
                uow, problem_no, milestone=body.milestone, source_id=body.source_id
            ),
            on=review(problem_no),
            correlation=problem_no,
        )

    return router
