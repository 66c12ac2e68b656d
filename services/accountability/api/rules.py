"""What the routes ask the directory before a command: dates and legal bases."""

from datetime import date

from shared.contracts.directory import LegalBasisView
from shared.http.directory import Directory
from shared.kernel.errors import NotFoundError

FIRST_DISPOSAL = "lead_first_disposal_within"


def basis_in_force(directory: Directory, basis: str, on: date) -> LegalBasisView | None:
    """Return the edition in force on that date, None when there is none (G28 then refuses)."""
    try:
        return directory.legal_basis(basis, on)
    except NotFoundError:
        return None
