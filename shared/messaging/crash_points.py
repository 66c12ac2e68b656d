"""Places where a test may end the process, to prove that nothing is lost or done twice."""

from collections.abc import Callable

CrashPoint = Callable[[str], None]
"""Called with the name of the step that has just been done."""


def no_crash(step: str) -> None:
    """Go on: what production does at every step."""
