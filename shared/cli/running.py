"""`duban up` and `duban serve`: the whole system on this machine, or one service of it."""

import os
import signal
import threading
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.output import errors, screen, told
from shared.cli.surroundings import DEFAULT_DATA
from shared.embedded.stack import Stack
from shared.embedded.system_map import SERVICES, BrokerKind, service_command
from shared.kernel.errors import NotFoundError

BrokerChoice = Annotated[
    BrokerKind,
    typer.Option(help="embedded: from a wheel; apache: Apache Kafka (needs Java 17 and Maven)."),
]


class Role(StrEnum):
    """What a process does for its service."""

    ALL = "all"
    API = "api"
    WORKER = "worker"
    MIGRATE = "migrate"


@told
def up(
    data: Annotated[Path, typer.Option(help="Where the data live.")] = DEFAULT_DATA,
    port_base: Annotated[int | None, typer.Option(help="First port; else free ones.")] = None,
    otlp: Annotated[str, typer.Option(help="OTLP/HTTP endpoint for traces; empty = none.")] = "",
    broker: BrokerChoice = "embedded",
) -> None:
    """Run the whole system on this machine until Ctrl-C.

    A real PostgreSQL 18, a Kafka-protocol broker and every service as a process of its own. What
    dies is started again. The data survive in --data; a second `up` goes on where it was.
    """
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    data.mkdir(parents=True, exist_ok=True)
    stack = Stack(
        data,
        port_base,
        otlp_endpoint=otlp,
        broker_kind=broker,
        report=lambda sentence: errors.print(sentence, style="dim", markup=False),
    )
    with stack:
        _show_where(stack, data)
        stack.supervise(stopping)
    screen.print("stopped; the data are kept in", str(data))


def _show_where(stack: Stack, data: Path) -> None:
    for name, url in stack.map.services.items():
        screen.print(f"[bold]{name:<15}[/bold] {url}/docs", highlight=False)
    screen.print(
        f"\nA token: duban token p-office --org inspection-office --role OFF --data {data}\n"
        f"The log: duban feed supervision --follow --data {data}\nCtrl-C stops everything."
    )


@told
def serve(
    service: Annotated[str, typer.Argument(help=", ".join(SERVICES))],
    role: Annotated[Role, typer.Option(help="api, worker, all, or migrate and end.")] = Role.ALL,
) -> None:
    """Run one service with the settings of the environment (DUBAN_…), as in production.

    See docs/operations.md for every setting.
    """
    if service not in SERVICES:
        raise NotFoundError(f"no service is called {service}; known: {', '.join(SERVICES)}")
    command = service_command(service, role)
    os.execv(command[0], command)  # noqa: S606  # becomes the service: signals reach it
