"""Persons: pseudonyms only. Their names are in the vault, never in an event (requirements 3.5)."""

from shared.contracts.directory import PersonNameErased, PersonRegistered
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import RefusedError


class NameErasedError(RefusedError):
    code = "name-erased"
    title = "The name is erased already"


class Person(Aggregate):
    """A person, known by a pseudonym that stays the same for ever."""

    KIND = "person"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.is_name_erased = False

    def register(self) -> None:
        """Become known."""
        self.record(PersonRegistered(person_ref=self.key))

    def erase_name(self) -> None:
        """Have the name erased for good. Raises NameErasedError."""
        if self.is_name_erased:
            raise NameErasedError("there is no name any more", person_ref=self.key)
        self.record(PersonNameErased(person_ref=self.key))

    @applies(PersonRegistered)
    def _registered(self, event: PersonRegistered) -> None:
        """There is nothing to remember: the stream's key is the pseudonym."""

    @applies(PersonNameErased)
    def _name_erased(self, event: PersonNameErased) -> None:
        self.is_name_erased = True
