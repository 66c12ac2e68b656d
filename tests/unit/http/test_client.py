"""The client: bounded tries, the service's own errors, the trace and the token passed on."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.http.client import ApiClient
from shared.http.problems import problem_from
from shared.kernel import errors
from shared.kernel.errors import DubanError, GuardFailedError, RefusedError, UnavailableError
from shared.telemetry.setup import setup, shutdown

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    setup("test", "", SimpleSpanProcessor(exporter))
    yield exporter
    shutdown()


class Server:
    """Answers as it is told and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, token: str = "t-1") -> ApiClient:  # noqa: S107  a test's token
        return ApiClient(
            "http://feedback:8080",
            token,
            transport=httpx.MockTransport(self),
            sleep=self.pauses.append,
        )


REFUSED = httpx.ConnectError("refused")


class TestGet:
    def test_passes_on_the_token_the_query_and_the_trace(self, spans: InMemorySpanExporter) -> None:
        server = Server(httpx.Response(200, json={"a": 1}))

        assert server.client().get("/v1/things", {"state": "P4", "unit": None}) == {"a": 1}

        [asked], [span] = server.asked, spans.get_finished_spans()
        assert span.context is not None
        assert asked.url.query == b"state=P4"
        assert asked.headers["Authorization"] == "Bearer t-1"
        assert asked.headers["traceparent"].split("-")[2] == f"{span.context.span_id:016x}"

    def test_tries_again_when_no_connection_could_be_made(self) -> None:
        server = Server(REFUSED, httpx.ConnectTimeout("slow"), httpx.Response(200, json=7))

        assert server.client().get("/v1/things") == 7
        assert len(server.pauses) == 2

    def test_gives_up_after_a_few_tries(self) -> None:
        server = Server(REFUSED, REFUSED, REFUSED)

        with pytest.raises(UnavailableError, match="feedback does not answer"):
            server.client().get("/v1/things")
        assert len(server.asked) == 3

    def test_does_not_ask_twice_when_the_answer_is_late(self) -> None:
        server = Server(httpx.ReadTimeout("late"))

        with pytest.raises(UnavailableError):
            server.client().get("/v1/things")


class TestPost:
    def test_sends_the_key_and_the_version(self) -> None:
        server = Server(httpx.Response(200, json={"version": 4}))

        server.client().post("/v1/things/1/close", {"a": 1}, key="key-00001", if_match=3)

        [asked] = server.asked
        assert asked.headers["Idempotency-Key"] == "key-00001"
        assert asked.headers["If-Match"] == '"3"'
        assert asked.content == b'{"a":1}'

    def test_is_never_sent_twice(self) -> None:
        server = Server(REFUSED)

        with pytest.raises(UnavailableError):
            server.client().post("/v1/things", key="key-00001")
        assert len(server.asked) == 1


class TestErrors:
    @pytest.mark.parametrize(
        "error",
        [
            errors.NotFoundError("no such", unit="o-1"),
            errors.StaleVersionError("stale", version=3),
            errors.CommandInProgressError("busy"),
            errors.ForbiddenError("no"),
            errors.IdempotencyKeyReusedError("again"),
            GuardFailedError("G06", "not signed", problem="P7"),
        ],
    )
    def test_are_those_the_service_raised(self, error: DubanError) -> None:
        told = problem_from(error)
        server = Server(httpx.Response(told.status_code, content=bytes(told.body)))

        with pytest.raises(type(error)) as caught:
            server.client().get("/v1/things")

        assert type(caught.value) is type(error)
        assert (caught.value.detail, caught.value.ids) == (error.detail, error.ids)

    @pytest.mark.parametrize(
        ("status", "expected"), [(502, UnavailableError), (404, errors.NotFoundError)]
    )
    def test_are_the_plainest_ones_without_a_problem(
        self, status: int, expected: type[DubanError]
    ) -> None:
        server = Server(httpx.Response(status, text="<html>"))

        with pytest.raises(expected):
            server.client().get("/v1/things")

    def test_of_another_services_own_are_refusals(self) -> None:
        server = Server(httpx.Response(409, json={"code": "lapsed", "detail": "lapsed"}))

        with pytest.raises(RefusedError):
            server.client().get("/v1/things")
