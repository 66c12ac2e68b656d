"""The feed: in order, without loss, byte for byte, and it can be waited for."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx
import pytest

from shared.eventstore.store import EventStore
from shared.kernel.actor import Role
from tests.integration.http.conftest import Sign


@pytest.fixture
def feed(http: httpx.Client, sign: Sign) -> Iterator[httpx.Client]:
    headers = {"Authorization": sign(Role.AUD)}
    with httpx.Client(base_url=http.base_url, headers=headers, timeout=40) as client:
        yield client


def register(http: httpx.Client, ref: str) -> dict[str, Any]:
    headers = {"Idempotency-Key": f"feed-{ref}"}
    answer: dict[str, Any] = http.post(
        "/v1/persons", json={"person_ref": ref}, headers=headers
    ).json()
    return answer


class TestEvents:
    def test_come_in_order_in_pages_that_miss_nothing(
        self, http: httpx.Client, feed: httpx.Client, store: EventStore, ref: str
    ) -> None:
        start = store.settled_position()
        for number in range(7):
            register(http, f"{ref}-{number}")

        after, seen = start, []
        while items := (page := feed.get(f"/v1/events?after={after}&limit=3").json())["items"]:
            seen += items
            after = page["next"]

        streams = [item["record"]["stream"] for item in seen]
        positions = [item["position"] for item in seen]
        assert streams == [f"person/{ref}-{number}" for number in range(7)]
        assert positions == sorted(positions)
        assert after == positions[-1]

    def test_are_the_stored_bytes(
        self, http: httpx.Client, feed: httpx.Client, store: EventStore, ref: str
    ) -> None:
        position = register(http, ref)["position"]
        headers = {"Accept": "application/x-ndjson"}
        answer = feed.get(f"/v1/events?after={position - 1}", headers=headers)

        [line] = answer.content.splitlines()
        [stored] = store.read_stream(f"person/{ref}")
        assert line == b'{"position":%d,"record":%s}' % (position, stored.raw)
        assert answer.headers["Content-Type"].startswith("application/x-ndjson")
        assert answer.headers["Duban-Next"] == str(position)

    def test_of_one_stream_come_after_a_version(
        self, http: httpx.Client, feed: httpx.Client, ref: str
    ) -> None:
        register(http, ref)
        headers = {"Idempotency-Key": f"feed-{ref}-a", "If-Match": '"1"'}
        http.post(f"/v1/persons/{ref}/appoint", json={"post": "clerk"}, headers=headers)

        page = feed.get("/v1/events", params={"stream": f"person/{ref}", "after_version": 1})

        [item] = page.json()["items"]
        assert item["record"]["version"] == 2
        assert page.json()["next"] == 2

    def test_can_be_waited_for(
        self, http: httpx.Client, feed: httpx.Client, store: EventStore, ref: str
    ) -> None:
        after = store.settled_position()
        asked = Event()

        def wait() -> dict[str, Any]:
            asked.set()
            answer: dict[str, Any] = feed.get(f"/v1/events?after={after}&wait=30").json()
            return answer

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(wait)
            asked.wait(5)
            register(http, ref)
            page = waiting.result(timeout=20)

        assert [item["record"]["stream"] for item in page["items"]] == [f"person/{ref}"]

    def test_many_who_wait_do_not_hold_up_the_others(
        self, http: httpx.Client, feed: httpx.Client, store: EventStore, ref: str
    ) -> None:
        after = store.settled_position()
        ask = f"/v1/events?after={after}&wait=30"
        with ThreadPoolExecutor(60) as pool:
            waiting = [pool.submit(feed.get, ask) for _ in range(60)]
            register(http, ref)
            pages = [waiter.result(timeout=20).json() for waiter in waiting]

        assert {len(page["items"]) for page in pages} == {1}

    def test_an_empty_page_says_where_it_stands(
        self, feed: httpx.Client, store: EventStore
    ) -> None:
        after = store.settled_position()

        assert feed.get(f"/v1/events?after={after}&wait=0.05").json() == {
            "items": [],
            "next": after,
        }

    @pytest.mark.parametrize(
        "query",
        [
            "after=-1",
            "after=x",
            "after=99999999999999999999",
            "limit=0",
            "limit=1001",
            "wait=31",
            "wait=nan",
            "after_version=1",
            "stream=person/1&after=3",
            "stream=person/1&wait=3",
        ],
    )
    def test_refuses_what_it_cannot_answer(self, feed: httpx.Client, query: str) -> None:
        assert feed.get(f"/v1/events?{query}").status_code == 422

    def test_is_for_auditors_and_services_only(
        self, http: httpx.Client, feed: httpx.Client, sign: Sign
    ) -> None:
        assert http.get("/v1/events").status_code == 403
        feed.headers["Authorization"] = sign(Role.SYSTEM)
        assert feed.get("/v1/events?limit=1").status_code == 200


class TestHeads:
    def test_are_the_last_events_of_the_streams(
        self, http: httpx.Client, feed: httpx.Client, store: EventStore, ref: str
    ) -> None:
        after = store.settled_position()
        register(http, ref)
        headers = {"Idempotency-Key": f"heads-{ref}", "If-Match": '"1"'}
        answer = http.post(f"/v1/persons/{ref}/appoint", json={"post": "a"}, headers=headers)

        heads = feed.get(f"/v1/heads?after={after}").json()

        position = answer.json()["position"]
        expected = {"stream": f"person/{ref}", "version": 2, "position": position}
        assert heads == {"items": [expected], "next": position}
        assert json.dumps(heads)
