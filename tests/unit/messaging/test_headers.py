"""A record on Kafka: CloudEvents 1.0 headers, written and read strictly."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.eventstore import canonical
from shared.kernel.errors import ContractError
from shared.messaging.headers import Headers, decode, encode, from_feed
from tests.unit.messaging.records import TRACE, lit

TOPIC = "lighthouse.events"
KEY = b"lamp/north"


def without(name: str) -> Callable[[Headers], Headers]:
    return lambda headers: [(known, value) for known, value in headers if known != name]


def changed(name: str, value: bytes) -> Callable[[Headers], Headers]:
    return lambda headers: [*without(name)(headers), (name, value)]


class TestEncode:
    def test_says_what_the_record_says(self) -> None:
        recorded = lit()
        assert dict(encode(recorded, "g1")) == {
            "ce_id": recorded.record.id.encode(),
            "ce_type": b"lighthouse.lamp-lit",
            "ce_source": b"/duban/city:yunlan/lighthouse",
            "ce_subject": b"lamp/north",
            "ce_time": b"2026-03-02T18:00:00.000000Z",
            "ce_specversion": b"1.0",
            "ce_datacontenttype": b"application/json",
            "position": b"10",
            "traceparent": TRACE.encode(),
            "generation": b"g1",
        }

    def test_leaves_out_a_trace_that_is_not(self) -> None:
        assert "traceparent" not in dict(encode(lit(trace=""), "g1"))


class TestDecode:
    def test_returns_what_was_encoded(self) -> None:
        recorded = lit(3)
        message = decode(TOPIC, KEY, recorded.raw, encode(recorded, "g1"))
        assert (message.source, message.stream, message.version) == (
            "lighthouse",
            "lamp/north",
            3,
        )
        assert (message.position, message.generation) == (30, "g1")
        assert message.recorded() == recorded

    @pytest.mark.parametrize(
        "spoiled",
        [
            without("ce_id"),
            without("generation"),
            without("traceparent"),
            changed("ce_id", b"another"),
            changed("ce_type", b"lighthouse.lamp-broken"),
            changed("ce_source", b"/duban/city:elsewhere/lighthouse"),
            changed("ce_specversion", b"0.3"),
            changed("position", b"0"),
            changed("position", b"1e3"),
            changed("position", "１".encode()),
            changed("position", b"9" * 19),
            changed("generation", b""),
            changed("generation", b"g" * 101),
            changed("traceparent", b"00-another"),
            changed("extra", b"unknown"),
            changed("ce_subject", b"\xff"),
            lambda headers: [*headers, headers[0]],
        ],
    )
    def test_refuses_headers_that_do_not_agree(self, spoiled: Callable[[Headers], Headers]) -> None:
        recorded = lit()
        with pytest.raises(ContractError):
            decode(TOPIC, KEY, recorded.raw, spoiled(encode(recorded, "g1")))

    @pytest.mark.parametrize(
        ("topic", "key", "value"),
        [
            ("harbour.events", KEY, lit().raw),
            (TOPIC, b"lamp/south", lit().raw),
            (TOPIC, None, lit().raw),
            (TOPIC, KEY, None),
            (TOPIC, KEY, lit().raw + b" "),
            (TOPIC, KEY, b"{}"),
        ],
    )
    def test_refuses_another_topic_key_or_value(
        self, topic: str, key: bytes | None, value: bytes | None
    ) -> None:
        with pytest.raises(ContractError):
            decode(topic, key, value, encode(lit(), "g1"))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"time": "9999-12-31T23:59:59-14:00"},
            {"time": "0001-01-01T00:00:00+14:00"},
            {"version": "1"},
            {"schema": True},
            {"stream": ""},
            {"stream": "x" * 501},
            {"id": "not-the-id-of-this-place"},
        ],
        ids=str,
    )
    def test_refuses_a_record_that_says_what_no_service_says(self, wrong: dict[str, Any]) -> None:
        altered = canonical.encode(canonical.decode(lit().raw) | wrong)
        with pytest.raises(ContractError):
            decode(TOPIC, KEY, altered, encode(lit(), "g1"))
        with pytest.raises(ContractError):
            from_feed("lighthouse", altered, 10)


def test_a_feed_gives_only_its_own_records() -> None:
    assert from_feed("lighthouse", lit(2).raw, 20).version == 2
    with pytest.raises(ContractError):
        from_feed("harbour", lit(2).raw, 20)
