"""Checking a whole export offline, beside reading, hashing and parsing the same records."""

import hashlib
import json
import sys
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench.ground import Ground
from bench.long_history import History, make_history
from bench.processes import Run, run
from bench.register import benchmark
from bench.rows import Row, Target, compare
from bench.turns import rate, take_turns
from shared.tlog.tiles import decode_bundle
from shared.verifier.build import build

EVENTS = 1_000_000
SHARE_OF_FLOOR = Target("at least", 0.6)
MOST_MEMORY = Target("at most", 512, of="")
_DUBAN = "import sys\nfrom shared.cli.main import app\nif __name__ == '__main__':\n    app()\n"


@benchmark("verification")
def verification(ground: Ground) -> Sequence[Row]:
    """Six yes for a whole export: verify.pyz and `duban verify` beside the bare reading of it."""
    events = ground.amount(EVENTS, least=2_000)
    history = make_history(ground.folder, events)
    build(ground.folder / "verify.pyz")
    (ground.folder / "duban.py").write_text(_DUBAN, encoding="utf-8")
    runs: dict[str, list[Run]] = {name: [] for name in _COMMANDS}

    def verified(name: str) -> float:
        one = run(_command(name, ground.folder, history), ground.folder / "report.json")
        _require_six_yes(one.output)
        runs[name].append(one)
        return events / one.seconds

    figures = take_turns(
        {
            "floor": lambda: rate(events, lambda: _read_all(history)),
            **{name: partial(verified, name) for name in _COMMANDS},
        },
        ground.turns,
    )
    return [*_rates(figures), *_memory(runs)]


def _rates(figures: dict[str, list[float]]) -> list[Row]:
    note = "floor: read the ZIP, SHA-256 and json.loads of each record, one process"
    return [
        compare(
            f"{name}, events checked", "events/s",
            {"floor": figures["floor"], "ours": figures[name]}, SHARE_OF_FLOOR, note,
        )
        for name in _COMMANDS
    ]  # fmt: skip


def _memory(runs: dict[str, list[Run]]) -> list[Row]:
    return [
        compare(
            f"{name}, peak memory of all its processes", "MB",
            {"ours": [one.peak for one in found]}, MOST_MEMORY,
        )
        for name, found in runs.items()
    ]  # fmt: skip


_COMMANDS = {
    "verify.pyz": ("-I -S", "verify.pyz"),
    "duban verify": ("", "duban.py", "verify"),
}


def _command(name: str, folder: Path, history: History) -> list[str | Path]:
    flags, file, *words = _COMMANDS[name]
    given: list[str | Path] = ["--root", history.root, "--seen", history.kept, "--json"]
    return [sys.executable, *flags.split(), folder / file, *words, history.bundle, *given]


def _require_six_yes(report: bytes) -> None:
    answers = {one["answer"] for one in json.loads(report)["verdicts"].values()}
    if answers != {"yes"}:
        raise RuntimeError(f"an honest export was not found good: {answers}")


def _read_all(history: History) -> None:
    """The floor: what nobody who looks at each record can leave out."""
    with zipfile.ZipFile(history.bundle) as archive:
        for name in archive.namelist():
            if "/tile/entries/" in name:
                for raw in decode_bundle(archive.read(name)):
                    hashlib.sha256(raw).digest()
                    json.loads(raw)
