"""The stored event is the contract: what was stored once is readable for ever."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.contracts.base import Event
from shared.eventstore.record import parse
from tests.contracts.make_corpus import (
    CORPUS,
    declared_events,
    published_schema,
    sample_path,
    schema_path,
)

EVENTS = declared_events()
SAMPLES = sorted(CORPUS.glob("*.json"))


def kebab(name: str) -> str:
    return "".join("-" + c.lower() if c.isupper() else c for c in name).lstrip("-")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.req("R340")
def test_every_stored_sample_decodes(path: Path) -> None:
    recorded = parse(path.read_bytes())
    assert path.stem == f"{recorded.record.type}.v{recorded.record.schema_}"


@pytest.mark.parametrize("event_class", EVENTS, ids=lambda found: found.TYPE)
class TestEveryEvent:
    def test_has_a_stored_sample_of_every_schema_version(self, event_class: type[Event]) -> None:
        versions = range(1, event_class.SCHEMA + 1)
        assert [v for v in versions if not sample_path(event_class, v).exists()] == []

    def test_has_its_present_schema_published(self, event_class: type[Event]) -> None:
        published = schema_path(event_class).read_text(encoding="utf-8")
        assert published == published_schema(event_class), "run: make contracts"

    def test_is_stored_under_its_own_name_by_its_own_service(
        self, event_class: type[Event]
    ) -> None:
        service = event_class.__module__.rsplit(".", 1)[1]
        assert f"{service}.{kebab(event_class.__name__)}" == event_class.TYPE

    def test_says_in_its_docstring_what_happened(self, event_class: type[Event]) -> None:
        assert (event_class.__doc__ or "").strip()


MOVE_AND_DECODE = """
import importlib, pathlib, sys
from shared.contracts import registry
from shared.contracts.base import Event
from shared.eventstore.record import parse
from tests.contracts.make_corpus import declared_events

for found in declared_events():
    class Moved(found, type=found.TYPE + "-moved", schema=found.SCHEMA):
        pass
    Moved.__qualname__ = Moved.__name__ = found.__name__ + "Elsewhere"
    Moved.__module__ = "another.module"
    Moved.TYPE = found.TYPE
    registry._classes[found.TYPE] = Moved
for path in map(pathlib.Path, sys.argv[1:]):
    assert type(parse(path.read_bytes()).event).__module__ == "another.module"
"""


def test_moving_and_renaming_every_class_leaves_all_samples_decodable() -> None:
    names = [str(path) for path in SAMPLES]
    moved = subprocess.run(
        [sys.executable, "-c", MOVE_AND_DECODE, *names], capture_output=True, text=True, check=False
    )
    assert moved.returncode == 0, moved.stderr
