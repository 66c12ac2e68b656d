"""Settled records become leaves, in the order of their positions, once each, and are signed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import psycopg
import pytest

from shared.eventstore.recorder import Participant
from shared.kernel.errors import NotFoundError
from shared.tlog import merkle
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.notes import verified
from shared.tlog.requests import StateRequests
from shared.tlog.tiles import ENTRIES, Tile, decode_bundle, hash_tiles
from tests.integration.eventstore.drafts import command
from tests.integration.tlog.archive import ORIGIN, Archive
from tests.support.eventually import eventually


def rolled_back(cursor: psycopg.Cursor[dict[str, object]]) -> None:
    """Draw positions that no record will ever have."""
    cursor.execute("SELECT nextval('stored_events_notification_id_seq') FROM generate_series(1, 3)")


def draw_and_lose(archive: Archive) -> None:
    drawing: Participant = rolled_back
    archive.store.begin(command(), participants=[drawing]).commit()


def test_what_is_settled_is_sealed_and_signed(archive: Archive) -> None:
    archive.send_back("D1", 3)
    sealed = archive.sealer.seal()
    assert sealed == archive.signed_checkpoint()
    assert archive.tlog.tree().size == 3
    assert archive.is_whole()


def test_without_news_nothing_is_sealed(archive: Archive) -> None:
    assert archive.sealer.seal() is None
    with pytest.raises(NotFoundError):
        archive.note()
    archive.send_back("D1")
    archive.sealer.seal()
    assert archive.sealer.seal() is None


def test_indexes_have_no_holes_where_positions_have(archive: Archive) -> None:
    archive.send_back("D1", 2)
    draw_and_lose(archive)
    archive.send_back("D2", 2)
    archive.sealer.seal()
    positions = [recorded.position for recorded in archive.store.read(0, 9)]
    assert max(b - a for a, b in pairwise(positions)) > 1
    assert [archive.tlog.index_of(position) for position in positions] == [0, 1, 2, 3]
    assert archive.is_whole()


def test_a_backlog_is_sealed_batch_by_batch(archive: Archive) -> None:
    archive.batch = 7
    archive.send_back("D1", 20)
    assert archive.sealer.seal_all().size == 20
    kept = [Checkpoint.parse(archive.note(size).text).size for size in (7, 14, 20)]
    assert kept == [7, 14, 20]
    with pytest.raises(NotFoundError):
        archive.note(8)
    assert archive.is_whole()


class FirstLooks(threading.Event):
    """Stops a sealer after three looks, and notes how many records were sealed by then."""

    def __init__(self, archive: Archive) -> None:
        super().__init__()
        self.archive, self.sizes = archive, list[int]()

    def wait(self, timeout: float | None = None) -> bool:
        self.sizes.append(self.archive.tlog.tree().size)
        if len(self.sizes) == 3:
            self.set()
        return self.is_set()


def test_a_backlog_leaves_the_relay_its_core(archive: Archive) -> None:
    """At each look a batch, and then a rest."""
    archive.batch = 7
    archive.send_back("D1", 60)
    looks = FirstLooks(archive)
    archive.sealer.run(looks)
    assert looks.sizes == [7, 14, 21]


def test_every_checkpoint_continues_the_one_before(archive: Archive) -> None:
    archive.batch = 50
    archive.send_back("D1", 300)
    archive.sealer.seal_all()
    sizes = [50, 100, 150, 200, 250, 300]
    found = [Checkpoint.parse(archive.note(size).text) for size in sizes]
    for old, new in pairwise(found):
        proof = merkle.consistency_proof(archive.tlog.hashes(new.size), old.size, new.size)
        assert merkle.verify_consistency(old.size, new.size, proof, old.root, new.root)
    assert archive.is_whole()
    tiles = {tile: archive.tlog.tile(tile) for tile in hash_tiles(300)}
    assert [len(data) // 32 for data in tiles.values()] == [tile.width for tile in tiles]
    bundles = [archive.tlog.tile(tile) for tile in (Tile(ENTRIES, 0), Tile(ENTRIES, 1, 44))]
    assert [one for raw in bundles for one in decode_bundle(raw)] == archive.records()
    # A partial tile of any size that was signed is the beginning of what stands there now.
    assert archive.tlog.tile(Tile(0, 0, 50)) == tiles[Tile(0, 0)][: 50 * 32]
    with pytest.raises(NotFoundError):
        archive.tlog.tile(Tile(0, 1, 45))


def test_two_sealers_at_once_seal_one_log(archive: Archive) -> None:
    archive.send_back("D1", 60)
    other = Archive(archive.database_url, archive.keys, batch=7)
    archive.batch = 5
    with ThreadPoolExecutor(2) as pool:
        ended = [pool.submit(one.sealer.seal_all) for one in (archive, other)]
        assert [future.result().size for future in ended] == [60, 60]
    assert archive.is_whole()
    other.close()


def test_writers_and_sealer_at_once_seal_everything(archive: Archive) -> None:
    stop = threading.Event()
    archive.sealer.at_latest = 0.0
    sealing = threading.Thread(target=archive.sealer.run, args=(stop,))
    sealing.start()
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(archive.send_back, f"D{n}", 5) for n in range(20)]:
            future.result()
    eventually(lambda: archive.tlog.tree().size == 100, within=30)
    stop.set()
    sealing.join()
    assert archive.is_whole()


def test_a_request_for_the_state_is_answered(archive: Archive) -> None:
    archive.send_back("D1", 2)
    stop = threading.Event()
    sealing = threading.Thread(target=archive.sealer.run, args=(stop,))
    sealing.start()
    try:
        size = StateRequests(archive.tlog).ask(within=20)
    finally:
        stop.set()
        sealing.join()
    assert (size, archive.states.last().size) == (3, 2)
    verified(archive.note(3).encode(), [archive.signer.vkey])
    assert archive.is_whole()


def test_a_batch_waits_until_it_is_full_or_old(archive: Archive) -> None:
    now = [100.0]
    archive.sealer.monotonic = lambda: now[0]
    archive.sealer.batch = 5
    archive.send_back("D1", 2)
    assert not archive.sealer._is_due()
    now[0] += 5.0
    assert archive.sealer._is_due()
    archive.sealer.seal()
    assert not archive.sealer._is_due()
    archive.send_back("D1", 5)
    assert archive.sealer._is_due()


def test_time_of_sealing_is_kept(archive: Archive) -> None:
    archive.send_back("D1")
    archive.clock.advance(timedelta(hours=1))
    archive.sealer.seal()
    with archive.store.connection() as connection:
        row = connection.execute("SELECT sealed_at FROM tlog_checkpoints").fetchone()
    assert row == {"sealed_at": archive.clock.now()}
    assert archive.note().text.startswith(f"{ORIGIN}\n1\n")
