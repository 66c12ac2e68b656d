"""Every way to be refused: one form, nothing said that should not be, nothing written."""

import socket
from collections.abc import Iterator

import httpx
import pytest
from structlog.testing import capture_logs

from shared.eventstore.store import EventStore
from shared.kernel.actor import Role
from shared.telemetry import metrics
from tests.integration.http.conftest import Sign
from tests.integration.http.small_service import MAX_BODY, SECRET

PROBLEM = "application/problem+json"


def fail(http: httpx.Client, how: str, key: str) -> httpx.Response:
    return http.post(f"/v1/persons/fail/{how}", headers={"Idempotency-Key": key})


def post(http: httpx.Client, content: bytes | Iterator[bytes], key: str) -> httpx.Response:
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    return http.post("/v1/persons", content=content, headers=headers)


class TestErrors:
    @pytest.mark.parametrize(
        ("how", "status", "code"),
        [
            ("refused", 409, "refused"),
            ("guard", 409, "missed-signature"),
            ("invalid", 422, "invalid-value"),
            ("not-found", 404, "not-found"),
            ("conflict", 409, "conflict"),
            ("in-progress", 409, "command-in-progress"),
            ("unavailable", 503, "unavailable"),
            ("contract", 500, "newer-schema"),
            ("bug", 500, "internal-error"),
        ],
    )
    def test_are_problems_with_a_page_and_write_nothing(
        self, http: httpx.Client, store: EventStore, key: str, how: str, status: int, code: str
    ) -> None:
        before = store.settled_position()
        refused = fail(http, how, key)
        told = refused.json()

        assert (refused.status_code, told["status"]) == (status, status)
        assert refused.headers["Content-Type"] == PROBLEM
        assert told["code"] == code
        assert told["type"] == f"/problems/{code}"
        assert told["instance"] == f"/v1/persons/fail/{how}"
        assert len(told["trace_id"]) == 32
        page = http.get(told["type"])
        assert page.status_code == 200
        assert told["title"] in page.text
        assert store.settled_position() == before

    def test_a_guard_is_named_in_the_answer_the_log_and_the_metrics(
        self, http: httpx.Client, key: str
    ) -> None:
        with capture_logs() as lines:
            told = fail(http, "guard", key).json()

        assert told["guard"] == "G06"
        assert told["ids"] == {"problem": "P7", "cycle": 2}
        [line] = [line for line in lines if line["event"] == "refused"]
        assert (line["command"], line["exc_info"].guard) == ("Fail", "G06")
        labels = {"service": "directory", "command": "Fail", "guard": "G06"}
        assert metrics.REGISTRY.get_sample_value("duban_commands_refused_total", labels)

    def test_an_unexpected_error_says_nothing_but_its_trace(
        self, http: httpx.Client, key: str
    ) -> None:
        with capture_logs() as lines:
            answer = fail(http, "bug", key)

        assert SECRET not in answer.text
        assert "ValueError" not in answer.text
        assert "trace id" in answer.json()["detail"]
        assert any(line["event"] == "failed" for line in lines)

    def test_says_when_to_come_back(self, http: httpx.Client, key: str) -> None:
        assert fail(http, "unavailable", key).headers["Retry-After"]


