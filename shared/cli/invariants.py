"""`duban invariants`: whether INV-01 … INV-22 hold, now or at any instant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli.output import AsJson, print_json, print_table, screen, told
from shared.cli.state import AUDIT, AsOf, AtPosition, EffectiveOn, moment_of
from shared.cli.surroundings import DEFAULT_DATA, Surroundings
from shared.http.client import ApiClient

Page = dict[str, Any]


@told
def invariants(
    as_of: AsOf = "",
    at_position: AtPosition = "",
    effective_on: EffectiveOn = "",
    data: Annotated[Path, typer.Option(help="Data directory of a local stack.")] = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Check the invariants over everything that is followed; exit code 1 when one is violated.

    Every violation comes with the ids of the events that show it.
    """
    moment = moment_of(as_of, at_position, effective_on)
    with Surroundings.found(data).client(AUDIT) as client:
        found = added_up(list(_pages(client, moment)))
    if as_json:
        print_json(found)
    else:
        _show(found)
    if found["violations"]:
        raise typer.Exit(1)


def added_up(pages: list[Page]) -> Page:
    """Return one answer out of those over some cases each."""
    lines = [dict(line) for line in pages[0]["invariants"]]
    for page in pages[1:]:
        for line, more in zip(lines, page["invariants"], strict=True):
            line["examined"] += more["examined"]
            line["violations"] += more["violations"]
            line["status"] = _worse(line["status"], more["status"])
    return {
        "invariants": lines,
        "violations": [found for page in pages for found in page["violations"]],
    }


def _worse(one: str, other: str) -> str:
    """Return what holds for both: violated before holds, holds before nothing to check."""
    return next((known for known in ("violated", "holds") if known in (one, other)), one)


def _pages(client: ApiClient, moment: dict[str, str]) -> Iterator[Page]:
    after = None
    while True:
        query: dict[str, str | bool | None] = {**moment, "recompute": True, "after": after}
        page: Page = client.get("/v1/invariants", query)
        yield page
        after = page["next"]
        if after is None:
            return


def _show(found: Page) -> None:
    rows = [
        (
            line["invariant"],
            line["status"],
            line["examined"],
            line["sentence"],
        )
        for line in found["invariants"]
    ]
    print_table("Invariants", ("id", "status", "checked", "rule"), rows)
    for one in found["violations"]:
        screen.print(f"[red]{one['invariant']}[/red] {one['number']}: {one['what']}")
        screen.print(f"  shown by {', '.join(one['events'])}", style="dim")
