"""Legal bases: editions with validity, and the measures that each severity allows (R002, R263)."""

from datetime import date
from typing import Any

from services.directory.domain.timeline import Timeline
from shared.contracts.directory import LegalBasisRegistered, LegalBasisView
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import InvalidValueError, NotFoundError, RefusedError


class EditionKnownError(RefusedError):
    code = "edition-known"
    title = "The edition is known already"


class LegalBasis(Aggregate):
    """One legal basis (法规依据) through its editions: on any date at most one is in force."""

    KIND = "legal-basis"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.editions: Timeline[date, LegalBasisRegistered] = Timeline()

    def register(self, **facts: Any) -> None:
        """Add an edition, which replaces the one before from its first day on.

        Raises BackdatedError, EditionKnownError, InvalidValueError (dates, repeated severity).
        """
        edition = LegalBasisRegistered(basis=self.key, **facts)
        if edition.valid_until is not None and edition.valid_until < edition.valid_from:
            raise InvalidValueError("an edition ends before it begins", basis=self.key)
        if any(known.edition == edition.edition for _, known in self.editions.entries):
            raise EditionKnownError("editions have different names", basis=self.key)
        _require_severities_once(edition)
        self.editions.require_after_last(edition.valid_from)
        self.record(edition)

    def in_force(self, on: date) -> LegalBasisView:
        """Return the edition in force on this date (G28); raises NotFoundError."""
        found = self.editions.at(on)
        if found is None or (found.valid_until is not None and on > found.valid_until):
            raise NotFoundError("no edition is in force on that date", basis=self.key)
        return LegalBasisView(basis=self.key, edition=found.edition, bands=found.bands)

    @applies(LegalBasisRegistered)
    def _registered(self, event: LegalBasisRegistered) -> None:
        self.editions.take(event.valid_from, event)


def _require_severities_once(edition: LegalBasisRegistered) -> None:
    severities = [band.severity for band in edition.bands]
    if len(severities) != len(set(severities)):
        raise InvalidValueError("a severity has two bands", basis=edition.basis)
