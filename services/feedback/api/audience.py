"""Who sees what of feedback (requirements 3.3): from an actor to the limits of a query."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Response

from services.feedback.read_models.leads import Share
from services.feedback.read_models.problems import Audience
from shared.http.access import reader
from shared.http.etags import etag_of
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import NotFoundError

Found = TypeVar("Found")

WHOLE_VIEW = (Role.OFF, Role.LG, Role.SEC, Role.COM, Role.SYSTEM)
TEAM = (Role.TL, Role.TM, Role.NRD)
SUPERVISORS = (Role.DSO, Role.RDT, Role.ORG, Role.DCI, Role.JSG, Role.AUD)
IN_PERSON = (Role.LIC, Role.XP)
AS_ORGANISATION = (Role.UP, Role.UM, Role.UH, Role.UPP, Role.FUN)

InspectionSide = Annotated[Actor, Depends(reader(*WHOLE_VIEW, *TEAM, *SUPERVISORS))]
CaseReader = Annotated[
    Actor, Depends(reader(*WHOLE_VIEW, *TEAM, *SUPERVISORS, *IN_PERSON, *AS_ORGANISATION))
]
LeadReader = Annotated[
    Actor,
    Depends(
        reader(Role.DCI, Role.ORG, Role.TL, Role.OFF, Role.LG, Role.SEC, Role.AUD, Role.SYSTEM)
    ),
]


def recipient_of(actor: Actor) -> str | None:
    """Return under which code feedback was delivered to this actor; None = sees all deliveries."""
    if actor.role in IN_PERSON:
        return actor.person_ref
    return actor.org if actor.role in AS_ORGANISATION else None


def audience_of(actor: Actor) -> Audience:
    """Return what this actor may see of problems; drafts stay on the inspection side (C3)."""
    if actor.role in WHOLE_VIEW:
        return Audience(drafts=True)
    if actor.role in TEAM:
        return Audience(team_member=actor.person_ref, drafts=True)
    if actor.role in SUPERVISORS:
        return Audience(wording=actor.role is not Role.AUD)
    return Audience(reader=recipient_of(actor) or "")


def share_of(actor: Actor) -> Share:
    """Return which leads this actor sees: by addressee, or the own team's (3.4 rule 2)."""
    if actor.role in (Role.DCI, Role.ORG):
        return Share(addressee=actor.org)
    return Share(team_leader=actor.person_ref if actor.role is Role.TL else None)


def found_or_404(found: Found | None, what: str, **ids: str) -> Found:
    """Return what was found; what one may not see looks as if it did not exist."""
    if found is None:
        raise NotFoundError(f"there is no such {what}", **ids)
    return found


def tagged(response: Response) -> Callable[[int], None]:
    """Return what puts the version of the addressed stream into the answer's ETag."""

    def tag(version: int) -> None:
        response.headers["ETag"] = etag_of(version)

    return tag


Tag = Annotated[Callable[[int], None], Depends(tagged)]
