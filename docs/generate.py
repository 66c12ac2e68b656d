"""Writes the generated pages: `make docs`.

docs/requirements.md from the tests' marks, docs/events.md and docs/api/events.asyncapi.json from
the contracts, docs/api/<service>.openapi.json from the running services.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from shared.cli.documents import LOG, events_document, publishing_services
from shared.contracts.base import Event
from shared.contracts.registry import event_classes
from shared.embedded.stack import Stack
from tests import requirements_page

DOCS = Path(__file__).parent
API = DOCS / "api"


def main() -> None:
    """Write every generated page."""
    API.mkdir(exist_ok=True)
    _write_json(API / "events.asyncapi.json", events_document())
    (DOCS / "events.md").write_text(events_page(), encoding="utf-8")
    requirements_page.PAGE.write_text(requirements_page.page(), encoding="utf-8")
    for service, document in _described():
        _write_json(API / f"{service}.openapi.json", document)


def events_page() -> str:
    """Return the reference of all events: stored name, meaning, facts."""
    parts = [_HEAD]
    for service in publishing_services():
        parts.append(f"## {service}\n\nTopic `{service}.events`.\n")
        parts += [_section(found) for found in event_classes(service)]
    parts.append("## log\n\nAbout a log itself: in the log, and on the topic, of each service.\n")
    parts += [_section(found) for found in event_classes(LOG)]
    return "\n".join(parts)


_HEAD = """# Events

Made by `make docs` from `shared/contracts`; do not edit.

Every event is stored, published, hashed and exported as one record, one byte string of canonical
JSON (RFC 8785; integers only; at most 65,535 bytes):

| field | meaning |
|---|---|
| `f` | format, `duban/1` |
| `tenant` | the inspecting committee whose case it is |
| `service`, `stream`, `version` | who owns it, which thing, its version 1, 2, 3 … |
| `prev` | SHA-256 of the previous record of this stream, empty for the first |
| `id` | follows from service, stream and version: the same event always has the same id |
| `type`, `schema` | stored name and schema version of the facts |
| `time` | when it was recorded, always as `2026-03-02T09:30:00.000000Z`; not when it happened |
| `actor` | `person_ref` (a pseudonym), `org`, `role`, `via` |
| `command`, `correlation` | the command; the problem, case or lead number |
| `causation`, `trace` | id of the causing event; W3C traceparent |
| `class` | C0 public … C5 sealed |
| `policy` | edition of the policy parameters that were consulted |
| `data` | the facts, below |

On Kafka the key is the stream, the value the record; headers are CloudEvents 1.0 (`ce_id`,
`ce_type`, `ce_source`, `ce_subject`, `ce_time`, …) with `position` and `traceparent`. A stream is
in order; positions rise and may have holes.
"""


def _section(found: type[Event]) -> str:
    facts = ", ".join(
        f"`{name}`" if field.is_required() else f"`{name}`?"
        for name, field in found.model_fields.items()
    )
    meaning = " ".join((found.__doc__ or "").split())
    return f"### {found.TYPE}\n\n{meaning}\n\nSchema {found.SCHEMA}, class {found.CLASS}. {facts}\n"


def _described() -> Iterator[tuple[str, Any]]:
    data = tempfile.TemporaryDirectory(prefix="duban-docs-", ignore_cleanup_errors=True)
    with data as directory, Stack(Path(directory)) as stack:
        for service, url in stack.map.services.items():
            yield service, httpx.get(f"{url}/openapi.json").raise_for_status().json()


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
