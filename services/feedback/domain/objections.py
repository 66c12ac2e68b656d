"""申诉: the unit's objection to a problem, and what is demanded of it (R090, R091)."""

from dataclasses import dataclass
from datetime import date

from shared.contracts.directory import Incumbent
from shared.kernel.actor import Actor
from shared.kernel.errors import GuardFailedError, RefusedError


class ObjectionWindowClosedError(RefusedError):
    code = "objection-window-closed"
    title = "The time to object has passed"


class ForeignUnitError(RefusedError):
    code = "foreign-unit"
    title = "The problem belongs to another unit"


@dataclass(frozen=True)
class Objections:
    """The objections to one problem so far: how many, and the one under review."""

    raised: int = 0
    under_review: str = ""

    def next_no(self, problem_no: str) -> str:
        return f"{problem_no}-O{self.raised + 1}"

    def with_raised(self, objection_no: str) -> "Objections":
        return Objections(self.raised + 1, objection_no)

    def with_settled(self) -> "Objections":
        return Objections(self.raised)


def require_open_window(until: date | None, today: date) -> None:
    """T06: an objection is raised on the last day of the window at the latest."""
    if until is not None and today > until:
        raise ObjectionWindowClosedError(f"objections were possible until {until}")


def require_unit(unit: str, actor: Actor) -> None:
    """R090: a unit objects to its own problems only."""
    if actor.org != unit:
        raise ForeignUnitError("the actor belongs to another unit", unit=actor.org)


def require_incumbent(principal: Incumbent | None, actor: Actor) -> None:
    """G06 (R012): whoever speaks for the unit holds the principal's post now."""
    if principal is None or principal.person_ref != actor.person_ref:
        raise GuardFailedError("G06", "the actor is not the unit's principal now")
