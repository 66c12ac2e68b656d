"""INV-15: no sanction without ground, evidence, a basis in force, and what it is for."""

from typing import Any

from services.audit.domain.invariants.base import Invariant, Scope
from services.audit.domain.known import Known

REFERRED = "accountability.accountability-referred"
BASES = "directory.legal-basis-registered"
FILES = ("feedback.lead-offered", "accountability.lead-offer-received",
         "accountability.lead-registered", REFERRED)  # fmt: skip


class EverySanctionIsFounded(Invariant):
    """A measure out of a lead, or a decision in an accountability case (R272, G27, G28)."""

    ID = "INV-15"
    SENTENCE = (
        "Every sanction has ground, evidence, a legal basis in force, a problem or lead; its band "
        "is respected."
    )
    SCOPE = Scope.SANCTION

    def __init__(self) -> None:
        super().__init__()
        self._editions: dict[tuple[str, str], Known] = {}
        self._referred: Known | None = None
        self._origins: set[str] = set()

    def feed(self, one: Known) -> None:
        if one.type == BASES:
            self._editions[one.data["basis"], one.data["edition"]] = one
        elif one.type in FILES:
            self._origins.add(str(one.data.get("lead_no") or one.data.get("accountability_no")))
            self._referred = one if one.type == REFERRED else self._referred
        elif one.type == "accountability.measure-imposed":
            self._imposed(one)
        elif one.type == "accountability.case-decided":
            self._decided(one)

    def _imposed(self, one: Known) -> None:
        self.examine()
        origin = one.data.get("origin_lead") or one.data.get("origin_case")
        if origin not in self._origins:
            self.broken(one.data["measure_no"], "imposed out of no known lead or case", one)
        self._require_in_force(one, one.data["measure_no"], one.data.get("conduct_on", ""))

    def _decided(self, one: Known) -> None:
        self.examine()
        number, referral = one.data["accountability_no"], self._referred
        if referral is None or not (referral.data["evidence"] and referral.data["problem_nos"]):
            shown = [referral] if referral else []
            self.broken(number, "decided without ground, evidence and problem", *shown, one)
            return
        basis = self._require_in_force(one, number, referral.data["conduct_on"])
        if basis is not None:
            self._require_band(one, number, basis)

    def _require_in_force(self, one: Known, number: str, conduct_on: str) -> Known | None:
        """Return the edition the sanction rests on; broken when it was not in force then."""
        basis, edition = one.data.get("legal_basis", ""), one.data.get("basis_edition", "")
        found = self._editions.get((basis, edition))
        if found is None or not _in_force(found.data, conduct_on):
            shown = [found] if found else []
            self.broken(number, "its legal basis was not in force at the conduct", *shown, one)
            return None
        return found

    def _require_band(self, one: Known, number: str, basis: Known) -> None:
        data = one.data
        bands = {band["severity"]: band["measures"] for band in basis.data["bands"]}
        is_within = data["measure"] in bands.get(data["severity"], ())
        is_approved = bool(data.get("higher_approval") and data.get("higher_approval_reason"))
        if data["within_band"] != is_within or not (is_within or is_approved):
            self.broken(number, "outside its band without a higher approval", basis, one)


def _in_force(basis: dict[str, Any], on: str) -> bool:
    """ISO dates compare as days do."""
    return bool(on) and basis["valid_from"] <= on <= basis.get("valid_until", "9999-12-31")
