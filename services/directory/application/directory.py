"""The use cases of the directory: one method per command, and the answers as of an instant.

Answers are replayed from the events, not read from a read model: what was written is answered at
once, and what held then is answered whatever has changed since.
"""

from datetime import date, datetime
from typing import Any

from services.directory.domain.calendars import YearCalendar, joined
from services.directory.domain.legal_bases import LegalBasis
from services.directory.domain.organisations import Organisation
from services.directory.domain.persons import Person
from services.directory.domain.policy import Policy, due_date, years_touched
from shared.contracts.directory import (
    DueDate,
    LegalBasisView,
    Period,
    PolicyView,
    SeverityBand,
    UnitView,
)
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFoundError
from shared.kernel.periods import civil_date


class DirectoryApplication:
    """Loads, lets the domain decide, saves."""

    def register_organisation(self, uow: UnitOfWork, org: str, **facts: Any) -> None:
        """RegisterOrganisation; raises NotFoundError for an unknown parent."""
        if facts.get("parent") not in (None, org):
            uow.load(Organisation, facts["parent"])
        organisation = uow.create(Organisation, org)
        organisation.register(**facts)
        uow.save(organisation)

    def register_person(self, uow: UnitOfWork, person_ref: str) -> None:
        """RegisterPerson: the pseudonym; the name goes into the vault in the same transaction."""
        person = uow.create(Person, person_ref)
        person.register()
        uow.save(person)

    def erase_person_name(self, uow: UnitOfWork, person_ref: str) -> None:
        """ErasePersonName: the vault erases it in the same transaction (requirements 3.5)."""
        person = uow.load(Person, person_ref)
        person.erase_name()
        uow.save(person)

    def change_principal(
        self,
        uow: UnitOfWork,
        org: str,
        *,
        incoming: str | None,
        acting: bool,
        effective: datetime,
    ) -> None:
        """ChangePrincipal (R012, A57, X10)."""
        organisation = uow.load(Organisation, org)
        if incoming is not None:
            uow.load(Person, incoming)
        organisation.change_principal(incoming, acting=acting, effective=effective, now=uow.now)
        uow.save(organisation)

    def appoint_person(
        self, uow: UnitOfWork, org: str, *, person_ref: str, post: str, start: date
    ) -> None:
        """AppointPerson: a post other than principal."""
        organisation = uow.load(Organisation, org)
        uow.load(Person, person_ref)
        organisation.appoint(person_ref, post, start)
        uow.save(organisation)

    def end_appointment(
        self, uow: UnitOfWork, org: str, *, person_ref: str, post: str, end: date
    ) -> None:
        """EndAppointment: of a post other than principal."""
        organisation = uow.load(Organisation, org)
        organisation.end_appointment(person_ref, post, end)
        uow.save(organisation)

    def assign_linked_office(self, uow: UnitOfWork, org: str, *, office: str, start: date) -> None:
        """AssignLinkedOffice (A49, G18)."""
        organisation = uow.load(Organisation, org)
        uow.load(Organisation, office)
        organisation.assign_linked_office(office, start)
        uow.save(organisation)

    def assign_resident_team(self, uow: UnitOfWork, org: str, *, team: str, start: date) -> None:
        """AssignResidentTeam."""
        organisation = uow.load(Organisation, org)
        uow.load(Organisation, team)
        organisation.assign_resident_team(team, start)
        uow.save(organisation)

    def assign_leader_in_charge(
        self, uow: UnitOfWork, org: str, *, person_ref: str, start: date
    ) -> None:
        """AssignLeaderInCharge."""
        organisation = uow.load(Organisation, org)
        uow.load(Person, person_ref)
        organisation.assign_leader_in_charge(person_ref, start)
        uow.save(organisation)

    def adopt_policy_edition(
        self,
        uow: UnitOfWork,
        *,
        edition: str,
        effective: date,
        periods: dict[str, Period],
        numbers: dict[str, int],
    ) -> None:
        """AdoptPolicyEdition, for the inspecting committee whose directory this is."""
        tenant = uow.context.tenant
        policy = uow.find(Policy, tenant) or uow.create(Policy, tenant)
        policy.adopt(edition, effective, periods, numbers)
        uow.save(policy)

    def register_legal_basis(
        self,
        uow: UnitOfWork,
        basis: str,
        *,
        edition: str,
        title: str,
        valid_from: date,
        valid_until: date | None,
        bands: list[SeverityBand],
    ) -> None:
        """RegisterLegalBasis: its first or its next edition (R002, R263)."""
        found = uow.find(LegalBasis, basis) or uow.create(LegalBasis, basis)
        found.register(
            edition=edition,
            title=title,
            valid_from=valid_from,
            valid_until=valid_until,
            bands=bands,
        )
        uow.save(found)

    def publish_calendar(
        self, uow: UnitOfWork, year: int, *, holidays: list[date], workdays: list[date]
    ) -> None:
        """PublishCalendar: the first time or again, when the year's days were changed."""
        calendar = uow.find(YearCalendar, str(year)) or uow.create(YearCalendar, str(year))
        calendar.publish(holidays, workdays)
        uow.save(calendar)

    def organisation(self, uow: UnitOfWork, org: str) -> Organisation:
        """Return the organisation; raises NotFoundError."""
        return uow.load(Organisation, org)

    def unit_view(self, uow: UnitOfWork, org: str, at: datetime | None) -> UnitView:
        """Return who answers for the unit as of the instant, now by default."""
        return uow.load(Organisation, org).view(at or uow.now)

    def policy(self, uow: UnitOfWork, at: datetime | None) -> PolicyView:
        """Return the parameters in force at the instant; raises NotFoundError."""
        found = uow.find(Policy, uow.context.tenant)
        if found is None:
            raise NotFoundError("no policy edition was adopted")
        return found.in_force(civil_date(at or uow.now))

    def due_date(
        self, uow: UnitOfWork, parameter: str, start: date, at: datetime | None
    ) -> DueDate:
        """Return when the period ends, by the policy in force at the instant.

        Raises NotFoundError; CalendarUnknownError when working days of a year are not published.
        """
        policy = self.policy(uow, at)
        years = years_touched(start, policy.periods.get(parameter))
        found = [uow.find(YearCalendar, str(year)) for year in years]
        return due_date(policy, parameter, start, joined([year for year in found if year]))

    def legal_basis(self, uow: UnitOfWork, basis: str, on: date) -> LegalBasisView:
        """Return the edition in force on that date (G28); raises NotFoundError."""
        return uow.load(LegalBasis, basis).in_force(on)
