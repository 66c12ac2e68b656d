"""Feedback over HTTP on a real database: one round from its opening to a returned lead."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response

from services.feedback.bootstrap import READ_MODELS, build
from services.feedback.policies import reactions
from shared.contracts.base import Sealed
from shared.contracts.directory import PolicyView
from shared.contracts.feedback import LeadContentRead, LeadOffered
from shared.eventstore.migrations import migrate
from shared.eventstore.projections import Projector, replay
from shared.eventstore.sealing import Vault
from shared.eventstore.store import EventStore
from shared.http.directory import InMemoryDirectory
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Actor, Role
from shared.kernel.clock import SettableClock
from shared.kernel.context import Context
from shared.settings import ServiceSettings
from tests.integration.http.small_service import served
from tests.support.in_memory import NOON, delivered
from tests.unit.feedback.test_leads import RETURNED
from tests.unit.feedback.yunlan import (
    AUTHOR,
    CASE,
    DECISION,
    DYKE,
    EVERYBODY,
    FINANCE,
    FORMER,
    IN_CHARGE,
    LEAD,
    LEADER,
    LEADING_GROUP,
    LEVY,
    OFFICE,
    PRINCIPAL,
    REPORTS,
    REVIEWER,
    ROUND,
    TARGETS,
    TODAY,
    WATER,
    WATER_BUREAU,
    application,
    paper,
)

KEY = base64.b64encode(b"k" * 32).decode()
CONTENT = "线索内容:王家桥标段围标"
CASE_HANDLER = Actor(person_ref="p-dci-bai", org="o-cdi", role=Role.DCI)
STRANGER = Actor(person_ref="p-up-forestry", org="o-forestry", role=Role.UP)
DUE = {
    "plan_submit_within": date(2026, 3, 16),
    "concentrated_window": date(2026, 6, 2),
    "task_deadline": date(2026, 9, 2),
    "copy_notice_reply_within": date(2026, 4, 2),
    "objection_window": date(2026, 3, 12),
}
DIRECTORY = InMemoryDirectory(
    units={WATER: WATER_BUREAU},
    parameters=PolicyView(edition="YL-2026", periods={}, numbers={}),
    due_dates=DUE,
)


@dataclass
class Desk:
    """Gives commands and asks, as anybody."""

    http: Client
    issuer: LocalIssuer
    store: EventStore
    clock: SettableClock
    versions: dict[str, int] = field(default_factory=dict)
    keys: Iterator[int] = field(default_factory=count)

    def bearer(self, actor: Actor) -> str:
        return f"Bearer {self.issuer.issue(actor.person_ref, actor.org, actor.role)}"

    def post(self, actor: Actor, path: str, body: Any, *, on: str = "", key: str = "") -> Response:
        """Give a command on the last known version of a stream; remember the new one."""
        headers = {
            "Authorization": self.bearer(actor),
            "Idempotency-Key": key or f"feedback-{next(self.keys):04}",
        }
        if on:
            headers["If-Match"] = f'"{self.versions.get(on) or self.store.version_of(on)}"'
        answer = self.http.post(path, json=body, headers=headers)
        if answer.is_success:
            self.versions[answer.json()["stream"]] = answer.json()["version"]
        return answer

    def done(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        answer = self.post(*args, **kwargs)
        assert answer.is_success, answer.text
        self.versions.clear()  # a command may write to other streams too
        found: dict[str, Any] = answer.json()
        return found

    def get(self, actor: Actor, path: str) -> Response:
        Projector(self.store, READ_MODELS).catch_up()
        return self.http.get(path, headers={"Authorization": self.bearer(actor)})

    def numbers(self, actor: Actor, path: str, name: str = "problem_no") -> list[str]:
        answer = self.get(actor, path)
        assert answer.is_success, answer.text
        return [item[name] for item in answer.json()["items"]]


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    clock = SettableClock(NOON)
    issuer = LocalIssuer(tmp_path)
    settings = ServiceSettings(
        tenant="city:yunlan",
        database_url=database_url,
        kafka_bootstrap="127.0.0.1:9",
        jwks=str(issuer.jwks),
        issuer=issuer.issuer,
        vault_key=KEY,
    )
    migrate(database_url, READ_MODELS)
    service = build(settings, directory=DIRECTORY, clock=clock)
    with served(service.http(dict)) as base_url, Client(base_url=base_url, timeout=20) as http:
        yield Desk(http, issuer, service.store, clock)
    service.store.close()


def plain(value: Any) -> Any:
    return value.model_dump(mode="json")


def drafted(desk: Desk, problem_no: str) -> None:
    body = {
        "problem_no": problem_no, "case_no": CASE, "round_no": ROUND, "category": "CONSTRUCTION",
        "cause": "LEDGER", "nature": "DUTY", "wording": "堤防维护资金长期闲置。",
    }  # fmt: skip
    desk.done(AUTHOR, "/v1/problems", body)


def approved(desk: Desk, problem_no: str) -> None:
    drafted(desk, problem_no)
    path, stream = f"/v1/problems/{problem_no}", f"problem/{problem_no}"
    desk.done(REVIEWER, f"{path}/substantiate", {"papers": [plain(paper())]}, on=stream)
    desk.done(LEADING_GROUP, f"{path}/approve", {"decision": plain(DECISION)}, on=stream)


@pytest.fixture
def listed(desk: Desk) -> Desk:
    """A desk over a round with reports and two approved problems."""
    body = {"round_no": ROUND, "term": "T1", "ordinal": 1, "mode": "REGULAR"}
    desk.done(OFFICE, "/v1/rounds", {**body, "targets": [plain(TARGETS[0])]})
    desk.done(LEADER, f"/v1/cases/{CASE}/reports", {"round_no": ROUND, **plain(REPORTS)})
    approved(desk, DYKE)
    approved(desk, LEVY)
    return desk


def session(**changes: Any) -> dict[str, Any]:
    return {
        "issued_on": TODAY.isoformat(),
        "forms": ["COLLECTIVE"],
        "decision": plain(DECISION),
        "attendance": [plain(one) for one in EVERYBODY],
        "departments": [{"department": FINANCE.org, "problem_nos": [LEVY]}],
        **changes,
    }


@pytest.fixture
def issued(listed: Desk) -> Desk:
    listed.done(LEADER, f"/v1/cases/{CASE}/issue-feedback", session(), on=f"feedback/{CASE}")
    return listed


def lead_body(**changes: Any) -> dict[str, Any]:
    body = {
        "lead_no": LEAD, "case_no": CASE, "kind": "ECONOMY", "addressee": "o-cdi",
        "addressee_kind": "DISCIPLINE_COMMISSION", "post_level": "COUNTY-CHIEF",
        "problem_nos": [DYKE], "content": CONTENT,
    }  # fmt: skip
    return {**body, **changes}


class TestIssueFeedback:
    @pytest.mark.req("T05", "R075", "R080", "R085")
    def test_feeds_back_in_one_transaction_under_one_edition(self, issued: Desk) -> None:
        records = [one.record for one in issued.store.read_stream(f"feedback/{CASE}", 3)]
        assert {one.command for one in records} == {records[0].command}
        assert {one.policy for one in records} == {"YL-2026"}
        page = issued.get(OFFICE, f"/v1/cases/{CASE}").json()
        assert (page["plan_due"], page["rectify_by"]) == ("2026-03-16", "2026-09-02")
        assert page["listed"] == [DYKE, LEVY]

    @pytest.mark.req("G04")
    def test_says_which_guard_refused_and_writes_nothing(self, listed: Desk) -> None:
        before = listed.store.settled_position()
        answer = listed.post(
            LEADER, f"/v1/cases/{CASE}/issue-feedback", session(attendance=[]),
            on=f"feedback/{CASE}",
        )  # fmt: skip
        assert (answer.status_code, answer.json()["guard"]) == (409, "G04")
        assert listed.store.settled_position() == before

    def test_answers_a_repeated_command_as_the_first_time(self, listed: Desk) -> None:
        path, on = f"/v1/cases/{CASE}/issue-feedback", f"feedback/{CASE}"
        first = listed.post(LEADER, path, session(), on=on, key="same-key-1")
        again = listed.post(LEADER, path, session(), on=on, key="same-key-1")
        assert again.json() == first.json()
        assert again.headers["Idempotent-Replay"] == "true"

    @pytest.mark.parametrize("actor", [OFFICE, AUTHOR, PRINCIPAL], ids=lambda actor: actor.role)
    def test_is_the_team_leaders_alone(self, listed: Desk, actor: Actor) -> None:
        path = f"/v1/cases/{CASE}/issue-feedback"
        assert listed.post(actor, path, session(), on=f"feedback/{CASE}").status_code == 403


class TestProblems:
    @pytest.mark.req("R080", "R081", "R086", "R088")
    def test_are_seen_by_those_they_were_delivered_to(self, issued: Desk) -> None:
        for actor in (PRINCIPAL, FORMER, IN_CHARGE, LEADER, OFFICE):
            assert issued.numbers(actor, f"/v1/problems?case={CASE}") == [DYKE, LEVY]
        assert issued.numbers(FINANCE, "/v1/problems") == [LEVY]
        assert issued.numbers(STRANGER, "/v1/problems") == []
        assert issued.get(STRANGER, f"/v1/problems/{DYKE}").status_code == 404

    def test_are_seen_by_nobody_outside_before_the_feedback(self, listed: Desk) -> None:
        assert listed.numbers(OFFICE, "/v1/problems?state=P2") == [DYKE, LEVY]
        for actor in (PRINCIPAL, FORMER, CASE_HANDLER):
            assert listed.numbers(actor, "/v1/problems") == []

    def test_come_in_pages(self, issued: Desk) -> None:
        first = issued.get(OFFICE, f"/v1/problems?round={ROUND}&limit=1").json()
        assert [item["problem_no"] for item in first["items"]] == [DYKE]
        path = f"/v1/problems?round={ROUND}&limit=1&after={first['next']}"
        assert issued.numbers(OFFICE, path) == [LEVY]

    @pytest.mark.req("T06", "T08", "R091")
    def test_follow_an_objection_to_its_end(self, issued: Desk) -> None:
        path, stream = f"/v1/problems/{DYKE}", f"problem/{DYKE}"
        body = {"grounds": "资金已拨付", "evidence": ["e" * 64]}
        issued.done(PRINCIPAL, f"{path}/raise-objection", body, on=stream)
        contested = issued.get(PRINCIPAL, path).json()
        assert (contested["state"], contested["objection_no"]) == ("P3x", f"{DYKE}-O1")
        amendment = {
            "wording": "部分资金闲置。",
            "papers": [plain(paper())],
            "decision": plain(DECISION),
        }
        issued.done(LEADING_GROUP, f"{path}/amend", amendment, on=stream)
        answer = issued.get(PRINCIPAL, path)
        assert (answer.json()["state"], answer.json()["wording_version"]) == ("P3", 2)
        assert answer.headers["ETag"] == f'"{issued.store.version_of(stream)}"'

    @pytest.mark.req("T06")
    def test_are_contested_inside_the_window_only(self, issued: Desk) -> None:
        issued.clock.advance(timedelta(days=11))
        body = {"grounds": "资金已拨付", "evidence": ["e" * 64]}
        answer = issued.post(
            PRINCIPAL, f"/v1/problems/{DYKE}/raise-objection", body, on=f"problem/{DYKE}"
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "objection-window-closed")


class TestCopyNotices:
    @pytest.mark.req("R087")
    def test_become_overdue_and_are_replied_to(self, issued: Desk) -> None:
        overdue = "/v1/copy-notices?state=OVERDUE"
        assert issued.numbers(OFFICE, overdue, "notice_no") == []
        issued.clock.advance(timedelta(days=32))
        assert issued.numbers(OFFICE, overdue, "notice_no") == [f"{CASE}-N01", f"{CASE}-N02"]
        body = {"reply": "f" * 64, "replied_on": "2026-04-03"}
        path = f"/v1/cases/{CASE}/copy-notices/{CASE}-N02/reply"
        issued.done(FINANCE, path, body, on=f"feedback/{CASE}")
        assert issued.numbers(OFFICE, overdue, "notice_no") == [f"{CASE}-N01"]

    def test_are_shown_to_their_recipient_alone(self, issued: Desk) -> None:
        page = issued.get(FINANCE, f"/v1/cases/{CASE}").json()
        assert [notice["notice_no"] for notice in page["copy_notices"]] == [f"{CASE}-N02"]
        assert page["listed"] == []
        assert issued.get(STRANGER, f"/v1/cases/{CASE}").status_code == 404

    @pytest.mark.req("R081")
    def test_stand_beside_the_receipts_of_deliveries(self, issued: Desk) -> None:
        body = {
            "kind": "FORMER_PRINCIPALS",
            "recipient": FORMER.person_ref,
            "received_on": "2026-03-02",
        }
        issued.done(FORMER, f"/v1/cases/{CASE}/deliveries/receipt", body, on=f"feedback/{CASE}")
        (delivery,) = issued.get(FORMER, f"/v1/cases/{CASE}").json()["deliveries"]
        assert delivery["received_on"] == "2026-03-02"


class TestLeads:
    @pytest.mark.req("R101", "INV-16")
    def test_content_is_sealed_and_shown_nowhere(self, issued: Desk) -> None:
        answer = issued.post(LEADER, "/v1/leads", lead_body())
        assert answer.status_code == 201, answer.text
        (recorded,) = issued.store.read_stream(f"lead/{LEAD}")
        status = issued.get(OFFICE, f"/v1/leads/{LEAD}")
        for shown in (answer.content, recorded.raw, status.content, in_the_database(issued)):
            assert CONTENT.encode() not in shown
            assert "围标".encode() not in shown
        assert isinstance(recorded.event, LeadOffered)
        assert opened(issued, recorded.event.content) == CONTENT

    @pytest.mark.req("INV-16")
    def test_content_is_not_in_a_refusal_or_a_log_line(
        self, issued: Desk, capfd: pytest.CaptureFixture[str]
    ) -> None:
        bodies = [
            lead_body(kind="TALENT", addressee_kind="ORGANISATION_DEPARTMENT", colour="red"),
            lead_body(addressee_kind="ORGANISATION_DEPARTMENT"),
            lead_body(content=CONTENT + "\x00"),
            lead_body(content=[CONTENT]),
            lead_body(case_no="YL-T1R1-U99"),
        ]
        answers = [issued.post(LEADER, "/v1/leads", body) for body in bodies]
        assert [answer.status_code for answer in answers] == [422, 409, 422, 422, 404]
        written = "".join(capfd.readouterr()) + "".join(answer.text for answer in answers)
        assert "围标" not in written
        assert json.dumps("围标") not in written

    @pytest.mark.req("R069")
    def test_leave_no_tell_on_the_problem(self, issued: Desk) -> None:
        before = [issued.get(PRINCIPAL, f"/v1/problems/{no}").json() for no in (DYKE, LEVY)]
        issued.done(LEADER, "/v1/leads", lead_body())
        after = [issued.get(PRINCIPAL, f"/v1/problems/{no}").json() for no in (DYKE, LEVY)]
        assert after == before
        assert set(after[0]) == set(after[1])

    @pytest.mark.req("R344")
    def test_content_is_opened_by_the_addressee_for_a_purpose(self, issued: Desk) -> None:
        issued.done(LEADER, "/v1/leads", lead_body())
        path = f"/v1/leads/{LEAD}/content"
        answer = issued.get(CASE_HANDLER, f"{path}?purpose=preliminary-verification")
        assert (answer.status_code, answer.json()["content"]) == (200, CONTENT)
        assert answer.headers["Cache-Control"] == "no-store"
        (reading,) = issued.store.read_stream(f"lead-reading/{LEAD}")
        assert isinstance(reading.event, LeadContentRead)
        assert (reading.event.reader, reading.event.purpose) == (
            CASE_HANDLER.person_ref,
            "preliminary-verification",
        )

        stranger = CASE_HANDLER.model_copy(update={"org": "o-other"})
        asked = [(CASE_HANDLER, ""), (stranger, "?purpose=abc"), (LEADER, "?purpose=abc")]
        refused = [issued.get(actor, path + query).status_code for actor, query in asked]
        assert refused == [422, 404, 403]
        assert issued.store.version_of(f"lead-reading/{LEAD}") == 1

    @pytest.mark.req("R252")
    def test_are_seen_by_addressee_and_by_the_own_team(self, issued: Desk) -> None:
        issued.done(LEADER, "/v1/leads", lead_body())
        for actor in (OFFICE, LEADER, CASE_HANDLER):
            assert issued.numbers(actor, "/v1/leads?state=OFFERED", "lead_no") == [LEAD]
        elsewhere = CASE_HANDLER.model_copy(update={"org": "o-cdi-2"})
        assert issued.numbers(elsewhere, "/v1/leads", "lead_no") == []
        assert issued.get(PRINCIPAL, "/v1/leads").status_code == 403

    @pytest.mark.req("X04", "R101")
    def test_are_offered_again_after_a_return(self, issued: Desk) -> None:
        issued.done(LEADER, "/v1/leads", lead_body())
        react(issued)
        assert issued.get(OFFICE, f"/v1/leads/{LEAD}").json()["state"] == "RETURNED"
        address = {"addressee": "o-sc", "addressee_kind": "SUPERVISION_COMMISSION"}
        issued.done(
            LEADER, f"/v1/leads/{LEAD}/offer-again", {"address": address, "content": CONTENT},
            on=f"lead/{LEAD}",
        )  # fmt: skip
        status = issued.get(OFFICE, f"/v1/leads/{LEAD}").json()
        assert (status["state"], status["offer"], status["addressee"]) == ("OFFERED", 2, "o-sc")


def test_rebuilt_read_models_equal_the_live_ones(issued: Desk) -> None:
    issued.done(LEADER, "/v1/leads", lead_body())
    Projector(issued.store, READ_MODELS).catch_up()
    assert [result.equal for result in replay(issued.store, READ_MODELS)] == [True] * 4


def test_rounds_show_their_targets(issued: Desk) -> None:
    page = issued.get(OFFICE, f"/v1/rounds/{ROUND}").json()
    assert [(one["case_no"], one["fed_back_on"]) for one in page["targets"]] == [
        (CASE, TODAY.isoformat())
    ]
    assert issued.numbers(OFFICE, "/v1/rounds", "round_no") == [ROUND]


def test_deputies_and_joint_actions_are_the_leading_groups_decision(issued: Desk) -> None:
    action = {
        "action_no": "YL-JA-1", "field": "FINANCE", "partners": ["o-audit", "o-cdi"],
        "opened_on": TODAY.isoformat(), "decision": plain(DECISION),
    }  # fmt: skip
    deputy = {"person_ref": "p-nrd-he", "decision": plain(DECISION)}
    for path, body, on in (
        ("/v1/joint-actions", action, ""),
        (f"/v1/rounds/{ROUND}/authorise-deputy", deputy, f"round/{ROUND}"),
    ):
        assert issued.post(OFFICE, path, body, on=on).status_code == 403
        issued.done(LEADING_GROUP, path, body, on=on)
    issued.done(LEADER, "/v1/leads", lead_body(joint_action="YL-JA-1"))
    assert issued.post(LEADER, "/v1/leads", lead_body(joint_action="YL-JA-9")).status_code == 404


def react(desk: Desk) -> None:
    """Have the news arrive that the addressee returned the lead."""
    context = Context("city:yunlan", OFFICE, "Test/1", NOON)
    uow = desk.store.begin(context)
    for reaction in reactions.to(RETURNED.TYPE):
        reaction(application, uow, delivered(RETURNED, stream=f"lead/{LEAD}", version=2))
    uow.commit()


def opened(desk: Desk, sealed: Sealed) -> str:
    return Vault.from_text(KEY).open(desk.store, sealed).value


def in_the_database(desk: Desk) -> bytes:
    """Return every row of the tables that a command writes besides the events."""
    with desk.store.connection() as connection:
        rows = [
            *connection.execute("SELECT body::text, fingerprint FROM idempotency").fetchall(),
            *connection.execute("SELECT ciphertext FROM sealed_values").fetchall(),
        ]
    cells = [cell for row in rows for cell in row.values()]
    return b"".join(cell if isinstance(cell, bytes) else cell.encode() for cell in cells)
