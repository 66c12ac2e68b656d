"""Statistics over what is followed: reads only the types of events that an answer rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

from services.audit.application.followed_records import Followed, FollowedRecords
from services.audit.domain.due_dates import POLICY, DueDates
from services.audit.domain.moment import Moment
from services.audit.domain.statistics import (
    Audience,
    Difference,
    Reproduction,
    Scope,
    Statistic,
    definition,
    difference,
    reproduced,
    stat,
)
from services.audit.domain.statistics.definitions import MIN_PERSONS, types_read
from shared.kernel.clock import Clock
from shared.kernel.periods import civil_date

LEAST = "published_persons_min"


@dataclass(frozen=True)
class Figures:
    """Answers statistics, tells them again, and tells by which events they changed."""

    followed: FollowedRecords
    clock: Clock

    def stat(
        self,
        name: str,
        *,
        scope: Scope,
        moment: Moment,
        dims: Sequence[str],
        where: Mapping[str, str],
        audience: Audience,
    ) -> Statistic[Any]:
        """Answer one statistic; raises what `stat` raises."""
        ends = self.followed.ends(moment)
        if audience.suppresses:
            least = self._least_published(scope, self._at(moment, ends))
            audience = replace(audience, min_persons=least)
        log = self.followed.all_of_types(types_read(definition(name)))
        told = stat(
            name,
            log,
            scope=scope,
            moment=self._at(moment, ends),
            dims=dims,
            where=where,
            audience=audience,
        )
        return replace(told, positions={end.source: end.position for end in ends})

    def _least_published(self, scope: Scope, moment: Moment) -> int:
        """Return of how many persons a published figure tells at least (3.5).

        That is what the policy in force then says; the strictest one when several committees are
        in scope.
        """
        rules: dict[str, DueDates] = {}
        for one in self.followed.all_of_types([POLICY]):
            tenant = one.record["tenant"]
            if moment.knows(one) and scope.tenant in ("", tenant):
                rules.setdefault(tenant, DueDates()).feed(one)
        day = civil_date(moment.instant(self.clock.now(), ()))
        editions = (rule.edition(day) for rule in rules.values())
        known = [edition["numbers"].get(LEAST) for edition in editions if edition]
        return max((least for least in known if least is not None), default=MIN_PERSONS)

    def difference(
        self, name: str, before: Moment, after: Moment, *, scope: Scope, audience: Audience
    ) -> Difference:
        """Tell by which events the answer changed between two moments."""
        log = self.followed.all_of_types(types_read(definition(name)))
        moments = [self._at(moment, self.followed.ends(moment)) for moment in (before, after)]
        return difference(name, log, *moments, scope=scope, audience=audience)

    def reproduced(self, report: str, *, audience: Audience) -> list[Reproduction]:
        """Count every figure of a thematic report again."""
        return reproduced(self.followed.all_of_types(()), report, audience=audience)

    def _at(self, moment: Moment, ends: Sequence[Followed]) -> Moment:
        """Return the moment with its instant: that of the last record, or now."""
        if moment.as_of is not None or moment.effective_on is not None:
            return moment
        if moment.positions and ends:
            return replace(moment, as_of=max(end.time for end in ends).astimezone(UTC))
        return replace(moment, as_of=self.clock.now())
