"""Where does this problem stand, who holds it, and who must do what next?"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import BaseModel

from services.supervision.read_models import places
from services.supervision.read_models.next_steps import NextStep, Place, next_step
from services.supervision.read_models.places import problem_of
from shared.contracts.base import Event
from shared.contracts.supervision import (
    ClosureAccepted,
    ClosureCountersigned,
    ClosureReviewOpened,
    DisposalNoted,
    EntryPosted,
    EvaluationFinalised,
    Grade,
    LookBackListed,
    PanelScored,
    PollClosed,
    ProblemReopened,
    ProblemState,
    SecondRoundWaived,
    SelfScored,
    SupervisionStarted,
    TeamLeaderReplaced,
    UrgeIssued,
)
from shared.eventstore.held_rows import HeldRows
from shared.eventstore.projections import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent

_SCORES: dict[type[Event], str] = {SelfScored: "self", PanelScored: "panel", PollClosed: "poll"}


_NEW_CYCLE: dict[str, Any] = {
    "pairs": [],
    "application": 0,
    "signatory": None,
    "digest": None,
    "signed": [],
    "is_waived": False,
    "is_on_look_back_list": False,
}


class PairOnPage(BaseModel):
    """One pair of supervision and evaluation in the present cycle; points in hundredths."""

    n: int
    executor_org: str
    visit_no: str
    scores: dict[str, int] = {}
    total: int | None = None
    grade: Grade | None = None


class Holders(BaseModel):
    """Who answers for the problem, as its feedback named them."""

    unit: str
    team_leader: str
    linked_office: str
    resident_team: str


class ProblemPage(BaseModel):
    """The page of one problem; `n` is the pair that is under way or comes next."""

    problem_no: str
    case_no: str
    round_no: str
    category: str
    state: ProblemState
    state_name: str
    cycle: int
    n: int
    pairs: list[PairOnPage]
    application: int
    signatory: str | None
    digest: str | None
    signed: list[str]
    issued_on: date
    rectify_by: date
    is_overdue: bool
    urges: int
    is_waived: bool
    is_on_look_back_list: bool
    concerns_person_or_matter: bool
    disposal_known: bool
    pursuit_known: bool
    holders: Holders
    next: NextStep | None
    version: int


class ProblemPages(ReadModel):
    """One page per problem."""

    NAME = "problem_page"
    VERSION = 2
    TABLES = """
        CREATE TABLE problem_page (
            problem_no text PRIMARY KEY,
            unit text,
            page jsonb NOT NULL
        );
    """

    def __init__(self) -> None:
        self._rows = HeldRows("problem_page", "problem_no")

    def take(self, cursor: Cursor, events: Sequence[RecordedEvent]) -> None:
        self._rows.load(cursor, filter(None, map(problem_of, events)))
        super().take(cursor, events)
        self._rows.write(cursor)

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        if isinstance(recorded.event, TeamLeaderReplaced):
            self._team_led_by(cursor, recorded.event)
        problem_no = problem_of(recorded)
        if not problem_no:
            return
        row = self._rows.get(problem_no)
        page = turned(row["page"] if row else _blank(problem_no), recorded.event)
        page |= {"version": recorded.record.version}
        self._put(page)

    def _put(self, page: dict[str, Any]) -> None:
        told = {"problem_no": page["problem_no"], "unit": page.get("unit"), "page": page}
        self._rows.put(told)

    def _team_led_by(self, cursor: Cursor, event: TeamLeaderReplaced) -> None:
        """Show the successor on the pages of the case (A12)."""
        cursor.execute(
            "UPDATE problem_page SET page = page || %s WHERE page->>'case_no' = %s",
            (Jsonb({"team_leader": event.successor}), event.case_no),
        )
        for row in self._rows.held():
            if row["page"].get("case_no") == event.case_no:
                self._put(row["page"] | {"team_leader": event.successor})


def _blank(problem_no: str) -> dict[str, Any]:
    return {
        "problem_no": problem_no,
        "chain": ProblemState.ISSUED,
        "is_contested": False,
        "rectify_by": None,
        "is_overdue": False,
        "urges": 0,
        "disposal_known": False,
        "pursuit_known": False,
        "cycle": 1,
        **_NEW_CYCLE,
    }


def turned(page: dict[str, Any], event: Event) -> dict[str, Any]:
    """Return the page after the event; pure."""
    moved = page | _moved(page, event)
    return moved | _followed(event) | _closing(moved, event) | _paired(moved["pairs"], event)


def _followed(event: Event) -> dict[str, Any]:
    match event:
        case ClosureReviewOpened():
            return event.model_dump(mode="json", exclude={"rectify_by", "team_members"})
        case UrgeIssued():
            return {"urges": event.level}
        case DisposalNoted():
            return event.model_dump(include={"disposal_known", "pursuit_known"})
        case LookBackListed():
            return {"is_on_look_back_list": True}
    return {}


def _closing(page: dict[str, Any], event: Event) -> dict[str, Any]:
    match event:
        case SecondRoundWaived():
            return {"is_waived": True}
        case EntryPosted(state=ProblemState.CLOSURE_APPLIED):
            return event.model_dump(include={"application", "signatory", "digest"})
        case ClosureAccepted():
            return {"signed": []}
        case ClosureCountersigned():
            return {"signed": [*page["signed"], event.cosigner]}
        case ProblemReopened():
            return _NEW_CYCLE | {"cycle": event.cycle}
    return {}


def _moved(page: dict[str, Any], event: Event) -> dict[str, Any]:
    contested, overdue = places.contested_after(event), places.overdue_after(event)
    due = places.due_after(event)
    if isinstance(event, ClosureReviewOpened) and page["rectify_by"] is None:
        due = event.rectify_by
    return {
        "chain": places.state_after(event) or page["chain"],
        "is_contested": page["is_contested"] if contested is None else contested,
        "is_overdue": page["is_overdue"] if overdue is None else overdue,
        "rectify_by": due.isoformat() if due else page["rectify_by"],
    }


def _paired(pairs: list[dict[str, Any]], event: Event) -> dict[str, Any]:
    """Begin a pair with a visit, and let scores and the result complete the last one."""
    if isinstance(event, SupervisionStarted):
        fields = {"n", "executor_org", "visit_no"}
        return {"pairs": [*pairs, {**event.model_dump(include=fields), "scores": {}}]}
    if isinstance(event, SelfScored | PanelScored | PollClosed):
        *before, last = pairs
        scores = {**last["scores"], _SCORES[type(event)]: event.score}
        return {"pairs": [*before, {**last, "scores": scores}]}
    if isinstance(event, EvaluationFinalised):
        *before, last = pairs
        return {"pairs": [*before, {**last, "total": event.total, "grade": event.grade}]}
    return {}


def problem_page(cursor: Cursor, problem_no: str, unit: str | None = None) -> ProblemPage | None:
    """Return the page, None if the problem was not fed back or is not this unit's.

    To the unit, given as `unit`, others' scores show once the evaluation is final.
    """
    row = cursor.execute(
        "SELECT page FROM problem_page WHERE problem_no = %s AND unit IS NOT NULL"
        " AND (%s::text IS NULL OR unit = %s)",
        (problem_no, unit, unit),
    ).fetchone()
    return _shown(row["page"], to_unit=unit is not None) if row else None


def _released(pairs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [pair if pair.get("grade") else pair | {"scores": {}} for pair in pairs]


def _shown(page: dict[str, Any], *, to_unit: bool) -> ProblemPage:
    place = place_of(page)
    holders = Holders.model_validate({key: page[key] for key in Holders.model_fields})
    shown = {key: page[key] for key in ProblemPage.model_fields if key in page}
    extra = {
        "state": place.state,
        "state_name": place.state.chinese,
        "n": place.n,
        "holders": holders,
        "next": next_step(place),
        "pairs": _released(page["pairs"]) if to_unit else page["pairs"],
    }
    return ProblemPage.model_validate(shown | extra)


def place_of(page: dict[str, Any]) -> Place:
    """Return where the page says that the problem stands."""
    pairs = page["pairs"]
    under_way = bool(pairs) and pairs[-1].get("grade") is None
    given = pairs[-1]["scores"] if under_way else {}
    return Place(
        state=places.visible_state(page["chain"], page["is_contested"]),
        n=len(pairs) if under_way else len(pairs) + 1,
        missing_scores=[name for name in _SCORES.values() if name not in given],
        signed=page["signed"],
    )
