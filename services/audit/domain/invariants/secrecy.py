"""INV-16: what belongs to leads and persons stays out of what the unit may read."""

from collections.abc import Iterator
from typing import Any

from services.audit.domain.invariants.base import Invariant, Violation
from services.audit.domain.known import SEALED, Known

READABLE = ("C0", "C1", "C2")
"""The classes that the unit or the public may read (3.3)."""

SECRET_FACTS = frozenset({SEALED, "lead_no", "origin_lead", "reporter", "dossier", "person_name"})
SECRET_TYPES = ("feedback.lead-", "accountability.")
HARMLESS_TYPES = (
    "accountability.inspected-case-noted",
    "accountability.inspected-problem-noted",  # the numbers of a problem that the unit claimed
    "accountability.naming-circular-issued",  # names whom a decision of its own names (R268)
)


class NothingSecretIsReadable(Invariant):
    """No lead, no sealed value, no reporter, no dossier in the facts of readable events."""

    ID = "INV-16"
    SENTENCE = (
        "No lead content, name of a reporter or personal dossier stands in events that the unit "
        "or the public may read."
    )

    def __init__(self) -> None:
        super().__init__()
        self._readable: list[tuple[Known, set[str]]] = []
        self._leads: set[str] = set()

    def feed(self, one: Known) -> None:
        if one.record["class"] not in READABLE:
            if isinstance(lead_no := one.data.get("lead_no"), str):
                self._leads.add(lead_no)
            return
        self.examine()
        self._readable.append((one, set(_texts(one.data))))
        is_secret = one.type.startswith(SECRET_TYPES) and one.type not in HARMLESS_TYPES
        if is_secret or SECRET_FACTS & set(_names(one.data)):
            self.broken(one.stream, f"{one.type} is readable as {one.record['class']}", one)

    def violations(self) -> list[Violation]:
        named = [
            Violation(self.ID, one.stream, f"{one.type} names a lead", (one.id,))
            for one, texts in self._readable
            if texts & self._leads
        ]
        return [*super().violations(), *named]


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in _inner(value):
        yield from _names(inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in _inner(value):
        yield from _texts(inner)


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
