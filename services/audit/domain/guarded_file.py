"""A lead or an accountability case as audit may show it: its state and its steps, no content."""

from collections.abc import Iterable
from typing import Any

from services.audit.domain.known import Known

STATES = {
    "feedback.lead-offered": "OFFERED",
    "accountability.lead-offer-received": "OFFERED",
    "accountability.lead-registered": "REGISTERED",
    "accountability.lead-returned": "RETURNED",
    "accountability.lead-classified": "CLASSIFIED",
    "accountability.measure-imposed": "IN_DISPOSAL",
    "accountability.case-filed": "IN_DISPOSAL",
    "accountability.transferred-to-judiciary": "IN_DISPOSAL",
    "accountability.lead-concluded": "CONCLUDED",
    "accountability.lead-cancelled": "CANCELLED",
    "accountability.accountability-proposed": "PROPOSED",
    "accountability.accountability-referred": "REFERRED",
    "accountability.case-accepted": "ACCEPTED",
    "accountability.case-rejected": "REJECTED",
    "accountability.case-decided": "DECIDED",
    "accountability.case-executed": "EXECUTED",
}


def file_state(number: str, records: Iterable[Known]) -> dict[str, Any]:
    """Return the state of the file and since when, and its steps without what they say."""
    steps = [one for one in records if one.type in STATES]
    last = steps[-1] if steps else None
    return {
        "number": number,
        "state": STATES[last.type] if last else None,
        "since": last.time if last else None,
        "steps": [_step(one) for one in steps],
    }


def _step(one: Known) -> dict[str, Any]:
    """Return when, what and in which role: neither persons nor facts."""
    return {
        "time": one.time,
        "event": one.type,
        "role": one.record["actor"]["role"],
        "service": one.source,
        "position": one.position,
        "id": one.id,
    }
