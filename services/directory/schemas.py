"""The bodies that the directory takes and the answers that are its own."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.directory.application import Organisation
from shared.contracts.base import (
    Code,
    Day,
    Text,
    UtcTime,
)
from shared.contracts.directory import Incumbent, Level, Period, SeverityBand

Name = Annotated[Text, Field(min_length=1, max_length=200)]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class RegisterOrganisation(Body):
    org: Code
    name: Name
    level: Level
    category: Code
    sector: Code
    parent: Code | None = None
    credit_code: Code | None = None


class RegisterPerson(Body):
    person_ref: Code
    name: Annotated[Text, Field(min_length=1, max_length=200, repr=False)]


class AppointPerson(Body):
    person_ref: Code
    post: Code
    start: Day


class EndAppointment(Body):
    person_ref: Code
    post: Code
    end: Day


class ChangePrincipal(Body):
    """No `incoming` leaves the post vacant (A57)."""

    incoming: Code | None
    acting: bool = False
    effective: UtcTime


class AssignLinkedOffice(Body):
    office: Code
    start: Day


class AssignResidentTeam(Body):
    team: Code
    start: Day


class AssignLeaderInCharge(Body):
    person_ref: Code
    start: Day


class AdoptPolicyEdition(Body):
    edition: Code
    effective: Day
    periods: dict[str, Period]
    numbers: dict[str, int]


class RegisterLegalBasis(Body):
    basis: Code
    edition: Code
    title: Name
    valid_from: Day
    valid_until: Day | None = None
    bands: list[SeverityBand]


class PublishCalendar(Body):
    holidays: list[Day]
    workdays: list[Day]


class DatedLink(BaseModel):
    """Who answers for a unit from a date on."""

    who: str
    start: Day


class DatedPost(BaseModel):
    """A time in a post other than principal; `end` is the first day without it."""

    person_ref: str
    post: str
    start: Day
    end: Day | None = None


class DatedPrincipal(BaseModel):
    """Who was principal from an instant on; no `incumbent` is a vacancy."""

    effective: UtcTime
    incumbent: Incumbent | None = None


class OrganisationPage(BaseModel):
    """An organisation with the whole history of who answered for it."""

    org: str
    name: str
    level: Level
    category: str
    sector: str
    parent: str | None
    credit_code: str | None
    principals: list[DatedPrincipal]
    linked_offices: list[DatedLink]
    resident_teams: list[DatedLink]
    leaders_in_charge: list[DatedLink]
    posts: list[DatedPost]
    version: int

    @classmethod
    def of(cls, organisation: Organisation) -> "OrganisationPage":
        assert organisation.registered is not None  # only registered organisations are loaded
        return cls(
            **organisation.registered.model_dump(),
            principals=[
                DatedPrincipal(effective=start, incumbent=incumbent)
                for start, incumbent in organisation.principals.entries
            ],
            linked_offices=_links(organisation.linked_offices.entries),
            resident_teams=_links(organisation.resident_teams.entries),
            leaders_in_charge=_links(organisation.leaders_in_charge.entries),
            posts=[DatedPost(**vars(held)) for held in organisation.posts.held],
            version=organisation.version,
        )


class PersonName(BaseModel):
    """What the vault tells of a person."""

    person_ref: str
    name: str


def _links(entries: list[tuple[date, str]]) -> list[DatedLink]:
    return [DatedLink(who=who, start=start) for start, who in entries]
