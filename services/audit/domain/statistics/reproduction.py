"""A figure told again (Q76): as a report stated it, at its positions, and what changed since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.audit.domain.known import Known
from services.audit.domain.moment import Moment
from services.audit.domain.statistics.answers import Item, Statistic
from services.audit.domain.statistics.definitions import (
    Audience,
    Question,
    answer,
    definition,
)
from services.audit.domain.statistics.facts import History
from services.audit.domain.statistics.instruments import REPORT
from services.audit.domain.statistics.views import Scope
from shared.kernel.errors import NotFoundError


@dataclass(frozen=True)
class Change:
    """One thing that counts at one moment and not at the other, with the events that make it."""

    key: str
    events: tuple[str, ...]
    types: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """Two answers to one question, and everything by which they differ."""

    before: Statistic[Any]
    after: Statistic[Any]
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]


@dataclass(frozen=True)
class Reproduction:
    """A stated figure beside what the events give at its positions (INV-17), and now.

    `is_same` is None when the figure was counted by a definition that is no longer known.
    """

    report: str
    name: str
    stated: int
    definition_version: str
    recomputed: int
    is_same: bool | None
    until_now: Difference


def difference(
    name: str,
    log: Sequence[Known],
    before: Moment,
    after: Moment,
    *,
    scope: Scope | None = None,
    audience: Audience | None = None,
) -> Difference:
    """Tell by which events an answer changed between two moments."""
    known, scope = definition(name), scope or Scope()
    asked = Question(known, scope, audience=audience or Audience())
    histories = History.of(log, before), History.of(log, after)
    first, second = (_by_key(known.items(history, scope)) for history in histories)
    both = first.keys() & second.keys()
    return Difference(
        before=answer(asked, histories[0]),
        after=answer(asked, histories[1]),
        added=_changes(second, second.keys() - first.keys()),
        removed=_changes(first, first.keys() - second.keys()),
        changed=_changes(second, {key for key in both if first[key] != second[key]}),
    )


def reproduced(
    log: Sequence[Known], report: str, *, audience: Audience | None = None
) -> list[Reproduction]:
    """Count every figure of a thematic report again; raises NotFoundError."""
    issued = [f for f in log if f.type == REPORT and f.data["instrument_no"] == report]
    if not issued:
        raise NotFoundError("no thematic report has this number", report=report)
    return [
        _reproduced(log, report, figure, audience or Audience())
        for figure in issued[0].data.get("figures", [])
    ]


def _reproduced(
    log: Sequence[Known], report: str, figure: dict[str, Any], audience: Audience
) -> Reproduction:
    moment = Moment(positions=figure["positions"])
    found = difference(
        figure["name"], log, moment, Moment(), scope=scope_of(figure), audience=audience
    )
    value = found.before.value
    again = value.value if value is not None else 0
    is_known = definition(figure["name"]).version == figure["definition_version"]
    return Reproduction(
        report=report,
        name=figure["name"],
        stated=figure["value"],
        definition_version=figure["definition_version"],
        recomputed=again,
        is_same=again == figure["value"] if is_known else None,
        until_now=found,
    )


def scope_of(figure: dict[str, Any]) -> Scope:
    """Return the scope that a stated figure names."""
    since, until = figure.get("since"), figure.get("until")
    return Scope(
        term=figure.get("term", ""),
        rounds=tuple(figure.get("rounds", ())),
        since=date.fromisoformat(since) if since else None,
        until=date.fromisoformat(until) if until else None,
    )


_Known = dict[str, tuple[tuple[Known, ...], tuple[int, ...]]]


def _by_key(items: Iterable[Item]) -> _Known:
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.key, []).append(item)
    return {
        key: (
            tuple({fact.id: fact for item in same for fact in item.evidence}.values()),
            tuple(item.amount for item in same),
        )
        for key, same in found.items()
    }


def _changes(known: _Known, keys: Iterable[str]) -> tuple[Change, ...]:
    return tuple(
        Change(
            key,
            tuple(fact.id for fact in known[key][0]),
            tuple(sorted({fact.type for fact in known[key][0]})),
        )
        for key in sorted(keys)
    )
