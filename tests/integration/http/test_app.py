"""What every service offers besides its own: documents, health, metrics, headers, pages."""

import httpx

from shared.http.app import create_operations_app
from tests.integration.http.small_service import served


class TestDocuments:
    def test_describe_the_interface_as_openapi_3_1_with_problems(self, http: httpx.Client) -> None:
        document = http.get("/openapi.json").json()

        register = document["paths"]["/v1/persons"]["post"]
        assert document["openapi"].startswith("3.1")
        assert "Problem" in document["components"]["schemas"]
        assert "application/problem+json" in register["responses"]["4XX"]["content"]
        assert register["security"] == [{"bearer": []}]
        assert {p["name"].lower() for p in register["parameters"]} == {
            "idempotency-key",
            "if-match",
        }
        assert "HTTPValidationError" not in document["components"]["schemas"]
        measured = document["paths"]["/metrics"]["get"]["responses"]["200"]
        assert measured["content"].keys() == {"text/plain"}

    def test_are_read_without_any_other_server(self, http: httpx.Client) -> None:
        page = http.get("/docs")

        assert page.status_code == 200
        assert "https://" not in page.text
        assert http.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]


class TestOperations:
    def test_tell_that_the_process_lives_and_is_ready(self, base_url: str) -> None:
        assert httpx.get(f"{base_url}/health/live").json() == {"status": "live"}
        ready = httpx.get(f"{base_url}/health/ready").json()
        assert ready == {"status": "ready", "parts": {"database": True}}

    def test_are_all_that_a_worker_answers(self) -> None:
        app = create_operations_app("directory", lambda: {"relay": True, "consumer": False})
        with served(app) as url:
            ready = httpx.get(f"{url}/health/ready")
            assert (ready.status_code, ready.json()["code"]) == (503, "not-ready")
            assert ready.json()["parts"] == {"relay": True, "consumer": False}
            assert httpx.get(f"{url}/health/live").status_code == 200
            assert httpx.get(f"{url}/v1/events").status_code == 404

    def test_count_the_requests_by_route(self, http: httpx.Client) -> None:
        http.get("/v1/persons")

        told = http.get("/metrics").text
        assert 'duban_http_requests_total{method="GET",route="/v1/persons"' in told

    def test_add_the_security_headers(self, http: httpx.Client) -> None:
        headers = http.get("/v1/persons").headers

        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")


class TestPages:
    def test_follow_each_other_to_the_end(self, http: httpx.Client) -> None:
        seen, cursor = [], None
        while True:
            page = http.get("/v1/persons", params={"cursor": cursor} if cursor else {}).json()
            seen += page["items"]
            cursor = page["next"]
            if cursor is None:
                break

        assert seen == ["p-1", "p-2", "p-3", "p-4", "p-5"]

    def test_refuse_a_cursor_that_is_not_ours(self, http: httpx.Client) -> None:
        for cursor in ("%%%", "bm9wZQ", "WzFd", "W1tbW1tb"):
            assert http.get("/v1/persons", params={"cursor": cursor}).status_code == 422
