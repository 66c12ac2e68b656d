"""Before the first round: who exists, who holds which post, which rules are in force."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from shared.cli.sample.city import (
    ADMINISTRATOR,
    BODIES,
    LEADING_GROUP,
    ORGANISATION,
    City,
    Person,
    Unit,
)
from shared.cli.sample.player import Player

T = TypeVar("T")

IN_FORCE_FOR = timedelta(days=60)
IN_OFFICE_FOR = timedelta(days=400)
EDITION = "yunlan-edition-1"
PERIODS = {
    "plan_submit_within": (10, "WORKING_DAY"),
    "concentrated_window": (3, "MONTH"),
    "task_deadline": (2, "MONTH"),
    "objection_window": (5, "WORKING_DAY"),
    "copy_notice_reply_within": (15, "WORKING_DAY"),
    "transfer_within": (10, "WORKING_DAY"),
    "lead_first_disposal_within": (30, "DAY"),
    "lead_report_interval": (3, "MONTH"),
    "unit_report_interval": (3, "MONTH"),
    "unit_hearing_interval": (1, "MONTH"),
    "committee_hearing_interval": (6, "MONTH"),
    "reconcile_interval": (1, "MONTH"),
    "circular_interval": (3, "MONTH"),
    "key_item_enter_within": (2, "WORKING_DAY"),
    "rolling_window": (2, "MONTH"),
    "round_evaluation_within": (6, "MONTH"),
    "watch_period": (12, "MONTH"),
    "coverage_term": (60, "MONTH"),
    "secondment_min": (12, "MONTH"),
}
NUMBERS = {
    "closure_min_pairs": 2,
    "rounds_per_year": 3,
    "units_per_year_min": 20,
    "units_per_year_max": 25,
    "inspections_per_term_min": 1,
    "weight_self": 20,
    "weight_panel": 50,
    "weight_poll": 30,
    "pass_mark": 70,
    "low_mark": 60,
    "poll_minimum": 5,
    "urge_levels": 3,
    "published_persons_min": 10,
}
HOLIDAYS = ("01-01", "05-01", "10-01", "10-02")
LEGAL_BASIS = "sample-basis"


def found_city(player: Player, city: City, threads: int, told: Callable[[], None]) -> None:
    """Register bodies, people, units, appointments, links and rules; `told` hears every step."""
    _found_rules(player)
    for org, name in BODIES.items():
        _register(player, org, name, "body", "party")
        told()

    def unit_founded(unit: Unit) -> None:
        _found_unit(player, unit)
        told()

    def person_founded(person: Person) -> None:
        body = {"person_ref": person.ref, "name": person.name}
        player.found(ADMINISTRATOR, "directory", "/v1/persons", body)
        told()

    each(person_founded, city.people, threads)
    each(unit_founded, city.units, threads)


def steps(city: City) -> int:
    """Return how often `found_city` tells of a step."""
    return len(BODIES) + len(list(city.people)) + len(city.units)


def each(action: Callable[[T], None], things: Iterable[T], threads: int) -> None:
    """Do it for all of them, several at a time; the first failure is raised."""
    with ThreadPoolExecutor(threads, thread_name_prefix="sample") as pool:
        for _ in pool.map(action, things):
            pass


def _found_rules(player: Player) -> None:
    periods = {name: {"count": count, "unit": unit} for name, (count, unit) in PERIODS.items()}
    since = (player.today - IN_FORCE_FOR).isoformat()
    edition = {"edition": EDITION, "effective": since, "periods": periods}
    player.found(LEADING_GROUP, "directory", "/v1/policy-editions", {**edition, "numbers": NUMBERS})
    for year in (player.today.year, player.today.year + 1):
        holidays = [f"{year}-{day}" for day in HOLIDAYS]
        calendar = {"holidays": _on_weekdays(holidays), "workdays": []}
        player.found(ADMINISTRATOR, "directory", f"/v1/calendars/{year}", calendar)
    basis = {
        "basis": LEGAL_BASIS,
        "edition": "2026",
        "title": "样例问责规定（虚构）",
        "valid_from": "2020-01-01",
        "bands": [
            {"severity": "light", "measures": ["talk", "written-inspection"]},
            {"severity": "serious", "measures": ["warning", "adjustment-of-post"]},
        ],
    }
    player.found(LEADING_GROUP, "directory", "/v1/legal-bases", basis)


def _on_weekdays(days: list[str]) -> list[str]:
    return [day for day in days if date.fromisoformat(day).weekday() < 5]


def _register(player: Player, org: str, name: str, category: str, sector: str) -> None:
    body = {"org": org, "name": name, "level": "CITY", "category": category, "sector": sector}
    if org != "yunlan-committee":
        body["parent"] = "yunlan-committee"
    player.found(ADMINISTRATOR, "directory", "/v1/organisations", body)


def _found_unit(player: Player, unit: Unit) -> None:
    _register(player, unit.org, unit.name, "unit", unit.sector)
    thing, since = f"/v1/organisations/{unit.org}", (player.today - IN_FORCE_FOR).isoformat()
    effective = datetime.combine(player.today - IN_OFFICE_FOR, time(), UTC).isoformat()
    principal = {"incoming": unit.principal.ref, "effective": effective}
    player.act(ORGANISATION, "directory", thing, "principal", principal)
    office = {"office": unit.office.org, "start": since}
    player.act(ORGANISATION, "directory", thing, "linked-office", office)
    team = {"team": unit.resident_team.org, "start": since}
    player.act(ORGANISATION, "directory", thing, "resident-team", team)
    leader = {"person_ref": unit.leader_in_charge.ref, "start": since}
    player.act(ORGANISATION, "directory", thing, "leader-in-charge", leader)
    member = {"person_ref": unit.member.ref, "post": "deputy-head", "start": since}
    player.act(ORGANISATION, "directory", thing, "appointments", member)
