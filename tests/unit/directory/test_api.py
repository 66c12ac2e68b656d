"""The directory over HTTP, on a real database: exactly what its client asks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response

from services.directory.application import NameVault
from services.directory.bootstrap import READ_MODELS, build
from shared.contracts.directory import Incumbent
from shared.eventstore.migrations import migrate
from shared.eventstore.projections import Projector
from shared.eventstore.store import EventStore
from shared.http.client import ApiClient
from shared.http.directory import HttpDirectory
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Role
from shared.kernel.errors import NotFoundError
from shared.settings import ServiceSettings
from tests.integration.http.small_service import served
from tests.unit.directory.yunlan import LIGHT, numbers, periods

NAME_OF_HAO = "样例·郝水利"


@dataclass
class Desk:
    """Gives commands and asks, each as one role."""

    url: str
    http: Client
    issuer: LocalIssuer
    store: EventStore
    keys: Iterator[int] = field(default_factory=count)

    def bearer(self, role: Role) -> str:
        return self.issuer.issue(f"p-{role.lower()}", "yl-office", role)

    def post(self, role: Role, path: str, body: Any = None, version: int | None = None) -> Response:
        headers = {
            "Authorization": f"Bearer {self.bearer(role)}",
            "Idempotency-Key": f"directory-test-{next(self.keys)}",
        }
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self.http.post(path, json=body, headers=headers)

    def get(self, role: Role, path: str) -> Response:
        return self.http.get(path, headers={"Authorization": f"Bearer {self.bearer(role)}"})


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    issuer = LocalIssuer(tmp_path)
    settings = ServiceSettings(
        tenant="city:yunlan",
        database_url=database_url,
        kafka_bootstrap="127.0.0.1:9",
        jwks=str(issuer.jwks),
        issuer=issuer.issuer,
    )
    migrate(database_url, READ_MODELS)
    service = build(settings)
    with served(service.http(dict)) as url, Client(base_url=url) as http:
        yield Desk(url, http, issuer, service.store)
    service.store.close()


@pytest.fixture
def water(desk: Desk) -> Desk:
    """A desk over a city with a water bureau and its principal."""
    for org in ("yl-water", "yl-office-5"):
        answer = desk.post(Role.ADM, "/v1/organisations", _organisation(org))
        assert answer.status_code == 201, answer.text
    person = {"person_ref": "p-up-water", "name": NAME_OF_HAO}
    assert desk.post(Role.ADM, "/v1/persons", person).status_code == 201
    principal = {"incoming": "p-up-water", "effective": "2025-05-06T09:00:00+08:00"}
    path = "/v1/organisations/yl-water/principal"
    assert desk.post(Role.ORG, path, principal, version=1).headers["ETag"] == '"2"'
    return desk


def _organisation(org: str, **changed: str) -> dict[str, str]:
    return {
        "org": org, "name": "云岚市水利局", "level": "CITY", "category": "DEPARTMENT",
        "sector": "WATER", "credit_code": "11320000MB151840XJ", **changed,
    }  # fmt: skip


class TestDirectoryApi:
    def test_answers_what_its_client_asks(self, water: Desk) -> None:
        office = {"office": "yl-office-5", "start": "2025-05-01"}
        water.post(Role.ORG, "/v1/organisations/yl-water/linked-office", office, version=2)
        edition = {
            "edition": "yl-2025", "effective": "2025-01-01", "numbers": numbers(),
            "periods": {name: period.model_dump(mode="json") for name, period in periods().items()},
        }  # fmt: skip
        assert water.post(Role.LG, "/v1/policy-editions", edition).status_code == 201
        basis = {
            "basis": "discipline", "edition": "2018", "title": "纪律处分条例",
            "valid_from": "2018-10-01", "bands": [LIGHT.model_dump()],
        }  # fmt: skip
        assert water.post(Role.LG, "/v1/legal-bases", basis).status_code == 201
        with ApiClient(water.url, water.bearer(Role.SYSTEM)) as client:
            directory = HttpDirectory(client)
            unit = directory.unit("yl-water")
            assert isinstance(unit.principal, Incumbent)
            assert (unit.principal.person_ref, unit.linked_office) == ("p-up-water", "yl-office-5")
            assert directory.policy().numbers["closure_min_pairs"] == 2
            due = directory.due("plan_submit_within", date(2026, 1, 5))
            assert (due.due, due.edition) == (date(2026, 3, 5), "yl-2025")
            assert directory.legal_basis("discipline", date(2020, 1, 1)).bands == [LIGHT]
            with pytest.raises(NotFoundError):
                directory.unit("yl-nowhere")

    @pytest.mark.req("R012")
    def test_answers_as_of_an_instant(self, water: Desk) -> None:
        at = "/v1/organisations/yl-water/view?at=2025-05-06T08:59:59%2B08:00"
        assert "principal" not in water.get(Role.SYSTEM, at).json()

    def test_the_page_has_the_version_to_name_in_if_match(self, water: Desk) -> None:
        page = water.get(Role.OFF, "/v1/organisations/yl-water")
        assert page.headers["ETag"] == '"2"'
        assert page.json()["principals"][0]["incumbent"]["person_ref"] == "p-up-water"

    def test_lists_organisations_and_vacancies(self, water: Desk) -> None:
        Projector(water.store, READ_MODELS).catch_up()
        listed = water.get(Role.OFF, "/v1/organisations?limit=1").json()
        vacant = water.get(Role.OFF, "/v1/organisations?vacant=true").json()
        assert [one["org"] for one in listed["items"]] == ["yl-office-5"]
        following = water.get(Role.OFF, f"/v1/organisations?after={listed['next']}").json()
        assert [one["principal"] for one in following["items"]] == ["p-up-water"]
        assert [one["org"] for one in vacant["items"]] == ["yl-office-5"]

    def test_names_stay_in_the_vault(self, water: Desk) -> None:
        path = "/v1/persons/p-up-water/name"
        assert water.get(Role.ORG, path).json()["name"] == NAME_OF_HAO
        assert water.get(Role.OFF, path).status_code == 403
        told = b"".join(recorded.raw for recorded in water.store.read(0, 100)).decode()
        assert NAME_OF_HAO not in told

    def test_an_erased_name_is_gone_for_good(self, water: Desk) -> None:
        path = "/v1/persons/p-up-water"
        assert water.post(Role.ADM, f"{path}/erase-name", version=1).status_code == 200
        assert water.get(Role.ORG, f"{path}/name").status_code == 404
        with pytest.raises(NotFoundError):
            NameVault(water.store).name_of("p-up-water")

    def test_a_refused_registration_keeps_no_name(self, water: Desk) -> None:
        again = {"person_ref": "p-up-water", "name": "样例·别人"}
        assert water.post(Role.ADM, "/v1/persons", again).status_code == 409
        assert NameVault(water.store).name_of("p-up-water") == NAME_OF_HAO

    @pytest.mark.parametrize(
        ("role", "path", "body", "status"),
        [
            (Role.ORG, "/v1/organisations", _organisation("yl-x"), 403),
            (Role.ADM, "/v1/organisations", _organisation("yl-x", extra="1"), 422),
            (Role.ADM, "/v1/organisations", _organisation("yl-x", parent="yl-no"), 404),
            (Role.ADM, "/v1/organisations",
             _organisation("yl-x", credit_code="11320000MB151840XK"), 422),
            (Role.ADM, "/v1/policy-editions",
             {"edition": "e", "effective": "2026-01-01", "periods": {}, "numbers": {}}, 403),
            (Role.LG, "/v1/policy-editions",
             {"edition": "e", "effective": "2026-01-01", "periods": {}, "numbers": {}}, 409),
            (Role.ADM, "/v1/calendars/2026", {"holidays": ["2025-01-01"], "workdays": []}, 422),
            (Role.ORG, "/v1/organisations/yl-water/leader-in-charge",
             {"person_ref": "p-up-water", "start": "2026-01-01"}, 428),
        ],
    )  # fmt: skip
    def test_refuses(
        self, water: Desk, role: Role, path: str, body: dict[str, Any], status: int
    ) -> None:
        assert water.post(role, path, body).status_code == status
