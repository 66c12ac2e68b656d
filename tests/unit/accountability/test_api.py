"""Accountability over HTTP, on a real database: who sees what, and what never leaves."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response

from services.accountability.application import AccountabilityApplication
from services.accountability.bootstrap import READ_MODELS, build
from shared.contracts.feedback import LeadAddresseeKind
from shared.eventstore.migrations import migrate
from shared.eventstore.projections import Projector, replay
from shared.eventstore.store import EventStore
from shared.http.directory import InMemoryDirectory
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Actor, Role, system_actor
from shared.kernel.clock import SettableClock
from shared.kernel.context import Context
from shared.settings import ServiceSettings
from tests.integration.http.small_service import served
from tests.support.in_memory import NOON, TENANT
from tests.unit.accountability.yunlan import (
    AFFAIR,
    CASE,
    COMMITTEE,
    DEPARTMENT,
    EVIDENCE,
    HANDLER,
    HAO,
    LEAD,
    OFFICE,
    PERSONNEL,
    PROBLEM,
    REGULATIONS,
    ROUND,
    WATER,
    offered,
)

SECRET = "样例：水利局账外资金的经过"
REFERRAL: dict[str, Any] = {
    "accountability_no": AFFAIR, "unit": WATER, "subject_kind": "PERSON", "subject": HAO,
    "ground": "FRAUD", "evidence": EVIDENCE, "problem_nos": [PROBLEM],
    "joint_with": "yl-office-5", "conduct_on": "2023-06-01", "account": SECRET,
}  # fmt: skip
DECISION = {
    "severity": "LIGHT", "measure": "WARNING", "legal_basis": "discipline-regulations"
}  # fmt: skip
YESTERDAY = date(2026, 3, 1)


@dataclass
class Counter:
    """Gives commands and asks, each as one actor."""

    http: Client
    issuer: LocalIssuer
    store: EventStore
    keys: Iterator[int] = field(default_factory=count)

    def _headers(self, actor: Actor) -> dict[str, str]:
        token = self.issuer.issue(actor.person_ref, actor.org, actor.role)
        return {"Authorization": f"Bearer {token}"}

    def post(
        self, actor: Actor, path: str, body: Any = None, version: int | None = None
    ) -> Response:
        key = {"Idempotency-Key": f"accountability-{next(self.keys)}"}
        seen = {} if version is None else {"If-Match": f'"{version}"'}
        return self.http.post(path, json=body, headers={**self._headers(actor), **key, **seen})

    def get(self, actor: Actor, path: str) -> Response:
        return self.http.get(path, headers=self._headers(actor))

    def receive(self, **changes: Any) -> None:
        """Take an offered lead in, as the reaction does."""
        context = Context(TENANT, system_actor("accountability", "policy"), "Test/1", NOON)
        uow = self.store.begin(context)
        AccountabilityApplication().receive_offer(uow, offered(**changes))
        uow.commit()

    def project(self) -> None:
        Projector(self.store, READ_MODELS).catch_up()

    def claimed(self) -> None:
        """Note that the unit claimed the problem, as the reactions do."""
        context = Context(TENANT, system_actor("accountability", "policy"), "Test/2", NOON)
        uow = self.store.begin(context)
        application = AccountabilityApplication()
        application.note_inspected_case(uow, CASE, round_no=ROUND, unit=WATER)
        application.note_claim(uow, PROBLEM, case_no=CASE)
        uow.commit()

    def referred(self) -> None:
        self.claimed()
        answer = self.post(OFFICE, "/v1/accountability-cases", REFERRAL)
        assert answer.status_code == 201, answer.text

    def decided(self) -> None:
        self.referred()
        path = f"/v1/accountability-cases/{AFFAIR}"
        assert self.post(HANDLER, f"{path}/accept", version=1).status_code == 200
        answer = self.post(HANDLER, f"{path}/decide", DECISION, version=2)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def counter(database_url: str, tmp_path: Path) -> Iterator[Counter]:
    directory = InMemoryDirectory(
        due_dates={"lead_first_disposal_within": YESTERDAY},
        bases={"discipline-regulations": REGULATIONS},
    )
    migrate(database_url, READ_MODELS)
    with _serving(database_url, LocalIssuer(tmp_path), directory) as found:
        yield found


@contextmanager
def _serving(
    database_url: str, issuer: LocalIssuer, directory: InMemoryDirectory
) -> Iterator[Counter]:
    settings = ServiceSettings(
        tenant=TENANT,
        database_url=database_url,
        kafka_bootstrap="127.0.0.1:9",
        jwks=str(issuer.jwks),
        issuer=issuer.issuer,
        vault_key=base64.b64encode(b"k" * 32).decode(),
    )
    service = build(settings, directory=directory, clock=SettableClock(NOON))
    with served(service.http(dict)) as url, Client(base_url=url) as http:
        yield Counter(http, issuer, service.store)
    service.store.close()


class TestLeads:
    def test_the_whole_course_of_a_lead(self, counter: Counter) -> None:
        counter.receive()
        measure = {
            "measure_no": "M-1", "person_ref": "p-member-water", "category": "DISCIPLINE",
            "measure": "WARNING", "legal_basis": "discipline-regulations",
            "conduct_on": "2023-06-01",
        }  # fmt: skip
        course: list[tuple[str, dict[str, Any] | None]] = [
            ("accept", {}),
            ("classify", {"method": "PRELIMINARY_VERIFICATION"}),
            ("impose-measure", measure),
            ("file-case", {"person_ref": "p-member-water", "post_level": "SECTION_CHIEF"}),
            ("transfer-to-judiciary", {"person_ref": "p-member-water"}),
            ("conclude", {"conclusion": "FORM_4", "pursuit_known": True}),
            ("cancel", None),
        ]
        for version, (step, body) in enumerate(course, start=1):
            answer = counter.post(HANDLER, f"/v1/leads/{LEAD}/{step}", body, version)
            assert answer.status_code == 200, answer.text
        page = counter.get(HANDLER, f"/v1/leads/{LEAD}")
        assert page.headers["ETag"] == '"8"'
        shown = page.json()
        assert (shown["state"], shown["conclusion"]) == ("CANCELLED", "FORM_4")
        assert (shown["measures"], shown["cases_filed"], shown["transferred"]) == (1, 1, 1)
        counter.project()
        listed = counter.get(HANDLER, "/v1/leads?state=CANCELLED").json()["items"]
        assert listed[0].items() <= shown.items()
        assert all(result.equal for result in replay(counter.store, READ_MODELS))

    @pytest.mark.req("R251")
    def test_the_inspection_side_learns_the_status_only(self, counter: Counter) -> None:
        counter.receive()
        counter.project()
        page = counter.get(OFFICE, f"/v1/leads/{LEAD}").json()
        listed = counter.get(OFFICE, "/v1/leads").json()["items"]
        status = {"lead_no", "state", "registered_on", "first_disposal_due", "conclusion"}
        assert page.keys() == status | {"version"}
        assert [row.keys() for row in listed] == [status]

    def test_an_addressee_lists_its_own_leads(self, counter: Counter) -> None:
        kind = LeadAddresseeKind.ORGANISATION_DEPARTMENT
        counter.receive()
        counter.receive(
            lead_no="YL-L-0008", addressee=DEPARTMENT, addressee_kind=kind, kind="TALENT"
        )
        counter.project()
        for actor, own in ((HANDLER, LEAD), (PERSONNEL, "YL-L-0008")):
            items = counter.get(actor, "/v1/leads").json()["items"]
            assert [row["lead_no"] for row in items] == [own]
            assert items[0]["unit"] == WATER
        assert "unit" not in counter.get(PERSONNEL, f"/v1/leads/{LEAD}").json()

    @pytest.mark.req("R254")
    def test_shows_whose_first_disposal_is_late(self, counter: Counter) -> None:
        leading_group = Actor(person_ref="p-leading-group", org="yl-leading-group", role=Role.LG)
        counter.receive()
        counter.project()
        assert counter.get(leading_group, "/v1/leads?late=true").json()["items"] == []
        body = {"registered_on": "2026-01-05"}
        counter.post(HANDLER, f"/v1/leads/{LEAD}/accept", body, version=1)
        counter.project()
        late = counter.get(leading_group, "/v1/leads?late=true").json()["items"]
        assert [row["first_disposal_due"] for row in late] == [YESTERDAY.isoformat()]

    @pytest.mark.parametrize(
        ("actor", "step", "body", "version", "status"),
        [
            (OFFICE, "accept", {}, 1, 403),
            (HANDLER, "accept", {}, None, 428),
            (HANDLER, "accept", {}, 7, 412),
            (PERSONNEL, "accept", {}, 1, 409),
            (HANDLER, "cancel", None, 1, 409),
            (HANDLER, "classify", {"method": "IGNORE"}, 1, 422),
            (HANDLER, "return", {"reason": "致电13800000000"}, 1, 409),
        ],
    )
    def test_refuses(
        self, counter: Counter, actor: Actor, step: str, body: Any, version: int, status: int
    ) -> None:
        counter.receive()
        answer = counter.post(actor, f"/v1/leads/{LEAD}/{step}", body, version)
        assert answer.status_code == status, answer.text


class TestCases:
    @pytest.mark.req("R260")
    def test_refers_decides_and_executes(self, counter: Counter) -> None:
        counter.decided()
        path = f"/v1/accountability-cases/{AFFAIR}"
        executed = {"record": EVIDENCE[0]}
        assert counter.post(COMMITTEE, f"{path}/execute", executed, 3).status_code == 200
        counter.project()
        file = counter.get(HANDLER, path).json()
        assert (file["state"], file["measure"], file["within_band"]) == (
            "EXECUTED", "WARNING", True
        )  # fmt: skip
        listed = counter.get(HANDLER, "/v1/accountability-cases?state=EXECUTED").json()["items"]
        assert (listed[0]["subject"], listed[0]["executed_on"]) == (HAO, "2026-03-02")

    @pytest.mark.req("G26")
    @pytest.mark.req("INV-16")
    def test_the_account_is_in_no_event_and_no_table(self, counter: Counter) -> None:
        counter.referred()
        told = b"".join(recorded.raw for recorded in counter.store.read(0, 100))
        assert SECRET.encode() not in told
        with counter.store.connection() as connection:
            rows = connection.execute("SELECT ciphertext FROM sealed_values").fetchall()
        assert len(rows) == 1
        assert SECRET.encode() not in bytes(rows[0]["ciphertext"])

    def test_the_account_is_opened_for_the_deciding_organs_only(self, counter: Counter) -> None:
        counter.referred()
        path = f"/v1/accountability-cases/{AFFAIR}/account"
        assert counter.get(HANDLER, path).json()["account"] == SECRET
        assert counter.get(OFFICE, path).status_code == 403

    def test_the_others_see_the_state_only(self, counter: Counter) -> None:
        counter.decided()
        counter.project()
        path = "/v1/accountability-cases"
        status = {"accountability_no", "unit", "state", "ground", "problem_nos"}
        assert counter.get(OFFICE, f"{path}/{AFFAIR}").json().keys() == status | {"version"}
        assert counter.get(OFFICE, path).json()["items"][0].keys() == status

    @pytest.mark.req("R256")
    @pytest.mark.parametrize("step", ["accept", "reject", "decide", "execute"])
    def test_the_inspection_side_decides_nothing(self, counter: Counter, step: str) -> None:
        counter.referred()
        bodies: dict[str, Any] = {
            "reject": {"reason": "证据不足"}, "decide": DECISION,
            "execute": {"record": EVIDENCE[0]},
        }  # fmt: skip
        path = f"/v1/accountability-cases/{AFFAIR}/{step}"
        assert counter.post(OFFICE, path, bodies.get(step), version=1).status_code == 403

    @pytest.mark.req("G27")
    @pytest.mark.req("G28")
    @pytest.mark.parametrize(
        ("wrong", "guard"),
        [({"measure": "EXPULSION"}, "G27"), ({"legal_basis": "unheard-of"}, "G28")],
    )
    def test_names_the_guard_that_refuses(
        self, counter: Counter, wrong: dict[str, str], guard: str
    ) -> None:
        counter.referred()
        path = f"/v1/accountability-cases/{AFFAIR}"
        counter.post(HANDLER, f"{path}/accept", version=1)
        answer = counter.post(HANDLER, f"{path}/decide", {**DECISION, **wrong}, version=2)
        assert answer.json()["guard"] == guard


def test_a_circular_is_issued_by_the_inspection_side_on_a_decided_case(counter: Counter) -> None:
    decision = {"document_no": "YL-NC-1", "decided_on": "2026-03-01", "forum": "leading-group"}
    body = {"circular_no": "NC-1", "decision": decision, "cases": [{"accountability_no": AFFAIR}]}
    counter.referred()
    assert counter.post(HANDLER, "/v1/naming-circulars", body).status_code == 403
    assert counter.post(OFFICE, "/v1/naming-circulars", body).json()["code"] == "not-nameable"
    path = f"/v1/accountability-cases/{AFFAIR}"
    counter.post(HANDLER, f"{path}/accept", version=1)
    counter.post(HANDLER, f"{path}/decide", DECISION, version=2)
    assert counter.post(OFFICE, "/v1/naming-circulars", body).status_code == 201


def test_who_is_detained_or_surrendered_stands_in_no_event(counter: Counter) -> None:
    counter.receive()
    path = f"/v1/leads/{LEAD}"
    counter.post(HANDLER, f"{path}/accept", {}, version=1)
    counter.post(HANDLER, f"{path}/classify", {"method": "PRELIMINARY_VERIFICATION"}, version=2)
    detention = {"detention_no": "D-1", "person_ref": "p-detained"}
    assert counter.post(OFFICE, f"{path}/record-detention", detention, 3).status_code == 403
    assert counter.post(HANDLER, f"{path}/record-detention", detention, 3).status_code == 201
    surrender = {
        "surrender_no": "VS-1", "round_no": "YL-T1R1", "sector": "EDUCATION",
        "person_ref": "p-surrendered", "account": SECRET,
    }  # fmt: skip
    assert counter.post(OFFICE, "/v1/voluntary-surrenders", surrender).status_code == 403
    assert counter.post(HANDLER, "/v1/voluntary-surrenders", surrender).status_code == 201
    told = b"".join(recorded.raw for recorded in counter.store.read(0, 100)).decode()
    assert "detention-recorded" in told
    assert "voluntary-surrender-recorded" in told
    assert not [word for word in ("p-detained", "p-surrendered", SECRET) if word in told]
