"""Writes the stored-sample corpus and the published JSON Schemas beside the contracts.

`python -m tests.contracts.make_corpus` adds what is missing and never rewrites a stored sample:
a sample is a promise that records like it decode for ever. Schemas follow the present classes.
"""

import importlib
import json
import pkgutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import shared.contracts
from shared.contracts.base import Event
from shared.contracts.registry import event_classes
from shared.eventstore.record import compose
from shared.kernel.actor import Actor, Role
from shared.kernel.context import Context

CONTRACTS = Path(shared.contracts.__file__).parent
CORPUS = CONTRACTS / "corpus"
SCHEMAS = CONTRACTS / "schemas"
STRINGS_BY_FORMAT = {"date": "2026-01-05", "date-time": "2026-01-05T01:30:00.000000Z"}
STRINGS_BY_PATTERN = {"^[0-9a-f]{64}$": "ab" * 32, "^[A-Za-z0-9+/]{43}=$": "q" * 43 + "="}
OFFICE = Context(
    tenant="city:yunlan",
    actor=Actor(person_ref="p-sample", org="sample-org", role=Role.OFF),
    command="RecordSample/1",
    time=datetime(2026, 1, 5, 1, 30, tzinfo=UTC),
    correlation="YL-T1R1-U01-001",
    policy="sample-1",
)


def declared_events() -> list[type[Event]]:
    """Return every event class of every contract module, ordered by stored name."""
    for module in pkgutil.iter_modules([str(CONTRACTS)]):
        importlib.import_module(f"shared.contracts.{module.name}")
    return [found for found in event_classes() if found.__module__.startswith("shared.contracts.")]


def sample(event_class: type[Event]) -> Event:
    """Return an invented event of this class with every optional fact present."""
    schema = event_class.model_json_schema(mode="validation")
    return event_class.model_validate(_value(schema, schema.get("$defs", {}), "event"))


def _value(schema: dict[str, Any], known: dict[str, Any], name: str) -> Any:
    if "$ref" in schema:
        return _value(known[schema["$ref"].rsplit("/", 1)[1]], known, name)
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], known, name)
    match schema.get("type"):
        case "object":
            return _object(schema, known)
        case "array":
            return [_value(schema["items"], known, name)]
        case "integer":
            return max(schema.get("minimum", 1), 1)
        case "boolean":
            return True
        case _:
            return _string(schema, name)


def _object(schema: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    if "properties" not in schema:
        return {"sample_parameter": _value(schema["additionalProperties"], known, "parameter")}
    return {name: _value(inner, known, name) for name, inner in schema["properties"].items()}


def _string(schema: dict[str, Any], name: str) -> str:
    if "enum" in schema:
        return str(schema["enum"][0])
    if schema.get("format") in STRINGS_BY_FORMAT:
        return STRINGS_BY_FORMAT[schema["format"]]
    if "pattern" in schema:
        return STRINGS_BY_PATTERN.get(schema["pattern"], f"sample-{name}")
    return "样例文字"


def stored_sample(event_class: type[Event]) -> bytes:
    """Return a record as it would be stored."""
    service = event_class.TYPE.split(".")[0]
    return compose(service, "sample/1", 1, "", sample(event_class), OFFICE).raw


def sample_path(event_class: type[Event], schema: int | None = None) -> Path:
    return CORPUS / f"{event_class.TYPE}.v{schema or event_class.SCHEMA}.json"


def schema_path(event_class: type[Event]) -> Path:
    return SCHEMAS / f"{event_class.TYPE}.v{event_class.SCHEMA}.json"


def published_schema(event_class: type[Event]) -> str:
    """Return the JSON Schema of the facts, as published."""
    schema = event_class.model_json_schema(mode="serialization")
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def main() -> None:
    CORPUS.mkdir(exist_ok=True)
    SCHEMAS.mkdir(exist_ok=True)
    for event_class in declared_events():
        if not sample_path(event_class).exists():
            sample_path(event_class).write_bytes(stored_sample(event_class))
        schema_path(event_class).write_text(published_schema(event_class), encoding="utf-8")


if __name__ == "__main__":
    main()
