"""How a problem, a case, a unit or a round stood at a moment, and lists of problems then."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from services.audit.api.moments import AskedMoment, Auditor
from services.audit.application import ProblemFilter, TimeTravel
from services.audit.domain.life_cycle import NAMES
from services.audit.schemas import ProblemRow, State
from shared.contracts.base import Code
from shared.http.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.kernel.errors import InvalidValueError


def travel_routes(travel: TimeTravel) -> APIRouter:
    """Return the routes of time travel."""
    router = APIRouter()
    _problems(router, travel)

    @router.get("/cases/{case_no}", response_model=State)
    def show_case(case_no: Code, _: Auditor, moment: AskedMoment) -> JSONResponse:
        """Return plan, supervisors, problems of a case as they stood, and its timeline."""
        return JSONResponse(travel.case(case_no, moment))

    @router.get("/units/{org}", response_model=State)
    def show_unit(org: Code, _: Auditor, moment: AskedMoment) -> JSONResponse:
        """Return who answered for a unit then, its cases, and where its problems stood."""
        return JSONResponse(travel.unit(org, moment))

    @router.get("/rounds/{round_no}", response_model=State)
    def show_round(round_no: Code, _: Auditor, moment: AskedMoment) -> JSONResponse:
        """Return a round as it stood, with how many problems stood in each state."""
        return JSONResponse(travel.round(round_no, moment))

    return router


def _problems(router: APIRouter, travel: TimeTravel) -> None:
    @router.get("/problems")
    def list_problems(
        _: Auditor,
        moment: AskedMoment,
        state: str | None = None,
        unit: Code | None = None,
        round_no: Annotated[Code | None, Query(alias="round")] = None,
        case_no: Annotated[Code | None, Query(alias="case")] = None,
        after: Cursor = None,
        limit: Limit = 50,
    ) -> Page[ProblemRow]:
        """Return the problems known then, by number. A page may be short and yet have a next."""
        if state is not None and state not in NAMES:
            raise InvalidValueError("there is no such state")
        key = decode_cursor(after, str)
        wanted = ProblemFilter(unit, round_no, case_no, state)
        begin = str(key[0]) if key else ""
        found, following = travel.problems(wanted, moment, after=begin, limit=limit)
        items = [ProblemRow(**row) for row in found]
        return Page(items=items, next=encode_cursor(following) if following else None)

    @router.get("/problems/{problem_no}", response_model=State)
    def show_problem(problem_no: Code, _: Auditor, moment: AskedMoment) -> JSONResponse:
        """Return the full state then: who was responsible, who supervised, what was due next."""
        return JSONResponse(travel.problem(problem_no, moment))
