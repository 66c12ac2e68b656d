"""Commands over HTTP: only once, on the version that was seen, and nothing written if refused."""

from concurrent.futures import ThreadPoolExecutor
from threading import current_thread
from typing import Any

import httpx
import psycopg
import pytest

from shared.eventstore.store import EventStore
from shared.kernel.actor import Role
from tests.integration.http.conftest import Sign


def register(http: httpx.Client, ref: str, key: str) -> httpx.Response:
    return http.post("/v1/persons", json={"person_ref": ref}, headers={"Idempotency-Key": key})


def appoint(
    http: httpx.Client, ref: str, key: str, if_match: str | None, post: str = "clerk"
) -> httpx.Response:
    headers = {"Idempotency-Key": key} | ({"If-Match": if_match} if if_match else {})
    return http.post(f"/v1/persons/{ref}/appoint", json={"post": post}, headers=headers)


def arrive(http: httpx.Client, wanted: int, key: str) -> httpx.Response:
    return http.post(f"/v1/persons/arrivals/{wanted}", headers={"Idempotency-Key": key})


def arrived(store: EventStore) -> list[str]:
    heads = store.heads(0, 10_000)
    return [head.stream for head in heads if head.stream.startswith("person/p-arrived-")]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement sent from here on, but the news of what was stored."""
    statements: list[str] = []
    execute = psycopg.Cursor.execute

    def noted(cursor: psycopg.Cursor[Any], query: Any, *rest: Any, **named: Any) -> Any:
        if not current_thread().name.startswith("news"):
            statements.append(str(query))
        return execute(cursor, query, *rest, **named)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    return statements


class TestAnswer:
    def test_tells_the_stream_its_version_and_the_position(
        self, http: httpx.Client, store: EventStore, ref: str, key: str
    ) -> None:
        answer = register(http, ref, key)

        [stored] = store.read_stream(f"person/{ref}")
        assert answer.status_code == 201
        assert answer.json() == {
            "acted_as": "OFF",
            "events": ["directory.person-registered"],
            "person_ref": ref,
            "position": stored.position,
            "stream": f"person/{ref}",
            "version": 1,
        }
        assert answer.headers["ETag"] == '"1"'
        assert answer.headers["Duban-Position"] == str(stored.position)

    def test_records_who_gave_the_command_and_in_which_trace(
        self, http: httpx.Client, store: EventStore, ref: str, key: str
    ) -> None:
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        http.headers["traceparent"] = trace

        register(http, ref, key)

        [stored] = store.read_stream(f"person/{ref}")
        record = stored.record
        assert (record.actor.person_ref, record.actor.role) == ("p-officer", Role.OFF)
        assert record.actor.via == "http"
        assert record.command.startswith("RegisterPerson/command-")
        assert record.correlation == ref
        assert record.trace.split("-")[1] == trace.split("-")[1]

    def test_acts_in_the_first_role_of_the_command_that_the_person_holds(
        self, http: httpx.Client, sign: Sign, ref: str, key: str
    ) -> None:
        http.headers["Authorization"] = sign(Role.ORG, Role.AUD)

        assert register(http, ref, key).json()["acted_as"] == "ORG"


class TestRoundTrips:
    def test_a_command_asks_the_database_twice(
        self, http: httpx.Client, ref: str, key: str, asked: list[str]
    ) -> None:
        """For the thing, and storing its events and the answer together."""
        register(http, ref, key)
        asked.clear()

        assert appoint(http, ref, f"{key}-appoint", '"1"').status_code == 200

        assert len(asked) == 2, asked


class TestIdempotencyKey:
    def test_the_same_key_gives_the_first_answer_again(
        self, http: httpx.Client, store: EventStore, ref: str, key: str
    ) -> None:
        first = register(http, ref, key)
        again = register(http, ref, key)

        assert again.status_code == first.status_code == 201
        assert again.content == first.content
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Duban-Position"] == first.headers["Duban-Position"]
        assert again.headers["Idempotent-Replay"] == "true"
        assert "Idempotent-Replay" not in first.headers
        assert len(store.read_stream(f"person/{ref}")) == 1

    def test_the_first_answer_holds_when_the_version_has_moved_on(
        self, http: httpx.Client, ref: str, key: str
    ) -> None:
        register(http, ref, key)
        first = appoint(http, ref, f"{key}-a", '"1"', "clerk")
        appoint(http, ref, f"{key}-b", '"2"', "deputy")

        assert appoint(http, ref, f"{key}-a", '"1"', "clerk").content == first.content

    @pytest.mark.parametrize("wanted", [0, 1, 3])
    def test_the_first_answer_holds_where_nothing_else_forbids_to_do_it_again(
        self, http: httpx.Client, store: EventStore, key: str, wanted: int
    ) -> None:
        first = arrive(http, wanted, key)
        stored = arrived(store)
        again = arrive(http, wanted, key)

        assert again.content == first.content
        assert again.headers["Idempotent-Replay"] == "true"
        assert arrived(store) == stored

    def test_a_key_stands_for_one_request_even_where_both_could_be_carried_out(
        self, http: httpx.Client, store: EventStore, key: str
    ) -> None:
        arrive(http, 1, key)
        before = arrived(store)
        refused = arrive(http, 2, key)

        assert refused.json()["code"] == "idempotency-key-reused"
        assert arrived(store) == before

    def test_spacing_of_the_body_does_not_matter(
        self, http: httpx.Client, ref: str, key: str
    ) -> None:
        register(http, ref, key)
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        spaced = f'{{ "person_ref" : "{ref}" }}'

        assert http.post("/v1/persons", content=spaced, headers=headers).status_code == 201

    def test_refuses_a_key_that_was_used_for_another_request(
        self, http: httpx.Client, store: EventStore, ref: str, key: str
    ) -> None:
        register(http, ref, key)
        refused = register(http, f"{ref}-other", key)

        assert refused.status_code == 422
        assert refused.json()["code"] == "idempotency-key-reused"
        assert store.read_stream(f"person/{ref}-other") == []

    def test_two_persons_may_choose_the_same_key(
        self, http: httpx.Client, sign: Sign, ref: str, key: str
    ) -> None:
        register(http, ref, key)
        http.headers["Authorization"] = sign(Role.OFF, person="p-another")

        assert register(http, f"{ref}-other", key).status_code == 201

    @pytest.mark.parametrize("sent", [None, "short", "x" * 121, "tab\tinside-key", ""])
    def test_refuses_a_command_without_a_proper_key(
        self, http: httpx.Client, store: EventStore, ref: str, sent: str | None
    ) -> None:
        headers = {} if sent is None else {"Idempotency-Key": sent}
        refused = http.post("/v1/persons", json={"person_ref": ref}, headers=headers)

        assert refused.status_code == 400
        assert refused.json()["code"] == "idempotency-key-missing"
        assert store.read_stream(f"person/{ref}") == []

    def test_the_same_command_many_times_at_once_is_carried_out_once(
        self, http: httpx.Client, store: EventStore, ref: str, key: str
    ) -> None:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: register(http, ref, key), range(16)))

        done = {answer.content for answer in answers if answer.status_code == 201}
        others = [answer.json()["code"] for answer in answers if answer.status_code != 201]
        assert len(done) == 1
        assert set(others) <= {"command-in-progress"}
        assert len(store.read_stream(f"person/{ref}")) == 1

    def test_a_refused_command_may_be_given_again_with_the_same_key(
        self, http: httpx.Client, ref: str, key: str
    ) -> None:
        assert appoint(http, ref, key, '"1"').status_code == 404
        register(http, ref, f"{key}-r")

        assert appoint(http, ref, key, '"1"').status_code == 200


class TestIfMatch:
    def test_requires_the_version_of_an_existing_thing(
        self, http: httpx.Client, store: EventStore, ref: str, key: str
    ) -> None:
        register(http, ref, key)
        refused = appoint(http, ref, f"{key}-a", None)

        assert refused.status_code == 428
        assert refused.json()["code"] == "version-required"
        assert len(store.read_stream(f"person/{ref}")) == 1

    def test_refuses_a_stale_version(
        self, http: httpx.Client, store: EventStore, ref: str, key: str
    ) -> None:
        register(http, ref, key)
        appoint(http, ref, f"{key}-a", '"1"', "clerk")
        refused = appoint(http, ref, f"{key}-b", '"1"', "deputy")

        assert refused.status_code == 412
        assert refused.json()["code"] == "stale-version"
        assert refused.json()["ids"] == {"stream": f"person/{ref}", "version": 2}
        assert len(store.read_stream(f"person/{ref}")) == 2

    @pytest.mark.parametrize("sent", ["*", 'W/"1"', "1", '"one"', '"1", "2"', '"0"'])
    def test_refuses_what_is_not_one_strong_tag_of_ours(
        self, http: httpx.Client, ref: str, key: str, sent: str
    ) -> None:
        register(http, ref, key)

        assert appoint(http, ref, f"{key}-a", sent).status_code == 422

    def test_only_one_of_many_writers_at_once_succeeds(
        self, http: httpx.Client, store: EventStore, ref: str, key: str
    ) -> None:
        register(http, ref, key)

        def write(number: int) -> int:
            return appoint(http, ref, f"{key}-{number}", '"1"', f"post-{number}").status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(write, range(8)))

        assert statuses[0] == 200
        assert set(statuses[1:]) <= {409, 412}
        assert len(store.read_stream(f"person/{ref}")) == 2
