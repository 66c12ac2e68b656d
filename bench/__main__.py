"""`python -m bench`: measures, prints tables, keeps JSON and plots in `bench/results/`."""

from typing import Annotated

import typer
from rich.console import Console

import bench.cases  # noqa: F401  # registers every benchmark
from bench.ground import BrokerKind, ground
from bench.register import BENCHMARKS, Benchmark
from bench.report import keep, show
from shared.service.garbage import collect_seldom

app = typer.Typer(add_completion=False)
_BROKERS: dict[str, tuple[BrokerKind, ...]] = {
    "embedded": ("embedded",),
    "apache": ("apache",),
    "both": ("embedded", "apache"),
}


@app.command()
def measure(
    only: Annotated[
        list[str] | None, typer.Option(help="Measure this one only (repeatable).")
    ] = None,
    broker: Annotated[
        str, typer.Option(help="embedded, apache (needs Java, Maven) or both.")
    ] = "both",
    size: Annotated[
        float, typer.Option(min=0.001, max=10, help="Share of the full amounts.")
    ] = 1.0,
    turns: Annotated[int, typer.Option(min=1, help="Turns of every contestant.")] = 5,
    show_list: Annotated[
        bool, typer.Option("--list", help="List the benchmarks and stop.")
    ] = False,
) -> None:
    """Measures Duban beside floors and peers in the same run.

    A figure alone says little on a noisy machine: every row names the floor or the peer that ran
    in turns with it, the ratio, and the ratio's spread. Exit code 1 when a target is missed.
    """
    collect_seldom()  # as every service does
    console = Console()
    if show_list:
        for each in BENCHMARKS.values():
            console.print(f"{each.name:<16} {each.about}", highlight=False)
        return
    chosen = [_named(name) for name in only] if only else list(BENCHMARKS.values())
    missed = [
        each.name for each in chosen if not _run(each, _brokers(broker), size, turns, console)
    ]
    if missed:
        console.print(f"missed a target: {', '.join(missed)}")
        raise typer.Exit(1)


def _run(
    each: Benchmark, brokers: tuple[BrokerKind, ...], size: float, turns: int, console: Console
) -> bool:
    console.rule(f"{each.name}: {each.about}")
    with ground(brokers, size, turns) as made:
        rows = list(each.measure(made))
    show(rows, console)
    keep(each.name, rows, size)
    return all(row.target_met is not False for row in rows)


def _named(name: str) -> Benchmark:
    if name not in BENCHMARKS:
        raise typer.BadParameter(f"no benchmark {name!r}; there are: {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name]


def _brokers(name: str) -> tuple[BrokerKind, ...]:
    if name not in _BROKERS:
        raise typer.BadParameter(f"no broker {name!r}; there are: {', '.join(_BROKERS)}")
    return _BROKERS[name]


if __name__ == "__main__":
    app(prog_name="make bench")
