"""Which moment a question is about, and who may ask."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AfterValidator, BeforeValidator, Field

from services.audit.domain.moment import Moment
from shared.contracts.base import Day, within_reach, written_out
from shared.http.commands import reader
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import InvalidValueError

Auditor = Annotated[
    Actor, Depends(reader(Role.AUD, Role.OFF, Role.LG, Role.SEC, Role.COM, Role.SYSTEM))
]
"""Who may look at how problems, cases, units and rounds stood: never the unit itself (3.3)."""


Positions = Annotated[
    str, Field(max_length=400, pattern=r"^[a-z]+:[0-9]{1,18}(,[a-z]+:[0-9]{1,18})*$")
]
"""Up to which position of which service: `feedback:120,supervision:9`."""


def asked_moment(
    as_of: Annotated[
        datetime | None,
        BeforeValidator(written_out),
        AfterValidator(within_reach),
        Query(description="only what was recorded by then (when it was known); UTC if no zone"),
    ] = None,
    at_position: Annotated[
        Positions | None,
        Query(
            description="of these services only up to that position: `feedback:120,supervision:9`"
        ),
    ] = None,
    effective_on: Annotated[
        Day | None, Query(description="only what was so by that day (business date)")
    ] = None,
) -> Moment:
    """Return the moment; nothing named means now."""
    known_by = as_of if as_of is None or as_of.tzinfo else as_of.replace(tzinfo=UTC)
    return Moment(known_by, _positions(at_position or ""), effective_on)


AskedMoment = Annotated[Moment, Depends(asked_moment)]


def _positions(text: str) -> dict[str, int]:
    pairs = [part.split(":") for part in text.split(",") if part]
    found = {service: int(position) for service, position in pairs}
    if len(found) < len(pairs):
        raise InvalidValueError("a service stands twice in at_position")
    return found
