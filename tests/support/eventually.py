"""The one way a test waits for something that another process or thread brings about."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(predicate: Callable[[], T], within: float = 10.0) -> T:
    """Return the first true value of `predicate`; fail when there is none `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"did not hold within {within:g} s; the last value was {value!r}")
        time.sleep(0.02)
