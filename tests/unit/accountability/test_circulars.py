"""点名通报, 留置, 主动投案: what is told citywide, and what is hardly told at all."""

from datetime import date

import pytest

from services.accountability.domain.circulars import NamingNotDecidedError, NotNameableError
from services.accountability.domain.leads import LeadStateError, NotTheAddresseeError
from services.accountability.domain.sealed_facts import NotYetHappenedError
from shared.contracts.accountability import (
    DetentionRecorded,
    NamedCase,
    NamedPerson,
    NamingCircularIssued,
    VoluntarySurrenderRecorded,
)
from shared.contracts.base import DataClass, Decision
from shared.kernel.actor import Actor
from tests.unit.accountability.yunlan import (
    AFFAIR,
    HANDLER,
    HAO,
    LEAD,
    OFFICE,
    PERSONNEL,
    QIAO,
    ROUND,
    SEALED,
    TODAY,
    WATER,
    Desk,
)

CIRCULAR = Decision(document_no="YL-NC-1", decided_on=TODAY, forum="leading-group")
NAMING = CIRCULAR.model_copy(update={"document_no": "YL-NAME-1"})
NAMED = NamedPerson(person_ref=HAO, decision=NAMING)


def decided() -> Desk:
    desk = Desk().accepted()
    desk.decide()
    return desk


def issue(desk: Desk, *persons: NamedPerson, decision: Decision = CIRCULAR) -> None:
    desk.application.issue_naming_circular(
        desk.as_(OFFICE), "NC-1", named={AFFAIR: list(persons)}, decision=decision
    )


class TestNamingCircular:
    @pytest.mark.req("R268")
    def test_names_the_unit_and_by_its_own_decision_the_person(self) -> None:
        desk = decided()
        issue(desk, NAMED)
        case = NamedCase(accountability_no=AFFAIR, unit=WATER, persons=[NAMED])
        assert desk.uow.recorded == [
            NamingCircularIssued(
                circular_no="NC-1", issued_on=TODAY, decision=CIRCULAR, cases=[case]
            )
        ]

    def test_names_only_what_is_decided(self) -> None:
        with pytest.raises(NotNameableError):
            issue(Desk().accepted())

    def test_names_nobody_by_the_decision_on_the_circular(self) -> None:
        named = NamedPerson(person_ref=HAO, decision=CIRCULAR)
        with pytest.raises(NamingNotDecidedError):
            issue(decided(), named)

    def test_names_nobody_who_is_not_held_to_account(self) -> None:
        with pytest.raises(NotNameableError):
            issue(decided(), NamedPerson(person_ref=QIAO, decision=NAMING))

    @pytest.mark.parametrize(
        "changes", [{"forum": "inspection-office"}, {"decided_on": date(2027, 1, 1)}]
    )
    def test_needs_the_leading_groups_decision(self, changes: dict[str, object]) -> None:
        with pytest.raises(NamingNotDecidedError):
            issue(decided(), decision=CIRCULAR.model_copy(update=changes))

    def test_needs_a_case(self) -> None:
        desk = decided()
        with pytest.raises(NotNameableError):
            desk.application.issue_naming_circular(
                desk.as_(OFFICE), "NC-2", named={}, decision=CIRCULAR
            )


def detain(desk: Desk, on: date = TODAY, actor: Actor = HANDLER) -> None:
    desk.application.record_detention(
        desk.as_(actor), LEAD, detention_no="D-1", matter=SEALED, detained_on=on
    )


class TestDetention:
    @pytest.mark.req("R277")
    def test_tells_its_existence_and_nothing_of_lead_or_person(self) -> None:
        desk = Desk().classified()
        detain(desk)
        (told,) = desk.uow.recorded
        assert told == DetentionRecorded(
            detention_no="D-1", round_no=ROUND, detained_on=TODAY, matter=SEALED
        )
        assert told.CLASS is DataClass.C5
        assert LEAD not in str(desk.uow.records[0].raw)

    def test_comes_out_of_a_lead_under_disposal(self) -> None:
        with pytest.raises(LeadStateError):
            detain(Desk().registered())

    def test_is_the_addressees_alone(self) -> None:
        with pytest.raises(NotTheAddresseeError):
            detain(Desk().classified(), actor=PERSONNEL)

    def test_is_not_recorded_ahead(self) -> None:
        with pytest.raises(NotYetHappenedError):
            detain(Desk().classified(), on=date(2027, 1, 1))


def test_a_voluntary_surrender_needs_no_lead_and_tells_round_and_sector_only() -> None:
    desk = Desk()
    desk.application.record_surrender(
        desk.as_(HANDLER), "VS-1", round_no=ROUND, sector="EDUCATION", matter=SEALED,
        surrendered_on=TODAY,
    )  # fmt: skip
    assert desk.uow.recorded == [
        VoluntarySurrenderRecorded(
            surrender_no="VS-1", round_no=ROUND, sector="EDUCATION", surrendered_on=TODAY,
            matter=SEALED,
        )
    ]  # fmt: skip
