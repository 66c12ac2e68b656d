"""`duban demo`: the whole system, a sample inspection played through it, and a verdict."""

import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from shared.cli.export import exported_to, trust_folder
from shared.cli.history import gather, show
from shared.cli.output import AsJson, errors, print_json, screen, told
from shared.cli.running import BrokerChoice
from shared.cli.sample.city import AUDITOR, SCALES, City, Fate, invent
from shared.cli.sample.player import Player
from shared.cli.sample.story import Story
from shared.cli.sample.verdict import Verdict, settled_verdict
from shared.cli.surroundings import Surroundings
from shared.embedded.collector import SpanCollector
from shared.embedded.stack import Stack
from shared.embedded.system_map import BrokerKind
from shared.export.exporter import Wanted
from shared.http.client import ApiClient
from shared.kernel.clock import SystemClock
from shared.kernel.errors import InvalidValueError

SERVICES_IN_ONE_TRACE = 4
FEED_PAGE = 1000


@told
def demo(
    scale: Annotated[
        str, typer.Option(help="small: 1 round, 24 problems; city: 5 rounds, 1,573 problems.")
    ] = "small",
    seed: Annotated[int, typer.Option(help="The same seed invents the same city.")] = 2026,
    data: Annotated[
        Path | None, typer.Option(help="Keep the data here; else they go away afterwards.")
    ] = None,
    port_base: Annotated[int | None, typer.Option(help="First port; else free ones.")] = None,
    broker: BrokerChoice = "embedded",
    export: Annotated[
        Path | None, typer.Option(help="End with a full export of all sealed logs into this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play an invented city's inspection through the whole system, and check what came of it.

    Starts PostgreSQL, a broker and every service as a process of its own; plays feedback,
    rectification, supervision, evaluation and closing through the public HTTP interfaces; then
    reads the stores: nothing lost, nothing doubled, nothing parked. Stops everything again.

    Ends with exit code 1 when the verdict is not clean.
    """
    if scale not in SCALES:
        raise InvalidValueError(f"no scale is called {scale}: {', '.join(SCALES)}")
    city, begun = invent(SCALES[scale], seed), time.monotonic()
    with _data_directory(data) as directory:
        spans = SpanCollector()
        share = city.scale.trace_share
        with _running(directory, port_base, broker, spans, share) as stack:
            _tell(stack, city)
            summary = _summary(stack, settled_verdict(stack.map.databases))
            if export is not None:
                summary |= _export(directory, export)
            if not as_json:
                _show_hero(directory, city)
    summary |= {
        "services_in_one_trace": len(spans.services_in_one_trace()),
        "restarts": sum(stack.restarts.values()),
        "seconds": round(time.monotonic() - begun, 1),
    }
    print_json(summary) if as_json else _show(summary, city, data)
    if not _is_clean(summary):
        raise typer.Exit(1)


@contextmanager
def _data_directory(data: Path | None) -> Iterator[Path]:
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    directory = Path(tempfile.mkdtemp(prefix="duban-demo-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _running(
    directory: Path,
    port_base: int | None,
    broker: BrokerKind,
    spans: SpanCollector,
    trace_share: float,
) -> Iterator[Stack]:
    """Run the system, watched over until the end; its last spans arrive while it stops."""
    stopping = threading.Event()
    with ExitStack() as cleanup:
        spans.start()
        cleanup.callback(spans.stop)
        stack = Stack(
            directory,
            port_base,
            otlp_endpoint=spans.endpoint,
            trace_share=trace_share,
            broker_kind=broker,
            report=lambda sentence: errors.print(sentence, style="dim", markup=False),
        )
        stack.start()
        cleanup.callback(stack.stop)
        watch = threading.Thread(target=stack.supervise, args=(stopping,), daemon=True)
        watch.start()
        cleanup.callback(watch.join)
        cleanup.callback(stopping.set)
        yield stack


def _tell(stack: Stack, city: City) -> None:
    player = Player(stack.map.services, stack.issuer)
    with _progress() as progress:
        story = Story(player, city, SystemClock(), lambda act, n: progress.advance(tasks[act], n))
        tasks = {act: progress.add_task(act, total=n) for act, n in story.acts().items()}
        try:
            story.tell()
        finally:
            player.close()


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
    )


def _summary(stack: Stack, verdict: Verdict) -> dict[str, Any]:
    """Return the figures, counted from the events of the services' own feeds."""
    counts: Counter[str] = Counter()
    closed: set[str] = set()
    for event_type, data in _told(stack):
        counts[event_type] += 1
        if event_type == "supervision.problem-closed":
            closed.add(data["problem_no"])
        elif event_type == "supervision.problem-reopened":
            closed.discard(data["problem_no"])
    return {
        "problems": counts["feedback.problem-issued"],
        "closed": len(closed),
        "closings": counts["supervision.problem-closed"],
        "reopened": counts["supervision.problem-reopened"],
        "leads": counts["accountability.lead-registered"],
        "accountability_cases": counts["accountability.accountability-referred"],
        **asdict(verdict),
    }


def _told(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield type and facts of every event, service by service, in order."""
    token = stack.issuer.issue(AUDITOR.ref, AUDITOR.org, *AUDITOR.roles)
    for url in stack.map.services.values():
        with ApiClient(url, token) as client:
            after, is_more = 0, True
            while is_more:
                page = client.get("/v1/events", {"after": after, "limit": FEED_PAGE})
                for item in page["items"]:
                    yield item["record"]["type"], item["record"]["data"]
                is_more, after = len(page["items"]) == FEED_PAGE, page["next"]


def _export(directory: Path, target: Path) -> dict[str, Any]:
    """Write a full export; return where it is and what to check it with."""
    trust = trust_folder(None, directory)
    wanted = Wanted(purpose="demonstration")
    exported = exported_to(target, Surroundings.found(directory), trust, wanted)
    return {
        "export": str(exported.path),
        "export_sha256": exported.digest,
        "unwitnessed": list(exported.unwitnessed),
        "root_key": str(trust.root),
    }


def _show_hero(directory: Path, city: City) -> None:
    hero = next(problem for problem in city.problems if problem.fate is Fate.REOPENED)
    show(hero.no, gather(Surroundings.found(directory), hero.no))


def _is_clean(summary: dict[str, Any]) -> bool:
    nothing = ("lost", "duplicates", "parked", "broken_chains")
    joined = summary["services_in_one_trace"] >= SERVICES_IN_ONE_TRACE
    return joined and all(summary[name] == 0 for name in nothing)


def _show(summary: dict[str, Any], city: City, data: Path | None) -> None:
    hero = city.problems[0].no
    screen.print(
        f"\n[bold]{summary['problems']}[/bold] problems issued · "
        f"[bold]{summary['closed']}[/bold] closed · "
        f"[bold]{summary['reopened']}[/bold] reopened · "
        f"[bold]{summary['leads']}[/bold] leads · "
        f"[bold]{summary['accountability_cases']}[/bold] accountability cases"
    )
    screen.print("events: " + ", ".join(f"{k} {v}" for k, v in summary["events"].items()))
    verdict = "[green]clean[/green]" if _is_clean(summary) else "[red]NOT CLEAN[/red]"
    screen.print(
        f"verdict: {verdict} · lost {summary['lost']} · doubled {summary['duplicates']} · "
        f"parked {summary['parked']} · broken chains {summary['broken_chains']} · "
        f"{summary['services_in_one_trace']} services in one trace · {summary['seconds']} s"
    )
    if "export" in summary:
        screen.print(
            f"\nexport: {summary['export']} · sha256 {summary['export_sha256']}\n"
            f"check it: `duban verify {summary['export']} --root {summary['root_key']}`",
            highlight=False,
            soft_wrap=True,
        )
    if data is None:
        screen.print(
            "\nNext: `duban demo --data DIR` keeps the data; `duban up --data DIR` runs on."
        )
    else:
        screen.print(
            f"\nNext: `duban up --data {data}`, then `duban history {hero} --data {data}`, "
            f"`duban feed supervision --data {data}`, `duban replay supervision --data {data}`."
        )