class TestRequests:
    def test_an_unknown_field_is_refused_by_its_name(
        self, http: httpx.Client, store: EventStore, ref: str, key: str
    ) -> None:
        body = f'{{"person_ref": "{ref}", "surprise": "{SECRET}"}}'.encode()
        refused = post(http, body, key)

        assert refused.status_code == 422
        assert refused.headers["Content-Type"] == PROBLEM
        assert [error["field"] for error in refused.json()["errors"]] == ["body.surprise"]
        assert SECRET not in refused.text
        assert store.read_stream(f"person/{ref}") == []

    @pytest.mark.parametrize(
        "body", [b'{"person_ref": 7}', b"{}", b"[]", b'"text"', b"null", b'{"person_ref": "P 1"}']
    )
    def test_wrong_values_are_listed_and_not_repeated(
        self, http: httpx.Client, key: str, body: bytes
    ) -> None:
        refused = post(http, body, key)

        assert refused.status_code == 422
        assert refused.json()["code"] == "invalid-request"
        assert refused.json()["errors"]
        assert "P 1" not in refused.text

    @pytest.mark.parametrize(
        "body", [b"{", b"{'a': 1}", b"\xff\xfe", b"[" * 15_000, b'{"a":' + b"9" * 5_000 + b"}"]
    )
    def test_a_body_that_cannot_be_parsed_is_a_400(
        self, http: httpx.Client, key: str, body: bytes
    ) -> None:
        refused = post(http, body, key)

        assert refused.status_code == 400
        assert refused.headers["Content-Type"] == PROBLEM

    @pytest.mark.parametrize("note", ["bell \\u0007", "zero \\u0000", "half \\ud800"])
    def test_text_that_cannot_be_recorded_is_refused(
        self, http: httpx.Client, store: EventStore, ref: str, key: str, note: str
    ) -> None:
        refused = post(http, f'{{"person_ref": "{ref}", "note": "{note}"}}'.encode(), key)

        assert refused.status_code == 422
        assert store.read_stream(f"person/{ref}") == []

    def test_a_value_that_no_event_can_hold_is_refused(
        self, http: httpx.Client, store: EventStore, ref: str, key: str
    ) -> None:
        post(http, f'{{"person_ref": "{ref}"}}'.encode(), key)
        headers = {"Idempotency-Key": f"{key}-a", "If-Match": '"1"'}
        body = {"post": SECRET}
        refused = http.post(f"/v1/persons/{ref}/appoint", json=body, headers=headers)

        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-value")
        assert refused.json()["detail"] == "a value cannot be recorded: post"
        assert SECRET not in refused.text

    def test_an_unexpected_body_is_refused(self, http: httpx.Client, key: str) -> None:
        headers = {"Idempotency-Key": key}
        refused = http.post("/v1/persons/fail/refused", json={"a": 1}, headers=headers)

        assert refused.status_code == 422

    def test_an_unknown_query_parameter_is_refused(self, http: httpx.Client) -> None:
        refused = http.get("/v1/persons", params={"stat": "open"})

        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "query.stat"

    def test_a_huge_body_is_refused_by_its_length(self, http: httpx.Client, key: str) -> None:
        refused = post(http, b" " * (MAX_BODY + 1), key)

        assert refused.status_code == 413
        assert refused.json()["code"] == "too-large"

    def test_a_huge_body_in_chunks_is_refused(self, http: httpx.Client, key: str) -> None:
        refused = post(http, (b" " * 1000 for _ in range(MAX_BODY // 1000 + 2)), key)

        assert refused.status_code == 413
        assert refused.headers["Content-Type"] == PROBLEM

    def test_another_media_type_is_refused(self, http: httpx.Client, key: str) -> None:
        headers = {"Idempotency-Key": key}
        refused = http.post("/v1/persons", data={"person_ref": "p-1"}, headers=headers)

        assert refused.status_code == 415
        assert refused.headers["Content-Type"] == PROBLEM

    def test_an_unknown_path_is_a_problem(self, http: httpx.Client) -> None:
        refused = http.get("/v1/nothing-here")

        assert (refused.status_code, refused.json()["code"]) == (404, "no-such-path")

    def test_a_wrong_method_names_the_right_ones(self, http: httpx.Client) -> None:
        refused = http.delete("/v1/persons")

        assert (refused.status_code, refused.json()["code"]) == (405, "method-not-allowed")
        assert refused.headers["Allow"] == "GET, POST"


class TestAccess:
    @pytest.mark.parametrize("sent", ["", "Basic abc", "Bearer", "Bearer not.a.token"])
    def test_without_a_genuine_token_nobody_comes_in(
        self, http: httpx.Client, key: str, sent: str
    ) -> None:
        http.headers["Authorization"] = sent
        refused = post(http, b'{"person_ref": "p-1"}', key)

        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")

    def test_a_role_that_may_not_is_refused_and_logged(
        self, http: httpx.Client, store: EventStore, sign: Sign, ref: str, key: str
    ) -> None:
        http.headers["Authorization"] = sign(Role.UH)
        with capture_logs() as lines:
            refused = post(http, f'{{"person_ref": "{ref}"}}'.encode(), key)

        assert refused.status_code == 403
        assert refused.json()["ids"] == {"command": "RegisterPerson"}
        assert any(line["event"] == "forbidden" for line in lines)
        assert store.read_stream(f"person/{ref}") == []

    def test_somebody_without_any_role_of_ours_reads_nothing(
        self, http: httpx.Client, sign: Sign
    ) -> None:
        http.headers["Authorization"] = sign()

        assert http.get("/v1/persons").status_code == 403


class TestOddRequests:
    @pytest.mark.parametrize("odd", ["%00", "%01", "%ff", "..%2f..", "%F0%9F%98%80", "x" * 3000])
    def test_a_wrong_id_is_refused_plainly(self, http: httpx.Client, key: str, odd: str) -> None:
        headers = {"Idempotency-Key": key, "If-Match": '"1"'}
        refused = http.post(f"/v1/persons/{odd}/appoint", json={"post": "a"}, headers=headers)

        assert refused.status_code in {404, 422}
        assert refused.headers["Content-Type"] == PROBLEM

    def test_a_broken_host_header_harms_nothing(self, http: httpx.Client) -> None:
        assert http.get("/v1/nothing", headers={"Host": "["}).status_code == 404

    def test_half_a_body_is_no_command(
        self, base_url: str, sign: Sign, store: EventStore, ref: str, key: str
    ) -> None:
        before = store.settled_position()
        body = f'{{"person_ref": "{ref}"}}'.encode()
        url = httpx.URL(base_url)
        with socket.create_connection((url.host, url.port or 80), timeout=5) as connection:
            head = (
                f"POST /v1/persons HTTP/1.1\r\nHost: x\r\nAuthorization: {sign(Role.OFF)}\r\n"
                f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body) + 5}\r\n\r\n"
            )
            connection.sendall(head.encode() + body)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1000):
                pass

        assert store.settled_position() == before
