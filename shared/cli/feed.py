"""A service's log on the screen or as NDJSON."""

from pathlib import Path
from typing import Annotated

import typer

from shared.cli.output import AsJson, print_json_line, screen, told, until_interrupted
from shared.cli.surroundings import DEFAULT_DATA, Surroundings

PAGE = 500
WAIT_S = 20


@told
def feed(
    service: Annotated[str, typer.Argument(help="Whose log: feedback, rectification, …")],
    after: Annotated[int, typer.Option(min=0, help="Only positions after this one.")] = 0,
    follow: Annotated[bool, typer.Option(help="Wait for what comes, until Ctrl-C.")] = False,
    data: Annotated[Path, typer.Option(help="Data directory of a local stack.")] = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Print a service's events in order of position, complete and without gaps.

    With --json each line is one object {position, record}, the record exactly as it is stored.
    """
    with Surroundings.found(data).client(service) as client, until_interrupted():
        while True:
            wait = WAIT_S if follow else 0
            query = {"after": after, "limit": PAGE, "wait": wait}
            page = client.get("/v1/events", query, wait=wait)
            for item in page["items"]:
                _print(item, as_json)
            after = page["next"]
            if not follow and len(page["items"]) < PAGE:
                return


def _print(item: dict[str, object], as_json: bool) -> None:
    if as_json:
        print_json_line(item)
        return
    record = item["record"]
    assert isinstance(record, dict)
    screen.print(
        f"{item['position']:>7}  {record['time'][:23]}  {record['type']:<44} "
        f"{record['stream']}#{record['version']}  {record['actor']['person_ref']}",
        highlight=False,
        soft_wrap=True,
    )
