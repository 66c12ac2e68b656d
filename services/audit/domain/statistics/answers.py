"""What a statistic answers, and how what it counted becomes a number, cells and suppressions."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic

from services.audit.domain.known import Known
from services.audit.domain.statistics.units import Count, U, Unit


@dataclass(frozen=True)
class Item:
    """One thing counted: what it is, where it belongs, the facts that make it count.

    The same `key` under other dims is the same thing: it counts once in the whole, and once in
    each cell where it belongs. `amount` is what is measured of it (days, points).
    """

    key: str
    dims: Mapping[str, str]
    evidence: tuple[Known, ...]
    amount: int = 1


class Aggregation(StrEnum):
    """How items become one number."""

    DISTINCT = "DISTINCT"
    MEDIAN = "MEDIAN"
    MEAN = "MEAN"


def aggregate(aggregation: Aggregation, items: Iterable[Item]) -> int:
    """Return the number. A median lies between two amounts is their lower one: it was measured.

    A mean is rounded half up. Of nothing, both are 0.
    """
    amounts = sorted({item.key: item.amount for item in items}.values())
    return _AGGREGATIONS[aggregation](amounts)


def _median(amounts: Sequence[int]) -> int:
    return amounts[(len(amounts) - 1) // 2] if amounts else 0


def _mean(amounts: Sequence[int]) -> int:
    return (2 * sum(amounts) + len(amounts)) // (2 * len(amounts)) if amounts else 0


_AGGREGATIONS: dict[Aggregation, Callable[[Sequence[int]], int]] = {
    Aggregation.DISTINCT: len,
    Aggregation.MEDIAN: _median,
    Aggregation.MEAN: _mean,
}


@dataclass(frozen=True)
class Cell(Generic[U]):
    """The number of one combination of dims; None when it is suppressed."""

    dims: Mapping[str, str]
    value: Count[U] | None


@dataclass(frozen=True)
class Statistic(Generic[U]):
    """The answer. It has no `+`: two statistics may count the same thing (A29, A30).

    `positions` and `as_of` reproduce it; `late_events` counts the events which had happened by
    then, were known later, and would have changed it. `overlaps` says how many of the counted
    things another statistic counts too. `value` is None when it is suppressed.
    """

    name: str
    question: str
    definition: str
    definition_version: str
    unit: type[U]
    value: Count[U] | None
    numerator: Count[Any] | None = None
    denominator: Count[Any] | None = None
    positions: Mapping[str, int] = field(default_factory=dict)
    as_of: datetime | None = None
    late_events: int = 0
    suppressed_cells: int = 0
    cells: tuple[Cell[U], ...] = ()
    overlaps: Mapping[str, Count[U] | None] = field(default_factory=dict)


def cells_of(
    items: Sequence[Item], dims: Sequence[str], aggregation: Aggregation, unit: type[U]
) -> tuple[Cell[U], ...]:
    """Return one cell per combination of dims, ordered by the dims, never by the number."""
    grouped: defaultdict[tuple[str, ...], list[Item]] = defaultdict(list)
    for item in items:
        grouped[tuple(item.dims.get(dim, "-") for dim in dims)].append(item)
    return tuple(
        Cell(dict(zip(dims, key, strict=True)), Count(aggregate(aggregation, grouped[key]), unit))
        for key in sorted(grouped)
    )


def is_small(count: Count[Any] | None, minimum: int) -> bool:
    """Return whether so few persons are meant that somebody might be recognised (3.5)."""
    if count is None:
        return False
    unit: type[Unit] = count.unit
    return unit.ABOUT_PEOPLE and 0 < count.value < minimum


def suppressed(cells: Sequence[Cell[U]], minimum: int) -> tuple[Cell[U], ...]:
    """Return the cells without the small ones, nor any that would give a small one away.

    A single gap is found by subtraction from the whole: then the next smallest one goes, too.
    """
    hidden = {n for n, cell in enumerate(cells) if is_small(cell.value, minimum)}
    if len(hidden) == 1:
        rest = [(c.value.value, n) for n, c in enumerate(cells) if n not in hidden and c.value]
        hidden |= {n for _, n in sorted(rest)[:1]}
    return tuple(Cell(cell.dims, None) if n in hidden else cell for n, cell in enumerate(cells))
