"""A sealer is killed between two steps; the next one goes on with the same log."""

import signal
import subprocess
import sys

import pytest

from shared.embedded.system_map import PROJECT
from tests.integration.tlog import crashing_sealer
from tests.integration.tlog.archive import Archive


def killed_at(archive: Archive, step: str, time: int) -> int:
    arguments = [archive.database_url, str(archive.keys), step, str(time)]
    ended = subprocess.run(
        [sys.executable, "-m", crashing_sealer.__name__, *arguments],
        cwd=PROJECT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return ended.returncode


@pytest.mark.parametrize(
    ("step", "time"), [("seal", 1), ("seal", 2), ("mark", 1), ("mark", 2), ("state", 1)]
)
def test_the_next_sealer_goes_on(archive: Archive, step: str, time: int) -> None:
    archive.send_back("D1", 10)
    assert killed_at(archive, step, time) == -signal.SIGKILL
    archive.send_back("D2", 3)
    archive.sealer.record_state()
    assert archive.is_whole()
    sizes = [recorded.event for recorded in archive.store.read_stream("log/feedback")]
    assert len(sizes) == (2 if step == "state" else 1)
