"""The whole history of one problem, gathered from every service's own feed, in causal order."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli.output import AsJson, print_json, screen, told
from shared.cli.problem_state import state_after
from shared.cli.surroundings import DEFAULT_DATA, Surroundings
from shared.kernel.errors import InvalidValueError, NotFoundError

PAGE = 1000


@dataclass(frozen=True)
class Line:
    """One event of the history: a record and its position in its service's log."""

    position: int
    record: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def order(self) -> tuple[str, str, int]:
        return (self.record["time"], self.record["service"], self.position)

    def told(self) -> dict[str, Any]:
        """Return what a reader wants to know of it."""
        actor = self.record["actor"]
        return {
            "time": self.record["time"],
            "event": self.record["type"],
            "actor": actor["person_ref"],
            "org": actor["org"],
            "role": actor["role"],
            "command": self.record["command"],
            "trace": _trace_id(self.record["trace"]),
            "service": self.record["service"],
            "position": self.position,
            "stream": self.record["stream"],
            "version": self.record["version"],
            "id": self.id,
            "causation": self.record["causation"],
            "data": self.record["data"],
        }


def _trace_id(traceparent: str) -> str:
    return traceparent.split("-")[1] if traceparent.count("-") == 3 else ""


@told
def history(
    problem_no: Annotated[str, typer.Argument(help="The problem's number, e.g. YL-T1R1-U001-001.")],
    as_of: Annotated[
        str, typer.Option(help="Only what was recorded by then (ISO 8601; UTC if no zone).")
    ] = "",
    data: Annotated[Path, typer.Option(help="Data directory of a local stack.")] = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Show every event of a problem, from all services, in causal order.

    Each line says when, what, who, in which role, by which command and in which trace. The state
    follows from the events shown. With --as-of, list and state are as they stood then.
    """
    until = _instant(as_of) if as_of else None
    lines = gather(Surroundings.found(data), problem_no, until)
    state = state_after([line.record for line in lines])
    if as_json:
        print_json({"problem_no": problem_no, **state, "events": [line.told() for line in lines]})
    else:
        show(problem_no, lines)


def show(problem_no: str, lines: Sequence[Line]) -> None:
    """Print the history for a person: one line an event, and the state it leads to."""
    screen.print(f"[bold]{problem_no}[/bold] · {len(lines)} events · times in UTC")
    day, state = "", ""
    for number, line in enumerate(lines, 1):
        reached = state_after([earlier.record for earlier in lines[:number]])
        changed = f"→ {reached['state']} {reached['name']}" if reached["state"] != state else ""
        if (on := line.record["time"][:10]) != day:
            screen.print(f"[bold]{on}[/bold]")
        day, state = on, reached["state"]
        screen.print(_written(line, changed), highlight=False, soft_wrap=True)
    reached = state_after([line.record for line in lines])
    screen.print(f"[bold]{reached['state']} {reached['name']}[/bold] · cycle {reached['cycle']}")


def _written(line: Line, changed: str) -> str:
    told = line.told()
    who = f"{told['actor']} ({told['role']})"
    command = told["command"].split("/")[0]
    return (
        f"  {told['time'][11:23]}  [cyan]{told['event']:<44}[/cyan] {who:<32} {command:<28.28} "
        f"[dim]{told['trace'][:8]}[/dim]  [bold]{changed}[/bold]"
    )


def gather(
    surroundings: Surroundings, problem_no: str, until: datetime | None = None
) -> list[Line]:
    """Return every event that concerns the problem, causes before effects.

    An event of the whole case that does not name the problem (a plan was approved) is among them
    when one of them happened because of it. Raises NotFoundError when no service knows the
    problem by then.
    """
    found: list[Line] = []
    of_cases: dict[str, Line] = {}
    for service in surroundings.urls:
        for line in _of_service(surroundings, service):
            if until is not None and _recorded(line) > until:
                continue
            if _concerns(line.record, problem_no):
                found.append(line)
            elif line.record["stream"].startswith("case/"):
                of_cases[line.id] = line
    if not found:
        raise NotFoundError(f"no service knows of problem {problem_no}")
    causes = {line.record["causation"] for line in found} & of_cases.keys()
    return in_causal_order([*found, *(of_cases[cause] for cause in causes)])


def _of_service(surroundings: Surroundings, service: str) -> Iterator[Line]:
    with surroundings.client(service) as client:
        after = 0
        while True:
            page = client.get("/v1/events", {"after": after, "limit": PAGE})
            for item in page["items"]:
                yield Line(item["position"], item["record"])
            if len(page["items"]) < PAGE:
                return
            after = page["next"]


def _concerns(record: dict[str, Any], problem_no: str) -> bool:
    """Whether the problem's own stream, its correlation or its facts name it.

    Of a case-wide event (a plan, feedback) the facts list the problem; a lead is never shown.
    """
    if record["class"] in ("C4", "C5"):
        return False
    return record["stream"].endswith(f"/{problem_no}") or _names(record["data"], problem_no)


def _names(value: Any, problem_no: str) -> bool:
    match value:
        case str():
            return value == problem_no
        case dict():
            return any(_names(inner, problem_no) for inner in value.values())
        case list():
            return any(_names(inner, problem_no) for inner in value)
        case _:
            return False


def in_causal_order(lines: Iterable[Line]) -> list[Line]:
    """Return the lines so that no effect stands before its cause, else by recorded time.

    Within a stream a version follows the one before; across streams `causation` decides.
    """
    known = {line.id: line for line in lines}
    places = {_place(line): line.id for line in known.values()}
    before = {found: set(_predecessors(line, known, places)) for found, line in known.items()}
    followers: dict[str, list[str]] = {}
    for after, causes in before.items():
        for cause in causes:
            followers.setdefault(cause, []).append(after)
    ready = [(known[found].order, found) for found, causes in before.items() if not causes]
    heapq.heapify(ready)
    ordered: list[Line] = []
    while ready:
        _, found = heapq.heappop(ready)
        ordered.append(known[found])
        for follower in followers.get(found, ()):
            before[follower].discard(found)
            if not before[follower]:
                heapq.heappush(ready, (known[follower].order, follower))
    return ordered


Place = tuple[str, str, int]


def _place(line: Line, back: int = 0) -> Place:
    return (line.record["service"], line.record["stream"], line.record["version"] - back)


def _predecessors(line: Line, known: dict[str, Line], places: dict[Place, str]) -> Iterator[str]:
    if line.record["causation"] in known:
        yield line.record["causation"]
    if (earlier := places.get(_place(line, back=1))) is not None:
        yield earlier


def _recorded(line: Line) -> datetime:
    return datetime.fromisoformat(line.record["time"])


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValueError(f"{text} is not a time such as 2026-03-02T09:30:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
