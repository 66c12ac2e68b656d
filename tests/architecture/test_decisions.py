"""The laws of the house are written down, one page each."""

from pathlib import Path

import pytest

ADRS = sorted((Path(__file__).parents[2] / "docs" / "adr").glob("[0-9]*.md"))


def test_there_is_a_decision_for_each_of_the_ten_laws() -> None:
    assert [path.name[:4] for path in ADRS][:10] == [f"{n:04d}" for n in range(1, 11)]


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem)
def test_a_decision_gives_context_decision_and_consequences_on_one_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert all(f"## {part}" in text for part in ("Context", "Decision", "Consequences"))
    assert len(text.splitlines()) <= 60
