"""Rebuilds every read model of a service beside the live ones and compares them."""

import importlib
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from shared.cli.output import AsJson, errors, print_json, print_table, told
from shared.cli.surroundings import DEFAULT_DATA, Surroundings
from shared.eventstore.projections import ReplayResult, replay
from shared.eventstore.store import EventStore
from shared.kernel.errors import NotFoundError


@told
def replay_command(
    service: Annotated[str, typer.Argument(help="feedback, rectification, supervision, …")],
    data: Annotated[Path, typer.Option(help="Data directory of a local stack.")] = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Rebuild all read models of SERVICE from its events, beside the live ones.

    Prints the digest of the live and of the rebuilt one, at the same position. Ends with exit
    code 1 when any differ. The live ones are not touched.

    Reads the service's database: DUBAN_DATABASE_URL, or that of a local stack.
    """
    results = rebuilt(service, _database_url(service, data))
    if as_json:
        print_json([_row(result) for result in results])
    else:
        rows = [list(_row(result).values()) for result in results]
        columns = ("read model", "position", "live", "rebuilt", "equal")
        print_table(f"replay of {service}", columns, rows)
    if not all(result.equal for result in results):
        raise typer.Exit(1)


def rebuilt(service: str, database_url: str) -> list[ReplayResult]:
    """Return both digests of every read model of the service."""
    try:
        bootstrap = importlib.import_module(f"services.{service}.bootstrap")
    except ModuleNotFoundError:
        raise NotFoundError(f"no service is called {service}") from None
    store = EventStore(service, database_url)
    try:
        with Progress(console=errors, transient=True) as progress:
            task = progress.add_task(f"replaying {service}", total=None)
            return replay(store, bootstrap.READ_MODELS, lambda *_: progress.update(task, advance=1))
    finally:
        store.close()


def _database_url(service: str, data: Path) -> str:
    if named := os.environ.get("DUBAN_DATABASE_URL"):
        return named
    databases = Surroundings.found(data).databases
    if service not in databases:
        raise NotFoundError(f"no service is called {service}; known: {', '.join(databases)}")
    return databases[service]


def _row(result: ReplayResult) -> dict[str, object]:
    return {
        "read_model": result.name,
        "position": result.position,
        "live_digest": result.live_digest,
        "rebuilt_digest": result.rebuilt_digest,
        "equal": result.equal,
    }
