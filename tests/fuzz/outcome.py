"""What came out: one row for each part of the fuzzing, and what is open."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Outcome:
    """Calls or messages of one part; `open_` says each thing that should not be so."""

    what: str
    operations: int
    calls: int
    open_: tuple[str, ...] = ()
    note: str = ""


def show(outcomes: Sequence[Outcome], console: Console) -> None:
    """Prints the table, and below it what is open."""
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("what", "operations", "calls", "open", "note"):
        table.add_column(heading, justify="left" if heading in {"what", "note"} else "right")
    for one in outcomes:
        figures = (one.operations, one.calls, len(one.open_))
        table.add_row(one.what, *(f"{figure:,}" for figure in figures), one.note)
    console.print(table)
    for one in outcomes:
        for sentence in one.open_:
            console.print(f"OPEN {one.what}: {sentence}", markup=False, highlight=False)
