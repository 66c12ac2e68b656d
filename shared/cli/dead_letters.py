"""Parked messages: what could not be handled, and what an operator decides about it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from shared.cli.output import AsJson, print_json, print_table, screen, told
from shared.cli.surroundings import DEFAULT_DATA, Surroundings

app = typer.Typer(
    no_args_is_help=True,
    help="Look at parked messages, handle them again, or discard them with a reason.\n\n"
    "A message that cannot be handled is parked together with every later one of its stream; "
    "other streams go on.",
)

ServiceName = Annotated[str, typer.Argument(help="The service that could not handle it.")]
LetterId = Annotated[int, typer.Argument(help="The number that `list` shows.")]
Data = Annotated[Path, typer.Option(help="Data directory of a local stack.")]


@app.command("list")
@told
def list_(
    service: Annotated[str, typer.Argument(help="One service; all when left out.")] = "",
    status: Annotated[str, typer.Option(help="parked, redriven or discarded.")] = "parked",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """List parked messages, oldest first."""
    surroundings = Surroundings.found(data)
    services = [service] if service else sorted(surroundings.urls)
    found = [
        {"service": name, **letter}
        for name in services
        for letter in letters(surroundings, name, status)
    ]
    if as_json:
        print_json(found)
        return
    columns = ("service", "id", "source", "stream", "version", "error_code", "attempts")
    print_table(f"{len(found)} {status}", columns, [[row[c] for c in columns] for row in found])


@app.command()
@told
def show(service: ServiceName, letter: LetterId, data: Data = DEFAULT_DATA) -> None:
    """Show one message with its headers and its error, as JSON."""
    with Surroundings.found(data).client(service) as client:
        print_json(client.get(f"/v1/dead-letters/{letter}"))


@app.command()
@told
def redrive(service: ServiceName, letter: LetterId, data: Data = DEFAULT_DATA) -> None:
    """Handle a message again, and in order all that waits behind it in its stream."""
    with Surroundings.found(data).client(service) as client:
        answer = client.post(f"/v1/dead-letters/{letter}/redrive", key=str(uuid4()))
    screen.print(f"{answer['redriven']} messages were handled")


@app.command()
@told
def discard(
    service: ServiceName,
    letter: LetterId,
    reason: Annotated[str, typer.Option(help="Why it shall have no effect, for ever.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Count a message as consumed without any effect. The reason is kept."""
    with Surroundings.found(data).client(service) as client:
        client.post(f"/v1/dead-letters/{letter}/discard", {"reason": reason}, key=str(uuid4()))
    screen.print(f"message {letter} is discarded")


def letters(surroundings: Surroundings, service: str, status: str) -> Iterator[dict[str, Any]]:
    """Yield all letters of a service in this status."""
    after: int | None = 0
    with surroundings.client(service) as client:
        while after is not None:
            page = client.get("/v1/dead-letters", {"status": status, "after": after})
            yield from page["items"]
            after = page["next"]
