"""A witness of another organisation is shown the log of a real service, over HTTP on both sides."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.export.witness_feed import Fed, WitnessFeed, WitnessRefusesError
from shared.kernel.actor import Role
from shared.kernel.errors import UnavailableError
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.cosignatures import cosignatures
from shared.tlog.merkle import leaf_hash
from shared.tlog.witness import FileMemory, Witness
from shared.tlog.witness_http import witness_app
from tests.integration.eventstore.drafts import SERVICE
from tests.integration.export.feedback_office import WITNESS, Office, opened_office
from tests.integration.http.small_service import served
from tests.integration.tlog.archive import ORIGIN, Archive


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    archive = Archive.founded(database_url, tmp_path / "keys")
    with opened_office(archive, tmp_path / "issuer") as opened:
        yield opened
    archive.close()


@pytest.fixture
def memory(tmp_path: Path) -> FileMemory:
    return FileMemory(tmp_path / "memory.sqlite")


@pytest.fixture
def feed(office: Office, memory: FileMemory) -> Iterator[WitnessFeed]:
    archive = office.archive
    keys = {ORIGIN: [archive.signer.vkey]}
    witness = Witness(WITNESS, memory, lambda origin: keys.get(origin, []), archive.clock)
    with (
        served(witness_app(witness)) as base,
        httpx.Client(base_url=base, timeout=10) as http,
        office.client(Role.AUD) as client,
    ):
        yield WitnessFeed({SERVICE: client}, http)


def grow(office: Office, count: int) -> None:
    office.archive.send_back("D1", count)
    office.archive.sealer.seal_all()


def is_cosigned(office: Office) -> bool:
    return bool(cosignatures(office.archive.note(), [WITNESS.vkey]))


def test_brings_cosignatures_back(office: Office, feed: WitnessFeed) -> None:
    grow(office, 3)
    assert feed.show(SERVICE) is Fed.COSIGNED
    assert is_cosigned(office)
    assert feed.show(SERVICE) is Fed.NOTHING_NEW
    grow(office, 270)
    assert not is_cosigned(office)
    assert feed.show(SERVICE) is Fed.COSIGNED
    assert is_cosigned(office)


def test_needs_no_memory_of_its_own(office: Office, feed: WitnessFeed) -> None:
    grow(office, 7)
    feed.show(SERVICE)
    feed._sizes.clear()
    grow(office, 9)
    assert feed.show(SERVICE) is Fed.COSIGNED


def test_tells_when_the_witness_has_seen_more(
    office: Office, feed: WitnessFeed, memory: FileMemory
) -> None:
    grow(office, 3)
    empty = memory.last(ORIGIN)
    assert memory.advance(empty, Checkpoint(ORIGIN, 5, leaf_hash(b"more")))
    with pytest.raises(WitnessRefusesError, match="5 records"):
        feed.show(SERVICE)
    assert not is_cosigned(office)


def test_tells_when_the_witness_has_seen_another_history(
    office: Office, feed: WitnessFeed, memory: FileMemory
) -> None:
    grow(office, 5)
    assert memory.advance(memory.last(ORIGIN), Checkpoint(ORIGIN, 3, leaf_hash(b"other")))
    with pytest.raises(WitnessRefusesError, match="422"):
        feed.show(SERVICE)
    assert not is_cosigned(office)


def test_tells_when_the_witness_is_silent(office: Office) -> None:
    grow(office, 1)
    with (
        httpx.Client(base_url="http://127.0.0.1:9", timeout=2) as nobody,
        office.client(Role.AUD) as client,
        pytest.raises(UnavailableError),
    ):
        WitnessFeed({SERVICE: client}, nobody).show(SERVICE)
