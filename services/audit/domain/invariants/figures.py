"""INV-17, INV-20: a published figure comes out again, withdrawn problems by the declared rule."""

from collections.abc import Iterable
from typing import Any

from services.audit.domain.invariants.base import Invariant, Scope, Violation
from services.audit.domain.known import Known
from services.audit.domain.moment import Moment
from services.audit.domain.statistics import Reproduction, definition, reproduced
from services.audit.domain.statistics.definitions import types_read
from services.audit.domain.statistics.facts import History
from services.audit.domain.statistics.problems import WITHDRAWN, found
from services.audit.domain.statistics.reproduction import scope_of
from shared.kernel.errors import NotFoundError

REPORT = "supervision.thematic-report-issued"
RULES_OF_FOUND = ("issued-1",)
"""The rules by which problems found were ever counted: a change of counting adds one."""


class PublishedFiguresAgree(Invariant):
    """Every figure of a thematic report, by the definition it names while that one is known."""

    ID = "INV-17"
    SENTENCE = "Published figures equal the figures recomputed at the stated event position."
    SCOPE = Scope.REPORT

    def __init__(self) -> None:
        super().__init__()
        self._log: list[Known] = []
        self._reports: list[Known] = []

    def feed(self, one: Known) -> None:
        self._log.append(one)
        if one.type == REPORT and one.data.get("figures"):
            self.examine()
            self._reports.append(one)

    def violations(self) -> list[Violation]:
        return [
            self._differs(report, figure)
            for report in self._reports
            for figure in self._figures(report)
            if figure.is_same is False
        ]

    def _figures(self, report: Known) -> list[Reproduction]:
        """Return the figures counted again; none when a statistic of that name is not known."""
        try:
            return reproduced(self._log, report.data["instrument_no"])
        except NotFoundError:
            return []

    def _differs(self, report: Known, figure: Reproduction) -> Violation:
        what = f"{figure.name} was stated as {figure.stated}, its events give {figure.recomputed}"
        return Violation(self.ID, figure.report, what, (report.id,))


class WithdrawnCountedByRule(PublishedFiguresAgree):
    """A figure of problems found names the rule by which it was counted (A31).

    By `issued-1` a withdrawn problem was found and stays counted. Figures of another name, or at
    positions where nothing was withdrawn, say nothing about it.
    """

    ID = "INV-20"
    SENTENCE = "A withdrawn problem is in 'found' statistics only under the declared rule."

    def feed(self, one: Known) -> None:
        self._log.append(one)
        if one.type == REPORT and any(
            _is_of_found(figure) for figure in one.data.get("figures", ())
        ):
            self.examine()
            self._reports.append(one)

    def violations(self) -> list[Violation]:
        return [
            violation
            for report in self._reports
            for figure in report.data["figures"]
            if _is_of_found(figure) and (violation := self._against(report, figure))
        ]

    def _against(self, report: Known, figure: dict[str, Any]) -> Violation | None:
        """Return how the figure is against the rule it names, None when it is not."""
        history = History.of(self._log, Moment(positions=figure["positions"]))
        items = {item.key: item for item in found.items(history, scope_of(figure))}
        withdrawn = {key for key, item in items.items() if item.dims["withdrawn"] == "yes"}
        rule, value = figure["definition_version"], figure["value"]
        if not withdrawn:
            return None
        if rule not in RULES_OF_FOUND:
            what = f"{len(withdrawn)} withdrawn ones are counted by no declared rule: {rule}"
        elif len(items) - len(withdrawn) <= value < len(items):
            what = f"{rule} counts withdrawn problems, {len(items) - value} of them are left out"
        else:
            return None
        return self._shown_by(report, what, withdrawn)

    def _shown_by(self, report: Known, what: str, withdrawn: set[str]) -> Violation:
        events = [
            one.id
            for one in self._log
            if one.type == WITHDRAWN and one.data["problem_no"] in withdrawn
        ]
        return Violation(self.ID, report.data["instrument_no"], what, (*events, report.id))


def _is_of_found(figure: dict[str, Any]) -> bool:
    return bool(figure["name"] == found.name)


def figure_types(names: Iterable[str]) -> list[str]:
    """Return the types of events that these statistics rest on; empty when on all of them."""
    types: set[str] = set()
    for name in names:
        try:
            read = types_read(definition(name))
        except NotFoundError:
            continue  # a statistic that is not known is not judged
        if not read:
            return []
        types |= set(read)
    return sorted(types) or [REPORT]
