"""The OpenAPI description says what a command needs and what may follow from an answer."""

from typing import Any

import pytest

from shared.http.description import complete


def operation(name: str, *parameters: str, status: str = "200", body: str = "") -> dict[str, Any]:
    places = {"idempotency-key": "header", "if-match": "header", "min_position": "query"}
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}}
    return {
        "operationId": name,
        "parameters": [{"name": one, "in": places.get(one, "path")} for one in parameters],
        "responses": {status: {}},
    } | ({"requestBody": {"content": content}} if body else {})


@pytest.fixture
def paths() -> dict[str, Any]:
    lamps = {
        "/v1/lamps": {
            "post": operation("hang_lamp", "idempotency-key", status="201", body="HangLamp")
        },
        "/v1/lamps/{lamp_no}": {"get": operation("show_lamp", "lamp_no", "min_position")},
        "/v1/lamps/{lamp_no}/light": {
            "post": operation("light_lamp", "lamp_no", "idempotency-key", "if-match")
        },
    }
    schemas = {"HangLamp": {"properties": {"lamp_no": {"type": "string"}}}}
    found: dict[str, Any] = complete({"paths": lamps, "components": {"schemas": schemas}})["paths"]
    return found


def test_a_command_needs_a_key_and_takes_a_version(paths: dict[str, Any]) -> None:
    told = {one["name"]: one for one in paths["/v1/lamps/{lamp_no}/light"]["post"]["parameters"]}
    assert told["idempotency-key"]["required"]
    assert "pattern" in told["idempotency-key"]["schema"]
    assert "required" not in told["if-match"]


def test_what_a_command_did_is_told_with_its_version_and_position(paths: dict[str, Any]) -> None:
    lit = paths["/v1/lamps/{lamp_no}/light"]["post"]["responses"]["200"]
    assert lit["headers"].keys() == {"ETag", "Duban-Position"}
    shown = paths["/v1/lamps/{lamp_no}"]["get"]["responses"]["200"]
    assert "headers" not in shown


def test_what_is_made_can_be_asked_for_and_changed(paths: dict[str, Any]) -> None:
    links = paths["/v1/lamps"]["post"]["responses"]["201"]["links"]
    assert links["show_lamp"]["parameters"] == {
        "path.lamp_no": "$request.body#/lamp_no",
        "query.min_position": "$response.header.Duban-Position",
    }
    assert links["light_lamp"]["parameters"] == {
        "path.lamp_no": "$request.body#/lamp_no",
        "header.if-match": "$response.header.etag",
    }


def test_what_is_shown_can_be_changed_in_the_version_shown(paths: dict[str, Any]) -> None:
    links = paths["/v1/lamps/{lamp_no}"]["get"]["responses"]["200"]["links"]
    assert links.keys() == {"light_lamp"}
    assert links["light_lamp"]["parameters"]["header.if-match"] == "$response.header.etag"
