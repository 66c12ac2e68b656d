"""Aggregates: decide outside, apply inside.

A public method checks the rules and may refuse, then calls `record`. An applier, marked with
`applies`, only assigns: it runs again at every load.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Self, TypeVar

from shared.contracts.base import Event

Applier = TypeVar("Applier", bound=Callable[[Any, Any], None])


def applies(*event_classes: type[Event]) -> Callable[[Applier], Applier]:
    """Mark a method as the applier of these events."""

    def marked(method: Applier) -> Applier:
        method._applies = event_classes  # type: ignore[attr-defined]  # read by Aggregate
        return method

    return marked


class Aggregate:
    """One consistent thing with its own stream, rebuilt from its events.

    `KIND` is the first part of the stream id: the stream of problem P7 is `problem/P7`.
    """

    KIND: ClassVar[str]
    _appliers: ClassVar[dict[type[Event], str]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        found = dict(cls._appliers)
        for name, member in vars(cls).items():
            for event_class in getattr(member, "_applies", ()):
                found[event_class] = name
        cls._appliers = found

    def __init__(self, key: str) -> None:
        self.key = key
        self.version = 0
        self.head = ""
        self.pending: list[Event] = []

    @classmethod
    def stream_of(cls, key: str) -> str:
        """Return the stream id of the aggregate with this number or code."""
        return f"{cls.KIND}/{key}"

    @property
    def stream(self) -> str:
        return self.stream_of(self.key)

    @property
    def exists(self) -> bool:
        """Whether anything has ever been recorded of it."""
        return self.version > 0 or bool(self.pending)

    def record(self, event: Event) -> None:
        """Take a decided event into the state; it is stored when the unit of work commits."""
        self._apply(event)
        self.pending.append(event)

    def replayed(self, event: Event, version: int, digest: str = "") -> Self:
        """Take a stored event into the state; `digest` is its record's, needed of the last one."""
        self._apply(event)
        self.version, self.head = version, digest
        return self

    def _apply(self, event: Event) -> None:
        getattr(self, self._appliers[type(event)])(event)
