"""`python -m services.<name> ROLE`: one process of a service, in one of its roles."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum

import uvicorn
from pydantic import ValidationError

from shared.eventstore.migrations import migrate
from shared.eventstore.projections import ReadModel
from shared.http.app import create_operations_app
from shared.kernel.errors import DubanError
from shared.service.assembly import Service
from shared.service.garbage import collect_seldom
from shared.service.worker import Worker
from shared.settings import ServiceSettings
from shared.telemetry import setup as tracing
from shared.telemetry.logs import configure_logs, logger

GAVE_UP = 70
MISCONFIGURED = 78

Build = Callable[[ServiceSettings], Service]


class ProcessRole(StrEnum):
    """What a process does for its service."""

    API = "api"
    WORKER = "worker"
    ALL = "all"
    MIGRATE = "migrate"


def main(name: str, build: Build, read_models: Sequence[type[ReadModel]]) -> None:
    """Run the role named on the command line; ends the process with its exit code."""
    parser = argparse.ArgumentParser(
        prog=f"python -m services.{name}",
        description="api: HTTP; worker: relay, consumer, projections, sealer, timers; all: both; "
        "migrate: bring the database up to date, then end.",
    )
    parser.add_argument("role", choices=list(ProcessRole), type=ProcessRole)
    sys.exit(_run(name, build, read_models, parser.parse_args().role))


def _run(name: str, build: Build, read_models: Sequence[type[ReadModel]], role: ProcessRole) -> int:
    configure_logs(name)
    try:
        settings = ServiceSettings()
    except ValidationError as error:
        missing = ", ".join(str(found["loc"][0]) for found in error.errors())
        sentence = f"settings are missing or wrong: {missing} (environment DUBAN_…)"
        return _ended(sentence, MISCONFIGURED)
    try:
        if role is ProcessRole.MIGRATE:
            migrate(settings.database_url, read_models)
            return 0
        return _serve(name, build(settings), role)
    except DubanError as error:
        return _ended(f"{name}: {error.detail}", GAVE_UP)


def _ended(sentence: str, code: int) -> int:
    """Say in one line why the process ends; return its exit code."""
    sys.stderr.write(f"{sentence}\n")
    return code


def _serve(name: str, service: Service, role: ProcessRole) -> int:
    tracing.setup(name, service.settings.otlp_endpoint)
    server: list[uvicorn.Server] = []
    failures: list[str] = []

    def failed() -> None:
        failures.append(name)
        for running in server:
            running.should_exit = True

    worker = Worker(service, failed)
    server.append(_server(service, worker, has_api=role is not ProcessRole.WORKER))
    if role is not ProcessRole.API:
        worker.start()
    _let_the_server_end_us()
    collect_seldom()
    logger(__name__).info("service-starts", role=role.value, port=service.settings.http_port)
    try:
        server[0].run()
    finally:
        _ignore_further_signals()
        worker.stop()
        service.store.close()
        tracing.shutdown()
    return GAVE_UP if failures else 0


def _let_the_server_end_us() -> None:
    """Take SIGTERM away from its default, which uvicorn would raise again after its shutdown:

    then what follows the server (worker, store, last spans) would never be closed.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)


def _ignore_further_signals() -> None:
    """We are ending already; a second signal must not cut that short, not even at the very end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _server(service: Service, worker: Worker, *, has_api: bool) -> uvicorn.Server:
    """Return the HTTP server; a worker of its own answers health and metrics only."""

    def ready() -> dict[str, bool]:
        return {"store": _answers(service), **worker.parts()}

    app = service.http(ready) if has_api else create_operations_app(service.name, ready)
    settings = service.settings
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)


def _answers(service: Service) -> bool:
    try:
        service.store.settled_position()
    except DubanError:
        return False
    return True
