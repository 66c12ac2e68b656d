"""INV-04, INV-05, INV-07, INV-08, INV-13, INV-14: what must be true when a problem is closed."""

from datetime import datetime

from services.audit.domain.invariants.base import Invariant
from services.audit.domain.known import Known
from services.audit.domain.unit_history import UnitHistory
from shared.contracts.rectification_content import CONTENT_EVENTS, content_digest
from shared.contracts.registry import decode

CLOSED = "supervision.problem-closed"
SIGNED = "rectification.closure-report-signed"
APPLIED = "rectification.closure-applied"
ACCEPTED = "supervision.closure-accepted"
APPROVED = "supervision.closure-office-approved"
COUNTERSIGNED = "supervision.closure-countersigned"
OWN_LEVELS = ("OWN_LEADERSHIP", "OWN_ORGANS")
CONTENT_TYPES = frozenset(found.TYPE for found in CONTENT_EVENTS)


class SignedByThePrincipal(Invariant):
    """Who signed the closing report held office when signing and still when it was closed."""

    ID = "INV-04"
    SENTENCE = "Who signed the closing report was principal then and still is at closing."

    def __init__(self) -> None:
        super().__init__()
        self._unit = UnitHistory()
        self._fed_back: Known | None = None
        self._signed: dict[str, Known] = {}

    def feed(self, one: Known) -> None:
        self._unit.feed(one)
        if one.type == "feedback.feedback-issued":
            self._fed_back = one
        elif one.type == SIGNED:
            self.examine()
            self._signed[one.data["problem_no"]] = one
            self._require_principal(one, one.data["signatory"], "at signing", one)
        elif one.type == CLOSED:
            self._closed(one)

    def _closed(self, one: Known) -> None:
        self.examine()
        signed = self._signed.get(one.data["problem_no"])
        if signed is None or signed.data["signatory"] != one.data["signatory"]:
            shown = [signed] if signed else []
            self.broken(one.data["problem_no"], "closed on nobody's signature", *shown, one)
            return
        self._require_principal(one, one.data["signatory"], "at closing", signed, one)

    def _require_principal(self, one: Known, signatory: str, when: str, *shown: Known) -> None:
        principal, basis = self._principal(one.at)
        if principal != signatory:
            what = f"the signatory was not the principal {when}"
            self.broken(one.data["problem_no"], what, *basis, *shown)

    def _principal(self, at: datetime) -> tuple[str | None, list[str]]:
        if self._unit.knows_principals:
            found = self._unit.principal(at)
            return (found["person_ref"] if found else None), self._unit.appointments_shown
        if self._fed_back is not None:
            return self._fed_back.data["principal"], [self._fed_back.id]
        return None, []


class ClosedInOrder(Invariant):
    """Accepted, approved, countersigned by two persons of two organs, on one content hash."""

    ID = "INV-05"
    SENTENCE = (
        "Acceptance, office approval, two countersignatures: in order, two persons, one hash."
    )

    def __init__(self) -> None:
        super().__init__()
        self._steps: dict[str, list[Known]] = {}

    def feed(self, one: Known) -> None:
        if one.type == APPLIED:
            self._steps[one.data["problem_no"]] = [one]
        elif one.type in (ACCEPTED, APPROVED, COUNTERSIGNED):
            self._steps.setdefault(one.data["problem_no"], []).append(one)
        elif one.type == CLOSED:
            self._closed(one, self._steps.pop(one.data["problem_no"], []))

    def _closed(self, one: Known, steps: list[Known]) -> None:
        self.examine()
        what = _wrong_order(steps) or _wrong_signatures(one, steps)
        if what:
            self.broken(one.data["problem_no"], what, *steps, one)


def _wrong_order(steps: list[Known]) -> str:
    taken = [step.type for step in steps]
    if taken != [APPLIED, ACCEPTED, APPROVED, COUNTERSIGNED, COUNTERSIGNED]:
        return "closed without acceptance, approval and two countersignatures in this order"
    return ""


def _wrong_signatures(closed: Known, steps: list[Known]) -> str:
    signatures = [step.data for step in steps if step.type == COUNTERSIGNED]
    for fact in ("signed_by", "cosigner"):
        if len({signature[fact] for signature in signatures}) < len(signatures):
            return "the two countersignatures are one person's, or one organ's"
    digests = {step.data["digest"] for step in (closed, steps[0])}
    digests |= {signature["digest"] for signature in signatures}
    return "not all signed the same content" if len(digests) > 1 else ""


