"""The questions of supervision. The unit's own people see their unit only."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from services.supervision.read_models.cases import CasePage, Cases, case_page, case_pages
from services.supervision.read_models.ledgers import (
    LedgerEntry,
    LedgerFilter,
    Ledgers,
    ledger_entries,
)
from services.supervision.read_models.look_back_list import (
    LookBackItem,
    LookBackList,
    look_back_list,
)
from services.supervision.read_models.open_problems import (
    OpenProblem,
    OpenProblems,
    ProblemFilter,
    open_problems,
)
from services.supervision.read_models.problem_page import (
    ProblemPage,
    ProblemPages,
    problem_page,
)
from shared.contracts.base import Code
from shared.contracts.supervision import Ledger, ProblemState
from shared.eventstore.projections import Queries
from shared.http.commands import reader
from shared.http.etags import etag_of
from shared.http.paging import Cursor, Limit, MinPosition, Page, decode_cursor, page_of
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import NotFoundError

UNIT_ROLES = {Role.UP, Role.UM, Role.UH}

SUPERVISORS = (
    Role.OFF, Role.TL, Role.TM, Role.DSO, Role.RDT, Role.JSG, Role.PAN, Role.ORG, Role.DCI,
    Role.LG, Role.COM, Role.SEC, Role.AUD, Role.SYSTEM,
)  # fmt: skip

SupervisorProper = Annotated[Actor, Depends(reader(*SUPERVISORS))]
Supervisor = Annotated[Actor, Depends(reader(*SUPERVISORS, *sorted(UNIT_ROLES)))]


def question_routes(queries: Queries) -> APIRouter:
    """Return every question."""
    router = APIRouter()
    router.include_router(_problems(queries), tags=["problems"])
    router.include_router(_ledgers(queries), tags=["ledgers"])
    router.include_router(_cases(queries), tags=["cases"])
    router.include_router(_look_back(queries), tags=["look-back list"])
    return router


def _problems(queries: Queries) -> APIRouter:
    router = APIRouter()

    @router.get("/problems")
    def list_open_problems(
        actor: Supervisor,
        unit: Code | None = None,
        round_no: Annotated[Code | None, Query(alias="round")] = None,
        state: ProblemState | None = None,
        overdue: bool | None = None,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[OpenProblem]:
        """Return the open problems by number; closed ones only when their state is asked for."""
        key = decode_cursor(after, str)
        wanted = ProblemFilter(_seen_unit(actor, unit), round_no, state, overdue)
        with queries.on(OpenProblems, min_position) as cursor:
            found = open_problems(cursor, wanted, after=str(key[0]) if key else "", limit=limit + 1)
        return page_of(found, limit, lambda one: (one.problem_no,))

    @router.get("/problems/{problem_no}")
    def show_problem(
        problem_no: Code, actor: Supervisor, response: Response, min_position: MinPosition = 0
    ) -> ProblemPage:
        """Return where the problem stands, who holds it, and who must do what next."""
        with queries.on(ProblemPages, min_position) as cursor:
            page = problem_page(cursor, problem_no, _seen_unit(actor, None))
        if page is None:
            raise NotFoundError(f"there is no problem {problem_no}", problem_no=problem_no)
        response.headers["ETag"] = etag_of(page.version)
        return page

    return router


def _ledgers(queries: Queries) -> APIRouter:
    router = APIRouter()

    @router.get("/ledgers")
    def list_ledger_entries(
        actor: Supervisor,
        ledger: Ledger | None = None,
        case_no: Annotated[Code | None, Query(alias="case")] = None,
        unit: Code | None = None,
        only_differences: bool = False,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[LedgerEntry]:
        """Return the entries of the three ledgers in the order of their posting (R163)."""
        key = decode_cursor(after, int, str) or (0, "")
        wanted = LedgerFilter(ledger, case_no, _seen_unit(actor, unit), only_differences)
        with queries.on(Ledgers, min_position) as cursor:
            found = ledger_entries(
                cursor, wanted, after=(int(key[0]), str(key[1])), limit=limit + 1
            )
        return page_of(found, limit, lambda one: (one.position, one.ledger.value))

    return router


def _look_back(queries: Queries) -> APIRouter:
    router = APIRouter()

    @router.get("/look-back-list")
    def show_look_back_list(
        _: SupervisorProper,
        unit: Code | None = None,
        round_no: Annotated[Code | None, Query(alias="round")] = None,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[LookBackItem]:
        """Return what low results put on the look-back list; the units do not see it (C3)."""
        (start,) = decode_cursor(after, int) or (0,)
        with queries.on(LookBackList, min_position) as cursor:
            found = look_back_list(
                cursor, unit=unit, round_no=round_no, after=int(start), limit=limit + 1
            )
        return page_of(found, limit, lambda one: (one.position,))

    return router


def _cases(queries: Queries) -> APIRouter:
    router = APIRouter()

    @router.get("/cases")
    def list_cases(
        actor: Supervisor,
        unit: Code | None = None,
        round_no: Annotated[Code | None, Query(alias="round")] = None,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[CasePage]:
        """Return the cases by number."""
        key = decode_cursor(after, str)
        seen = _seen_unit(actor, unit)
        with queries.on(Cases, min_position) as cursor:
            found = case_pages(
                cursor, seen, round_no, after=str(key[0]) if key else "", limit=limit + 1
            )
        return page_of(found, limit, lambda one: (one.case_no,))

    @router.get("/cases/{case_no}")
    def show_case(
        case_no: Code, actor: Supervisor, response: Response, min_position: MinPosition = 0
    ) -> CasePage:
        """Return who is accountable, how far the plan is, and what keeps the case open."""
        with queries.on(Cases, min_position) as cursor:
            page = case_page(cursor, case_no, _seen_unit(actor, None))
        if page is None:
            raise NotFoundError(f"there is no case {case_no}", case_no=case_no)
        response.headers["ETag"] = etag_of(page.version)
        return page

    return router


def _seen_unit(actor: Actor, asked: str | None) -> str | None:
    """Return the unit to look at: the unit's own people always look at their own."""
    return actor.org if actor.role in UNIT_ROLES else asked
