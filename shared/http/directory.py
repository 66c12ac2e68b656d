"""Asks the directory who answers for a unit and which rules hold: a port, its client, its twin."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from shared.contracts.directory import DueDate, LegalBasisView, PolicyView, UnitView
from shared.http.client import ApiClient
from shared.kernel.errors import NotFoundError, UnavailableError

View = TypeVar("View", bound=BaseModel)


class Directory(Protocol):
    """What the other services ask of the directory, each answer as of one instant."""

    def unit(self, org: str) -> UnitView:
        """Return the unit and who answers for it now; raises NotFoundError."""
        ...

    def policy(self) -> PolicyView:
        """Return the policy parameters in force now."""
        ...

    def due(self, parameter: str, start: date) -> DueDate:
        """Return the date that the period `parameter`, counted from `start`, ends on."""
        ...

    def legal_basis(self, basis: str, on: date) -> LegalBasisView:
        """Return the edition in force on that date; raises NotFoundError."""
        ...


@dataclass(frozen=True)
class HttpDirectory:
    """The directory service over HTTP. Raises UnavailableError when it does not answer."""

    client: ApiClient

    def unit(self, org: str) -> UnitView:
        return self._answer(UnitView, f"/v1/organisations/{org}/view")

    def policy(self) -> PolicyView:
        return self._answer(PolicyView, "/v1/policy")

    def due(self, parameter: str, start: date) -> DueDate:
        query = {"parameter": parameter, "start": start.isoformat()}
        return self._answer(DueDate, "/v1/due-dates", query)

    def legal_basis(self, basis: str, on: date) -> LegalBasisView:
        return self._answer(LegalBasisView, f"/v1/legal-bases/{basis}", {"on": on.isoformat()})

    def _answer(self, view: type[View], path: str, query: dict[str, str] | None = None) -> View:
        try:
            return view.model_validate(self.client.get(path, query))
        except ValidationError as error:
            raise UnavailableError("the directory's answer is not understood") from error


@dataclass
class InMemoryDirectory:
    """The twin for tests: it answers what it was given."""

    units: dict[str, UnitView] = field(default_factory=dict)
    parameters: PolicyView = field(
        default_factory=lambda: PolicyView(edition="test-1", periods={}, numbers={})
    )
    due_dates: dict[str, date] = field(default_factory=dict)
    bases: dict[str, LegalBasisView] = field(default_factory=dict)
    now: datetime = datetime(2026, 1, 5, tzinfo=UTC)

    def unit(self, org: str) -> UnitView:
        if org not in self.units:
            raise NotFoundError("no such organisation", org=org)
        return self.units[org]

    def policy(self) -> PolicyView:
        return self.parameters

    def due(self, parameter: str, start: date) -> DueDate:
        if parameter not in self.due_dates:
            raise NotFoundError("no such period in the policy", parameter=parameter)
        edition = self.parameters.edition
        return DueDate(
            parameter=parameter, edition=edition, start=start, due=self.due_dates[parameter]
        )

    def legal_basis(self, basis: str, on: date) -> LegalBasisView:
        if basis not in self.bases:
            raise NotFoundError("no such legal basis on that date", basis=basis)
        return self.bases[basis]
