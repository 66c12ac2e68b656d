"""云岚市, as the directory's tests know it: offices, units, people by pseudonym, and the rules."""

from datetime import UTC, date, datetime

from services.directory.application import DirectoryApplication
from services.directory.domain.parameters import NUMBERS, PERIODS
from shared.contracts.directory import Level, Period, PeriodUnit, SeverityBand
from shared.kernel.actor import Actor, Role
from tests.support.in_memory import NOON, InMemoryUnitOfWork

WATER = "yl-water"  # 云岚市水利局
COMMITTEE = "yl-committee"  # 云岚市委
OFFICE_FIVE = "yl-office-5"  # 第五监督检查室
OFFICE_SIX = "yl-office-6"  # 第六监督检查室
TEAM_TWO = "yl-resident-2"  # 第二派驻纪检监察组

HAO, LAN, QIAO = "p-up-water", "p-up-water-next", "p-lic-farming"

ORGANISER = Actor(person_ref="p-organiser", org="yl-organisation", role=Role.ORG)

MAY = datetime(2025, 5, 6, 1, 0, tzinfo=UTC)
JUNE = datetime(2025, 6, 3, 1, 0, tzinfo=UTC)
JULY = datetime(2025, 7, 1, 1, 0, tzinfo=UTC)

HOLIDAYS_2026 = [date(2026, 2, day) for day in (16, 17, 18, 19, 20, 23)]
WORKDAYS_2026 = [date(2026, 2, 14), date(2026, 2, 28)]

LIGHT = SeverityBand(severity="LIGHT", measures=["WARNING", "SERIOUS_WARNING"])
HEAVIER = SeverityBand(severity="HEAVIER", measures=["REMOVAL_FROM_POST", "PROBATION"])


def periods(**changed: Period) -> dict[str, Period]:
    """Return a period for every parameter: two months, unless changed."""
    return {**dict.fromkeys(PERIODS, Period(count=2, unit=PeriodUnit.MONTH)), **changed}


def numbers(**changed: int) -> dict[str, int]:
    """Return a number for every parameter."""
    usual = {
        "closure_min_pairs": 2, "rounds_per_year": 3, "units_per_year_min": 20,
        "units_per_year_max": 25, "inspections_per_term_min": 1, "weight_self": 20,
        "weight_panel": 50, "weight_poll": 30, "pass_mark": 70, "low_mark": 60, "poll_minimum": 5,
        "urge_levels": 3, "published_persons_min": 10,
    }  # fmt: skip
    assert usual.keys() == NUMBERS.keys()
    return {**usual, **changed}


def the_city(application: DirectoryApplication) -> InMemoryUnitOfWork:
    """Return a city whose water bureau has a principal, an office, a team and a leader."""
    uow = InMemoryUnitOfWork("directory", actor=ORGANISER)
    for org, name, parent in (
        (COMMITTEE, "云岚市委", None),
        (WATER, "云岚市水利局", COMMITTEE),
        (OFFICE_FIVE, "第五监督检查室", COMMITTEE),
        (OFFICE_SIX, "第六监督检查室", COMMITTEE),
        (TEAM_TWO, "第二派驻纪检监察组", COMMITTEE),
    ):
        application.register_organisation(
            uow, org, name=name, level=Level.CITY, category="DEPARTMENT", sector="WATER",
            parent=parent,
        )  # fmt: skip
    for person_ref in (HAO, LAN, QIAO):
        application.register_person(uow, person_ref)
    application.change_principal(uow, WATER, incoming=HAO, acting=False, effective=MAY)
    application.assign_linked_office(uow, WATER, office=OFFICE_FIVE, start=date(2025, 5, 1))
    application.assign_resident_team(uow, WATER, team=TEAM_TWO, start=date(2025, 5, 1))
    application.assign_leader_in_charge(uow, WATER, person_ref=QIAO, start=date(2025, 5, 1))
    return uow.acting(at=NOON)


def adopt(application: DirectoryApplication, uow: InMemoryUnitOfWork, **changed: object) -> None:
    """Adopt a complete edition, but for what is changed."""
    edition: dict[str, object] = {
        "edition": "yl-2025", "effective": date(2025, 1, 1), "periods": periods(),
        "numbers": numbers(),
    }  # fmt: skip
    application.adopt_policy_edition(uow, **{**edition, **changed})  # type: ignore[arg-type]  # tests say what is wrong
