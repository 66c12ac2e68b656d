"""Questions: cases, their five lists, problems. The unit's people see their own unit only.

The page of one thing waits until everything stored of it is in it: what it shows may be pledged,
and its ETag is the version that a command names.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.rectification.domain.guards import UNIT_ROLES
from services.rectification.read_models.cases import CasePage, CaseRow, Cases, case_page, list_cases
from services.rectification.read_models.five_lists import FiveLists, Lists, five_lists
from services.rectification.read_models.problem_page import (
    ProblemPage,
    Problems,
    list_problems,
    problem_page,
)
from shared.contracts.base import Code
from shared.contracts.rectification import ProblemState
from shared.eventstore.projections import Queries
from shared.eventstore.store import EventStore
from shared.http.commands import reader
from shared.http.etags import etag_of
from shared.http.paging import Cursor, Limit, MinPosition, Page, decode_cursor, page_of
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import NotFoundError

Anybody = Annotated[Actor, Depends(reader())]

_BOUND_TO_UNIT = (*UNIT_ROLES, Role.XP)


def question_routes(store: EventStore, queries: Queries) -> APIRouter:
    """Return the GET routes."""
    router = APIRouter(tags=["questions"])
    router.include_router(_lists(queries))
    router.include_router(_pages(store, queries))
    return router


def _lists(queries: Queries) -> APIRouter:
    router = APIRouter()

    @router.get("/cases")
    def cases(
        actor: Anybody,
        unit: Code | None = None,
        round: Code | None = None,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[CaseRow]:
        """Return the cases by their number."""
        key = decode_cursor(after, str)
        with queries.on(Cases, min_position) as cursor:
            found = list_cases(
                cursor,
                unit=_seen(actor) or unit,
                round_no=round,
                after=str(key[0]) if key else "",
                limit=limit + 1,
            )
        return page_of(found, limit, lambda row: (row.case_no,))

    @router.get("/problems")
    def problems(
        actor: Anybody,
        unit: Code | None = None,
        case: Code | None = None,
        state: ProblemState | None = None,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[ProblemPage]:
        """Return the problems by their number."""
        key = decode_cursor(after, str)
        with queries.on(Problems, min_position) as cursor:
            found = list_problems(
                cursor,
                unit=_seen(actor) or unit,
                case_no=case,
                state=state,
                after=str(key[0]) if key else "",
                limit=limit + 1,
            )
        return page_of(found, limit, lambda row: (row.problem_no,))

    return router


def _pages(store: EventStore, queries: Queries) -> APIRouter:
    router = APIRouter()

    @router.get("/cases/{case_no}")
    def case(
        case_no: Code, actor: Anybody, response: Response, min_position: MinPosition = 0
    ) -> CasePage:
        """Return the case with its plan and the states of its problems."""
        position = max(min_position, stored(store, f"case/{case_no}"))
        with queries.on(Cases, position) as cursor:
            found = case_page(cursor, case_no, unit=_seen(actor), reader=actor.person_ref)
        if found is None:
            raise NotFoundError(f"there is no case {case_no}", case_no=case_no)
        response.headers["ETag"] = etag_of(found.version)
        return found

    @router.get("/cases/{case_no}/lists")
    def lists(case_no: Code, actor: Anybody, min_position: MinPosition = 0) -> FiveLists:
        """Return the five lists of the case (五份清单, R118)."""
        with queries.on(Cases, min_position) as cursor:
            if case_page(cursor, case_no, unit=_seen(actor), reader=actor.person_ref) is None:
                raise NotFoundError(f"there is no case {case_no}", case_no=case_no)
        with queries.on(Lists, min_position) as cursor:
            return five_lists(cursor, case_no)

    @router.get("/problems/{problem_no}")
    def problem(
        problem_no: Code, actor: Anybody, response: Response, min_position: MinPosition = 0
    ) -> ProblemPage:
        """Return the problem with the `content_digest` that is to be pledged or signed."""
        position = max(min_position, stored(store, f"problem/{problem_no}"))
        with queries.on(Problems, position) as cursor:
            found = problem_page(cursor, problem_no, unit=_seen(actor))
        if found is None:
            raise NotFoundError(f"there is no problem {problem_no}", problem_no=problem_no)
        response.headers["ETag"] = etag_of(found.version)
        return found

    return router


def _seen(actor: Actor) -> str | None:
    """Return the one unit that the actor may see, None for all."""
    return actor.org if actor.role in _BOUND_TO_UNIT else None


def stored(store: EventStore, stream: str) -> int:
    """Return the position of the stream's last event, 0 when there is none."""
    version = store.version_of(stream)
    return store.read_stream(stream, version - 1, 1)[0].position if version else 0
