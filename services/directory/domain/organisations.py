"""Organisations: what they are and who answers for them since when (R012, R016, R018, R019)."""

from datetime import date, datetime
from typing import Any

from services.directory.domain.credit_code import require_credit_code
from services.directory.domain.posts import Posts
from services.directory.domain.timeline import Timeline
from shared.contracts.directory import (
    AppointmentChanged,
    AppointmentEnded,
    Incumbent,
    LeaderInChargeAssigned,
    LinkedOfficeAssigned,
    OrganisationRegistered,
    PersonAppointed,
    ResidentTeamAssigned,
    UnitView,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import InvalidValueError, RefusedError
from shared.kernel.periods import civil_date


class UnchangedError(RefusedError):
    """The directory says so already: an event without a change would mislead its followers."""

    code = "unchanged"
    title = "Nothing would change"


class NotYetEffectiveError(RefusedError):
    """Others act at once on a change of principal (X10), so it is entered when it holds."""

    code = "not-yet-effective"
    title = "A change of principal is entered when it takes effect"


class Organisation(Aggregate):
    """One organisation and its dated answers; at any instant at most one principal (R012)."""

    KIND = "organisation"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.registered: OrganisationRegistered | None = None
        self.principals: Timeline[datetime, Incumbent | None] = Timeline()
        self.linked_offices: Timeline[date, str] = Timeline()
        self.resident_teams: Timeline[date, str] = Timeline()
        self.leaders_in_charge: Timeline[date, str] = Timeline()
        self.posts = Posts()

    def register(self, **facts: Any) -> None:
        """Become known. Raises CreditCodeInvalidError; InvalidValueError for its own parent."""
        registered = OrganisationRegistered(org=self.key, **facts)
        if registered.parent == self.key:
            raise InvalidValueError("an organisation is not its own parent", org=self.key)
        if registered.credit_code is not None:
            require_credit_code(registered.credit_code)
        self.record(registered)

    def change_principal(
        self, incoming: str | None, *, acting: bool, effective: datetime, now: datetime
    ) -> None:
        """Let another person, an acting one, or nobody be principal from this instant on (A57).

        Raises BackdatedError, NotYetEffectiveError, UnchangedError, InvalidValueError.
        """
        if incoming is None and acting:
            raise InvalidValueError("an acting principal is a person", org=self.key)
        if effective > now:
            raise NotYetEffectiveError("the instant has not come yet", org=self.key)
        self.principals.require_after_last(effective)
        present = self.principals.latest
        if self._is_already(present, incoming, acting):
            raise UnchangedError("the principal's post is held so already", org=self.key)
        self.record(
            AppointmentChanged(
                org=self.key,
                outgoing=present.person_ref if present else None,
                incoming=incoming,
                acting=acting,
                effective=effective,
            )
        )

    @staticmethod
    def _is_already(present: Incumbent | None, incoming: str | None, acting: bool) -> bool:
        if present is None:
            return incoming is None
        return (present.person_ref, present.acting) == (incoming, acting)

    def assign_linked_office(self, office: str, start: date) -> None:
        """Link a discipline-supervision office (监督检查室) from this date on (A49)."""
        self._require_replacing(self.linked_offices, office, start)
        self.record(LinkedOfficeAssigned(unit=self.key, office=office, start=start))

    def assign_resident_team(self, team: str, start: date) -> None:
        """Let a resident discipline team (派驻纪检监察组) watch from this date on."""
        self._require_replacing(self.resident_teams, team, start)
        self.record(ResidentTeamAssigned(unit=self.key, team=team, start=start))

    def assign_leader_in_charge(self, person_ref: str, start: date) -> None:
        """Let a leader in charge (分管领导) answer for the unit from this date on."""
        self._require_replacing(self.leaders_in_charge, person_ref, start)
        self.record(LeaderInChargeAssigned(unit=self.key, person_ref=person_ref, start=start))

    def _require_replacing(self, known: Timeline[date, str], value: str, start: date) -> None:
        if value == self.key:
            raise InvalidValueError("an organisation does not watch itself", org=self.key)
        known.require_after_last(start)
        if known.latest == value:
            raise UnchangedError("it is assigned already", org=self.key)

    def appoint(self, person_ref: str, post: str, start: date) -> None:
        """Give a person a post other than principal from this date on.

        Raises PrincipalPostError; OverlappingAppointmentError for a period that is held already.
        """
        self.posts.require_free(person_ref, post, start)
        self.record(PersonAppointed(org=self.key, person_ref=person_ref, post=post, start=start))

    def end_appointment(self, person_ref: str, post: str, end: date) -> None:
        """Let a person leave a post; `end` is the first day without it. Raises NotHeldError."""
        self.posts.require_held(person_ref, post, end)
        self.record(AppointmentEnded(org=self.key, person_ref=person_ref, post=post, end=end))

    def view(self, at: datetime) -> UnitView:
        """Return the unit and everybody who answers for it, as of this instant."""
        assert self.registered is not None  # only registered organisations are loaded
        day = civil_date(at)
        return UnitView(
            **self.registered.model_dump(exclude={"credit_code"}),
            at=at,
            principal=self.principals.at(at),
            former_principals=self._former_principals(at),
            linked_office=self.linked_offices.at(day),
            resident_team=self.resident_teams.at(day),
            leader_in_charge=self.leaders_in_charge.at(day),
            people=self._people(at),
        )

    def _people(self, at: datetime) -> list[str]:
        principal = self.principals.at(at)
        held = ([principal.person_ref] if principal else []) + self.posts.holders(civil_date(at))
        return list(dict.fromkeys(held))

    def _former_principals(self, at: datetime) -> list[str]:
        present = self.principals.at(at)
        held = dict.fromkeys(was.person_ref for was in self.principals.until(at) if was)
        return [
            person_ref for person_ref in held if not present or person_ref != present.person_ref
        ]

    @applies(OrganisationRegistered)
    def _registered(self, event: OrganisationRegistered) -> None:
        self.registered = event

    @applies(AppointmentChanged)
    def _principal_changed(self, event: AppointmentChanged) -> None:
        incumbent = event.incoming and Incumbent(
            person_ref=event.incoming, since=event.effective, acting=event.acting
        )
        self.principals.take(event.effective, incumbent or None)

    @applies(LinkedOfficeAssigned)
    def _linked_office_assigned(self, event: LinkedOfficeAssigned) -> None:
        self.linked_offices.take(event.start, event.office)

    @applies(ResidentTeamAssigned)
    def _resident_team_assigned(self, event: ResidentTeamAssigned) -> None:
        self.resident_teams.take(event.start, event.team)

    @applies(LeaderInChargeAssigned)
    def _leader_in_charge_assigned(self, event: LeaderInChargeAssigned) -> None:
        self.leaders_in_charge.take(event.start, event.person_ref)

    @applies(PersonAppointed)
    def _appointed(self, event: PersonAppointed) -> None:
        self.posts.take(event.person_ref, event.post, event.start)

    @applies(AppointmentEnded)
    def _appointment_ended(self, event: AppointmentEnded) -> None:
        self.posts.end(event.person_ref, event.post, event.end)
