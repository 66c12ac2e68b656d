"""`python -m tests.chaos`: a storm, a live line, a table, JSON in bench/results/chaos.json."""

import json
import logging
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from shared.embedded.apache_kafka import what_is_missing
from shared.embedded.system_map import PROJECT, BrokerKind
from tests.chaos.faults import FAULTS, NEEDS_ROOT
from tests.chaos.findings import Kind
from tests.chaos.run import Plan, Run

RESULTS = PROJECT / "bench" / "results" / "chaos.json"
ROUNDS_A_MINUTE = 3
SAME = ("broker", "seed", "minutes")
app = typer.Typer(add_completion=False)


@app.command()
def chaos(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long the nemesis strikes.")] = 30,
    seed: Annotated[int, typer.Option(help="The same seed is the same storm.")] = 2026,
    broker: Annotated[str, typer.Option(help="embedded, or apache (Java, Maven).")] = "embedded",
    only: Annotated[
        list[str] | None, typer.Option(help="Strike with this fault only (repeatable).")
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="Keep data, logs and journal here.")] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List the faults and stop.")] = False,
) -> None:
    """Play problems to closing while a nemesis strikes; then read everything.

    Ctrl-C or SIGTERM ends the storm early: all is checked as always, but not kept as a result.
    Exit code 1 when anything was lost, doubled or broken, 2 when it cannot be run here.
    """
    console = Console()
    if show_list:
        for name, fault in FAULTS.items():
            about = (fault.__doc__ or "").splitlines()[0]
            console.print(f"{name:<20} {about}", highlight=False, soft_wrap=True)
        return
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # its complaints are the point
    plan = _plan(minutes, seed, broker, only)
    directory = keep or Path(tempfile.mkdtemp(prefix="duban-chaos-"))
    directory.mkdir(parents=True, exist_ok=True)
    run = Run(plan, directory, lambda sentence: _say(console, sentence))
    figures = _watched(run, console)
    if not run.stopping.is_set():
        _keep(figures)
    _show(figures, console)
    is_clean = not any(figures[kind.value] for kind in Kind)
    if is_clean and keep is None:
        shutil.rmtree(directory, ignore_errors=True)
    else:
        console.print(f"data, logs and journal: {directory}", highlight=False)
    raise typer.Exit(0 if is_clean else 1)


def _plan(minutes: float, seed: int, broker: str, only: list[str] | None) -> Plan:
    kinds: dict[str, BrokerKind] = {"embedded": "embedded", "apache": "apache"}
    if broker not in kinds:
        raise typer.BadParameter(f"no broker is called {broker!r}")
    if broker == "apache" and (reason := what_is_missing()):
        raise typer.BadParameter(reason)
    if unknown := set(only or ()) - FAULTS.keys():
        raise typer.BadParameter(f"no fault is called {', '.join(sorted(unknown))}")
    is_root = os.geteuid() == 0
    faults = [name for name in only or FAULTS if is_root or name not in NEEDS_ROOT]
    rounds = max(2, round(minutes * ROUNDS_A_MINUTE))
    small_disk = is_root and "full-disk" in faults
    return Plan(seed, minutes, kinds[broker], faults, rounds, small_disk)


def _watched(run: Run, console: Console) -> dict[str, Any]:
    """Carry the run out in a thread of its own, with a live line of where it stands."""
    ended: list[dict[str, Any]] = []
    failed: list[Exception] = []

    def carry_out() -> None:
        try:
            ended.append(run.carry_out())
        except Exception as error:  # noqa: BLE001  # raised below, in the main thread
            failed.append(error)

    thread, begun = threading.Thread(target=carry_out), time.monotonic()
    thread.start()
    with (
        _told_to_end(run, console),
        Live(console=console, refresh_per_second=2, transient=True) as live,
    ):
        while thread.is_alive():
            thread.join(0.5)
            live.update(_line(run, time.monotonic() - begun))
    if failed:
        raise failed[0]
    return ended[0]


@contextmanager
def _told_to_end(run: Run, console: Console) -> Iterator[None]:
    """Have the first Ctrl-C or SIGTERM end the storm; what comes after it ends the process."""
    before: dict[signal.Signals, Any] = {}

    def end(*_: object) -> None:
        for signum, handler in before.items():
            signal.signal(signum, handler)
        _say(console, "told to end: the weather clears, then all is checked")
        run.stopping.set()

    for signum in (signal.SIGINT, signal.SIGTERM):
        before[signum] = signal.signal(signum, end)
    yield
    for signum, handler in before.items():
        signal.signal(signum, handler)


def _line(run: Run, seconds: float) -> str:
    if run.workload is None or run.nemesis is None:
        return f"{seconds:5.0f} s  {run.phase}"
    journal = run.workload.player.journal
    return (
        f"{seconds:5.0f} s  {run.phase}  {sum(run.nemesis.struck.values())} faults"
        f"  {len(journal.acknowledged)} acknowledged  {journal.retried} retried"
        f"  {run.workload.told['problems']} problems played  now: {run.nemesis.current}"
    )


def _say(console: Console, sentence: str) -> None:
    console.print(f"{time.strftime('%H:%M:%S')} {sentence}", highlight=False, style="dim")


def _keep(figures: dict[str, Any]) -> None:
    """Add this run to the file; the newest run of each broker, seed and length stands."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"runs": []}
    runs = [run for run in known["runs"] if any(run[name] != figures[name] for name in SAME)]
    text = json.dumps({"runs": [*runs, figures]}, indent=2, ensure_ascii=False)
    RESULTS.write_text(text + "\n", encoding="utf-8")


def _show(figures: dict[str, Any], console: Console) -> None:
    title = f"chaos: seed {figures['seed']}, {figures['broker']}, {figures['seconds']:.0f} s"
    table = Table("what", "count", title=title)
    for name, count in figures["faults"].items():
        missed = figures["missed"].get(name)
        table.add_row(f"fault {name}", f"{count}" + (f" (missed {missed})" if missed else ""))
    table.add_section()
    for name in ("acknowledged", "retried", "reads"):
        table.add_row(name, str(figures[name]))
    for code, count in figures["refused"].items():
        table.add_row(f"refused: {code}", str(count))
    table.add_section()
    for kind in Kind:
        style = "red" if figures[kind.value] else "green"
        table.add_row(kind.value, f"[{style}]{figures[kind.value]}[/{style}]")
    console.print(table)
    for what in figures["findings"]:
        console.print(f"[red]{what}[/red]", markup=True, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    app(prog_name="make chaos")
