"""Who acts in the histories, besides those whom feedback's own tests know."""

from shared.contracts.directory import Incumbent
from shared.kernel.actor import Actor, Role
from tests.unit.feedback.yunlan import (
    LEADER,
    LEADING_GROUP,
    OFFICE,
    PRINCIPAL,
    TO_DISCIPLINE,
    WATER,
    WATER_BUREAU,
)

LINKED, RESIDENT = "o-dso-1", "o-rdt-1"
DISCIPLINE_ORGS = {LINKED, RESIDENT}

HANDLER = Actor(person_ref="p-uh-water", org=WATER, role=Role.UH)
JOINT_GROUP = Actor(person_ref="p-jsg", org="o-joint-group", role=Role.JSG)
PANEL = Actor(person_ref="p-pan", org="o-panel", role=Role.PAN)
LINKED_OFFICE = Actor(person_ref="p-dso-1", org=LINKED, role=Role.DSO)
OTHER_OFFICE = Actor(person_ref="p-dso-2", org="o-dso-2", role=Role.DSO)
RESIDENT_TEAM = Actor(person_ref="p-rdt", org=RESIDENT, role=Role.RDT)
ORGANISATION = Actor(person_ref="p-org", org="o-organisation", role=Role.ORG)
DISCIPLINE = Actor(person_ref="p-dci", org=TO_DISCIPLINE.addressee, role=Role.DCI)

EVERYBODY = (
    OFFICE, LEADER, LEADING_GROUP, PRINCIPAL, HANDLER, JOINT_GROUP, PANEL, LINKED_OFFICE,
    OTHER_OFFICE, RESIDENT_TEAM, ORGANISATION, DISCIPLINE,
)  # fmt: skip


def incumbent() -> Incumbent:
    """Return the principal of the water bureau, as the directory tells it."""
    assert WATER_BUREAU.principal is not None
    return WATER_BUREAU.principal
