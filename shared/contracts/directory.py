"""组织目录: what the directory tells, and the views of it that other services take as arguments."""

from enum import StrEnum

from pydantic import Field

from shared.contracts.base import (
    Code,
    Day,
    Event,
    Facts,
    Text,
    UtcTime,
)


class Level(StrEnum):
    """The level of an inspecting committee or organisation (层级)."""

    CENTRAL = "CENTRAL"
    PROVINCE = "PROVINCE"
    CITY = "CITY"
    COUNTY = "COUNTY"


class PeriodUnit(StrEnum):
    """What a period is counted in."""

    DAY = "DAY"
    WORKING_DAY = "WORKING_DAY"
    MONTH = "MONTH"


class Period(Facts):
    """A length of time as a policy names it: two working days, two months."""

    count: int = Field(ge=1, le=1200)
    unit: PeriodUnit


class SeverityBand(Facts):
    """Which measures a legal basis allows for one severity (R260–R262)."""

    severity: Code
    measures: list[Code] = Field(min_length=1)


class OrganisationRegistered(Event, type="directory.organisation-registered"):
    """An organisation (单位) became known. `parent` is its upper-level organisation.

    `credit_code` is its unified social credit code (统一社会信用代码), where it has one.
    """

    org: Code
    name: Text
    level: Level
    category: Code
    sector: Code
    parent: Code | None = None
    credit_code: Code | None = None


class PersonRegistered(Event, type="directory.person-registered"):
    """A person became known by a pseudonym; the name stays in the vault, outside every event."""

    person_ref: Code


class PersonNameErased(Event, type="directory.person-name-erased"):
    """The name was erased from the vault for good; the pseudonym stays (requirements 3.5)."""

    person_ref: Code


class PersonAppointed(Event, type="directory.person-appointed"):
    """A person took a post other than principal (班子成员, 经办, 分管领导 …)."""

    org: Code
    person_ref: Code
    post: Code
    start: Day


class AppointmentEnded(Event, type="directory.appointment-ended"):
    """A person left a post other than principal."""

    org: Code
    person_ref: Code
    post: Code
    end: Day


class AppointmentChanged(Event, type="directory.appointment-changed"):
    """The principal (主要负责人) changed: no `incoming` means the post is vacant (X10, A57)."""

    org: Code
    outgoing: Code | None = None
    incoming: Code | None = None
    acting: bool = False
    effective: UtcTime


class LinkedOfficeAssigned(Event, type="directory.linked-office-assigned"):
    """A discipline-supervision office (监督检查室) is linked to the unit from this date (A49)."""

    unit: Code
    office: Code
    start: Day


class ResidentTeamAssigned(Event, type="directory.resident-team-assigned"):
    """A resident discipline team (派驻纪检监察组) watches the unit from this date."""

    unit: Code
    team: Code
    start: Day


class LeaderInChargeAssigned(Event, type="directory.leader-in-charge-assigned"):
    """A leader in charge (分管领导) answers for the unit from this date."""

    unit: Code
    person_ref: Code
    start: Day


class PolicyEditionAdopted(Event, type="directory.policy-edition-adopted"):
    """An edition of the policy parameters (requirements 2.8) holds from this date."""

    edition: Code
    effective: Day
    periods: dict[str, Period]
    numbers: dict[str, int]


class LegalBasisRegistered(Event, type="directory.legal-basis-registered"):
    """An edition of a legal basis (法规依据) with its validity and severity bands (G27, G28)."""

    basis: Code
    edition: Code
    title: Text
    valid_from: Day
    valid_until: Day | None = None
    bands: list[SeverityBand]


class CalendarPublished(Event, type="directory.calendar-published"):
    """The work calendar of a year: holidays on working days, working days on weekends."""

    year: int = Field(ge=1949, le=9999)
    holidays: list[Day]
    workdays: list[Day]


class Incumbent(Facts):
    """Who holds the principal's post at an instant, and since when."""

    person_ref: Code
    since: UtcTime
    acting: bool = False


class UnitView(Facts):
    """A unit and everybody who answers for it, as it stood at one instant.

    `people` are those who hold a post in it then, the principal among them.
    """

    org: Code
    name: Text
    level: Level
    category: Code
    sector: Code
    at: UtcTime
    parent: Code | None = None
    principal: Incumbent | None = None
    former_principals: list[Code] = []
    linked_office: Code | None = None
    resident_team: Code | None = None
    leader_in_charge: Code | None = None
    people: list[Code] = []


class DueDate(Facts):
    """A date computed from a policy parameter, with the edition that it rests on."""

    parameter: str
    edition: Code
    start: Day
    due: Day


class PolicyView(Facts):
    """The policy parameters in force at one instant."""

    edition: Code
    periods: dict[str, Period]
    numbers: dict[str, int]


class LegalBasisView(Facts):
    """A legal basis as it was in force on one date; its `bands` bind the severity."""

    basis: Code
    edition: Code
    bands: list[SeverityBand]
