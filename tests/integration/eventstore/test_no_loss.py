"""Nothing is lost: 16 writers, rollbacks, `kill -9`, and a reader that follows the tail.

The same story without the fence loses events: the last test shows that the first one is real.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from shared.eventstore.migrations import migrate
from shared.eventstore.store import EventStore
from tests.integration.eventstore.drafts import SERVICE
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[3]
PROCESSES, THREADS, APPENDS = 4, 4, 30
AT_ONCE = 1_000  # all there is: a reader that lags behind the tail would not meet the danger

SLOW_COMMITS = """
CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(random() * 0.01); RETURN NULL; END $$;
CREATE TRIGGER stored_events_linger AFTER INSERT ON stored_events
    FOR EACH STATEMENT EXECUTE FUNCTION linger();
"""
"""Widens the moment between drawing a position and committing it."""


class UnfencedStore(EventStore):
    """Reads up to the highest visible position, as if a sequence were commit order."""

    def settled_position(self) -> int:
        rows = self._rows("SELECT coalesce(max(notification_id), 0) AS top FROM stored_events", ())
        return int(rows[0]["top"])


@dataclass
class Story:
    """Writers, a reader that tails them, and what became of it all."""

    store: EventStore
    database_url: str
    directory: Path
    read: list[int] = field(default_factory=list)
    writers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_writer(self, name: str) -> None:
        with (self.directory / name).open("wb") as acknowledged:
            arguments = (self.database_url, name, str(THREADS), str(APPENDS))
            writer = [sys.executable, "-m", "tests.integration.eventstore.stress_writer"]
            self.writers.append(
                subprocess.Popen([*writer, *arguments], stdout=acknowledged, cwd=ROOT)
            )

    def tail(self) -> bool:
        """Read on from the last position read; return whether anything came."""
        after = self.read[-1] if self.read else 0
        found = [recorded.position for recorded in self.store.read(after, AT_ONCE)]
        self.read += found
        return bool(found)

    def tail_until(self, count: int) -> None:
        eventually(lambda: self.tail() and len(self.read) >= count, within=60)

    def tail_to_the_end(self) -> None:
        eventually(lambda: not self.tail() and all(w.poll() is not None for w in self.writers), 90)
        while self.tail():
            pass

    def acknowledged(self) -> set[int]:
        return {int(line) for path in self.directory.iterdir() for line in path.read_text().split()}

    def committed(self) -> list[int]:
        with psycopg.connect(self.database_url) as connection:
            rows = connection.execute(
                "SELECT notification_id FROM stored_events ORDER BY notification_id"
            )
            return [row[0] for row in rows]


@pytest.fixture
def prepared(database_url: str) -> str:
    migrate(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute(SLOW_COMMITS)
    return database_url


@pytest.fixture(params=[EventStore])
def story(request: pytest.FixtureRequest, prepared: str, tmp_path: Path) -> Iterator[Story]:
    store = request.param(SERVICE, prepared)
    told = Story(store, prepared, tmp_path)
    yield told
    for writer in told.writers:
        writer.kill()
        writer.wait()
    store.close()


def test_a_tailing_reader_reads_everything_in_order(story: Story) -> None:
    for number in range(PROCESSES):
        story.start_writer(f"w{number}")
    story.tail_until(100)
    story.writers[0].kill()
    story.start_writer("after-one-death")
    story.tail_until(300)
    story.writers[1].kill()
    story.start_writer("after-two-deaths")
    story.tail_to_the_end()
    assert [w.returncode for w in story.writers] == [-9, -9, 0, 0, 0, 0]
    assert story.read == story.committed()
    assert story.acknowledged() <= set(story.read)
    assert story.read[-1] > len(story.read), "positions were drawn and rolled back"


@pytest.mark.parametrize("story", [UnfencedStore], indirect=True)
def test_without_the_fence_events_are_lost(story: Story) -> None:
    for number in range(PROCESSES):
        story.start_writer(f"w{number}")
    story.tail_to_the_end()
    assert [w.returncode for w in story.writers] == [0] * PROCESSES
    assert set(story.committed()) - set(story.read)
