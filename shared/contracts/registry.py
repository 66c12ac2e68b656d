"""Finds the class of a stored event by its declared type and schema version."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from shared.kernel.errors import NewerSchemaError, UnknownEventError

if TYPE_CHECKING:
    from shared.contracts.base import Event

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

_classes: dict[str, type["Event"]] = {}
_upcasters: dict[tuple[str, int], Upcaster] = {}


def register(event_class: type["Event"]) -> None:
    """Make the class known under its stored name. Two classes may not share one name."""
    known = _classes.get(event_class.TYPE)
    if known is not None and known.__qualname__ != event_class.__qualname__:
        raise ValueError(f"{event_class.TYPE} is declared twice")
    _classes[event_class.TYPE] = event_class


def upcaster(event_type: str, schema: int) -> Callable[[Upcaster], Upcaster]:
    """Register how data of `schema` becomes data of `schema + 1` (pure, adds nothing unknown)."""

    def registered(function: Upcaster) -> Upcaster:
        _upcasters[event_type, schema] = function
        return function

    return registered


def event_class(event_type: str) -> type["Event"]:
    """Return the class with this stored name; raises UnknownEventError."""
    try:
        return _classes[event_type]
    except KeyError:
        raise UnknownEventError(f"no event is declared as {event_type}") from None


def event_classes(service: str = "") -> Iterator[type["Event"]]:
    """Yield every declared event class (of one publishing service), ordered by stored name."""
    for event_type in sorted(_classes):
        if not service or event_type.startswith(f"{service}."):
            yield _classes[event_type]


def decode(event_type: str, schema: int, data: dict[str, Any]) -> "Event":
    """Return the event that these stored facts tell, brought up to the present schema.

    Raises UnknownEventError, and NewerSchemaError when a newer Duban wrote them: reading on
    would silently drop what this version does not know.
    """
    found = event_class(event_type)
    if schema > found.SCHEMA:
        raise NewerSchemaError(f"{event_type} has schema {schema}, known is {found.SCHEMA}")
    for step in range(schema, found.SCHEMA):
        try:
            data = _upcasters[event_type, step](data)
        except KeyError:
            raise UnknownEventError(f"{event_type} has no upcaster from schema {step}") from None
    return found.model_validate(data)
