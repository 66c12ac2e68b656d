"""`duban witness`: another organisation watches the logs; `duban witness-feed` shows them to it."""

import threading
from pathlib import Path
from typing import Annotated

import httpx
import typer
import uvicorn

from shared.cli.output import errors, screen, told, until_interrupted
from shared.cli.surroundings import DEFAULT_DATA, Surroundings
from shared.export.witness_feed import Fed, WitnessFeed
from shared.kernel.clock import SystemClock
from shared.kernel.errors import DubanError, InvalidValueError
from shared.tlog.notes import COSIGNATURE, VerifierKey
from shared.tlog.signer import FileSigner
from shared.tlog.witness import FileMemory, Witness
from shared.tlog.witness_http import witness_app


@told
def witness_command(
    directory: Annotated[Path, typer.Argument(help="Where its key and its memory live.")],
    log: Annotated[
        list[str] | None, typer.Option(help="A log's public key, or a file with several.")
    ] = None,
    name: Annotated[
        str, typer.Option(help="Its name, such as audit.example/w1; for a new key.")
    ] = "",
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8090,
) -> None:
    """Run a witness for the logs of others (C2SP tlog-witness) until Ctrl-C.

    It cosigns a checkpoint only when that continues the last one it saw of the log, and remembers
    it before it answers. Its memory must never be restored from a backup.
    """
    keys = [key for text in log or () for key in _keys(text)]
    witness = Witness(
        signer=_signer(directory, name),
        memory=FileMemory(directory / "memory.sqlite"),
        log_keys=lambda origin: [key for key in keys if key.name == origin],
        clock=SystemClock(),
    )
    screen.print(f"witness key: {witness.signer.vkey}", highlight=False, soft_wrap=True)
    uvicorn.run(witness_app(witness), host=host, port=port, log_level="warning", access_log=False)


@told
def witness_feed_command(
    url: Annotated[str, typer.Argument(help="Where the witness answers.")],
    every: Annotated[float, typer.Option(min=1, help="Seconds between two looks.")] = 10.0,
    once: Annotated[bool, typer.Option("--once", help="Show every log once, and end.")] = False,
    data: Annotated[Path, typer.Option(help="Data directory of a local stack.")] = DEFAULT_DATA,
) -> None:
    """Show the services' checkpoints to a witness, and bring its cosignatures back.

    The services keep cosignatures of witnesses that they know (DUBAN_WITNESS_VKEYS).
    """
    surroundings = Surroundings.found(data)
    clients = {name: surroundings.client(name) for name in surroundings.urls}
    with httpx.Client(base_url=url, timeout=10.0) as http, until_interrupted():
        feed = WitnessFeed(clients, http)
        while True:
            for service in clients:
                _tell(service, feed)
            if once or threading.Event().wait(every):
                return


def _tell(service: str, feed: WitnessFeed) -> None:
    try:
        fed = feed.show(service)
    except DubanError as error:
        errors.print(f"[red]{service}[/red]: {error.detail}", highlight=False)
        return
    if fed is not Fed.NOTHING_NEW:
        screen.print(f"{service}: {fed.value}", highlight=False)


def _signer(directory: Path, name: str) -> FileSigner:
    path = directory / "witness.key"
    if not path.exists() and not name:
        raise InvalidValueError("a new witness needs a --name")
    return FileSigner.create(path, name, COSIGNATURE)


def _keys(text: str) -> list[VerifierKey]:
    if "+" in text:
        return [VerifierKey.parse(text)]
    if not Path(text).is_file():
        raise InvalidValueError(f"{text} is neither a key nor a file with keys")
    lines = Path(text).read_text(encoding="utf-8").split("\n")
    return [VerifierKey.parse(line.strip()) for line in lines if line.strip()]
