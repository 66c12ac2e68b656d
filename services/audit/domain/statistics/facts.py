"""What is counted over: the records known at a moment, causes first.

The order follows from the records alone, whatever order they arrived in, so that an export gives
the same figures as the service.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property

from services.audit.domain.causal_order import in_causal_order
from services.audit.domain.known import Known
from services.audit.domain.moment import BUSINESS_DATES, Moment, business_date
from shared.kernel.periods import BEIJING_TIME, civil_date

BEFORE_EVERYTHING = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class History:
    """The records known at a moment, and those that tell of before it but were known later."""

    facts: tuple[Known, ...]
    late: tuple[Known, ...]
    as_of: datetime
    today: date

    @classmethod
    def of(cls, log: Iterable[Known], moment: Moment) -> "History":
        """Cut the log. Naming positions counts nothing of a service that is not named.

        A record followed twice is one fact.
        """
        every = in_causal_order(log)
        known = tuple(one for one in every if is_counted(moment, one))
        as_of = moment.instant(BEFORE_EVERYTHING, known)
        if moment == Moment():
            as_of = max((one.at for one in known), default=as_of)
        later = (one for one in every if moment.was_so(one) and not is_counted(moment, one))
        late = tuple(one for one in later if _had_happened(one, as_of))
        return cls(known, late, as_of, civil_date(as_of))

    def with_late(self) -> "History":
        """Return the history as it would have been had nothing come late."""
        return History(
            tuple(in_causal_order((*self.facts, *self.late))), (), self.as_of, self.today
        )

    @property
    def positions(self) -> dict[str, int]:
        """The last position of each service: naming these again gives the same figures again."""
        last: dict[str, int] = {}
        for fact in self.facts:
            last[fact.source] = max(fact.position, last.get(fact.source, 0))
        return dict(sorted(last.items()))

    @cached_property
    def _by_type(self) -> dict[str, list[tuple[int, Known]]]:
        found: defaultdict[str, list[tuple[int, Known]]] = defaultdict(list)
        for n, fact in enumerate(self.facts):
            found[fact.type].append((n, fact))
        return found

    def all(self, *types: str) -> Iterator[Known]:
        """Yield the facts of these types in their order."""
        some = [numbered for each in types for numbered in self._by_type.get(each, ())]
        yield from (fact for _, fact in sorted(some, key=lambda numbered: numbered[0]))

    def everything(self) -> Iterator[Known]:
        """Yield every fact in its order."""
        yield from self.facts


@dataclass(frozen=True)
class TypesAsked(History):
    """An empty history that notes which types of events are asked for; "" stands for all."""

    asked: set[str] = field(default_factory=set)

    def all(self, *types: str) -> Iterator[Known]:
        self.asked.update(types)
        return iter(())

    def everything(self) -> Iterator[Known]:
        self.asked.add("")
        return iter(())


def is_counted(moment: Moment, one: Known) -> bool:
    """Return whether the record is known at the moment and so has been told by its service."""
    is_named = not moment.positions or one.source in moment.positions
    return is_named and moment.knows(one)


def end_of(day: date) -> datetime:
    """Return the last instant of a day on the wall."""
    return datetime.combine(day, time.max, BEIJING_TIME).astimezone(UTC)


def _had_happened(one: Known, as_of: datetime) -> bool:
    has_own_day = BUSINESS_DATES.get(one.type, "") in one.data
    return one.at <= as_of or (has_own_day and business_date(one) < civil_date(as_of))
