"""The generated pages of the events are as the contracts are."""

import json
import subprocess
import sys

from docs.generate import API, DOCS


def printed(expression: str) -> str:
    """Return what a process prints that knows no events of tests."""
    code = f"import json; from docs.generate import *; print({expression}, end='')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ended.stdout


def test_the_reference_of_events_is_as_the_contracts_are() -> None:
    written = (DOCS / "events.md").read_text(encoding="utf-8")
    assert written == printed("events_page()"), "run: make docs"


def test_the_description_of_the_feeds_is_as_the_contracts_are() -> None:
    written = json.loads((API / "events.asyncapi.json").read_text(encoding="utf-8"))
    assert written == json.loads(printed("json.dumps(events_document())")), "run: make docs"
