"""The feed of another service over HTTP, byte for byte."""

import httpx
import pytest

from shared.kernel.errors import ContractError, UnavailableError
from shared.messaging.source_feed import Fed, Head, HttpSourceFeed
from tests.unit.messaging.records import lit


def feed_that_answers(answer: httpx.Response, seen: list[httpx.Request]) -> HttpSourceFeed:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer

    sources = {"lighthouse": "http://lighthouse.test/"}
    return HttpSourceFeed(sources, "a-token", httpx.MockTransport(handle))


def test_records_keep_their_bytes() -> None:
    lines = b"".join(
        b'{"position":%d,"record":%s}\n' % (e.position, e.raw) for e in (lit(2), lit(3))
    )
    seen: list[httpx.Request] = []
    feed = feed_that_answers(httpx.Response(200, content=lines), seen)
    assert feed.read_stream("lighthouse", "lamp/north", 1) == [
        Fed(lit(2).raw, 20),
        Fed(lit(3).raw, 30),
    ]
    assert seen[0].url.path == "/v1/events"
    assert dict(seen[0].url.params) == {
        "stream": "lamp/north",
        "after_version": "1",
        "limit": "500",
    }
    assert seen[0].headers["authorization"] == "Bearer a-token"
    assert seen[0].headers["accept"] == "application/x-ndjson"
    feed.close()


def test_heads_are_read() -> None:
    body = {"items": [{"stream": "lamp/north", "version": 3, "position": 30}], "next": 30}
    feed = feed_that_answers(httpx.Response(200, json=body), [])
    assert feed.heads("lighthouse", 0, 10) == [Head("lamp/north", 3, 30)]
    feed.close()


def test_no_answer_is_unavailable() -> None:
    feed = feed_that_answers(httpx.Response(503), [])
    with pytest.raises(UnavailableError, match="503"):
        feed.read_stream("lighthouse", "lamp/north", 0)
    with pytest.raises(UnavailableError, match="no address"):
        feed.heads("harbour", 0, 10)
    feed.close()


def test_another_form_breaks_the_contract() -> None:
    feed = feed_that_answers(httpx.Response(200, content=b'{"items": 3}'), [])
    with pytest.raises(ContractError):
        feed.read_stream("lighthouse", "lamp/north", 0)
    with pytest.raises(ContractError):
        feed.heads("lighthouse", 0, 10)
    feed.close()
