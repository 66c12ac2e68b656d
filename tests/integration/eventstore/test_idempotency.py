"""A command given twice is done once, and answered twice in the same words."""

import pytest

from shared.eventstore.fence import lock_key
from shared.eventstore.idempotency import Idempotency, IdempotencyKey, RememberedAnswer
from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import Receipt
from shared.kernel.errors import CommandInProgressError, IdempotencyKeyReusedError
from tests.integration.eventstore.drafts import Draft, command
from tests.integration.eventstore.test_store import commit_and_break_once

KEY = IdempotencyKey("p-team-leader", "k-1", "sha256:1")
ANSWER = RememberedAnswer(200, {"zweite": 1, "erste": "号"}, "draft/D1", 1)


def answer_with(store: EventStore, key: IdempotencyKey, number: int = 1) -> Receipt:
    unit = store.begin(command(number))
    draft = unit.find(Draft, "D1") or unit.create(Draft, "D1")
    draft.send_back("依据不足")
    unit.save(draft)
    return unit.commit([Idempotency(store).remembering(key, ANSWER)])


def test_an_unknown_key_has_no_answer(store: EventStore) -> None:
    assert Idempotency(store).recall(KEY) is None


def test_the_first_answer_is_recalled_in_its_own_order(store: EventStore) -> None:
    answer_with(store, KEY)
    recalled = Idempotency(store).recall(KEY)
    assert recalled == ANSWER
    assert recalled is not None
    assert list(recalled.body) == ["zweite", "erste"]


def test_a_key_over_another_request_is_refused(store: EventStore) -> None:
    answer_with(store, KEY)
    with pytest.raises(IdempotencyKeyReusedError):
        Idempotency(store).recall(IdempotencyKey(KEY.person_ref, KEY.key, "sha256:2"))


def test_the_same_key_of_another_person_is_another_key(store: EventStore) -> None:
    answer_with(store, KEY)
    assert Idempotency(store).recall(IdempotencyKey("p-other", KEY.key, "sha256:2")) is None


def test_the_second_of_two_that_both_saw_no_answer_stores_nothing(store: EventStore) -> None:
    answer_with(store, KEY, number=1)
    with pytest.raises(CommandInProgressError):
        answer_with(store, KEY, number=2)
    assert store.version_of("draft/D1") == 1


def test_a_key_being_worked_on_is_refused_at_once(store: EventStore) -> None:
    name = lock_key(f"duban.idempotency:{KEY.person_ref}:{KEY.key}")
    with store.connection() as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (name,))
        with pytest.raises(CommandInProgressError):
            answer_with(store, KEY)
    assert store.version_of("draft/D1") == 0


def test_a_lost_reply_is_not_taken_for_a_second_command(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_and_break_once(monkeypatch)
    assert answer_with(store, KEY).position == 1
    assert Idempotency(store).recall(KEY) == ANSWER
