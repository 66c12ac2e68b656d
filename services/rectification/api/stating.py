"""The command that puts the stored lists of a case on record."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from services.rectification.application import RectificationApplication
from services.rectification.read_models.five_lists import Lists, five_lists
from shared.contracts.base import Code
from shared.eventstore.projections import Queries
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, command
from shared.http.paging import MinPosition
from shared.kernel.actor import Role


def stating_routes(application: RectificationApplication, queries: Queries) -> APIRouter:
    """Return the command that states the five lists."""
    router = APIRouter(tags=["cases"])

    @router.post("/cases/{case_no}/state-five-lists")
    def state_five_lists(
        case_no: Code,
        call: Annotated[CommandCall, Depends(command("StateFiveLists", Role.OFF, Role.AUD))],
        min_position: MinPosition = 0,
    ) -> Response:
        """Put the five lists on record as they are stored, for audit to count again (R118)."""

        def state(uow: UnitOfWork) -> dict[str, Any]:
            with queries.at(Lists, min_position) as (cursor, position):
                lists = five_lists(cursor, case_no)
            return application.state_five_lists(
                uow, case_no, position=position, entries=len(lists), digests=lists.digests()
            )

        return call.run(state, correlation=case_no)

    return router
