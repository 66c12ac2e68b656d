"""`duban diff`: what changed about a thing between two instants, and by which events."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli.output import AsJson, print_json, print_table, screen, told
from shared.cli.state import Number, ask, moment_of, written
from shared.cli.surroundings import DEFAULT_DATA, Surroundings
from shared.kernel.errors import NotFoundError

POSITIONS = re.compile(r"^[a-z]+:\d+(,[a-z]+:\d+)*$")
NOT_COMPARED = ("timeline", "known")
Change = dict[str, Any]

Instant = Annotated[
    str, typer.Argument(help="An instant (ISO 8601), or positions: feedback:120,supervision:9.")
]


@told
def diff(
    number: Number,
    before: Instant,
    after: Instant,
    data: Annotated[Path, typer.Option(help="Data directory of a local stack.")] = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Show what changed about a problem, case, round or unit between two instants."""
    surroundings = Surroundings.found(data)
    old, new = (_state(surroundings, number, instant) for instant in (before, after))
    changes = list(changed(_compared(old), _compared(new)))
    events = between(old, new)
    if as_json:
        print_json({"number": number, "changes": changes, "events": events})
    else:
        _show(number, changes, events)


def changed(old: Any, new: Any, path: str = "") -> Iterator[Change]:
    """Yield every place where the two differ, with its value before and after."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys([*old, *new]):
            yield from changed(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif old != new:
        yield {"what": path, "before": old, "after": new}


def between(old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of the timeline that only one of the two moments knows."""
    lines = {line["id"]: line for state in (old, new) for line in state["timeline"]}
    known = [{line["id"] for line in state["timeline"]} for state in (old, new)]
    return [line for found, line in lines.items() if found in known[0] ^ known[1]]


def _state(surroundings: Surroundings, number: str, instant: str) -> dict[str, Any]:
    """Return how it stood; a thing not known yet at the instant has no facts and no timeline."""
    is_place = POSITIONS.match(instant)
    moment = moment_of(at_position=instant) if is_place else moment_of(as_of=instant)
    try:
        return ask(surroundings, number, moment)
    except NotFoundError:
        ask(surroundings, number, {})  # raises when it is not known now either
        return {"timeline": []}


def _compared(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in NOT_COMPARED}


def _show(number: str, changes: list[Change], events: list[dict[str, Any]]) -> None:
    if not changes and not events:
        screen.print(f"{number}: nothing changed between the two")
        return
    rows = [(one["what"], written(one["before"]), written(one["after"])) for one in changes]
    print_table(f"{number}: what changed", ("what", "before", "after"), rows)
    lines = [(line["time"][:19], line["event"], line["role"], line["id"]) for line in events]
    print_table(f"by {len(events)} events", ("time (UTC)", "event", "role", "id"), lines)
