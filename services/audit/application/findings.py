"""The invariants over what is followed: kept up to date, or computed anew for any moment.

News of a thing is noted as it arrives. A round over the news takes each case (or sanction's file)
that has been quiet for a moment, checks it whole, and replaces what was found of it before: in one
transaction, so that nothing that arrives meanwhile is lost.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from services.audit.application.followed_records import FollowedRecords
from services.audit.domain.causal_order import in_causal_order
from services.audit.domain.due_dates import RULE_TYPES
from services.audit.domain.invariants import (
    INVARIANTS,
    Result,
    Scope,
    check,
    invariants_of,
    status,
)
from services.audit.domain.invariants.figures import figure_types
from services.audit.domain.invariants.rounds import FED_BACK, ROUND_TYPES
from services.audit.domain.known import Known
from services.audit.domain.moment import Moment
from shared.eventstore.fence import lock_key
from shared.kernel.clock import Clock
from shared.kernel.errors import ContractError, TooLargeError
from shared.telemetry.logs import logger

QUIET_S = 2.0
PATIENCE_S = 30.0
NUMBERS_AT_ONCE = 500
CASES_OF_A_UNIT = 50
MOST_PROBLEMS = 2_000
MOST_VIOLATIONS = 500
FILES = ("accountability.measure-imposed", "accountability.case-decided",
         "supervision.thematic-report-issued", "feedback.round-fed-back",
         "feedback.coverage-plan-adopted", "supervision.surprise-drawn")  # fmt: skip
"""What makes a file (of a sanction, a report, a round, a plan, a draw) worth checking."""

SCOPES = {
    "case": Scope.CASE,
    "instrument": Scope.REPORT,
    "round": Scope.ROUND,
    "coverage-plan": Scope.PLAN,
    "surprise-draw": Scope.DRAW,
}
"""The kind of thing that is checked as a whole; every other file is a sanction's."""

FILE_KINDS = "^(lead|accountability-case|instrument|round|coverage-plan|surprise-draw)/"

_CASE_NUMBERS = {"problem", "case", "unit"}


@dataclass(frozen=True)
class Overview:
    """What is known of every invariant. `waiting`: how many things have news not yet looked at."""

    invariants: list[dict[str, Any]]
    violations: list[dict[str, Any]]
    waiting: int = 0


