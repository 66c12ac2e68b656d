"""G26, G27 and G28: what may leave this service, and what a sanction rests on."""

import re
from datetime import date

from shared.contracts.directory import LegalBasisView
from shared.kernel.errors import GuardFailedError

MAX_TRAVELLING_TEXT = 200
_IDENTIFIERS = re.compile(
    r"(?<!\d)\d{17}[\dXx]"  # identity number
    r"|(?<!\d)1[3-9]\d{9}(?!\d)"  # mobile telephone
    r"|(?<![A-Za-z0-9])p-[A-Za-z0-9]"  # pseudonym of a person
)


def require_fit_to_travel(text: str, *, private: frozenset[str] = frozenset()) -> None:
    """G26: a text that leaves this service is a short reason, without persons or lead content.

    It is refused when it is long enough to be content, or holds an identity number, a telephone
    number, a pseudonym of a person, or one of the `private` codes.
    """
    if len(text) > MAX_TRAVELLING_TEXT:
        raise GuardFailedError("G26", f"a reason has at most {MAX_TRAVELLING_TEXT} characters")
    if _IDENTIFIERS.search(text) or any(code in text for code in private):
        raise GuardFailedError("G26", "a reason that leaves this service identifies nobody")


def require_in_force(basis: LegalBasisView | None, name: str, conduct_on: date) -> LegalBasisView:
    """G28: the legal basis has an edition that was in force when the conduct happened."""
    if basis is None:
        raise GuardFailedError(
            "G28", f"no edition in force on {conduct_on.isoformat()}", basis=name
        )
    return basis


def is_within_band(basis: LegalBasisView, severity: str, measure: str) -> bool:
    """Return whether the basis allows the measure for this severity (R260–R262).

    G27 fails when it has no band for the severity at all.
    """
    for band in basis.bands:
        if band.severity == severity:
            return measure in band.measures
    raise GuardFailedError("G27", "the legal basis has no band for this severity")


def require_higher_approval(approval: str | None, reason: str | None) -> None:
    """G27: a measure outside the band has a recorded approval from above, with its reason."""
    if approval is None or reason is None or not reason.strip():
        raise GuardFailedError(
            "G27", "outside the band a higher approval and its reason are needed"
        )
    require_fit_to_travel(reason)
