"""Found but not rectified (Q36): 发现问题不整改, by age, level and unit."""

from collections.abc import Iterator

from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.chains import chains
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Problems
from services.audit.domain.statistics.views import View


@statistic(
    "backlog.open", Problems, "Q36", of="problems.found", dims=("problem", "state", "age"),
    shows=("age",),
)  # fmt: skip
def open_problems(view: View) -> Iterator[Item]:
    """Issued problems that are neither closed nor withdrawn; `age` counts days from the issue."""
    for chain in chains(view):
        if chain.is_open:
            yield Item(chain.problem_no, chain.dims(view), chain.evidence)
