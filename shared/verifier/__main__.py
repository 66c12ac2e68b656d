"""The command line: `python -I -S verify.pyz BUNDLE --root KEY [--seen CHECKPOINT] …`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from shared.reducers import REDUCER
from shared.verifier import VERSION
from shared.verifier.bundle import Bundle
from shared.verifier.checkpoints import Checkpoint, parse_checkpoint
from shared.verifier.errors import BrokenError
from shared.verifier.notes import MAX_NOTE, Key, parse_key
from shared.verifier.progress import ProgressBar
from shared.verifier.verify import Wanted, verify

USAGE_ERROR = 64
"""Beyond all sums of verdicts (Report.exit_code)."""

_MOST_PROCESSES = 64

_EPILOG = """\
exit code: 0 when no verdict is "no"; otherwise the sum of 1 INTACT, 2 AUTHENTIC, 4 WITNESSED,
8 CONSISTENT-WITH-SEEN, 16 REPRODUCED, 32 COMPLETE for those that are; 64 when it could not run.
A verdict "not checked" says nothing: neither good nor bad."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify one bundle, print the report, return the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        wanted = _wanted(chosen)
    except (BrokenError, OSError, UnicodeError) as error:
        sys.stderr.write(f"verify: {error}\n")
        return USAGE_ERROR
    if not chosen.bundle.is_file():
        sys.stderr.write(f"verify: {chosen.bundle} is no file\n")
        return USAGE_ERROR
    bar = ProgressBar(sys.stderr, is_shown=sys.stderr.isatty() and not chosen.quiet)
    report = verify(chosen.bundle, wanted, bar.advance, chosen.processes)
    bar.close()
    _print(report.as_json() if chosen.json else report.as_text())
    if chosen.keep and report.exit_code == 0:
        _keep(chosen.bundle, chosen.keep)
    return report.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="verify.pyz",
        description="Verify an export of Duban without network and without trusting who made it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("bundle", type=Path, help="the export, a file *.duban.zip")
    add("--root", action="append", default=[], metavar="KEY",
        help="the root's public key, or a file with it, received on another way; with several,"
             " each must have signed")  # fmt: skip
    add("--witness", action="append", default=[], metavar="KEY",
        help="a witness's public key that you know yourself; each must have cosigned")  # fmt: skip
    add("--seen", action="append", default=[], type=Path, metavar="PATH",
        help="a checkpoint that you kept, or a folder of them")  # fmt: skip
    add("--min-size", action="append", default=[], metavar="[SERVICE=]N",
        help="how many records a log must have at least")  # fmt: skip
    add("--reducer-hash", default="", metavar="HEX", help="the only reducers that count")
    add("--keep", type=Path, metavar="FOLDER",
        help="write this bundle's checkpoints there for --seen, if no verdict is no")  # fmt: skip
    add("--processes", type=_count, default=0, metavar="N",
        help="how many processes read large exports (as many as there are processors);"
             " the report is the same for any number")  # fmt: skip
    add("--json", action="store_true", help="print the report as JSON")
    add("--quiet", action="store_true", help="show no progress")
    version = f"verifier {VERSION}, {REDUCER['name']} {REDUCER['version']} {REDUCER['digest']}"
    add("--version", action="version", version=version)
    return parser


def _count(text: str) -> int:
    """Return a small number from 1 on."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"a number from 1 to {_MOST_PROCESSES} is expected")
    return int(text)


def _wanted(chosen: argparse.Namespace) -> Wanted:
    return Wanted(
        roots=tuple(_key(one) for one in chosen.root),
        witnesses=tuple(_key(one) for one in chosen.witness),
        seen=tuple(one for path in chosen.seen for one in _remembered(path)),
        min_sizes=dict(_min_size(one) for one in chosen.min_size),
        reducer_hash=chosen.reducer_hash.removeprefix("sha256:"),
    )


def _key(text: str) -> Key:
    if "+" in text:
        return parse_key(text)
    return parse_key(Path(text).read_text(encoding="utf-8"))


def _remembered(path: Path) -> list[Checkpoint]:
    files = sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]
    found = []
    for file in files:
        if file.stat().st_size > MAX_NOTE:
            raise BrokenError("not-a-checkpoint", f"{file} is no checkpoint")
        found.append(parse_checkpoint(file.read_bytes()))
    return found


def _min_size(text: str) -> tuple[str, int]:
    service, _, size = text.rpartition("=")
    if not size.isascii() or not size.isdigit():
        raise BrokenError("not-a-number", "--min-size takes a number, or SERVICE=number")
    return service, int(size)


def _keep(bundle_path: Path, folder: Path) -> None:
    """Write the checkpoints as they are, one file for each log and size."""
    folder.mkdir(parents=True, exist_ok=True)
    bundle = Bundle(bundle_path)
    for service in bundle.services():
        raw = bundle.read(f"logs/{service}/checkpoint")
        size = parse_checkpoint(raw).size
        (folder / f"{service}-{size}.checkpoint").write_bytes(raw)
    bundle.close()


def _print(text: str) -> None:
    """UTF-8 whatever the console says: the report has Chinese words."""
    sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
