"""`duban verify`: the second verification of an export; it needs no service and no network."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from shared.cli.output import AsJson, errors, told
from shared.export.heads import remembered
from shared.export.verification import Answer, Report, Verdict, Wanted, verify
from shared.export.verification.zipped import Bundle
from shared.kernel.errors import InvalidValueError, NotFoundError
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.notes import Note, VerifierKey


@told
def verify_command(
    bundle: Annotated[Path, typer.Argument(help="The export, a file *.duban.zip.")],
    root: Annotated[
        list[str] | None, typer.Option(help="The root's public key, or a file with it.")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(help="A witness's public key that you know yourself.")
    ] = None,
    seen: Annotated[
        list[Path] | None,
        typer.Option(help="What you kept: a checkpoint, a folder of them, or an earlier bundle."),
    ] = None,
    min_size: Annotated[
        list[str] | None, typer.Option(help="[SERVICE=]N: how many records there must be.")
    ] = None,
    reducer_hash: Annotated[str, typer.Option(help="The only reducers that count.")] = "",
    keep: Annotated[
        Path | None, typer.Option(help="Write the bundle's checkpoints there, for --seen.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer six questions about an export: INTACT, AUTHENTIC, WITNESSED, and so on.

    The same answers as `verify.pyz`, by other code. Exit code: 0 when no answer is no; else the
    sum of 1 INTACT, 2 AUTHENTIC, 4 WITNESSED, 8 CONSISTENT-WITH-SEEN, 16 REPRODUCED,
    32 COMPLETE. "Not checked" says nothing, neither good nor bad.
    """
    if not bundle.is_file():
        raise NotFoundError(f"there is no file {bundle}")
    wanted = Wanted(
        roots=tuple(map(_key, root or ())),
        witnesses=tuple(map(_key, witness or ())),
        seen=remembered(seen or ()),
        min_sizes=dict(map(_min_size, min_size or ())),
        reducer_hash=reducer_hash.removeprefix("sha256:"),
    )
    report = _verified(bundle, wanted)
    typer.echo(report.as_json() if as_json else report.as_text())
    if keep is not None and report.verdicts[Verdict.AUTHENTIC] is not Answer.NO:
        keep_checkpoints(bundle, keep)
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def keep_checkpoints(bundle_path: Path, folder: Path) -> None:
    """Write the checkpoints of a bundle as they are, one file for each log and size."""
    folder.mkdir(parents=True, exist_ok=True)
    with Bundle(bundle_path) as bundle:
        for service in bundle.services:
            raw = bundle.read(f"logs/{service}/checkpoint")
            size = Checkpoint.parse(Note.parse(raw).text).size
            (folder / f"{service}-{size}.checkpoint").write_bytes(raw)


def _verified(bundle: Path, wanted: Wanted) -> Report:
    columns = TextColumn("verifying"), BarColumn(), DownloadColumn(), TimeElapsedColumn()
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("", total=None)
        return verify(
            bundle, wanted, lambda count, total: progress.update(task, advance=count, total=total)
        )


def _key(text: str) -> VerifierKey:
    if "+" in text:
        return VerifierKey.parse(text)
    if not Path(text).is_file():
        raise InvalidValueError(f"{text} is neither a key nor a file with one")
    return VerifierKey.parse(Path(text).read_text(encoding="utf-8").strip())


def _min_size(text: str) -> tuple[str, int]:
    service, _, size = text.rpartition("=")
    if not size.isascii() or not size.isdigit():
        raise InvalidValueError("--min-size takes a number, or SERVICE=number")
    return service, int(size)
