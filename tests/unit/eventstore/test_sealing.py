"""Sealed values: a commitment in the event, the value encrypted outside, on real PostgreSQL."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from shared.contracts.base import Sealed
from shared.eventstore.migrations import migrate
from shared.eventstore.sealing import (
    Disclosure,
    SealBrokenError,
    SealedValue,
    SubjectKeyDestroyedError,
    Vault,
    VaultKeyError,
)
from shared.eventstore.store import EventStore
from shared.kernel.actor import system_actor
from shared.kernel.context import Context
from shared.kernel.errors import InvalidValueError, NotFoundError

CONTENT = "举报内容:水利局工程款去向不明"
LEAD = "L-T1R1-0001"
VAULT = Vault(b"k" * 32)


@pytest.fixture
def store(database_url: str) -> Iterator[EventStore]:
    migrate(database_url)
    opened = EventStore("feedback", database_url)
    yield opened
    opened.close()


def keep(store: EventStore, *values: SealedValue) -> None:
    commit(store, *(value.keep for value in values))


def commit(store: EventStore, *participants: object) -> None:
    actor = system_actor("feedback", "test")
    context = Context("city:yunlan", actor, "Test/1", datetime(2026, 3, 2, tzinfo=UTC))
    store.begin(context).commit(participants)  # type: ignore[arg-type]  # given by the tests


class TestCommitment:
    def test_is_the_salted_hash_that_auditors_recompute(self) -> None:
        disclosure = Disclosure(salt="c2FsdA==", name="content", value=CONTENT)
        listed = json.dumps(
            ["c2FsdA==", "content", CONTENT], ensure_ascii=False, separators=(",", ":")
        )
        expected = hashlib.sha256(b"sealed/v1\0" + listed.encode()).digest()
        assert disclosure.commitment == base64.b64encode(expected).decode()

    def test_of_the_same_value_differs_each_time(self) -> None:
        first, second = (VAULT.seal(LEAD, "content", CONTENT).sealed for _ in range(2))
        assert first.sealed.c != second.sealed.c

    def test_is_all_that_shows(self) -> None:
        value = VAULT.seal(LEAD, "content", CONTENT)
        shown = [repr(value), repr(VAULT), value.sealed.model_dump_json()]
        shown.append(repr(Disclosure("c2FsdA==", "content", CONTENT)))
        assert not any(CONTENT in text or "举报" in text or "kkkk" in text for text in shown)


class TestVault:
    @pytest.mark.req("INV-16")
    def test_opens_what_it_sealed(self, store: EventStore) -> None:
        values = [VAULT.seal(LEAD, "content", text) for text in (CONTENT, "第二次移交")]
        keep(store, *values)
        opened = [VAULT.open(store, value.sealed).value for value in values]
        assert opened == [CONTENT, "第二次移交"]

    @pytest.mark.req("INV-16")
    def test_keeps_nothing_readable_in_its_tables(self, store: EventStore) -> None:
        keep(store, VAULT.seal(LEAD, "content", CONTENT))
        with store.connection() as connection:
            rows = connection.execute(
                "SELECT ciphertext, wrapped_key FROM sealed_values"
                " JOIN subject_keys USING (subject)"
            ).fetchall()
        assert not any(CONTENT[:4].encode() in bytes(cell) for row in rows for cell in row.values())

    def test_keeps_nothing_when_the_transaction_fails(self, store: EventStore) -> None:
        value = VAULT.seal(LEAD, "content", CONTENT)

        def fail(_: object) -> None:
            raise InvalidValueError("refused")

        with pytest.raises(InvalidValueError):
            commit(store, value.keep, fail)
        with pytest.raises(NotFoundError):
            VAULT.open(store, value.sealed)

    def test_does_not_open_with_another_vault_key(self, store: EventStore) -> None:
        value = VAULT.seal(LEAD, "content", CONTENT)
        keep(store, value)
        with pytest.raises(SealBrokenError):
            Vault(b"x" * 32).open(store, value.sealed)

    def test_does_not_open_a_value_put_in_the_place_of_another(self, store: EventStore) -> None:
        first, second = (VAULT.seal(LEAD, "content", text) for text in (CONTENT, "另一条"))
        keep(store, first, second)
        with store.connection() as connection:
            connection.execute(
                "UPDATE sealed_values SET ciphertext ="
                " (SELECT ciphertext FROM sealed_values WHERE commitment = %s)"
                " WHERE commitment = %s",
                (second.sealed.sealed.c, first.sealed.sealed.c),
            )
        with pytest.raises(SealBrokenError):
            VAULT.open(store, first.sealed)

    def test_knows_only_what_was_kept(self, store: EventStore) -> None:
        never_kept = VAULT.seal(LEAD, "content", CONTENT).sealed
        with pytest.raises(NotFoundError):
            VAULT.open(store, never_kept)

    def test_refuses_a_character_that_no_record_may_hold(self) -> None:
        with pytest.raises(InvalidValueError) as refused:
            VAULT.seal(LEAD, "content", "内容\x00")
        assert "内容" not in str(refused.value)

    @pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(b"short").decode()])
    def test_refuses_a_key_of_another_kind(self, text: str) -> None:
        with pytest.raises(VaultKeyError):
            Vault.from_text(text)


class TestDestroyedKey:
    def test_makes_all_values_of_the_subject_unreadable(self, store: EventStore) -> None:
        value, other = (VAULT.seal(subject, "content", CONTENT) for subject in (LEAD, "L-2"))
        keep(store, value, other)
        commit(store, VAULT.destroying(LEAD))
        with pytest.raises((SubjectKeyDestroyedError, NotFoundError)):
            VAULT.open(store, value.sealed)
        assert VAULT.open(store, other.sealed).value == CONTENT

    def test_seals_nothing_more_for_the_subject(self, store: EventStore) -> None:
        keep(store, VAULT.seal(LEAD, "content", CONTENT))
        commit(store, VAULT.destroying(LEAD))
        with pytest.raises(SubjectKeyDestroyedError):
            keep(store, VAULT.seal(LEAD, "content", CONTENT))


def test_the_event_carries_the_commitment_under_its_reserved_name() -> None:
    sealed = VAULT.seal(LEAD, "content", CONTENT).sealed
    written = sealed.model_dump(mode="json")
    assert set(written["$sealed"]) == {"c", "s"}
    assert Sealed.model_validate(written) == sealed
