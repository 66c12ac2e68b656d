"""The unit of work: one identity per thing, one transaction for all, nobody overwritten."""

from collections import Counter
from typing import Any

import pytest

from shared.eventstore import unit_of_work
from shared.eventstore.record import RecordedEvent, compose
from shared.eventstore.store import EventStore, Participant, Receipt
from shared.kernel.errors import ConflictError, NotFoundError, StaleVersionError
from tests.integration.eventstore.drafts import Draft, command, send_back


class TestLoading:
    def test_twice_gives_the_same_object(self, store: EventStore) -> None:
        send_back(store, "D1", "a")
        unit = store.begin(command(2))
        assert unit.load(Draft, "D1") is unit.load(Draft, "D1")

    def test_after_saving_gives_the_object_with_its_pending_events(self, store: EventStore) -> None:
        send_back(store, "D1", "a")
        unit = store.begin(command(2))
        draft = unit.load(Draft, "D1")
        draft.send_back("b")
        unit.save(draft)
        assert unit.load(Draft, "D1").reasons == ["a", "b"]

    def test_finds_a_thing_created_in_the_same_unit(self, store: EventStore) -> None:
        unit = store.begin(command())
        draft = unit.create(Draft, "D1")
        assert unit.find(Draft, "D1") is None
        draft.send_back("a")
        assert unit.load(Draft, "D1") is draft

    def test_refuses_what_does_not_exist(self, store: EventStore) -> None:
        with pytest.raises(NotFoundError):
            store.begin(command()).load(Draft, "D1")

    def test_refuses_a_stale_version(self, store: EventStore) -> None:
        send_back(store, "D1", "a", "b")
        with pytest.raises(StaleVersionError):
            store.begin(command(2), expected={"draft/D1": 1}).load(Draft, "D1")

    def test_accepts_the_present_version(self, store: EventStore) -> None:
        send_back(store, "D1", "a", "b")
        assert store.begin(command(2), expected={"draft/D1": 2}).load(Draft, "D1").version == 2


class TestFetchingTogether:
    def test_gives_what_loading_each_would_give(self, store: EventStore) -> None:
        send_back(store, "D1", "a", "b")
        send_back(store, "D2", "c")
        unit = store.begin(command(2))
        unit.fetch(Draft, ["D1", "D2", "D3"])
        assert [unit.load(Draft, key).reasons for key in ("D1", "D2")] == [["a", "b"], ["c"]]
        assert unit.find(Draft, "D3") is None

    def test_keeps_the_chain_of_what_is_saved_afterwards(self, store: EventStore) -> None:
        first = send_back(store, "D1", "a")
        unit = store.begin(command(2))
        unit.fetch(Draft, ["D1"])
        draft = unit.load(Draft, "D1")
        draft.send_back("b")
        unit.save(draft)
        assert unit.commit().events[0].record.prev == first.events[0].digest

    def test_refuses_a_stale_version(self, store: EventStore) -> None:
        send_back(store, "D1", "a", "b")
        with pytest.raises(StaleVersionError):
            store.begin(command(2), expected={"draft/D1": 1}).fetch(Draft, ["D1"])


class TestCreating:
    def test_refuses_what_exists(self, store: EventStore) -> None:
        send_back(store, "D1", "a")
        with pytest.raises(ConflictError):
            store.begin(command(2)).create(Draft, "D1")


class TestCommitting:
    def test_stores_several_things_at_once_in_the_order_saved(self, store: EventStore) -> None:
        unit = store.begin(command())
        second, first = unit.create(Draft, "D2"), unit.create(Draft, "D1")
        first.send_back("a")
        second.send_back("b")
        unit.save(first, second)
        receipt = unit.commit()
        assert (receipt.stream, receipt.version, receipt.position) == ("draft/D1", 1, 2)
        assert [e.originator_id for e in receipt.events] == ["draft/D1", "draft/D2"]

    def test_leaves_the_things_as_they_are_stored(self, store: EventStore) -> None:
        unit = store.begin(command())
        draft = unit.create(Draft, "D1")
        draft.send_back("a")
        unit.save(draft)
        [stored] = unit.commit().events
        assert (draft.version, draft.head, draft.pending) == (1, stored.digest, [])

    def test_goes_on_in_the_same_unit(self, store: EventStore) -> None:
        unit = store.begin(command())
        draft = unit.create(Draft, "D1")
        for reason in ("a", "b"):
            draft.send_back(reason)
            unit.save(draft)
            unit.commit()
        one, two = store.read_stream("draft/D1")
        assert two.record.prev == one.digest

    def test_the_slower_of_two_writers_is_told_of_the_conflict(self, store: EventStore) -> None:
        send_back(store, "D1", "a")
        slow = store.begin(command(2))
        draft = slow.load(Draft, "D1")
        send_back(store, "D1", "b", number=3)
        draft.send_back("c")
        slow.save(draft)
        with pytest.raises(ConflictError):
            slow.commit()

    def test_checks_a_version_that_was_demanded_and_never_loaded(self, store: EventStore) -> None:
        send_back(store, "D1", "a")
        with pytest.raises(StaleVersionError):
            store.begin(command(2), expected={"draft/D1": 4}).commit()

    def test_an_answer_is_made_from_the_receipt_without_positions(self, store: EventStore) -> None:
        unit = store.begin(command())
        draft = unit.create(Draft, "D1")
        draft.send_back("a")
        unit.save(draft)
        told: list[Receipt] = []

        def answered(receipt: Receipt) -> Participant:
            told.append(receipt)
            return lambda _: None

        receipt = unit.commit(answered=answered)
        assert [(t.stream, t.version, t.position) for t in told] == [("draft/D1", 1, 0)]
        assert [e.raw for e in told[0].events] == [e.raw for e in receipt.events]

    def test_each_record_is_made_once(
        self, store: EventStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = Counter[int]()

        def counted(service: str, stream: str, version: int, *rest: Any) -> RecordedEvent:
            made[version] += 1
            return compose(service, stream, version, *rest)

        monkeypatch.setattr(unit_of_work, "compose", counted)
        unit = store.begin(command())
        draft = unit.create(Draft, "D1")
        draft.send_back("a")
        draft.send_back("b")
        unit.save(draft)
        unit.commit(answered=lambda _: lambda _: None)
        assert made == {1: 1, 2: 1}

    def test_the_policy_edition_stands_in_the_record(self, store: EventStore) -> None:
        unit = store.begin(command())
        unit.under("2026-1")
        draft = unit.create(Draft, "D1")
        draft.send_back("a")
        unit.save(draft)
        assert unit.commit().events[0].record.policy == "2026-1"
