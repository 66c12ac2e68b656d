"""What of a history is in scope, and where each fact belongs: round, term, unit, level."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from services.audit.domain.known import Known
from services.audit.domain.moment import business_date
from services.audit.domain.statistics.facts import History

ROUND_OPENED = "feedback.round-opened"
UNKNOWN = "-"
PLACING = (
    ROUND_OPENED, "feedback.problem-drafted", "feedback.problem-issued", "feedback.lead-offered",
    "directory.organisation-registered",
)  # fmt: skip
"""The events that tell where others belong."""


@dataclass(frozen=True)
class Scope:
    """Which part of the work is meant; an empty field limits nothing.

    Tenant (or its level), committee term (届), ordinals of rounds within the term (轮), and the
    days on which it happened, both included. What belongs to no round is in a term when it
    happened after the term's first round was opened and before the next term's.
    """

    tenant: str = ""
    level: str = ""
    term: str = ""
    rounds: tuple[int, ...] = ()
    since: date | None = None
    until: date | None = None


class Round(NamedTuple):
    """A round, as opened."""

    round_no: str
    term: str
    ordinal: int
    mode: str
    opened_on: date


class Target(NamedTuple):
    """One unit of a round, its case and its team leader."""

    case_no: str
    round_no: str
    unit: str
    team_leader: str


@dataclass(frozen=True)
class View:
    """A history as one statistic looks at it."""

    history: History
    scope: Scope = field(default_factory=Scope)

    def of(self, *types: str) -> Iterator[Known]:
        """Yield the facts of these types that are in scope."""
        return (fact for fact in self.history.all(*types) if self.takes(fact))

    def all(self, *types: str) -> Iterator[Known]:
        """Yield the facts of these types, in scope or not."""
        return self.history.all(*types)

    @property
    def today(self) -> date:
        return self.history.today

    def takes(self, fact: Known) -> bool:
        """Return whether the fact is in scope."""
        scope = self.scope
        if scope.tenant and fact.record["tenant"] != scope.tenant:
            return False
        if scope.level and fact.record["tenant"].partition(":")[0] != scope.level:
            return False
        return self._is_between(fact) and self._is_in_term_and_rounds(fact)

    def _is_between(self, fact: Known) -> bool:
        since, until = self.scope.since, self.scope.until
        if since is None and until is None:
            return True
        day = business_date(fact)
        return (since is None or day >= since) and (until is None or day <= until)

    def _is_in_term_and_rounds(self, fact: Known) -> bool:
        if not self.scope.term and not self.scope.rounds:
            return True
        found = self.round_of(fact)
        if found is None:
            return not self.scope.rounds and self._is_in_term(business_date(fact))
        return self.has_round(found)

    def has_round(self, found: Round) -> bool:
        """Return whether the round is in scope."""
        scope = self.scope
        return (not scope.term or found.term == scope.term) and (
            not scope.rounds or found.ordinal in scope.rounds
        )

    def _is_in_term(self, day: date) -> bool:
        begun = self._begin_of_terms
        if self.scope.term not in begun:
            return False
        begin = begun[self.scope.term]
        ends = [other for other in begun.values() if other > begin]
        return begin <= day and (not ends or day < min(ends))

    @cached_property
    def _begin_of_terms(self) -> dict[str, date]:
        begun: dict[str, date] = {}
        for found in self.rounds.values():
            begun[found.term] = min(found.opened_on, begun.get(found.term, found.opened_on))
        return begun

    @cached_property
    def rounds(self) -> dict[str, Round]:
        """Every round by its number."""
        return {
            fact.data["round_no"]: Round(
                fact.data["round_no"], fact.data["term"], fact.data["ordinal"],
                fact.data["mode"], business_date(fact),
            )
            for fact in self.all(ROUND_OPENED)
        }  # fmt: skip

    @cached_property
    def targets(self) -> dict[str, Target]:
        """Every target by its case number."""
        return {
            target["case_no"]: Target(
                target["case_no"], fact.data["round_no"], target["unit"], target["team_leader"]
            )
            for fact in self.all(ROUND_OPENED)
            for target in fact.data["targets"]
        }

    @cached_property
    def case_of_problem(self) -> dict[str, str]:
        return {
            fact.data["problem_no"]: fact.data["case_no"]
            for fact in self.all("feedback.problem-drafted", "feedback.problem-issued")
        }

    @cached_property
    def offers(self) -> dict[str, Known]:
        """The latest offer of each lead by its number."""
        return {fact.data["lead_no"]: fact for fact in self.all("feedback.lead-offered")}

    @cached_property
    def organisations(self) -> dict[str, Mapping[str, str]]:
        return {f.data["org"]: f.data for f in self.all("directory.organisation-registered")}

    def round_of(self, fact: Known) -> Round | None:
        """Return the round to which the fact goes back, if it does to one."""
        number = fact.data.get("round_no") or self._round_no_of(fact)
        return self.rounds.get(number)

    def _round_no_of(self, fact: Known) -> str:
        lead_no = fact.data.get("lead_no")
        if lead_no in self.offers:
            return str(self.offers[lead_no].data["round_no"])
        target = self.targets.get(self.case_of(fact))
        return target.round_no if target else ""

    def case_of(self, fact: Known) -> str:
        """Return the number of the case that the fact is about, "" when of none."""
        told = fact.data
        offer = self.offers.get(told.get("lead_no") or told.get("origin_lead", ""))
        if "case_no" not in told and offer is not None:
            return str(offer.data["case_no"])
        return str(told.get("case_no") or self.case_of_problem.get(told.get("problem_no", ""), ""))

    def place(self, fact: Known) -> dict[str, str]:
        """Return where the fact belongs: round, term, case, unit, level, category, sector."""
        case_no = self.case_of(fact)
        target, found = self.targets.get(case_no), self.round_of(fact)
        unit = fact.data.get("unit") or (target.unit if target else "")
        organisation = self.organisations.get(unit, {})
        return {
            "round": found.round_no if found else UNKNOWN,
            "ordinal": str(found.ordinal) if found else UNKNOWN,
            "term": found.term if found else UNKNOWN,
            "case": case_no or UNKNOWN,
            "unit": unit or UNKNOWN,
            "level": organisation.get("level", UNKNOWN),
            "unit_category": organisation.get("category", UNKNOWN),
            "sector": organisation.get("sector", UNKNOWN),
        }
