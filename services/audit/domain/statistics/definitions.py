"""The register of statistics, and the one way to ask: who asks, about what, as of when."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from services.audit.domain.known import Known
from services.audit.domain.moment import Moment
from services.audit.domain.statistics.answers import (
    Aggregation,
    Cell,
    Item,
    Statistic,
    aggregate,
    cells_of,
    is_small,
    suppressed,
)
from services.audit.domain.statistics.facts import BEFORE_EVERYTHING, History, TypesAsked
from services.audit.domain.statistics.units import Count, PerMyriad, U
from services.audit.domain.statistics.views import PLACING, Scope, View
from shared.kernel.actor import Role
from shared.kernel.errors import (
    ForbiddenError,
    InvalidValueError,
    NotFoundError,
    RefusedError,
)

LEADING_BODIES = frozenset({Role.AUD, Role.OFF, Role.LG, Role.SEC, Role.COM, Role.DCI})
SUPERVISING_BODIES = LEADING_BODIES | {Role.ORG, Role.DSO, Role.RDT}
PUBLICATION = frozenset({Role.PUB})
MIN_PERSONS = 10
"""Of how many persons a published figure tells at least, where no policy edition says it."""

PLACE = ("round", "ordinal", "term", "case", "unit", "level", "unit_category", "sector")

Counting = Callable[[View], Iterable[Item]]


class UnknownDimensionError(InvalidValueError):
    code = "unknown-dimension"
    title = "The statistic cannot be broken down by this"


class RankingForbiddenError(RefusedError):
    """Numbers of leads, cases and sanctions rank nobody and are no target (A41, R070, R272)."""

    code = "ranking-forbidden"
    title = "This number is not a ranking key"


@dataclass(frozen=True)
class Audience:
    """For whom the figure is. `release` is the decision that approves publishing small cells."""

    role: Role = Role.AUD
    min_persons: int = MIN_PERSONS
    release: str = ""

    @property
    def suppresses(self) -> bool:
        return self.role in PUBLICATION and not self.release


@dataclass(frozen=True)
class Definition(Generic[U]):
    """One statistic: name, unit, version, how it counts. A change of counting is a new version.

    `of` names the statistic of its denominator (`is_share`: the value is then the share);
    `overlaps` those whose common things are told. `is_restricted`: leads and persons, for the
    leading bodies only. `is_publishable`: may leave the house, without small cells.
    """

    name: str
    unit: type[U]
    question: str
    version: str
    count: Counting
    text: str
    aggregation: Aggregation = Aggregation.DISTINCT
    dims: tuple[str, ...] = PLACE
    shows: tuple[str, ...] = ()
    of: str = ""
    is_share: bool = False
    overlaps: tuple[str, ...] = ()
    is_restricted: bool = False
    is_publishable: bool = False

    def items(self, history: History, scope: Scope) -> list[Item]:
        """Return what is counted, in the order of the facts."""
        return list(self.count(View(history, scope)))


def types_read(known: Definition[Any]) -> tuple[str, ...]:
    """Return the types of events that the answer rests on; empty when on all of them."""
    asked = TypesAsked((), (), BEFORE_EVERYTHING, BEFORE_EVERYTHING.date())
    for each in (known, *(definition(name) for name in (known.of, *known.overlaps) if name)):
        each.items(asked, Scope())
    return () if "" in asked.asked else tuple(sorted(asked.asked | set(PLACING)))


_register: dict[str, Definition[Any]] = {}


def statistic(
    name: str, unit: type[U], question: str, *, version: str = "1", **traits: Any
) -> Callable[[Counting], Definition[U]]:
    """Register the decorated function, which yields the items, as this statistic."""

    def registered(count: Counting) -> Definition[U]:
        text = " ".join((count.__doc__ or "").split())
        traits["dims"] = (*PLACE, *traits.get("dims", ()))
        found = Definition(name, unit, question, version, count, text, **traits)
        if name in _register:
            raise ValueError(f"{name} is defined twice")
        _register[name] = found
        return found

    return registered


def definitions() -> tuple[Definition[Any], ...]:
    """Return every definition, ordered by name."""
    return tuple(_register[name] for name in sorted(_register))


def definition(name: str) -> Definition[Any]:
    """Return the definition of this name; raises NotFoundError."""
    if name not in _register:
        raise NotFoundError("no statistic has this name", name=name)
    return _register[name]


@dataclass(frozen=True)
class Question(Generic[U]):
    """Everything that is asked at once."""

    definition: Definition[U]
    scope: Scope = field(default_factory=Scope)
    moment: Moment = field(default_factory=Moment)
    dims: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    audience: Audience = field(default_factory=Audience)

    def counted(self, known: Definition[Any], history: History) -> list[Item]:
        """Return the items of a statistic that the question means; `where` keeps some."""
        kept = {dim: value for dim, value in self.where.items() if dim in known.dims}
        return [
            item
            for item in known.items(history, self.scope)
            if all(item.dims.get(dim) == value for dim, value in kept.items())
        ]


def stat(
    name: str,
    log: Iterable[Known],
    *,
    scope: Scope | None = None,
    moment: Moment | None = None,
    dims: Sequence[str] = (),
    where: Mapping[str, str] | None = None,
    audience: Audience | None = None,
) -> Statistic[Any]:
    """Answer by name (requirements 4.0): the same positions always give the same number.

    Raises NotFoundError, ForbiddenError, UnknownDimensionError.
    """
    asked = Question(
        definition(name),
        scope or Scope(),
        moment or Moment(),
        tuple(dims),
        where or {},
        audience or Audience(),
    )
    return answer(asked, History.of(log, asked.moment))


def answer(asked: Question[U], history: History) -> Statistic[U]:
    """Answer over a history that is cut already."""
    known = asked.definition
    _require_may_ask(known, asked.audience)
    _require_dims(known, (*asked.dims, *asked.where))
    dims = asked.dims or known.shows
    items = asked.counted(known, history)
    value: Count[Any] = Count(aggregate(known.aggregation, items), known.unit)
    whole = _denominator(asked, history)
    numerator = value if whole is not None else None
    if known.is_share and whole is not None:
        value = Count(_share(value.value, whole.value), PerMyriad)
    cells = cells_of(items, dims, known.aggregation, known.unit) if dims else ()
    told = Statistic(
        name=known.name,
        question=known.question,
        definition=known.text,
        definition_version=known.version,
        unit=known.unit,
        value=value,
        numerator=numerator,
        denominator=whole,
        positions=history.positions,
        as_of=history.as_of,
        late_events=_late_events(asked, history),
        cells=cells,
        overlaps=_overlaps(asked, items, history),
    )
    return _for_publication(told, asked.audience.min_persons) if asked.audience.suppresses else told


def ranked(statistic_: Statistic[U], *, by: str) -> list[tuple[int, str, Count[U]]]:
    """Return (rank, name, number) by the number, highest first; equals share a rank.

    Raises RankingForbiddenError for what may rank nobody.
    """
    if definition(statistic_.name).is_restricted:
        raise RankingForbiddenError("no ranking by this", name=statistic_.name)
    known = [(cell.dims[by], cell.value) for cell in statistic_.cells if cell.value is not None]
    numbers = sorted((count.value for _, count in known), reverse=True)
    found = [(1 + numbers.index(count.value), name, count) for name, count in known]
    return sorted(found, key=lambda each: each[:2])


def _require_may_ask(known: Definition[Any], audience: Audience) -> None:
    readers = LEADING_BODIES if known.is_restricted else SUPERVISING_BODIES
    if audience.role in readers or (known.is_publishable and audience.role in PUBLICATION):
        return
    raise ForbiddenError("the role may not ask this", name=known.name, role=audience.role)


def _require_dims(known: Definition[Any], dims: tuple[str, ...]) -> None:
    for dim in dims:
        if dim not in known.dims:
            raise UnknownDimensionError("not a dimension of it", name=known.name, dim=dim)


def _denominator(asked: Question[Any], history: History) -> Count[Any] | None:
    if not asked.definition.of:
        return None
    whole = definition(asked.definition.of)
    return Count(aggregate(whole.aggregation, asked.counted(whole, history)), whole.unit)


def _share(part: int, whole: int) -> int:
    """Return the share in hundredths of a per cent, rounded half up; 0 of nothing."""
    return (20_000 * part + whole) // (2 * whole) if whole else 0


def _late_events(asked: Question[Any], history: History) -> int:
    if not history.late:
        return 0
    late = {fact.id for fact in history.late}
    items = asked.counted(asked.definition, history.with_late())
    return len({fact.id for item in items for fact in item.evidence} & late)


def _overlaps(
    asked: Question[U], items: Sequence[Item], history: History
) -> dict[str, Count[U] | None]:
    own, unit = {item.key for item in items}, asked.definition.unit
    return {
        name: Count(len(own & {i.key for i in asked.counted(definition(name), history)}), unit)
        for name in asked.definition.overlaps
    }


def _for_publication(told: Statistic[U], minimum: int) -> Statistic[U]:
    cells: tuple[Cell[U], ...] = suppressed(told.cells, minimum)
    kept = {"value": told.value, "numerator": told.numerator, "denominator": told.denominator}
    shown = {name: None if is_small(count, minimum) else count for name, count in kept.items()}
    overlaps = {n: None if is_small(c, minimum) else c for n, c in told.overlaps.items()}
    hidden = (
        sum(cell.value is None for cell in cells)
        + sum(shown[name] is None and kept[name] is not None for name in kept)
        + sum(count is None for count in overlaps.values())
    )
    return Statistic(
        **{**vars(told), **shown, "cells": cells, "overlaps": overlaps, "suppressed_cells": hidden}
    )
