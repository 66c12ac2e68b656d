"""Values that replace one another, each from its own start on."""

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from shared.kernel.errors import RefusedError

Start = TypeVar("Start", bound=Any)
Value = TypeVar("Value")


class BackdatedError(RefusedError):
    """A change starts no later than the last known one: history would be rewritten."""

    code = "backdated"
    title = "The change starts before the last known one"


@dataclass
class Timeline(Generic[Start, Value]):
    """At any moment at most one value holds: the one that started last."""

    entries: list[tuple[Start, Value]] = field(default_factory=list)

    def at(self, moment: Start) -> Value | None:
        """Return the value that holds at this moment, None before the first."""
        held = [value for start, value in self.entries if start <= moment]
        return held[-1] if held else None

    def until(self, moment: Start) -> list[Value]:
        """Return the values that started up to this moment, oldest first."""
        return [value for start, value in self.entries if start <= moment]

    @property
    def latest(self) -> Value | None:
        return self.entries[-1][1] if self.entries else None

    def require_after_last(self, start: Start) -> None:
        """Raises BackdatedError unless `start` lies after every start that is known."""
        if self.entries and start <= self.entries[-1][0]:
            raise BackdatedError(f"a change from {self.entries[-1][0].isoformat()} is known")

    def take(self, start: Start, value: Value) -> None:
        self.entries.append((start, value))
