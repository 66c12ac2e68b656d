"""Every route of a service as its own OpenAPI description tells it, and a body it would take."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

TEXTS = ("YL-MADE-UP-1", "a" * 64, "2026-03-02", "2026-03-02T09:30:00Z")
FORMATS = {"date": "2026-03-02", "date-time": "2026-03-02T09:30:00Z"}
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    """One route: what it takes, and whether it changes a thing that exists."""

    service: str
    method: str
    template: str
    parameters: tuple[Schema, ...]
    body: Schema | None
    makes_new: bool
    document: Schema

    @property
    def name(self) -> str:
        return f"{self.service} {self.method} {self.template}"

    @property
    def is_operation(self) -> bool:
        """Whether it is for operators and changes no thing with a version."""
        return self.template.startswith("/v1/dead-letters")

    @property
    def placeholders(self) -> tuple[str, ...]:
        return tuple(_PARAMETER.findall(self.template))

    @property
    def query(self) -> tuple[Schema, ...]:
        return tuple(one for one in self.parameters if one["in"] == "query")

    def path(self, values: Mapping[str, str]) -> str:
        return _PARAMETER.sub(lambda found: values[found[1]], self.template)

    def example(self) -> Any:
        """Return a body that the schema accepts, None where the route takes none."""
        return None if self.body is None else example(self.body, self.document)

    def fields(self) -> dict[str, Schema]:
        """Return the fields of the body and what each takes."""
        if self.body is None:
            return {}
        return dict(_resolved(self.body, self.document).get("properties", {}))

    def required(self) -> tuple[str, ...]:
        if self.body is None:
            return ()
        return tuple(_resolved(self.body, self.document).get("required", ()))

    def is_free_text(self, schema: Schema) -> bool:
        """Whether a field takes any text at all."""
        found = _resolved(schema, self.document)
        if found.get("type") != "string" or {"pattern", "enum", "const"} & found.keys():
            return False
        return bool(found.get("format", "password") == "password")


def routes(service: str, document: Schema) -> Iterator[Route]:
    """Yield every route under /v1 of a description."""
    for template, methods in document["paths"].items():
        for method, told in methods.items():
            if template.startswith("/v1/"):
                yield Route(
                    service,
                    method.upper(),
                    template,
                    tuple(told.get("parameters", ())),
                    _body_of(told),
                    "201" in told["responses"],
                    document,
                )


def example(schema: Schema, document: Schema) -> Any:
    """Return a value that this JSON Schema accepts: the least that is required."""
    found = _resolved(schema, document)
    if "enum" in found:
        return found["enum"][0]
    if "const" in found:
        return found["const"]
    if options := found.get("anyOf"):
        return example(options[0], document)
    return _of_type(found, document)


def _of_type(schema: Schema, document: Schema) -> Any:
    match schema.get("type"):
        case "object":
            known = schema.get("properties", {})
            return {name: example(known[name], document) for name in schema.get("required", ())}
        case "array":
            items = schema.get("items", {})
            return [example(items, document) for _ in range(schema.get("minItems", 0))]
        case "string":
            return FORMATS.get(schema.get("format", "")) or _text(schema)
        case "integer":
            return max(int(schema.get("minimum", 1)), 1)
        case "boolean":
            return True
        case kind:
            raise AssertionError(f"no example of {kind}: {schema}")


def _text(schema: Schema) -> str:
    pattern = re.compile(schema.get("pattern", ""))
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    return next(text for text in TEXTS if pattern.search(text) and shortest <= len(text) <= longest)


def _resolved(schema: Schema, document: Schema) -> Schema:
    while reference := schema.get("$ref"):
        schema = document["components"]["schemas"][reference.rsplit("/", 1)[1]]
    return schema


def _body_of(told: Schema) -> Schema | None:
    content = told.get("requestBody", {}).get("content", {})
    found: Schema | None = content.get("application/json", {}).get("schema")
    return found
