"""Who answers for a unit, at every instant."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.directory.application import DirectoryApplication
from services.directory.domain.organisations import (
    NotYetEffectiveError,
    Organisation,
    UnchangedError,
)
from services.directory.domain.posts import (
    NotHeldError,
    OverlappingAppointmentError,
    PrincipalPostError,
)
from services.directory.domain.timeline import BackdatedError
from shared.contracts.directory import (
    AppointmentChanged,
    AppointmentEnded,
    Incumbent,
    Level,
    LinkedOfficeAssigned,
    PersonAppointed,
    PersonNameErased,
    PersonRegistered,
)
from shared.kernel.errors import ConflictError, InvalidValueError, NotFoundError
from tests.support.in_memory import NOON, InMemoryUnitOfWork
from tests.unit.directory.yunlan import (
    HAO,
    JULY,
    JUNE,
    LAN,
    MAY,
    OFFICE_FIVE,
    OFFICE_SIX,
    QIAO,
    TEAM_TWO,
    WATER,
    the_city,
)


@pytest.fixture
def application() -> DirectoryApplication:
    return DirectoryApplication()


@pytest.fixture
def uow(application: DirectoryApplication) -> InMemoryUnitOfWork:
    return the_city(application)


class TestRegister:
    def test_refuses_a_known_organisation(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        with pytest.raises(ConflictError):
            application.register_organisation(uow, WATER, name="云岚市水利局")

    @pytest.mark.req("R016")
    def test_refuses_an_unknown_parent(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        with pytest.raises(NotFoundError):
            application.register_organisation(uow, "yl-forest", parent="yl-nowhere")

    def test_refuses_to_be_its_own_parent(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        with pytest.raises(InvalidValueError):
            application.register_organisation(
                uow, "yl-forest", name="云岚市林业局", level=Level.CITY, category="DEPARTMENT",
                sector="FOREST", parent="yl-forest",
            )  # fmt: skip

    def test_refuses_a_known_person(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        with pytest.raises(ConflictError):
            application.register_person(uow, HAO)

    def test_an_erased_name_leaves_the_pseudonym(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        application.register_person(uow, "p-gone")
        application.erase_person_name(uow, "p-gone")
        assert uow.recorded == [
            PersonRegistered(person_ref="p-gone"),
            PersonNameErased(person_ref="p-gone"),
        ]


class TestPrincipal:
    @pytest.mark.req("R012")
    def test_who_was_principal_at_any_instant(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        application.change_principal(uow, WATER, incoming=LAN, acting=False, effective=JULY)
        before = application.unit_view(uow, WATER, MAY - timedelta(seconds=1))
        under_hao = application.unit_view(uow, WATER, JUNE)
        under_lan = application.unit_view(uow, WATER, JULY)
        assert before.principal is None
        assert under_hao.principal == Incumbent(person_ref=HAO, since=MAY)
        assert under_lan.principal == Incumbent(person_ref=LAN, since=JULY)
        assert (under_hao.former_principals, under_lan.former_principals) == ([], [HAO])

    @pytest.mark.req("X10")
    def test_a_change_tells_who_left_and_who_came(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        application.change_principal(uow, WATER, incoming=LAN, acting=False, effective=JULY)
        assert uow.recorded == [
            AppointmentChanged(org=WATER, outgoing=HAO, incoming=LAN, effective=JULY)
        ]

    @pytest.mark.req("R012")
    def test_the_post_may_be_vacant_then_held_by_an_acting_principal(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        application.change_principal(uow, WATER, incoming=None, acting=False, effective=JUNE)
        application.change_principal(uow, WATER, incoming=LAN, acting=True, effective=JULY)
        vacant = application.unit_view(uow, WATER, JUNE)
        acting = application.unit_view(uow, WATER, JULY)
        assert vacant.principal is None
        assert vacant.former_principals == [HAO]
        assert acting.principal == Incumbent(person_ref=LAN, since=JULY, acting=True)

    @pytest.mark.req("R012")
    def test_an_acting_principal_may_become_the_principal(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        application.change_principal(uow, WATER, incoming=LAN, acting=True, effective=JUNE)
        application.change_principal(uow, WATER, incoming=LAN, acting=False, effective=JULY)
        assert application.unit_view(uow, WATER, JULY).former_principals == [HAO]

    @pytest.mark.req("R012")
    @pytest.mark.parametrize("effective", [MAY, MAY - timedelta(days=30)])
    def test_refuses_a_change_before_or_at_the_last_one(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork, effective: datetime
    ) -> None:
        with pytest.raises(BackdatedError):
            application.change_principal(
                uow, WATER, incoming=LAN, acting=False, effective=effective
            )

    def test_refuses_a_change_that_has_not_taken_effect(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        later = NOON + timedelta(seconds=1)
        with pytest.raises(NotYetEffectiveError):
            application.change_principal(uow, WATER, incoming=LAN, acting=False, effective=later)

    def test_refuses_what_is_so_already(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        with pytest.raises(UnchangedError):
            application.change_principal(uow, WATER, incoming=HAO, acting=False, effective=JUNE)
        with pytest.raises(UnchangedError):
            application.change_principal(
                uow, OFFICE_FIVE, incoming=None, acting=False, effective=JUNE
            )

    def test_refuses_an_acting_nobody_and_an_unknown_person(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        with pytest.raises(InvalidValueError):
            application.change_principal(uow, WATER, incoming=None, acting=True, effective=JUNE)
        with pytest.raises(NotFoundError):
            application.change_principal(
                uow, WATER, incoming="p-stranger", acting=False, effective=JUNE
            )


class TestLinks:
    @pytest.mark.req("G18")
    def test_the_linked_office_is_dated(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        application.assign_linked_office(uow, WATER, office=OFFICE_SIX, start=date(2025, 6, 1))
        assert uow.recorded == [
            LinkedOfficeAssigned(unit=WATER, office=OFFICE_SIX, start=date(2025, 6, 1))
        ]
        assert application.unit_view(uow, WATER, MAY).linked_office == OFFICE_FIVE
        assert application.unit_view(uow, WATER, JUNE).linked_office == OFFICE_SIX

    def test_a_date_begins_at_midnight_in_beijing(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        midnight = datetime(2025, 4, 30, 16, 0, tzinfo=UTC)
        before = application.unit_view(uow, WATER, midnight - timedelta(seconds=1))
        assert before.linked_office is None
        assert application.unit_view(uow, WATER, midnight).linked_office == OFFICE_FIVE

    def test_team_and_leader_stand_in_the_view(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        view = application.unit_view(uow, WATER, None)
        assert (view.resident_team, view.leader_in_charge) == (TEAM_TWO, QIAO)
        assert view.at == NOON

    def test_refuses_backdated_unchanged_and_unknown_links(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        with pytest.raises(BackdatedError):
            application.assign_linked_office(uow, WATER, office=OFFICE_SIX, start=date(2025, 5, 1))
        with pytest.raises(UnchangedError):
            application.assign_resident_team(uow, WATER, team=TEAM_TWO, start=date(2025, 7, 1))
        with pytest.raises(NotFoundError):
            application.assign_linked_office(
                uow, WATER, office="yl-nowhere", start=date(2025, 7, 1)
            )
        with pytest.raises(InvalidValueError):
            application.assign_resident_team(uow, WATER, team=WATER, start=date(2025, 7, 1))


class TestOtherPosts:
    def test_a_post_is_taken_left_and_taken_again(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        post = {"person_ref": QIAO, "post": "MEMBER"}
        application.appoint_person(uow, WATER, **post, start=date(2025, 1, 1))
        application.end_appointment(uow, WATER, **post, end=date(2025, 2, 1))
        application.appoint_person(uow, WATER, **post, start=date(2025, 2, 1))
        assert [event.TYPE for event in uow.recorded] == [
            PersonAppointed.TYPE,
            AppointmentEnded.TYPE,
            PersonAppointed.TYPE,
        ]
        held = uow.load(Organisation, WATER).posts.held
        assert [(one.start, one.end) for one in held] == [
            (date(2025, 1, 1), date(2025, 2, 1)),
            (date(2025, 2, 1), None),
        ]

    def test_refuses_overlapping_and_backdated_appointments(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        post = {"person_ref": QIAO, "post": "MEMBER"}
        application.appoint_person(uow, WATER, **post, start=date(2025, 1, 1))
        with pytest.raises(OverlappingAppointmentError):
            application.appoint_person(uow, WATER, **post, start=date(2025, 3, 1))
        application.end_appointment(uow, WATER, **post, end=date(2025, 4, 1))
        with pytest.raises(OverlappingAppointmentError):
            application.appoint_person(uow, WATER, **post, start=date(2025, 3, 1))

    @pytest.mark.req("R012")
    def test_refuses_a_second_principal(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        with pytest.raises(PrincipalPostError):
            application.appoint_person(
                uow, WATER, person_ref=LAN, post="PRINCIPAL", start=date(2025, 7, 1)
            )

    def test_refuses_to_end_what_is_not_held(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        with pytest.raises(NotHeldError):
            application.end_appointment(
                uow, WATER, person_ref=QIAO, post="MEMBER", end=date(2025, 7, 1)
            )


@pytest.mark.req("G15")
def test_the_view_names_everybody_who_holds_a_post_then(
    application: DirectoryApplication, uow: InMemoryUnitOfWork
) -> None:
    application.appoint_person(uow, WATER, person_ref=LAN, post="deputy-head", start=MAY.date())
    view = application.unit_view(uow, WATER, None)
    assert view.principal is not None
    assert view.people[0] == view.principal.person_ref
    later = datetime(2026, 7, 1, tzinfo=UTC)
    assert LAN in application.unit_view(uow, WATER, later).people
