"""INV-17: a figure that was published comes out again at the positions it names."""

from collections.abc import Iterable

from services.audit.domain.invariants.base import Invariant, Scope, Violation
from services.audit.domain.known import Known
from services.audit.domain.statistics import Reproduction, definition, reproduced
from services.audit.domain.statistics.definitions import types_read
from shared.kernel.errors import NotFoundError

REPORT = "supervision.thematic-report-issued"


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
