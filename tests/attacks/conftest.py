"""What every attack needs: a place for the bundle, and an auditor with a key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.verifier.checkpoints import parse_checkpoint
from shared.verifier.notes import parse_key
from shared.verifier.report import Report
from shared.verifier.verify import Wanted, verify
from tests.attacks.agreement import require_agreement, second_opinion
from tests.attacks.make_bundle import ROOT, Files, write

Verify = Callable[..., Report]


@pytest.fixture
def verified(tmp_path: Path) -> Verify:
    """Verify these files, or a ready ZIP, with the root key pinned and these checkpoints seen.

    Both verifiers must agree, whatever the attack.
    """

    def run(files: Files | Path, *, seen: list[bytes] | None = None, **wanted: object) -> Report:
        path = files if isinstance(files, Path) else write(files, tmp_path / "x.duban.zip")
        remembered = tuple(parse_checkpoint(raw) for raw in seen or [])
        given = {"roots": (parse_key(ROOT.vkey),), "seen": remembered, **wanted}
        told = Wanted(**given)  # type: ignore[arg-type]  # the tests name its fields
        report = verify(path, told)
        require_agreement(report, second_opinion(path, told, seen or []))
        return report

    return run
