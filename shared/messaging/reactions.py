"""Reactions: when an event of some service has happened, then a use case of this service."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from shared.contracts.base import Event
from shared.eventstore.record import RecordedEvent
from shared.eventstore.unit_of_work import UnitOfWork

Reaction = Callable[[Any, UnitOfWork, RecordedEvent], None]
Sentence = TypeVar("Sentence", bound=Reaction)


class Reactions:
    """The consuming side of a service: which sentences follow from which events."""

    def __init__(self) -> None:
        self._by_type: dict[str, list[Reaction]] = {}

    def when(self, *event_classes: type[Event]) -> Callable[[Sentence], Sentence]:
        """Register a reaction to these events.

        It is called as `sentence(application, uow, recorded)`, saves into the unit of work and
        never commits: all reactions to one event commit together.
        """

        def registered(sentence: Sentence) -> Sentence:
            for event_class in event_classes:
                self._by_type.setdefault(event_class.TYPE, []).append(sentence)
            return sentence

        return registered

    def to(self, event_type: str) -> Sequence[Reaction]:
        """Return the reactions to events of this stored type, in the order of registration."""
        return self._by_type.get(event_type, ())

    @property
    def sources(self) -> set[str]:
        """The services whose events are followed."""
        return {event_type.partition(".")[0] for event_type in self._by_type}


def sentence_of(reactions: Sequence[Reaction]) -> str:
    """Return the name under which these reactions to one event act."""
    return "+".join(str(getattr(reaction, "__name__", "reaction")) for reaction in reactions)
