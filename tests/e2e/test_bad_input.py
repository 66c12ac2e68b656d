"""Whatever is wrong with a request: a clear problem, never a 500, and nothing is written."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from shared.cli.sample.city import SMALL, Fate, invent
from shared.embedded.stack import Stack
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Role
from tests.e2e.interfaces import Route, Schema, routes
from tests.e2e.wire import ALL_ROLES, Wire, headers, require_problem

CITY = invent(SMALL, 2026)
CLOSED = next(problem for problem in CITY.problems if problem.fate is Fate.CLOSED)
SHAM = next(problem for problem in CITY.problems if problem.fate is Fate.SHAM)

KNOWN = {
    "org": CLOSED.unit.org,
    "person_ref": CLOSED.unit.member.ref,
    "year": "2026",
    "basis": "sample-basis",
    "round_no": CLOSED.round_no,
    "case_no": CLOSED.case_no,
    "problem_no": CLOSED.no,
    "notice_no": f"{CLOSED.case_no}-N01",
    "lead_no": CITY.leads[0].no,
    "accountability_no": f"YL-A-{SHAM.no}",
    "letter_id": "1",
}
"""Things that exist once the sample was played."""

READER = "audit"
ELSEWHERE = (
    "/v1/log/", "/v1/sealed-", "/v1/cases/{case_no}/state-five-lists", "/v1/other-leads/",
)  # fmt: skip
"""The reader, whose answers to some questions are events, and the routes of the proof, which
auditors may give, have tests of their own (tests/integration/{audit,tlog,export}). Commands on
things that the sample has none of (instruments, campaigns, common problems, leads of other
sources) are not swept here: their own tests are smaller.
"""

UNKNOWN = dict.fromkeys(KNOWN, "NO-SUCH-1") | {"year": "2027", "letter_id": "999999"}
MALFORMED = ("%20", "%00", "%F0%9F%92%A5", "a%0Ab", "..%2F..", "x" * 300, "%25s", "'%20OR%201=1")
LARGE = 300_000
NOBODY = Role.RESP
"""Respondents answer polls elsewhere: they may give no command and ask no question here."""

OUTCOMES = (
    "SELECT count(*) FROM stored_events WHERE state::text IS NOT NULL"
    " AND convert_from(state, 'UTF8') LIKE '%\"via\":\"http\"%'"
)
ANSWERS = "SELECT count(*) FROM idempotency"
ONE_ANSWER = (
    "SELECT person_ref, key FROM idempotency WHERE body::text !~ 'lead-registered|office-approved"
    "|watch-started|nil-items-confirmed|handover-completed' ORDER BY person_ref, key LIMIT 1"
)
"""A key whose command said something: one without a body could be sent again to the letter."""


@dataclass(frozen=True)
class Sent:
    """What is wrong with a request, and the statuses that say so."""

    wrong: str
    statuses: tuple[int, ...]
    request: dict[str, Any]


@pytest.fixture(scope="module")
def wire(stack: Stack) -> Iterator[Wire]:
    with Wire(stack) as connected:
        yield connected


@pytest.fixture(scope="module")
def known_routes(wire: Wire) -> tuple[Route, ...]:
    return tuple(
        route
        for service in wire.stack.map.services
        if service != READER
        for route in routes(service, wire.document(service))
        if not route.template.startswith(ELSEWHERE) and set(route.placeholders) <= KNOWN.keys()
    )


@pytest.fixture(scope="module")
def commands(known_routes: tuple[Route, ...]) -> tuple[Route, ...]:
    return tuple(route for route in known_routes if route.method == "POST")


@pytest.fixture(scope="module")
def questions(known_routes: tuple[Route, ...]) -> tuple[Route, ...]:
    return tuple(route for route in known_routes if route.method == "GET")


@pytest.fixture(autouse=True)
def nothing_is_written(stack: Stack) -> Iterator[None]:
    """No command leaves an event or a remembered answer; reactions and timers may go on."""
    before = written(stack)
    yield
    assert written(stack) == before


def written(stack: Stack) -> dict[str, tuple[int, ...]]:
    """Return how many events of commands, and how many first answers, each store holds."""
    found = {}
    for service, url in stack.map.databases.items():
        with psycopg.connect(url) as connection:
            counts = (connection.execute(query).fetchone() for query in (OUTCOMES, ANSWERS))
            found[service] = tuple(int(count[0]) for count in counts if count)
    return found


def give(wire: Wire, route: Route, sent: Sent, path: str = "") -> dict[str, Any]:
    """Send it and require the problem; on failure the message says what was wrong and where."""
    answer = wire.send(route.service, "POST", path or route.path(KNOWN), **sent.request)
    try:
        return require_problem(answer, *sent.statuses)
    except AssertionError as error:
        raise AssertionError(f"{sent.wrong}: {error}") from error


def all_may(wire: Wire) -> str:
    """Return the token of somebody who holds every role, and is principal of the unit."""
    return wire.token(*ALL_ROLES, ref=CLOSED.unit.principal.ref, org=CLOSED.unit.org)


class TestGivenACommandWhenNobodyMayGiveIt:
    def test_then_a_token_that_is_not_ours_is_refused(
        self, wire: Wire, commands: tuple[Route, ...], tmp_path: Path
    ) -> None:
        tokens = {"none": "", **false_tokens(wire, tmp_path)}
        for route in commands:
            for wrong, token in tokens.items():
                request = {"headers": headers(token), "json": route.example()}
                give(wire, route, Sent(wrong, (401,), request))

    def test_then_a_role_that_may_not_is_refused(
        self, wire: Wire, commands: tuple[Route, ...]
    ) -> None:
        for route in commands:
            for roles in ((NOBODY,), (Role.AUD,), ()):
                request = {"headers": headers(wire.token(*roles)), "json": route.example()}
                told = give(wire, route, Sent(f"roles {roles}", (403,), request))
                assert told["code"] == "forbidden"


def false_tokens(wire: Wire, elsewhere: Path) -> dict[str, str]:
    """Return tokens that no service may believe."""
    keys = Path(wire.stack.map.keys)
    good = wire.token(*ALL_ROLES)
    head, claims, signature = good.split(".")
    richer = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"person_ref": "p-king"}
    unsigned = _part({"alg": "none"}), _part(richer), ""

    def issued_by(issuer: LocalIssuer, hours: int = 1) -> str:
        lifetime = timedelta(hours=hours)
        return issuer.issue("p-stranger", "nowhere", *ALL_ROLES, lifetime=lifetime)

    return {
        "forged key": issued_by(LocalIssuer(elsewhere)),
        "changed claims": f"{head}.{_part(richer)}.{signature}",
        "no signature": ".".join(unsigned),
        "expired": issued_by(wire.stack.issuer, hours=-1),
        "other audience": issued_by(LocalIssuer(keys, audience="somebody-else")),
        "other issuer": issued_by(LocalIssuer(keys, issuer="urn:somebody:else")),
        "no token at all": "not.a.token",
        "too long": "x" * 9000,
    }


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


class TestGivenACommandWhenItsKeyIsWrong:
    def test_then_it_is_not_carried_out(self, wire: Wire, commands: tuple[Route, ...]) -> None:
        token = all_may(wire)
        for route in commands:
            for key in (None, "short", "x" * 121, "tab\tinside"):
                request = {"headers": headers(token, key=key), "json": route.example()}
                give(wire, route, Sent(f"key {key!r}", (400,), request))

    def test_then_a_key_of_another_request_is_refused(
        self, wire: Wire, commands: tuple[Route, ...]
    ) -> None:
        for route in commands:
            if not route.is_operation:
                ref, key = remembered(wire.stack, route.service)
                token = wire.token(*ALL_ROLES, ref=ref)
                request = {"headers": headers(token, key, '"1"'), "json": route.example()}
                told = give(wire, route, Sent("key used before", (422,), request))
                assert told["code"] == "idempotency-key-reused"


def remembered(stack: Stack, service: str) -> tuple[str, str]:
    """Return somebody's key of the sample."""
    with psycopg.connect(stack.map.databases[service]) as connection:
        found = connection.execute(ONE_ANSWER).fetchone()
    assert found is not None
    return str(found[0]), str(found[1])


