"""What the OpenAPI description says of every route, beyond what FastAPI finds out by itself.

The schema of a problem, the headers of a command and of its answer, and links: what may follow from
an answer, on which thing, with which version, and not before which position.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.http.etags import ETAG_PATTERN
from shared.http.paging import POSITION_HEADER
from shared.http.problems import Problem

KEY_PATTERN = r"^[\x20-\x7e]{8,120}$"
"""An Idempotency-Key: 8 to 120 printable ASCII characters."""

Document = dict[str, Any]

_HEADERS: Mapping[str, Document] = {
    "idempotency-key": {"required": True, "schema": {"type": "string", "pattern": KEY_PATTERN}},
    "if-match": {"schema": {"type": "string", "pattern": ETAG_PATTERN}},
}
_ANSWERED: Mapping[str, Document] = {
    POSITION_HEADER: {
        "description": "where it stands in the log; as `min_position` of a question, the answer "
        "to that question knows of it",
        "schema": {"type": "integer", "minimum": 0},
    },
    "ETag": {
        "description": "the version of the thing after it",
        "schema": {"type": "string", "pattern": ETAG_PATTERN},
    },
}


def complete(document: Document) -> Document:
    """Add to the description what holds for all routes, in place, and return it."""
    _add_problem(document)
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            parameter.update(_HEADERS.get(parameter["name"], {}))
        if _takes(operation, "idempotency-key"):
            _add_answered(operation)
    _add_links(document)
    return document


def _add_problem(document: Document) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas["Problem"] = schema


def _add_answered(operation: Document) -> None:
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            answer["headers"] = dict(_ANSWERED)


def _operations(document: Document) -> Iterator[Document]:
    for methods in document["paths"].values():
        yield from methods.values()


def _add_links(document: Document) -> None:
    """Link a question about one thing, and what makes one, to all that may be done with it."""
    paths = document["paths"]
    for path, methods in paths.items():
        thing, brace, name = path.rpartition("/{")
        if not brace or "{" in thing or "get" not in methods:
            continue
        number = name.removesuffix("}")
        following = [
            operation
            for other in sorted(paths)
            if other == path or other.startswith(f"{path}/")
            for operation in paths[other].values()
            if _needs(operation) == {number}
        ]
        _link(methods["get"], "200", f"$request.path.{number}", number, following)
        making = paths.get(thing, {}).get("post", {})
        if number in _fields(making, document):
            _link(making, "201", f"$request.body#/{number}", number, following)


def _link(
    operation: Document, status: str, source: str, number: str, following: list[Document]
) -> None:
    if status not in operation["responses"]:
        return
    is_made = status == "201"
    links = {one["operationId"]: _to(one, number, source, is_made=is_made) for one in following}
    links.pop(operation["operationId"], None)
    if links:
        operation["responses"][status]["links"] = links


def _to(operation: Document, number: str, source: str, *, is_made: bool) -> Document:
    named = {f"path.{number}": source}
    if _takes(operation, "if-match"):
        named["header.if-match"] = "$response.header.etag"
    if is_made and _takes(operation, "min_position"):
        named["query.min_position"] = f"$response.header.{POSITION_HEADER}"
    return {"operationId": operation["operationId"], "parameters": named}


def _takes(operation: Document, name: str) -> bool:
    return any(one["name"] == name for one in operation.get("parameters", ()))


def _needs(operation: Document) -> set[str]:
    return {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}


def _fields(operation: Document, document: Document) -> Mapping[str, Any]:
    """Return the fields of the body that an operation takes."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    named = schema.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = (
        document["components"]["schemas"].get(named, {}).get("properties", {})
    )
    return found
