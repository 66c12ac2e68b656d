"""Rectification over HTTP, on a real database: commands, pages, lists, timers, rebuilding."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response

from services.audit.domain.invariants import check
from services.audit.domain.invariants.lists import StoredListsAgree
from services.audit.domain.known import Known
from services.rectification.bootstrap import NAME, READ_MODELS, build
from services.rectification.policies import reactions
from shared.contracts import supervision
from shared.contracts.base import Event
from shared.contracts.directory import AppointmentChanged, Level, PolicyView, UnitView
from shared.contracts.rectification import FiveListsStated, ResidualItem
from shared.contracts.supervision import Phase, PhaseChanged
from shared.eventstore.migrations import migrate
from shared.eventstore.projections import Projector, replay
from shared.http.directory import InMemoryDirectory
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Actor, Role, system_actor
from shared.kernel.context import Context
from shared.service import Service
from shared.settings import ServiceSettings
from tests.integration.http.small_service import served
from tests.support.in_memory import delivered
from tests.unit.rectification.story import (
    CASE,
    EVIDENCE,
    FLOOD,
    FORMER,
    HANDLER,
    INCUMBENT,
    NEW_INCUMBENT,
    OFFICE,
    PRINCIPAL,
    PUMPS,
    REPORT,
    SUCCESSOR,
    WATER,
    feedback_issued,
    planned,
)

STRANGER = Actor(person_ref="p-uh-school", org="o-yunlan-school", role=Role.UH)
MARCH = datetime(2026, 3, 2, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)
CASE_PAGE, FLOOD_PAGE = f"/v1/cases/{CASE}", f"/v1/problems/{FLOOD}"


@dataclass
class Desk:
    """Gives commands and asks, each as one actor; hears what other services tell."""

    http: Client
    issuer: LocalIssuer
    service: Service
    directory: InMemoryDirectory
    keys: Iterator[int] = field(default_factory=count)

    def headers(self, actor: Actor) -> dict[str, str]:
        token = self.issuer.issue(actor.person_ref, actor.org, actor.role)
        return {"Authorization": f"Bearer {token}"}

    def post(
        self, actor: Actor, path: str, body: Any = None, version: int | None = None
    ) -> Response:
        key = {"Idempotency-Key": f"rectification-{next(self.keys)}"}
        named = {"If-Match": f'"{version}"'} if version is not None else {}
        return self.http.post(path, json=body, headers=self.headers(actor) | key | named)

    def act(self, actor: Actor, thing: str, verb: str, body: Any = None) -> dict[str, Any]:
        """Give a command on the version that the page shows."""
        answer = self.post(actor, f"{thing}/{verb}", body, self.get(actor, thing)["version"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def get(self, actor: Actor, path: str) -> Any:
        answer = self.ask(actor, path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, actor: Actor, path: str) -> Response:
        self.project()
        return self.http.get(path, headers=self.headers(actor))

    def project(self) -> None:
        projector = Projector(self.service.store, READ_MODELS)
        projector.catch_up()
        assert projector.failures == {}

    def hears(self, event: Event, at: datetime = MARCH) -> None:
        actor = system_actor(NAME, "policy")
        context = Context(tenant="city:yunlan", actor=actor, command="Test/1", time=at)
        uow = self.service.store.begin(context)
        for reaction in reactions.to(event.TYPE):
            reaction(self.service.application, uow, delivered(event, stream="any/1", time=at))
        uow.commit()

    def timer(self, name: str, now: datetime) -> int:
        self.project()
        return next(timer for timer in self.service.timers if timer.name == name).run(now)


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
    numbers = {"closure_min_pairs": 2}
    directory = InMemoryDirectory(
        units={WATER: _unit()},
        parameters=PolicyView(edition="YL-2026", periods={}, numbers=numbers),
    )
    migrate(database_url, READ_MODELS)
    service = build(settings, directory)
    with served(service.http(dict)) as url, Client(base_url=url) as http:
        yield Desk(http, issuer, service, directory)
    service.store.close()


def _unit() -> UnitView:
    return UnitView(
        org=WATER, name="云岚市水利局", level=Level.CITY, category="DEPARTMENT", sector="WATER",
        at=MARCH, principal=INCUMBENT,
    )  # fmt: skip


@pytest.fixture
def rectifying(desk: Desk) -> Desk:
    """The water bureau has claimed both problems; its plan is approved, its meeting reported."""
    desk.hears(feedback_issued())
    for problem_no in (FLOOD, PUMPS):
        claim = {"responsible_member": "p-um-flood", "claimed_on": "2026-03-02"}
        answer = desk.post(PRINCIPAL, f"/v1/problems/{problem_no}/claim", claim)
        assert answer.status_code == 201, answer.text
    plan = {"problems": [planned(no).model_dump(mode="json") for no in (FLOOD, PUMPS)]}
    submitted = desk.act(PRINCIPAL, CASE_PAGE, "submit-plan", plan)
    approved = {"case_no": CASE, "plan_version": 1, "digest": submitted["digest"]}
    desk.hears(supervision.PlanApproved.model_validate(approved))
    desk.act(PRINCIPAL, CASE_PAGE, "hold-meeting", {"held_on": "2026-04-01"})
    reported = {"reported_on": "2026-04-10", "report": REPORT}
    desk.act(PRINCIPAL, CASE_PAGE, "report-meeting", reported)
    return desk


def work(desk: Desk) -> None:
    done = {"task_no": "K1", "evidence": EVIDENCE}
    note = {"task_no": "K1", "note": "已清点", "percent": 60}
    desk.act(HANDLER, FLOOD_PAGE, "progress-task", note)
    desk.act(HANDLER, FLOOD_PAGE, "complete-task", done)
    desk.act(HANDLER, FLOOD_PAGE, "record-effect", {"effect": "降为一季", "evidence": EVIDENCE})
    document = {"document_no": "D1", "title": "拨付台账", "digest": REPORT}
    desk.act(HANDLER, FLOOD_PAGE, "archive-document", document)
    results = {"fixed": {"status": "DONE"}, "built": {"status": "DONE"}}
    held = {"status": "NOT_APPLICABLE", "reason": "不涉及"}
    desk.act(HANDLER, FLOOD_PAGE, "record-results", results | {"held_to_account": held})


def declare(desk: Desk) -> None:
    content = desk.get(PRINCIPAL, FLOOD_PAGE)["content_digest"]
    desk.act(PRINCIPAL, FLOOD_PAGE, "declare-rectified", {"digest": content})


def evaluated(n: int, grade: str = "PASS") -> supervision.EvaluationFinalised:
    return supervision.EvaluationFinalised.model_validate(
        {
            "problem_no": FLOOD, "case_no": CASE, "unit": WATER, "cycle": 1, "n": n,
            "scheme_version": "S1", "executor_org": "o-panel", "total": 8000, "grade": grade,
            "rectify_by": "2026-08-31",
        }
    )  # fmt: skip


class TestWholeWay:
    @pytest.mark.req("T26")
    def test_from_the_claim_to_the_closing_report(self, rectifying: Desk) -> None:
        work(rectifying)
        declare(rectifying)
        rectifying.hears(evaluated(1))
        rectifying.act(PRINCIPAL, FLOOD_PAGE, "confirm-nil-items")
        declare(rectifying)
        eligible = {"problem_no": FLOOD, "case_no": CASE, "cycle": 1, "pairs": 2}
        rectifying.hears(supervision.ClosureEligible.model_validate(eligible))
        page = rectifying.get(PRINCIPAL, FLOOD_PAGE)
        assert page["state"] == "P11"
        assert page["pledged_digest"] == page["content_digest"]
        signed = {"digest": page["content_digest"]}
        answer = rectifying.act(PRINCIPAL, FLOOD_PAGE, "submit-closure-report", signed)
        assert answer["application"] == 1
        assert answer["events"] == [
            "rectification.closure-report-signed",
            "rectification.closure-applied",
        ]

    @pytest.mark.req("R118")
    @pytest.mark.req("INV-11")
    def test_the_five_lists_are_the_events_and_can_be_rebuilt(self, rectifying: Desk) -> None:
        work(rectifying)
        declare(rectifying)
        rectifying.hears(evaluated(1, "FAIL").model_copy(update={"items": [_leak()]}))
        lists = rectifying.get(PRINCIPAL, f"{CASE_PAGE}/lists")
        assert [row["state"] for row in lists["problems"]] == ["P10", "P6"]
        flood = [row for row in lists["tasks"] if row["problem_no"] == FLOOD]
        told = [(row["task_no"], row["is_residual"], row["is_done"]) for row in flood]
        assert told == [("K1", False, True), ("I1", True, False)]
        assert [row["leader"] for row in lists["responsibilities"]] == ["p-um-flood"] * 2
        assert [row["effect"] for row in lists["effects"]] == ["降为一季"]
        assert [row["document_no"] for row in lists["archive"]] == ["D1"]
        results = replay(rectifying.service.store, READ_MODELS)
        assert [result.name for result in results if not result.equal] == []

    @pytest.mark.req("INV-11")
    def test_the_stored_lists_are_stated_and_counted_again(self, rectifying: Desk) -> None:
        """Tasks in progress, a sham, residual items: audit counts what the store holds."""
        work(rectifying)
        declare(rectifying)
        rectifying.hears(evaluated(1, "FAIL").model_copy(update={"items": [_leak()]}))
        started = {"task_no": "I1", "note": "已开工", "percent": 30}
        rectifying.act(HANDLER, FLOOD_PAGE, "progress-task", started)
        assert rectifying.post(HANDLER, f"{CASE_PAGE}/state-five-lists").status_code == 403
        answer = rectifying.post(OFFICE, f"{CASE_PAGE}/state-five-lists")
        assert answer.status_code == 200, answer.text
        (stated,) = rectifying.service.store.read_stream(f"five-lists/{CASE}")
        assert isinstance(stated.event, FiveListsStated)
        assert stated.event.entries == 9
        log = rectifying.service.store.read(0, 1000)
        known = [Known(NAME, one.position, json.loads(one.raw)) for one in log]
        (found,) = check([StoredListsAgree], known)
        assert (found.examined, found.violations) == (1, ())

    def test_the_case_page_shows_plan_meeting_and_problems(self, rectifying: Desk) -> None:
        page = rectifying.get(OFFICE, CASE_PAGE)
        assert (page["plan_state"], page["plan_version"]) == ("APPROVED", 1)
        assert page["meeting_reported_on"] == "2026-04-10"
        assert page["states"] == {FLOOD: "P6", PUMPS: "P6"}
        assert (page["problems"], page["open_problems"]) == (2, 2)
        assert page["plan"][0]["root_cause"] == "拨付无时限"


def _leak() -> ResidualItem:
    return ResidualItem(item_no="I1", matter="西闸仍渗水")


class TestRefusals:
    @pytest.mark.req("G06")
    def test_a_claim_by_a_stranger_names_its_guard(self, desk: Desk) -> None:
        desk.hears(feedback_issued())
        claim = {"responsible_member": "p-um-flood", "claimed_on": "2026-03-02"}
        answer = desk.post(SUCCESSOR, f"{FLOOD_PAGE}/claim", claim)
        assert answer.json()["guard"] == "G06"
        assert desk.get(PRINCIPAL, FLOOD_PAGE)["state"] == "P3"

    def test_the_handler_may_not_claim(self, desk: Desk) -> None:
        desk.hears(feedback_issued())
        claim = {"responsible_member": "p-um-flood", "claimed_on": "2026-03-02"}
        assert desk.post(HANDLER, f"{FLOOD_PAGE}/claim", claim).status_code == 403

    def test_another_unit_neither_sees_nor_touches_it(self, rectifying: Desk) -> None:
        assert rectifying.ask(STRANGER, FLOOD_PAGE).status_code == 404
        assert rectifying.ask(STRANGER, f"{CASE_PAGE}/lists").status_code == 404
        assert rectifying.get(STRANGER, "/v1/cases")["items"] == []
        done = {"task_no": "K1", "evidence": EVIDENCE}
        version = rectifying.get(HANDLER, FLOOD_PAGE)["version"]
        answer = rectifying.post(STRANGER, f"{FLOOD_PAGE}/complete-task", done, version)
        assert answer.json()["type"].endswith("foreign-unit")

    def test_a_command_on_an_older_version_is_stale(self, rectifying: Desk) -> None:
        done = {"task_no": "K1", "evidence": EVIDENCE}
        assert rectifying.post(HANDLER, f"{FLOOD_PAGE}/complete-task", done).status_code == 428
        stale = rectifying.post(HANDLER, f"{FLOOD_PAGE}/complete-task", done, 1)
        assert stale.status_code == 412

    def test_a_problem_that_is_only_expected_is_not_there(self, desk: Desk) -> None:
        noted = {"problem_no": FLOOD, "disposal_known": True, "pursuit_known": True}
        desk.hears(supervision.DisposalNoted.model_validate(noted))
        assert desk.ask(PRINCIPAL, FLOOD_PAGE).status_code == 404
        claim = {"responsible_member": "p-um-flood", "claimed_on": "2026-03-02"}
        assert desk.post(PRINCIPAL, f"{FLOOD_PAGE}/claim", claim).status_code == 404
        desk.hears(feedback_issued())
        assert desk.get(PRINCIPAL, FLOOD_PAGE)["disposal_known"]


class TestLists:
    def test_problems_and_cases_come_in_pages(self, rectifying: Desk) -> None:
        first = rectifying.get(OFFICE, f"/v1/problems?unit={WATER}&limit=1")
        assert [row["problem_no"] for row in first["items"]] == [FLOOD]
        rest = rectifying.get(OFFICE, f"/v1/problems?limit=1&after={first['next']}")
        assert [row["problem_no"] for row in rest["items"]] == [PUMPS]
        assert "next" not in rest or rest["next"] is None
        cases = rectifying.get(PRINCIPAL, "/v1/cases?round=YL-T1R2")
        assert [row["case_no"] for row in cases["items"]] == [CASE]


class TestTimers:
    @pytest.mark.req("T17")
    def test_a_passed_deadline_is_said_once(self, rectifying: Desk) -> None:
        assert rectifying.timer("mark-overdue", MARCH) == 0
        assert rectifying.timer("mark-overdue", JULY) == 2
        assert rectifying.timer("mark-overdue", JULY) == 0
        assert rectifying.get(OFFICE, FLOOD_PAGE)["overdue_version"] == 1
        rectifying.hears(
            PhaseChanged(case_no=CASE, phase=Phase.MIDDLE, supervisor=OFFICE.org, accepted_by="p-1")
        )
        extended = {"rectify_by": "2026-07-31", "reason": "汛期停工"}
        rectifying.act(OFFICE, FLOOD_PAGE, "extend-deadline", extended)
        assert rectifying.timer("mark-overdue", JULY + timedelta(days=31)) == 1
        said = rectifying.service.store.read_stream(f"problem/{FLOOD}")[-1].record
        assert said.actor == system_actor(NAME, "timer")

    @pytest.mark.req("T17")
    def test_two_timers_at_once_say_it_once(self, rectifying: Desk) -> None:
        rectifying.project()
        timer = next(one for one in rectifying.service.timers if one.name == "mark-overdue")
        assert [timer.run(JULY), timer.run(JULY)] == [2, 0]  # the second one reads old lists

    @pytest.mark.req("T37")
    def test_a_later_change_of_principal_is_applied_when_it_is_due(self, rectifying: Desk) -> None:
        changed = AppointmentChanged(
            org=WATER, outgoing="p-up-water", incoming="p-up-water-2", effective=JULY
        )
        rectifying.hears(changed)
        assert rectifying.timer("apply-due-changes", JULY - timedelta(seconds=1)) == 0
        assert rectifying.timer("apply-due-changes", JULY) == 1
        assert rectifying.timer("apply-due-changes", JULY) == 0
        unit = rectifying.directory.units[WATER]
        rectifying.directory.units[WATER] = unit.model_copy(update={"principal": NEW_INCUMBENT})
        moved = FORMER.model_copy(update={"org": "o-yunlan-school"})
        rectifying.act(moved, CASE_PAGE, "handover/sign", {"party": "OUTGOING"})
        rectifying.act(SUCCESSOR, CASE_PAGE, "handover/sign", {"party": "INCOMING"})
        rectifying.act(OFFICE, CASE_PAGE, "handover/complete")
        assert not rectifying.get(OFFICE, CASE_PAGE)["handover_is_open"]
