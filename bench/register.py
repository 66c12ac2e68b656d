"""Which benchmarks there are. A benchmark is a function of a ground that returns rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.ground import Ground
from bench.rows import Row

Measure = Callable[[Ground], Sequence[Row]]


@dataclass(frozen=True)
class Benchmark:
    """A named benchmark; its docstring's first line is what `--list` shows."""

    name: str
    measure: Measure

    @property
    def about(self) -> str:
        """What is measured, in a line."""
        return (self.measure.__doc__ or "").strip().partition("\n")[0]


BENCHMARKS: dict[str, Benchmark] = {}


def benchmark(name: str) -> Callable[[Measure], Measure]:
    """Registers the function under `name`, which `make bench ARGS="--only NAME"` takes."""

    def register(measure: Measure) -> Measure:
        BENCHMARKS[name] = Benchmark(name, measure)
        return measure

    return register
