"""Shows rows as a table, keeps them as JSON, and draws the ratios beside their targets."""

import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.rows import Row

RESULTS = Path(__file__).parent / "results"


def show(rows: Sequence[Row], console: Console) -> None:
    """Prints the table; what misses its target is said in words, not in colour alone."""
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("what", "unit", "floor", "peer", "ours", "ratio", "spread", "target", "met"):
        table.add_column(heading, justify="left" if heading in {"what", "unit"} else "right")
    for row in rows:
        table.add_row(row.name, row.unit, *map(_figure, _figures(row)), row.target, _verdict(row))
    console.print(table)
    for row in rows:
        if row.note:
            console.print(f"[dim]{row.name}: {row.note}[/dim]")


def keep(benchmark: str, rows: Sequence[Row], size: float) -> Path:
    """Writes `bench/results/BENCHMARK.json` and its plot, and returns the JSON file."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{benchmark}.json"
    file.write_text(json.dumps(_document(benchmark, rows, size), ensure_ascii=False, indent=1))
    _draw(benchmark, rows)
    return file


def _document(benchmark: str, rows: Sequence[Row], size: float) -> dict[str, Any]:
    return {
        "benchmark": benchmark,
        "measured": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "size": size,
        "rows": [row.as_json() for row in rows],
    }


def _draw(benchmark: str, rows: Sequence[Row]) -> None:
    drawn = [row for row in rows if row.ratio is not None]
    if not drawn:
        return
    import matplotlib as mpl  # only `make bench` installs it

    mpl.use("svg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 0.6 + 0.45 * len(drawn)), layout="constrained")
    names = [f"{row.name}  ({row.target})" if row.target else row.name for row in drawn]
    axes.barh(
        names, [row.ratio or 0 for row in drawn], xerr=[(row.spread or 0) / 2 for row in drawn]
    )
    axes.invert_yaxis()
    axes.axvline(1, linestyle=":")
    axes.set_xlabel("ours ÷ floor (or peer)")
    figure.savefig(RESULTS / f"{benchmark}.svg", metadata={"Date": None})
    plt.close(figure)


def _figures(row: Row) -> tuple[float | None, ...]:
    return (row.floor, row.peer, row.ours, row.ratio, row.spread)


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _verdict(row: Row) -> str:
    return "–" if row.target_met is None else ("yes" if row.target_met else "NO")
