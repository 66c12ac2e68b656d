import pytest

from tests.unit.rectification.story import Story


@pytest.fixture
def story() -> Story:
    """Return an empty book: nothing was issued yet."""
    return Story()