@dataclass(frozen=True)
class Findings:
    """Checks the invariants, and remembers what was found."""

    followed: FollowedRecords
    clock: Clock
    quiet_s: float = QUIET_S

    def look_at_rounds(self) -> int:
        """Note every completed round as news: what it owes falls due without any event."""
        with self.followed.store.connection() as connection:
            return connection.execute(
                "INSERT INTO invariant_news (number) SELECT DISTINCT number"
                " FROM followed_records, unnest(concerns) AS number"
                " WHERE type = %s AND number LIKE 'round/%%'",
                (FED_BACK,),
            ).rowcount

    def look_at_news(self) -> int:
        """Check what has news and is quiet; return how many cases and files were checked."""
        with self.followed.store.connection() as connection:
            cursor = connection.cursor()
            if not _alone(cursor):
                return 0
            numbers = _quiet_news(cursor, self.quiet_s)
            scopes = self._scopes_of(numbers)
            cursor.execute("DELETE FROM invariant_news WHERE id = ANY(%s)", (_ids(numbers),))
            for scope in scopes:
                _remember(cursor, scope, self._checked_or_told(scope))
        return len(scopes)

    def overview(self) -> Overview:
        """Return what is known now."""
        with self.followed.store.connection() as connection:
            examined = connection.execute(
                "SELECT invariant, sum(examined)::bigint AS examined,"
                " sum(jsonb_array_length(violations))::bigint AS violations"
                " FROM invariant_results GROUP BY invariant"
            ).fetchall()
            violated = connection.execute(
                "SELECT found.value AS violation FROM invariant_results,"
                " jsonb_array_elements(violations) AS found WHERE violations <> '[]'"
                " ORDER BY invariant, scope LIMIT %s",
                (MOST_VIOLATIONS,),
            ).fetchall()
            waiting = connection.execute(
                "SELECT count(DISTINCT number) AS waiting FROM invariant_news"
            ).fetchone()
        counts = {row["invariant"]: (row["examined"], row["violations"]) for row in examined}
        assert waiting is not None  # an aggregate has a row
        return Overview(
            _lines(counts), [row["violation"] for row in violated], int(waiting["waiting"])
        )

    def at(self, moment: Moment, *, after: str, limit: int) -> tuple[Overview, str | None]:
        """Return what held at a moment, over the next cases and files, and where to go on."""
        scopes = self._scopes(after, limit)
        results = [result for scope in scopes for result in self._checked(scope, moment)]
        counts: dict[str, tuple[int, int]] = {}
        for result in results:
            examined, violations = counts.get(result.invariant, (0, 0))
            counts[result.invariant] = (
                examined + result.examined, violations + len(result.violations),
            )  # fmt: skip
        told = [vars(found) for result in results for found in result.violations]
        following = scopes[-1] if len(scopes) == limit else None
        return Overview(_lines(counts), told), following

    def _checked(self, scope: str, moment: Moment) -> list[Result]:
        kind = SCOPES.get(scope.partition("/")[0], Scope.SANCTION)
        records = self._records(kind, scope, moment)
        return check(invariants_of(kind), records, moment.instant(self.clock.now(), records))

    def _records(self, kind: Scope, scope: str, moment: Moment) -> list[Known]:
        match kind:
            case Scope.CASE:
                return self._case_records(scope.partition("/")[2], moment)
            case Scope.REPORT:
                return self._report_records(scope, moment)
            case Scope.ROUND:
                return self._round_records(scope, moment)
            case Scope.SANCTION:
                return self._sanction_records(scope, moment)
        return in_causal_order(self.followed.concerning([scope], [], moment))

    def _checked_or_told(self, scope: str) -> list[Result]:
        """Return the results; none, and a line in the log, for what cannot be checked at all."""
        try:
            return self._checked(scope, Moment())
        except (TooLargeError, ContractError) as error:
            logger(__name__).error("not-checked", scope=scope, error=error.code)
            return []

    def _case_records(self, case_no: str, moment: Moment) -> list[Known]:
        problems = self.followed.places("problem", case_no=case_no, limit=MOST_PROBLEMS)
        place = self.followed.place("case", case_no)
        numbers = [f"case/{case_no}", *(f"problem/{problem.number}" for problem in problems)]
        streams = [f"organisation/{place.unit}"] if place else []
        return in_causal_order(self.followed.concerning(numbers, streams, moment))

    def _sanction_records(self, scope: str, moment: Moment) -> list[Known]:
        file = self.followed.concerning([scope], [], moment)
        bases = {one.data["legal_basis"] for one in file if one.data.get("legal_basis")}
        streams = [f"legal-basis/{basis}" for basis in sorted(bases)]
        return in_causal_order([*file, *self.followed.concerning([], streams, moment)])

    def _round_records(self, scope: str, moment: Moment) -> list[Known]:
        """Return what is owed and done about a round, and the rules that say until when."""
        told = self.followed.of_types([scope], ROUND_TYPES, moment)
        rules = (one for one in self.followed.all_of_types(RULE_TYPES) if moment.knows(one))
        tenants = {one.record["tenant"] for one in told}
        own = [one for one in rules if one.record["tenant"] in tenants]
        return in_causal_order([*told, *own])

    def _report_records(self, scope: str, moment: Moment) -> list[Known]:
        """Return a report and all records that its figures rest on."""
        file = self.followed.concerning([scope], [], moment)
        figures = [figure for one in file for figure in one.data.get("figures", ())]
        if not figures:
            return file
        types = figure_types(figure["name"] for figure in figures)
        found = {one.id: one for one in (*file, *self.followed.all_of_types(types))}
        return in_causal_order(one for one in found.values() if moment.knows(one))

    def _scopes_of(self, news: Iterable[DictRow]) -> list[str]:
        """Return the cases and files that this news is about; cases known by their problems too."""
        scopes: set[str] = set()
        for row in news:
            kind, _, number = row["number"].partition("/")
            if kind in _CASE_NUMBERS:
                scopes |= {f"case/{case_no}" for case_no in self._cases(kind, number)}
            else:
                scopes.add(row["number"])
        return sorted(scopes)

    def _cases(self, kind: str, number: str) -> list[str]:
        if kind == "unit":
            found = self.followed.places("case", unit=number, limit=CASES_OF_A_UNIT)
            return [place.number for place in found]
        if kind == "case":
            return [number]
        place = self.followed.place("problem", number)
        return [place.case_no] if place else []

    def _scopes(self, after: str, limit: int) -> list[str]:
        with self.followed.store.connection() as connection:
            rows = connection.execute(
                "SELECT scope FROM ("
                "  SELECT number AS scope FROM followed_places WHERE kind = 'case'"
                "  UNION SELECT scope FROM followed_records, unnest(concerns) AS scope"
                "    WHERE type = ANY(%s) AND scope ~ %s"
                ") AS scopes WHERE scope > %s ORDER BY scope LIMIT %s",
                (list(FILES), FILE_KINDS, after, limit),
            ).fetchall()
        return [row["scope"] for row in rows]


def _alone(cursor: Cursor[DictRow]) -> bool:
    """Whether no other process looks at news now."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s) AS alone", (lock_key("duban.findings"),))
    row = cursor.fetchone()
    return bool(row and row["alone"])


def _quiet_news(cursor: Cursor[DictRow], quiet_s: float) -> list[DictRow]:
    """Return the things with news that are quiet by now, or have waited long; the oldest first."""
    cursor.execute(
        "SELECT number, array_agg(id) AS ids FROM invariant_news GROUP BY number"
        " HAVING max(arrived_at) <= now() - make_interval(secs => %s)"
        " OR min(arrived_at) <= now() - make_interval(secs => %s)"
        " ORDER BY min(id) LIMIT %s",
        (quiet_s, PATIENCE_S, NUMBERS_AT_ONCE),
    )
    return cursor.fetchall()


def _ids(news: Iterable[DictRow]) -> list[int]:
    return [found for row in news for found in row["ids"]]


def _remember(cursor: Cursor[DictRow], scope: str, results: Sequence[Result]) -> None:
    for result in results:
        violations = json.dumps([vars(found) for found in result.violations])
        cursor.execute(
            "INSERT INTO invariant_results (scope, invariant, examined, violations)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT (scope, invariant)"
            " DO UPDATE SET examined = excluded.examined, violations = excluded.violations",
            (scope, result.invariant, result.examined, violations),
        )


def _lines(counts: dict[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """Return one line for each invariant, in the order of their numbers."""
    lines = []
    for invariant in INVARIANTS:
        examined, violations = counts.get(invariant.ID, (0, 0))
        lines.append(
            {
                "invariant": invariant.ID,
                "sentence": invariant.SENTENCE,
                "status": status(examined, violations),
                "examined": examined,
                "violations": violations,
            }
        )
    return lines
