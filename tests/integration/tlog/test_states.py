"""The state in the log is what anybody computes from the records before it."""

import json
from datetime import timedelta

import pytest

from shared.contracts.log import ReducerIdentity, StateRecorded
from shared.reducers import leaf_hash, state_digest, state_of, state_root
from shared.tlog import states
from tests.integration.tlog.archive import MONDAY, Archive


def recomputed(records: list[bytes]) -> tuple[str, int]:
    """Return root and number of heads over these records, as a verifier computes them."""
    streams: dict[str, list[dict[str, object]]] = {}
    leaves: dict[str, str] = {}
    for raw in records:
        record = json.loads(raw)
        streams.setdefault(record["stream"], []).append(record)
        leaves[record["stream"]] = leaf_hash(raw).hex()
    heads = {
        stream: (len(found), leaves[stream], state_digest(state_of(found)))
        for stream, found in streams.items()
    }
    return state_root(heads).hex(), len(heads)


def recorded_states(archive: Archive) -> list[StateRecorded]:
    found = [one.event for one in archive.store.read_stream("log/feedback")]
    return [event for event in found if isinstance(event, StateRecorded)]


def test_each_state_follows_from_the_records_before_it(archive: Archive) -> None:
    archive.send_back("D1", 3)
    archive.send_back("D2", 1)
    assert archive.sealer.record_state().size == 5
    archive.send_back("D1", 2)
    archive.send_back("D3", 1)
    archive.sealer.record_state()
    first, second = recorded_states(archive)
    assert [(one.size, one.heads) for one in (first, second)] == [(4, 2), (8, 4)]
    for one in (first, second):
        assert (one.state_root, one.heads) == recomputed(archive.records()[: one.size])
    assert archive.is_whole()


def test_the_state_of_an_empty_log_is_recorded(archive: Archive) -> None:
    archive.sealer.record_state()
    (event,) = recorded_states(archive)
    assert (event.size, event.state_root) == (0, recomputed([])[0])


def test_new_reducers_record_the_last_state_once_more(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.send_back("D1", 3)
    archive.sealer.record_state()
    newer = ReducerIdentity(name="duban-reducers", version="1.0.1", digest="ab" * 32)
    monkeypatch.setattr(states, "IDENTITY", newer)
    archive.send_back("D1", 2)
    archive.sealer.record_state()
    told = [(one.size, one.reducer == newer) for one in recorded_states(archive)]
    assert told == [(3, False), (3, True), (6, True)]
    for one in recorded_states(archive):
        assert one.state_root == recomputed(archive.records()[: one.size])[0]


class TestIsDue:
    def test_on_another_day_with_news(self, archive: Archive) -> None:
        archive.send_back("D1", 1)
        size = archive.sealer.record_state().size
        tomorrow = MONDAY + timedelta(days=1)
        assert not archive.states.is_due(size, tomorrow, MONDAY)
        assert archive.states.is_due(size + 1, tomorrow, MONDAY)
        assert not archive.states.is_due(size + 1, MONDAY, MONDAY)

    def test_after_ten_thousand_records(self, archive: Archive) -> None:
        assert archive.states.is_due(10_000, MONDAY, MONDAY)
        assert not archive.states.is_due(9_999, MONDAY, MONDAY)

    def test_before_the_first_one_from_the_next_day_on(self, archive: Archive) -> None:
        assert archive.states.is_due(1, MONDAY + timedelta(days=1), MONDAY)
        assert not archive.states.is_due(0, MONDAY + timedelta(days=1), MONDAY)
