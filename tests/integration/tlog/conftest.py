"""An archive whose log can be sealed, on a fresh database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.tlog.archive import Archive


@pytest.fixture
def archive(database_url: str, tmp_path: Path) -> Iterator[Archive]:
    founded = Archive.founded(database_url, tmp_path / "keys")
    yield founded
    founded.close()