class TestGivenACommandWhenItsBodyIsWrong:
    def test_then_no_field_takes_what_it_should_not(
        self, wire: Wire, commands: tuple[Route, ...]
    ) -> None:
        token = all_may(wire)
        for route in commands:
            for wrong, body in wrong_bodies(route):
                request = {"headers": headers(token, if_match='"1"'), "json": body}
                told = give(wire, route, Sent(wrong, (422,), request))
                assert told["code"] == "invalid-request", (route.name, wrong, told)
                assert told["errors"], (route.name, wrong)

    def test_then_what_is_no_json_is_refused(self, wire: Wire, commands: tuple[Route, ...]) -> None:
        told = headers(all_may(wire), if_match='"1"') | {"Content-Type": "application/json"}
        for route in commands:
            statuses = (400, 422) if route.body is None else (400,)
            for content in (b'{"a":', b"{'a': 1}", b"\xff\xfe", b"[" * 50_000, b'{"a": 1}}'):
                request = {"headers": told, "content": content}
                give(wire, route, Sent(f"body {content[:12]!r}", statuses, request))

    def test_then_text_that_cannot_be_recorded_is_refused(
        self, wire: Wire, commands: tuple[Route, ...]
    ) -> None:
        told = headers(all_may(wire), if_match='"9999"') | {"Content-Type": "application/json"}
        for route in commands:
            for name, schema in route.fields().items():
                for text in (r"\ud800", r"\u0000", "x" * 8001):
                    if route.is_free_text(schema):
                        body = json.dumps({**route.example(), name: "TEXT"})
                        request = {"headers": told, "content": body.replace("TEXT", text)}
                        give(wire, route, Sent(f"{name}: {text[:8]}", (422,), request))

    def test_then_a_huge_body_is_not_even_read(
        self, wire: Wire, commands: tuple[Route, ...]
    ) -> None:
        told = headers(all_may(wire)) | {"Content-Type": "application/json"}
        for route in commands:
            announced = json.dumps({"text": "x" * LARGE}).encode()
            give(wire, route, Sent("huge", (413,), {"headers": told, "content": announced}))
            pieces = (b"x" * 50_000 for _ in range(LARGE // 50_000))
            give(wire, route, Sent("endless", (413,), {"headers": told, "content": pieces}))

    def test_then_another_content_type_is_refused(
        self, wire: Wire, commands: tuple[Route, ...]
    ) -> None:
        token = all_may(wire)
        for route in commands:
            body = json.dumps(route.example() or {}).encode()
            for media in ("text/plain", "application/xml", "multipart/form-data", ""):
                told = headers(token) | {"Content-Type": media}
                request = {"headers": told, "content": body}
                give(wire, route, Sent(f"content type {media!r}", (415,), request))


def wrong_bodies(route: Route) -> Iterator[tuple[str, Any]]:
    """Yield what is wrong and a body that is wrong in just that."""
    good = route.example()
    yield "an unknown field", {**(good or {}), "unexpected": 1}
    if good is None:
        yield "a list where nothing is expected", [1]
        return
    for shape in ([], "text", 7, True, None, [good]):
        yield f"a body that is {shape!r}"[:60], shape
    for name in route.required():
        yield f"no {name}", {key: value for key, value in good.items() if key != name}
    for name in route.fields():
        yield f"an object for {name}", {**good, name: {"$oops": [True]}}


class TestGivenAnExistingThingWhenACommandDoesNotKnowIt:
    def test_then_its_version_must_be_named(self, wire: Wire, commands: tuple[Route, ...]) -> None:
        token = all_may(wire)
        for route in changing(commands):
            request = {"headers": headers(token), "json": route.example()}
            give(wire, route, Sent("no If-Match", (428,), request))

    def test_then_a_stale_version_is_refused(self, wire: Wire, commands: tuple[Route, ...]) -> None:
        token = all_may(wire)
        for route in changing(commands):
            request = {"headers": headers(token, if_match='"9999"'), "json": route.example()}
            give(wire, route, Sent("stale If-Match", (412,), request))

    def test_then_what_is_no_version_is_refused(
        self, wire: Wire, commands: tuple[Route, ...]
    ) -> None:
        token = all_may(wire)
        for route in changing(commands):
            for tag in ("*", 'W/"1"', "1", '"0"', '"one"', '"1", "2"', ""):
                request = {"headers": headers(token, if_match=tag), "json": route.example()}
                give(wire, route, Sent(f"If-Match {tag}", (422,), request))

    def test_then_a_thing_that_does_not_exist_is_not_made(
        self, wire: Wire, commands: tuple[Route, ...]
    ) -> None:
        token = all_may(wire)
        for route in changing(commands):
            request = {"headers": headers(token, if_match='"1"'), "json": route.example()}
            give(wire, route, Sent("unknown number", (404,), request), route.path(UNKNOWN))

    def test_then_a_number_that_cannot_be_one_is_refused(
        self, wire: Wire, commands: tuple[Route, ...]
    ) -> None:
        token = all_may(wire)
        for route in commands:
            for number in MALFORMED if route.placeholders else ():
                path = route.path(dict.fromkeys(KNOWN, number))
                request = {"headers": headers(token, if_match='"1"'), "json": route.example()}
                give(wire, route, Sent(f"number {number}", (404, 422), request), path)


def changing(commands: tuple[Route, ...]) -> list[Route]:
    """Return the commands on things that exist and have a version."""
    return [one for one in commands if not one.makes_new and not one.is_operation]


class TestGivenAQuestionWhenItIsWrong:
    def test_then_nobody_unknown_is_answered(
        self, wire: Wire, questions: tuple[Route, ...], tmp_path: Path
    ) -> None:
        for route in questions:
            for token in ("", *false_tokens(wire, tmp_path).values()):
                require_problem(ask(wire, route, token), 401)
            require_problem(ask(wire, route, wire.token()), 403)

    def test_then_parameters_are_taken_literally(
        self, wire: Wire, questions: tuple[Route, ...]
    ) -> None:
        token = all_may(wire)
        for route in questions:
            require_problem(ask(wire, route, token, {"no_such_filter": "1"}), 422)
            for parameter in route.query:
                for value in wrong_values(parameter):
                    answer = ask(wire, route, token, {parameter["name"]: value})
                    require_problem(answer, 422)

    def test_then_no_text_is_too_strange(self, wire: Wire, questions: tuple[Route, ...]) -> None:
        token = all_may(wire)
        for route in questions:
            for parameter in route.query:
                for value in ("\0", "\ud800".encode("utf-8", "surrogatepass"), "'; --", "💥" * 99):
                    answer = ask(wire, route, token, {parameter["name"]: value})
                    if answer.status_code != 200:
                        require_problem(answer, 404, 422)

    def test_then_a_number_that_cannot_be_one_is_not_found(
        self, wire: Wire, questions: tuple[Route, ...]
    ) -> None:
        told = headers(all_may(wire), key=None)
        for route in questions:
            for number in (*MALFORMED, "NO-SUCH-1") if route.placeholders else ():
                path = route.path(dict.fromkeys(KNOWN, number))
                answer = wire.send(route.service, "GET", path, headers=told)
                require_problem(answer, 404, 422)

    def test_then_a_cursor_of_another_list_is_refused(
        self, wire: Wire, questions: tuple[Route, ...]
    ) -> None:
        token = all_may(wire)
        cursors = ("!!!", "bm90LWpzb24", "W10", "WzEsMiwzLDRd", "bnVsbA", "W3t9XQ", "x" * 601)
        for route in questions:
            for parameter in route.query:
                if parameter["name"] == "after" and not is_integer(parameter["schema"]):
                    for cursor in cursors:
                        require_problem(ask(wire, route, token, {"after": cursor}), 422)

    def test_then_waiting_for_what_never_comes_has_an_end(
        self, wire: Wire, questions: tuple[Route, ...]
    ) -> None:
        [route] = [one for one in questions if one.name == "supervision GET /v1/problems"]
        answer = ask(wire, route, all_may(wire), {"min_position": str(2**62)})
        assert require_problem(answer, 503)["code"] == "not-yet-projected"

    def test_then_paths_and_methods_that_are_not_there_are_told_so(self, wire: Wire) -> None:
        for service in wire.stack.map.services:
            require_problem(wire.send(service, "GET", "/v1/nothing/here"), 404)
            require_problem(wire.send(service, "DELETE", "/v1/events"), 405)
            require_problem(wire.send(service, "POST", "/v1/heads", json={}), 405)

    def test_then_every_type_of_problem_has_a_page(self, wire: Wire) -> None:
        for service in wire.stack.map.services:
            told = require_problem(wire.send(service, "GET", "/v1/events"), 401)
            page = wire.send(service, "GET", told["type"])
            assert page.status_code == 200
            assert told["code"] in page.text


def ask(
    wire: Wire, route: Route, token: str, query: dict[str, Any] | None = None
) -> httpx.Response:
    known = {one["name"]: good_value(one) for one in route.query if one.get("required")}
    told = headers(token, key=None)
    path = route.path(KNOWN)
    return wire.send(route.service, "GET", path, headers=told, params={**known, **(query or {})})


def good_value(parameter: Schema) -> str:
    return "2026-03-02" if parameter["name"] != "parameter" else "task_deadline"


def wrong_values(parameter: Schema) -> tuple[str, ...]:
    """Return values that this parameter cannot have, by what its description says."""
    schema = parameter["schema"]
    options = schema.get("anyOf", [schema])
    kinds = {option.get("type") for option in options} - {"null"}
    if "enum" in str(options):
        return ("NO-SUCH-WORD", "")
    if is_integer(schema) or kinds == {"number"}:
        return ("-1", "many", "1e999", str(2**70), "", "0x10")
    if kinds == {"boolean"}:
        return ("perhaps", "", "2")
    if any(option.get("format") in ("date", "date-time") for option in options):
        return ("yesterday", "2026-02-30", "", "9" * 30)
    return ()


def is_integer(schema: Schema) -> bool:
    return any(option.get("type") == "integer" for option in schema.get("anyOf", [schema]))
