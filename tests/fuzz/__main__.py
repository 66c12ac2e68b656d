"""`python -m tests.fuzz`: fuzzes the whole running system, prints what is open."""

import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shared.cli.running import BrokerChoice
from shared.cli.sample.verdict import settled_verdict
from shared.embedded.stack import Stack
from shared.embedded.system_map import SERVICES
from tests.fuzz.ground import running
from tests.fuzz.messages import fuzz_messages
from tests.fuzz.outcome import Outcome, show
from tests.fuzz.routes import fuzz_routes

app = typer.Typer(add_completion=False)
MESSAGES_PER_MINUTE = 60


@app.command()
def fuzz(
    minutes: Annotated[float, typer.Option(min=0.5, help="Time to draw calls at random.")] = 5,
    seed: Annotated[int, typer.Option(help="The same seed draws the same.")] = 1,
    service: Annotated[list[str] | None, typer.Option(help="This one only (repeatable).")] = None,
    routes: Annotated[bool, typer.Option(help="Call the routes.")] = True,
    messages: Annotated[bool, typer.Option(help="Send malformed messages.")] = True,
    data: Annotated[Path | None, typer.Option(help="Keep the data here, or use these.")] = None,
    broker: BrokerChoice = "embedded",
) -> None:
    """Calls every route as its OpenAPI describes it and as it does not; sends malformed messages.

    On the whole running system after the sample was played. Exit code 1 when anything is open: a
    500, an undocumented answer, a refusal that wrote, a message that stops its followers. The data
    are kept then, and every call that found something, to be read and repeated.
    """
    console = Console()
    chosen = tuple(service or SERVICES)
    outcomes: list[Outcome] = []
    directory = data or Path(tempfile.mkdtemp(prefix="duban-fuzz-"))
    directory.mkdir(parents=True, exist_ok=True)
    with running(directory, broker) as stack:
        if routes:
            folder = Path(tempfile.mkdtemp(prefix="routes-", dir=directory))
            for outcome in fuzz_routes(stack, chosen, minutes * 60, seed, folder):
                outcomes.append(outcome)
                console.print(f"{outcome.what}: {outcome.calls} calls, {len(outcome.open_)} open")
        outcomes.append(_stores(stack))
        if messages:
            outcomes.append(fuzz_messages(stack, round(minutes * MESSAGES_PER_MINUTE), seed))
    show(outcomes, console)
    if any(outcome.open_ for outcome in outcomes):
        console.print(f"data and logs, and calls in said.txt: {directory}", highlight=False)
        raise typer.Exit(1)
    if data is None:
        shutil.rmtree(directory)


def _stores(stack: Stack) -> Outcome:
    """Return what the stores say of what was carried out: all followed, once, chained."""
    verdict = settled_verdict(stack.map.databases)
    found = asdict(verdict)
    events = sum(found.pop("events").values())
    open_ = tuple(f"{name}: {number}" for name, number in found.items() if number)
    return Outcome("the stores after the calls", len(verdict.events), events, open_, "events")


if __name__ == "__main__":
    app(prog_name="make fuzz")
