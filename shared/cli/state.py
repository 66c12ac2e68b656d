"""`duban state`: how a problem, a case, a unit or a round stood at an instant."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from shared.cli.output import AsJson, print_json, print_table, screen, told
from shared.cli.surroundings import DEFAULT_DATA, Surroundings
from shared.kernel.errors import NotFoundError

KINDS = ("problems", "cases", "rounds", "units")
AUDIT = "audit"
LAST_LINES = 12

Number = Annotated[str, typer.Argument(help="The number of a problem, case, round or unit.")]
AsOf = Annotated[
    str, typer.Option("--as-of", help="When it was known: an instant (ISO 8601; UTC if no zone).")
]
AtPosition = Annotated[
    str, typer.Option("--at-position", help="Positions of the logs: feedback:120,supervision:9.")
]
EffectiveOn = Annotated[
    str, typer.Option("--effective-on", help="When it was so: a business date, such as 2026-03-02.")
]


@told
def state(
    number: Number,
    as_of: AsOf = "",
    at_position: AtPosition = "",
    effective_on: EffectiveOn = "",
    data: Annotated[Path, typer.Option(help="Data directory of a local stack.")] = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Show how a problem, case, round or unit stood: now, or at any instant.

    Who was responsible, who supervised, what was due next, and the events that led there. Two
    times are told apart: --as-of is when it was known, --effective-on when it was so.
    """
    moment = moment_of(as_of, at_position, effective_on)
    found = ask(Surroundings.found(data), number, moment)
    if as_json:
        print_json(found)
    else:
        show(number, found)


def moment_of(as_of: str = "", at_position: str = "", effective_on: str = "") -> dict[str, str]:
    """Return the query that names this moment; what is empty is not asked for."""
    named = {"as_of": as_of, "at_position": at_position, "effective_on": effective_on}
    return {name: text for name, text in named.items() if text}


def ask(surroundings: Surroundings, number: str, moment: dict[str, str]) -> dict[str, Any]:
    """Return how the thing with this number stood; raises NotFoundError when none was known."""
    with surroundings.client(AUDIT) as client:
        for kind in KINDS:
            try:
                found: dict[str, Any] = client.get(f"/v1/{kind}/{number}", moment)
            except NotFoundError:
                continue
            return found
    raise NotFoundError(f"no problem, case, round or unit {number} was known then")


def show(number: str, found: dict[str, Any]) -> None:
    """Print it for a person: its facts, then the last lines of its timeline."""
    heading = " ".join(str(found[name]) for name in ("state", "name") if found.get(name))
    screen.print(f"[bold]{escape(number)}[/bold]  {escape(heading)}", highlight=False)
    hidden = ("timeline", "state", "name", "known")
    rows = [(name, written(value)) for name, value in found.items() if name not in hidden]
    print_table("", ("fact", "value"), rows)
    timeline = found["timeline"]
    lines = [(line["time"][:19], line["event"], line["role"], line["id"]) for line in timeline]
    print_table(
        f"the last of {len(timeline)} events", ("time (UTC)", "event", "role", "id"),
        lines[-LAST_LINES:],
    )  # fmt: skip


def written(value: Any) -> str:
    """Return a value of the state on one line."""
    match value:
        case None:
            return "–"
        case dict():
            return ", ".join(f"{name}: {written(inner)}" for name, inner in value.items())
        case list():
            return "; ".join(written(inner) for inner in value) or "–"
        case _:
            return escape(str(value))
