"""How things stood at a moment: records are read and folded on the fly, nothing is stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.audit.application.followed_records import FollowedRecords
from services.audit.domain.case_history import CaseHistory, RoundHistory
from services.audit.domain.causal_order import in_causal_order
from services.audit.domain.guarded_file import file_state
from services.audit.domain.known import Known
from services.audit.domain.life_cycle import CASE_WIDE_STATE_TYPES, STATE_TYPES, LifeCycle
from services.audit.domain.moment import Moment
from services.audit.domain.places import Place
from services.audit.domain.problem_history import ProblemHistory, entry
from services.audit.domain.unit_history import UnitHistory
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import NotFoundError

SCANNED_AT_ONCE = 200
SCANNED_AT_MOST = 2_000
"""Problems that one page of a filtered list looks at; then the page ends, and `next` goes on."""


@dataclass(frozen=True)
class ProblemFilter:
    """Which problems a list shall hold; what is None is not asked for."""

    unit: str | None = None
    round_no: str | None = None
    case_no: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class TimeTravel:
    """Answers how a problem, case, unit or round stood; NotFoundError when not known then."""

    followed: FollowedRecords
    clock: Clock = field(default_factory=SystemClock)

    def problem(self, problem_no: str, moment: Moment) -> dict[str, Any]:
        """Return the full state of a problem, and its timeline."""
        records = in_causal_order(self.followed.of_problem(problem_no, moment))
        history = ProblemHistory(problem_no)
        for one in records:
            history.feed(one)
        if not history.is_known:
            raise _unknown("problem", problem_no)
        return self._told(history.state(self._at(moment, records)), records, history.timeline)

    def case(self, case_no: str, moment: Moment) -> dict[str, Any]:
        """Return the full state of a case, and its timeline."""
        place = self._place("case", case_no)
        records = self._read(
            [f"case/{case_no}", *self._problems_of(case_no)], [f"organisation/{place.unit}"], moment
        )
        history = CaseHistory(case_no)
        for one in records:
            history.feed(one)
        if not history.is_known:
            raise _unknown("case", case_no)
        return self._told(history.state(self._at(moment, records)), records, history.timeline)

    def unit(self, org: str, moment: Moment) -> dict[str, Any]:
        """Return who answered for a unit, its cases, and how many problems stand in each state."""
        records = self._read([], [f"organisation/{org}"], moment)
        if not records:
            raise _unknown("unit", org)
        history = UnitHistory()
        for one in records:
            history.feed(one)
        cases = self.followed.places("case", unit=org, limit=SCANNED_AT_ONCE)
        state = {
            "org": org,
            **history.state(self._at(moment, records)),
            "cases": [place.number for place in cases],
            "problems": self._counted(ProblemFilter(unit=org), moment),
        }
        return self._told(state, records, [entry(one) for one in records if not one.is_hidden])

    def round(self, round_no: str, moment: Moment) -> dict[str, Any]:
        """Return a round, and how many of its problems stand in each state."""
        records = self._read([], [f"round/{round_no}"], moment)
        history = RoundHistory(round_no)
        for one in records:
            history.feed(one)
        if not history.facts:
            raise _unknown("round", round_no)
        lives = self._lives(ProblemFilter(round_no=round_no), moment)
        return self._told(history.state(lives), records, history.timeline)

    def problems(
        self, wanted: ProblemFilter, moment: Moment, *, after: str, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Return a page of problems in this state then, and the number to go on after, if any.

        A page may be short and yet have a next one: so much is looked at in one go, and no more.
        """
        found: list[dict[str, Any]] = []
        for _ in range(SCANNED_AT_MOST // SCANNED_AT_ONCE):
            places = self._scan(wanted, after)
            lives = self._lives_of(places, moment)
            for place in places:
                life, after = lives[place.number], place.number
                if life.state and wanted.state in (None, life.state):
                    found.append(_row(place, life))
                if len(found) == limit:
                    return found, after
            if len(places) < SCANNED_AT_ONCE:
                return found, None
        return found, after

    def guarded_file(self, kind: str, number: str, moment: Moment) -> dict[str, Any]:
        """Return state and steps of a lead or an accountability case; never what they say."""
        records = self._read([f"{kind}/{number}"], [], moment)
        state = file_state(number, records)
        if state["state"] is None:
            raise _unknown(kind, number)
        return {**state, "known": _positions(records)}

    def _place(self, kind: str, number: str) -> Place:
        place = self.followed.place(kind, number)
        if place is None:
            raise _unknown(kind, number)
        return place

    def _read(self, numbers: Sequence[str], streams: Sequence[str], moment: Moment) -> list[Known]:
        return in_causal_order(self.followed.concerning(numbers, streams, moment))

    def _at(self, moment: Moment, records: Sequence[Known]) -> datetime:
        return moment.instant(self.clock.now(), records)

    def _told(
        self, state: dict[str, Any], records: Sequence[Known], timeline: list[dict[str, Any]]
    ) -> dict[str, Any]:
        return {**state, "known": _positions(records), "timeline": timeline}

    def _problems_of(self, case_no: str) -> list[str]:
        found = self.followed.places("problem", case_no=case_no, limit=SCANNED_AT_MOST)
        return [f"problem/{place.number}" for place in found]

    def _scan(self, wanted: ProblemFilter, after: str) -> list[Place]:
        return self.followed.places(
            "problem", unit=wanted.unit, round_no=wanted.round_no, case_no=wanted.case_no,
            after=after, limit=SCANNED_AT_ONCE,
        )  # fmt: skip

    def _counted(self, wanted: ProblemFilter, moment: Moment) -> dict[str, int]:
        counts: dict[str, int] = {}
        for life in self._lives(wanted, moment).values():
            if life.state:
                counts[life.state] = counts.get(life.state, 0) + 1
        return dict(sorted(counts.items()))

    def _lives(self, wanted: ProblemFilter, moment: Moment) -> dict[str, LifeCycle]:
        """Return where every wanted problem stood, read in bounded pieces."""
        lives: dict[str, LifeCycle] = {}
        after = ""
        while places := self._scan(wanted, after):
            lives |= self._lives_of(places, moment)
            after = places[-1].number
        return lives

    def _lives_of(self, places: Sequence[Place], moment: Moment) -> dict[str, LifeCycle]:
        """Return where these problems stood; only the events that a state follows from are read."""
        lives = {place.number: LifeCycle() for place in places}
        in_case: dict[str, list[str]] = {}
        for place in places:
            in_case.setdefault(place.case_no, []).append(place.number)
        numbers = [f"problem/{number}" for number in lives]
        cases = [f"case/{case_no}" for case_no in in_case]
        records = self.followed.of_types(numbers, STATE_TYPES, moment)
        records += self.followed.of_types(cases, CASE_WIDE_STATE_TYPES, moment)
        for one in in_causal_order(records):
            for number in one.problem_nos or in_case.get(one.data.get("case_no", ""), []):
                if number in lives:
                    lives[number].feed(one)
        return lives


def _row(place: Place, life: LifeCycle) -> dict[str, Any]:
    return {
        "problem_no": place.number,
        "case_no": place.case_no,
        "unit": place.unit,
        "round_no": place.round_no,
        "state": life.state,
        "name": life.name,
        "cycle": life.cycle,
    }


def _positions(records: Sequence[Known]) -> dict[str, int]:
    """Return up to which position of each log the answer rests on records."""
    found: dict[str, int] = {}
    for one in records:
        found[one.source] = max(found.get(one.source, 0), one.position)
    return dict(sorted(found.items()))


def _unknown(kind: str, number: str) -> NotFoundError:
    return NotFoundError(f"no {kind} {number} was known then", number=number)
