"""The guards that several commands share; each names the rule that it demands (G06 … G24)."""

from datetime import date, datetime, timedelta, timezone

from shared.contracts.directory import Incumbent
from shared.contracts.rectification import ResultsRecorded
from shared.contracts.supervision import LEAST_PAIRS
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import GuardFailedError, RefusedError

_BEIJING = timezone(timedelta(hours=8))


UNIT_ROLES = (Role.UP, Role.UM, Role.UH)
"""Those who act for the inspected unit itself."""


class ForeignUnitError(RefusedError):
    """Those who act for a unit act for their own (R113)."""

    code = "foreign-unit"
    title = "This belongs to another unit"


def require_own_unit(actor: Actor, unit: str) -> None:
    """Demand that whoever acts for a unit acts for this one; supervisors are not bound."""
    if actor.role in UNIT_ROLES and actor.org != unit:
        raise ForeignUnitError("the actor belongs to another unit", unit=unit)


def business_day(instant: datetime) -> date:
    """Return the calendar day in China: a deadline day ends at its midnight."""
    return instant.astimezone(_BEIJING).date()


def require_incumbent(actor: Actor, incumbent: Incumbent | None, now: datetime) -> Incumbent:
    """Demand that the actor in person is the unit's principal at this instant (G06, A57)."""
    if incumbent is None:
        raise GuardFailedError("G06", "the unit has no principal at present")
    if actor.person_ref != incumbent.person_ref:
        raise GuardFailedError("G06", "only the incumbent principal may do this, in person")
    if incumbent.since > now:
        raise GuardFailedError("G06", "the principal has not taken office yet")
    return incumbent


def require_meeting(held_and_reported: bool) -> None:
    """Demand that the special democratic-life meeting was held and reported (G12)."""
    if not held_and_reported:
        raise GuardFailedError("G12", "the special meeting was not yet held and reported")


def require_effect_and_archive(effects: int, documents: int) -> None:
    """Demand an entry in the effect list and one in the archive list (G13)."""
    if not effects:
        raise GuardFailedError("G13", "the effect list holds nothing about the problem")
    if not documents:
        raise GuardFailedError("G13", "the archive list holds nothing about the problem")


def require_pledge_on(pledged: str, content: str) -> None:
    """Demand that what is pledged is the present content, byte for byte (G14)."""
    if pledged != content:
        raise GuardFailedError("G14", "the pledge is not on the present content")


def require_pairs(pairs: int, waived: bool) -> None:
    """Demand two pairs of supervision and evaluation, or an explicit waiver (G17).

    A policy may ask for more: supervision decided that when the problem became eligible (T25).
    """
    if pairs < LEAST_PAIRS and not waived:
        raise GuardFailedError("G17", f"{pairs} pairs are complete, {LEAST_PAIRS} are required")


def require_disposal(concerns: bool, disposal_known: bool, pursuit_known: bool) -> None:
    """Demand that disposal and pursuit are known for a concrete person or matter (G19)."""
    if concerns and not (disposal_known and pursuit_known):
        raise GuardFailedError("G19", "disposal and pursuit are not yet known")


def require_no_handover(is_open: bool) -> None:
    """Demand that no handover of the unit's principal is open (G20)."""
    if is_open:
        raise GuardFailedError("G20", "the handover to the new principal is not complete")


def require_signature_on(signed: str, content: str) -> None:
    """Demand that the closing report is signed on the frozen content (G21)."""
    if signed != content:
        raise GuardFailedError("G21", "the signature is not on the present content")


def require_three_results(results: ResultsRecorded | None) -> None:
    """Demand that 改, 问 and 立 are each done or reasoned away (G23).

    The reasons were demanded when the results were recorded.
    """
    if results is None:
        raise GuardFailedError("G23", "the three results are not recorded")


def require_clean(objections: int, blockers: int, open_work: int) -> None:
    """Demand that no objection and no blocker is open, no task overdue, no return unanswered (G24).

    Work that an evaluation, a return or a reopening ordered is an unanswered return while it is
    open, overdue or not; a waiver of the second pair does not do away with it.
    """
    if objections:
        raise GuardFailedError("G24", f"{objections} objections are open")
    if blockers:
        raise GuardFailedError("G24", f"{blockers} blockers are open")
    if open_work:
        raise GuardFailedError("G24", f"{open_work} tasks or residual items are open")