class OwnLevelMeasure(Invariant):
    """Punishing subordinates never closes a problem (R109, R110)."""

    ID = "INV-07"
    SENTENCE = "Every closed problem has a measure at the unit's own level that is no sanction."

    def __init__(self) -> None:
        super().__init__()
        self._plans: dict[str, tuple[Known, bool]] = {}

    def feed(self, one: Known) -> None:
        if one.type == "rectification.plan-submitted":
            for planned in one.data["problems"]:
                self._plans[planned["problem_no"]] = (one, _has_own_measure(planned["measures"]))
        elif one.type == CLOSED:
            self.examine()
            plan, has_own = self._plans.get(one.data["problem_no"], (None, False))
            if not has_own:
                shown = [plan] if plan else []
                what = "closed without a measure at the unit's own level"
                self.broken(one.data["problem_no"], what, *shown, one)


def _has_own_measure(measures: list[dict[str, object]]) -> bool:
    return any(one["level"] in OWN_LEVELS and not one.get("is_sanction") for one in measures)


class DisposalKnown(Invariant):
    """Person or matter: closed only when disposal and pursuit are known."""

    ID = "INV-08"
    SENTENCE = "A closed problem that concerns person or matter has disposal and pursuit known."

    def __init__(self) -> None:
        super().__init__()
        self._concerning: dict[str, Known] = {}
        self._known: dict[str, set[str]] = {}

    def feed(self, one: Known) -> None:
        if one.type == "feedback.problem-issued" and one.data.get("concerns_person_or_matter"):
            self._concerning[one.data["problem_no"]] = one
        elif one.type == "supervision.disposal-noted":
            known = self._known.setdefault(one.data["problem_no"], set())
            known |= {fact for fact in ("disposal_known", "pursuit_known") if one.data[fact]}
        elif one.type == CLOSED and one.data["problem_no"] in self._concerning:
            self._closed(one)

    def _closed(self, one: Known) -> None:
        self.examine()
        problem_no = one.data["problem_no"]
        if len(self._known.get(problem_no, ())) < 2:
            what = "closed while disposal or pursuit was not known"
            self.broken(problem_no, what, self._concerning[problem_no], one)


class NoOpenHandover(Invariant):
    """A problem is not closed while its principal has not taken it over."""

    ID = "INV-13"
    SENTENCE = "No handover of the unit's principal is open when a problem is closed."

    def __init__(self) -> None:
        super().__init__()
        self._open: dict[int, Known] = {}

    def feed(self, one: Known) -> None:
        if one.type == "rectification.handover-required":
            self._open[one.data["handover"]] = one
        elif one.type == "rectification.handover-completed":
            self._open.pop(one.data["handover"], None)
        elif one.type == CLOSED:
            self.examine()
            for required in self._open.values():
                if one.data["problem_no"] in required.data["problem_nos"]:
                    what = "closed while the handover was open"
                    self.broken(one.data["problem_no"], what, required, one)


class PledgedContent(Invariant):
    """What was pledged, declared and signed is the very content that the events add up to."""

    ID = "INV-14"
    SENTENCE = "Pledge, declaration, closing report and closing are on the content as it was then."

    def __init__(self) -> None:
        super().__init__()
        self._content: dict[str, str] = {}
        self._last: dict[str, Known] = {}
        self._pledge: dict[str, Known] = {}
        self._report: dict[str, Known] = {}

    def feed(self, one: Known) -> None:
        if one.type in CONTENT_TYPES:
            problem_no = one.data["problem_no"]
            event = decode(one.type, int(one.record["schema"]), one.data)
            self._content[problem_no] = content_digest(self._content.get(problem_no, ""), event)
            self._last[problem_no] = one
        elif one.type == "rectification.authenticity-pledged":
            self._pledge[one.data["problem_no"]] = one
            self._require_content(one, "pledged")
        elif one.type == "rectification.pledge-voided":
            self._pledge.pop(one.data["problem_no"], None)
        elif one.type == "rectification.problem-declared-rectified":
            self._require_content(one, "declared")
            self._require_pledge(one, "declared")
        elif one.type == SIGNED:
            self._report[one.data["problem_no"]] = one
            self._require_content(one, "signed")
            self._require_pledge(one, "signed")
        elif one.type == CLOSED:
            self._require_report(one)

    def _require_content(self, one: Known, what: str) -> None:
        self.examine()
        problem_no = one.data["problem_no"]
        if one.data["digest"] != self._content.get(problem_no, ""):
            shown = [self._last[problem_no]] if problem_no in self._last else []
            self.broken(problem_no, f"{what} on other content than the events tell", *shown, one)

    def _require_pledge(self, one: Known, what: str) -> None:
        pledge = self._pledge.get(one.data["problem_no"])
        if pledge is None or pledge.data["digest"] != one.data["digest"]:
            shown = [pledge] if pledge else []
            self.broken(one.data["problem_no"], f"{what} without a pledge on it", *shown, one)

    def _require_report(self, one: Known) -> None:
        self.examine()
        report = self._report.get(one.data["problem_no"])
        if report is None or report.data["digest"] != one.data["digest"]:
            shown = [report] if report else []
            self.broken(one.data["problem_no"], "closed on another content", *shown, one)
