"""`duban export`: the sealed logs as one file that proves itself."""

import os
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from shared.cli.output import AsJson, errors, screen, told
from shared.cli.surroundings import DEFAULT_DATA, Surroundings
from shared.export.exporter import Exported, Wanted, as_json, export
from shared.export.heads import remembered
from shared.export.sources import HttpLogs
from shared.export.trust_folder import TrustFolder
from shared.http.client import ApiClient
from shared.kernel.errors import DubanError, InvalidValueError, UnavailableError
from shared.kernel.ids import RandomIds

AUDIT = "audit"
PATIENT = httpx.Timeout(60.0, connect=2.0)  # a log may have to seal much before it answers


@told
def export_command(
    full: Annotated[bool, typer.Option("--full", help="All logs, from the beginning.")] = False,
    since: Annotated[
        list[Path] | None,
        typer.Option(help="Only what is new since: a checkpoint, a folder of them, or a bundle."),
    ] = None,
    until: Annotated[
        list[Path] | None,
        typer.Option(help="No further than these checkpoints: an earlier export once more."),
    ] = None,
    case: Annotated[
        str, typer.Option(help="Only the problem or case of this number, with proofs.")
    ] = "",
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path(
        "export.duban.zip"
    ),
    purpose: Annotated[str, typer.Option(help="Why: it is recorded.")] = "audit",
    disclose: Annotated[
        bool, typer.Option("--disclose", help="Include sealed values that you may read.")
    ] = False,
    trust: Annotated[
        Path | None, typer.Option(help="Folder of trust notes; else DUBAN_TRUST_DIR, or local.")
    ] = None,
    data: Annotated[Path, typer.Option(help="Data directory of a local stack.")] = DEFAULT_DATA,
    as_json_: AsJson = False,
) -> None:
    """Write the sealed logs into one ZIP file, which `verify.pyz` and `duban verify` check.

    Has every log record its state and waits for the witnesses first. That an export was taken,
    by whom and what for, is recorded by audit.
    """
    if full == bool(since or case):
        raise InvalidValueError("choose --full, --since CHECKPOINT, or --case NUMBER")
    wanted = Wanted(
        case, remembered(since or ()), remembered(until or ()), disclose=disclose, purpose=purpose
    )
    surroundings = Surroundings.found(data)
    exported = exported_to(output, surroundings, trust_folder(trust, data), wanted)
    if as_json_:
        typer.echo(as_json(exported))
    else:
        show(exported)


def trust_folder(named: Path | None, data: Path) -> TrustFolder:
    """Return the trust notes named here, in the environment, or of the local system."""
    from_environment = os.environ.get("DUBAN_TRUST_DIR")
    local = data / "keys" / "trust"
    return TrustFolder.read(named or (Path(from_environment) if from_environment else local))


def exported_to(
    target: Path, surroundings: Surroundings, trust: TrustFolder, wanted: Wanted
) -> Exported:
    """Write an export of all services there, and have audit record it."""
    clients = {
        name: ApiClient(url, surroundings.token, timeout=PATIENT)
        for name, url in surroundings.urls.items()
    }
    try:
        with _progress() as progress:
            task = progress.add_task("records", total=None)
            exported = export(
                HttpLogs(clients), trust, target, wanted,
                progress=lambda n, total: progress.update(task, advance=n, total=total),
            )  # fmt: skip
        _record(clients.get(AUDIT), exported, wanted)
    finally:
        for client in clients.values():
            client.close()
    return exported


def show(exported: Exported) -> None:
    """Tell a person what was written, and what to keep of it."""
    sizes = ", ".join(f"{name} {size}" for name, size in exported.sizes.items())
    screen.print(f"[bold]{exported.path}[/bold] · sha256 {exported.digest}", soft_wrap=True)
    screen.print(f"records: {sizes}", highlight=False)
    for service in exported.unwitnessed:
        errors.print(f"[yellow]too few witnesses have seen the log of {service}[/yellow]")
    screen.print(
        f"Next: duban verify {exported.path} --root KEY --keep FOLDER   (keeps its checkpoints)",
        highlight=False,
        soft_wrap=True,
    )


def _record(audit: ApiClient | None, exported: Exported, wanted: Wanted) -> None:
    """Have audit record that the export was taken; say so when it cannot."""
    scope = wanted.case or (f"since-{_size(wanted)}" if wanted.since else "full")
    body = {"scope": scope, "digest": exported.digest, "purpose": wanted.purpose}
    try:
        if audit is None:
            raise UnavailableError("no audit service is known")
        audit.post("/v1/exports", body, key=f"export-{RandomIds().new()}")
    except DubanError as error:
        errors.print(f"[yellow]the export is not recorded by audit[/yellow]: {error.detail}")


def _size(wanted: Wanted) -> int:
    return sum(one.size for one in wanted.since.values())


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
    )
