"""Supervision over HTTP on a real database: one problem from its feedback to its reopening."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response

from services.supervision.application import SupervisionApplication
from services.supervision.bootstrap import READ_MODELS, build
from services.supervision.policies import reactions
from shared.contracts.base import Event
from shared.contracts.directory import Incumbent, Level, UnitView
from shared.eventstore.migrations import migrate
from shared.eventstore.projections import Projector, replay
from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import EventStore
from shared.http.directory import InMemoryDirectory
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Actor, Role, system_actor
from shared.kernel.clock import SettableClock
from shared.kernel.context import Context
from shared.settings import ServiceSettings
from tests.integration.http.small_service import served
from tests.support.in_memory import NOON
from tests.unit.supervision.stories import (
    CASE,
    DECISION,
    HANDLER,
    INSPECTION_OFFICE,
    JOINT_GROUP,
    LATER,
    LEADING_GROUP,
    LINKED,
    MEMBERS,
    OFFICE_3,
    ON_SITE,
    ORGANISATION,
    PANEL,
    PAPER,
    PLAN,
    POLICY,
    PRINCIPAL,
    PROBLEM,
    REPORT,
    RESIDENT,
    RESIDENT_TEAM,
    TEAM_LEADER,
    UNIT,
    YESTERDAY,
    Story,
)

STRANGER = Actor(person_ref="p-up-forest", org="yunlan-forest-bureau", role=Role.UP)
BUREAU = UnitView(
    org=UNIT,
    name="云岚市水利局",
    level=Level.CITY,
    category="GOVERNMENT",
    sector="WATER",
    at=datetime(2026, 3, 1, tzinfo=UTC),
    principal=Incumbent(person_ref=PRINCIPAL.person_ref, since=datetime(2025, 1, 1, tzinfo=UTC)),
    linked_office=LINKED,
    resident_team=RESIDENT,
)
PATH = f"/v1/problems/{PROBLEM}"


class Heard(Story):
    """The story of the other services, told to the service under test."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__()
        self.desk = desk

    def receives(self, message: Any) -> list[Event]:
        self.desk.hear(message)
        self.desk.hear_oneself()
        return []


@dataclass
class Desk:
    """Gives commands and asks, as anybody; the other services speak through `others`."""

    http: Client
    issuer: LocalIssuer
    store: EventStore
    heard: int = 0
    keys: Iterator[int] = field(default_factory=count)

    @property
    def others(self) -> "Heard":
        return self._others

    def __post_init__(self) -> None:
        self._others = Heard(self)

    def bearer(self, actor: Actor) -> dict[str, str]:
        token = self.issuer.issue(actor.person_ref, actor.org, actor.role)
        return {"Authorization": f"Bearer {token}"}

    def post(self, actor: Actor, path: str, body: Any = None, *, on: str = "") -> Response:
        stream = on or f"review/{PROBLEM}"
        headers = {
            **self.bearer(actor),
            "Idempotency-Key": f"supervision-{next(self.keys):04}",
            "If-Match": f'"{max(1, self.store.version_of(stream))}"',
        }
        return self.http.post(path, json=body, headers=headers)

    def done(self, actor: Actor, act: str, body: Any = None) -> dict[str, Any]:
        answer = self.post(actor, f"{PATH}/{act}", body)
        assert answer.status_code == 200, answer.text
        self.hear_oneself()
        return dict(answer.json())

    def votes(self, actor: Actor) -> None:
        body = {"plan_version": 1, "digest": PLAN, "approves": True}
        answer = self.post(actor, f"/v1/cases/{CASE}/vote-on-plan", body, on=f"case/{CASE}")
        assert answer.status_code == 200, answer.text

    def ask(self, actor: Actor, path: str) -> Response:
        Projector(self.store, READ_MODELS).catch_up()
        return self.http.get(path, headers=self.bearer(actor))

    def page(self, actor: Actor = INSPECTION_OFFICE) -> dict[str, Any]:
        return dict(self.ask(actor, PATH).json())

    def next_command(self) -> str:
        return str(self.page()["next"]["command"])

    def hear(self, message: RecordedEvent) -> None:
        actor = system_actor("supervision", "policy")
        work = self.store.begin(
            Context(tenant="city:yunlan", actor=actor, command="Hear/1", time=NOON)
        )
        for reaction in reactions.to(message.record.type):
            reaction(SupervisionApplication(), work, message)
        work.commit()

    def hear_oneself(self) -> None:
        while news := self.store.read(self.heard, 100):
            for message in news:
                self.hear(message)
            self.heard = news[-1].position

    def pair(self, executor: Actor, panel: Actor, points: int = 80) -> None:
        members = [member.model_dump() for member in MEMBERS]
        self.done(executor, "start-supervision", {"visit_no": "v-1", "members": members})
        visit = {"methods": [ON_SITE.model_dump()], "finding": "专账已建立"}
        self.done(executor, "complete-supervision", visit)
        self.done(PRINCIPAL, "score-self", {"score": points})
        self.done(panel, "score-panel", {"score": points})
        self.done(INSPECTION_OFFICE, "close-poll", {"score": points, "respondents": 5})
        self.done(panel, "finalise-evaluation", {"scheme_version": "scheme-2026"})

    def until_applied(self) -> None:
        self.others.until_declared()
        self.pair(JOINT_GROUP, PANEL)
        self.others.declared()
        self.pair(OFFICE_3, OFFICE_3)
        self.others.applied()

    def until_closed(self) -> None:
        self.until_applied()
        self.done(OFFICE_3, "accept-closure", {"methods": [ON_SITE.model_dump()]})
        self.done(INSPECTION_OFFICE, "approve-closure")
        self.done(OFFICE_3, "countersign-closure", {"digest": REPORT})
        self.done(TEAM_LEADER, "countersign-closure", {"digest": REPORT})


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
    directory = InMemoryDirectory(
        units={UNIT: BUREAU},
        parameters=POLICY,
        due_dates={"task_deadline": LATER, "watch_period": YESTERDAY},
    )
    migrate(database_url, READ_MODELS)
    service = build(settings, directory=directory, clock=SettableClock(NOON))
    with served(service.http(dict)) as base_url, Client(base_url=base_url, timeout=20) as http:
        yield Desk(http, issuer, service.store)
    service.store.close()


def plain(value: Any) -> Any:
    return value.model_dump(mode="json")


@pytest.mark.req("R199")
class TestTheWholeChain:
    def test_leads_from_the_feedback_to_the_archive_and_back(self, desk: Desk) -> None:
        others = desk.others.issued()
        assert desk.next_command() == "ClaimProblem"
        others.claimed().planned()
        assert desk.next_command() == "VoteOnPlan"
        for body in (OFFICE_3, ORGANISATION, INSPECTION_OFFICE):
            desk.votes(body)
        others.rectifying().declared()
        assert desk.next_command() == "StartSupervision"

        desk.pair(JOINT_GROUP, PANEL)
        assert (desk.page()["state"], desk.page()["n"]) == ("P10", 2)
        others.declared()
        desk.pair(OFFICE_3, OFFICE_3)
        assert desk.next_command() == "SubmitClosureReport"
        others.applied()

        desk.done(OFFICE_3, "accept-closure", {"methods": [plain(ON_SITE)]})
        desk.done(INSPECTION_OFFICE, "approve-closure")
        desk.done(TEAM_LEADER, "countersign-closure", {"digest": REPORT})
        assert desk.page()["next"]["roles"] == ["DSO"]
        desk.done(OFFICE_3, "countersign-closure", {"digest": REPORT})
        assert desk.page()["state_name"] == "报结销号"

        desk.done(RESIDENT_TEAM, "accept-watch")
        desk.done(INSPECTION_OFFICE, "check-case-file", {"documents": 12})
        desk.done(RESIDENT_TEAM, "archive", {"documents": 12})
        assert desk.page()["next"] is None

        finding = {
            "ground": "LOOK_BACK", "finding": "RELAPSE", "finding_ref": "F-3",
            "decision": plain(DECISION),
        }  # fmt: skip
        desk.done(LEADING_GROUP, "reopen", finding)
        page = desk.page()
        assert (page["state"], page["cycle"], page["pairs"]) == ("P10", 2, [])

    @pytest.mark.req("T41", "X07", "R205")
    def test_a_low_result_stands_on_the_look_back_list(self, desk: Desk) -> None:
        desk.others.until_declared()
        desk.pair(JOINT_GROUP, PANEL, points=40)
        path = "/v1/look-back-list"
        answer = desk.ask(INSPECTION_OFFICE, path)
        (item,) = answer.json()["items"]
        assert (item["problem_no"], item["unit"], item["n"]) == (PROBLEM, UNIT, 1)
        assert desk.ask(INSPECTION_OFFICE, f"{path}?unit=elsewhere").json()["items"] == []
        assert desk.ask(PRINCIPAL, path).status_code == 403

    @pytest.mark.req("G22", "T31")
    def test_the_successor_of_the_team_leader_is_shown(self, desk: Desk) -> None:
        desk.others.issued()
        body = {"successor": "p-next", "reason": "组长调离", "decision": plain(DECISION)}
        path = f"/v1/cases/{CASE}/replace-team-leader"
        assert desk.post(TEAM_LEADER, path, body, on=f"case/{CASE}").status_code == 403
        assert desk.post(LEADING_GROUP, path, body, on=f"case/{CASE}").status_code == 200
        assert desk.page()["holders"]["team_leader"] == "p-next"

    def test_a_replay_comes_to_the_same_answers(self, desk: Desk) -> None:
        desk.until_closed()
        Projector(desk.store, READ_MODELS).catch_up()
        assert all(result.equal for result in replay(desk.store, READ_MODELS))


class TestReturning:
    @pytest.mark.req("T27")
    def test_a_returned_closing_gets_the_date_that_the_policy_counts(self, desk: Desk) -> None:
        desk.until_applied()
        desk.done(OFFICE_3, "return-closure", {"reasons": "专账未覆盖县级"})
        page = desk.page()
        assert (page["state"], page["rectify_by"]) == ("P10", LATER.isoformat())

    @pytest.mark.req("T32")
    def test_a_refused_countersignature_returns_it_too(self, desk: Desk) -> None:
        desk.until_applied()
        desk.done(OFFICE_3, "accept-closure", {"methods": [plain(ON_SITE)]})
        desk.done(INSPECTION_OFFICE, "approve-closure")
        desk.done(TEAM_LEADER, "refuse-countersignature", {"reasons": "未见实效"})
        assert desk.page()["state"] == "P10"

    @pytest.mark.req("T19")
    def test_sham_sends_it_back(self, desk: Desk) -> None:
        desk.others.until_declared()
        desk.done(TEAM_LEADER, "find-sham", {"kind": "ON_PAPER", "evidence": [PAPER]})
        assert desk.page()["state"] == "P10"

    @pytest.mark.req("T47")
    def test_a_waiver_makes_closing_possible(self, desk: Desk) -> None:
        desk.others.until_declared()
        desk.pair(JOINT_GROUP, PANEL)
        waiver = {"reason": "机构改革在即", "decision": plain(DECISION)}
        desk.done(LEADING_GROUP, "waive-second-round", waiver)
        assert desk.page()["is_waived"]


class TestRefusals:
    def test_a_guard_is_named(self, desk: Desk) -> None:
        desk.others.until_declared()
        body = {"visit_no": "v-1", "members": [plain(member) for member in MEMBERS]}
        answer = desk.post(OFFICE_3, f"{PATH}/start-supervision", body)
        assert (answer.status_code, answer.json()["guard"]) == (409, "G15")

    def test_a_role_that_may_not_is_refused(self, desk: Desk) -> None:
        desk.others.until_declared()
        answer = desk.post(INSPECTION_OFFICE, f"{PATH}/accept-watch")
        assert answer.status_code == 403

    def test_an_unknown_problem_is_not_found(self, desk: Desk) -> None:
        answer = desk.post(RESIDENT_TEAM, "/v1/problems/YL-NONE/accept-watch", on="review/YL-NONE")
        assert answer.status_code == 404

    def test_unknown_fields_are_refused(self, desk: Desk) -> None:
        desk.others.until_declared()
        answer = desk.post(PRINCIPAL, f"{PATH}/score-self", {"score": 80, "bonus": 5})
        assert answer.status_code == 422


class TestQuestions:
    def test_the_unit_sees_its_own_problems_only(self, desk: Desk) -> None:
        desk.others.issued()
        assert len(desk.ask(PRINCIPAL, "/v1/problems").json()["items"]) == 1
        assert desk.ask(STRANGER, f"/v1/problems?unit={UNIT}").json()["items"] == []
        assert desk.ask(STRANGER, PATH).status_code == 404
        assert desk.ask(STRANGER, f"/v1/cases/{CASE}").status_code == 404

    @pytest.mark.req("R203")
    def test_the_unit_sees_scores_once_the_evaluation_is_final(self, desk: Desk) -> None:
        desk.others.until_declared()
        members = [plain(member) for member in MEMBERS]
        desk.done(JOINT_GROUP, "start-supervision", {"visit_no": "v-1", "members": members})
        visit = {"methods": [plain(ON_SITE)], "finding": "专账已建立"}
        desk.done(JOINT_GROUP, "complete-supervision", visit)
        desk.done(PRINCIPAL, "score-self", {"score": 95})
        desk.done(PANEL, "score-panel", {"score": 70})

        assert desk.page(PRINCIPAL)["pairs"][0]["scores"] == {}
        assert desk.page(PANEL)["pairs"][0]["scores"] == {"self": 95, "panel": 70}
        assert desk.next_command() == "ClosePoll"

        desk.done(INSPECTION_OFFICE, "close-poll", {"score": 80, "respondents": 5})
        desk.done(PANEL, "finalise-evaluation", {"scheme_version": "scheme-2026"})
        assert desk.page(PRINCIPAL)["pairs"][0]["total"] == 7800

    def test_problems_are_filtered_and_paged(self, desk: Desk) -> None:
        desk.others.issued(problems=2)
        first = desk.ask(INSPECTION_OFFICE, "/v1/problems?round=T1R1&state=P3&limit=1").json()
        assert [item["problem_no"] for item in first["items"]] == [PROBLEM]
        rest = desk.ask(INSPECTION_OFFICE, f"/v1/problems?after={first['next']}").json()
        assert (len(rest["items"]), rest["next"]) == (1, None)
        assert desk.ask(INSPECTION_OFFICE, "/v1/problems?overdue=true").json()["items"] == []

    def test_closed_problems_are_listed_only_when_asked_for(self, desk: Desk) -> None:
        desk.until_closed()
        assert desk.ask(INSPECTION_OFFICE, "/v1/problems").json()["items"] == []
        closed = desk.ask(INSPECTION_OFFICE, "/v1/problems?state=P15").json()["items"]
        assert closed[0]["state_name"] == "报结销号"

    @pytest.mark.req("R163")
    @pytest.mark.req("INV-12")
    def test_the_ledgers_show_where_they_differ(self, desk: Desk) -> None:
        desk.others.until_declared()
        entry = {"milestone": "OVERDUE", "source_id": "letter-12"}
        desk.done(HANDLER, "post-entry", entry)

        path = f"/v1/ledgers?case={CASE}"
        unit = desk.ask(INSPECTION_OFFICE, f"{path}&ledger=UNIT").json()["items"]
        office = desk.ask(INSPECTION_OFFICE, f"{path}&ledger=OFFICE").json()["items"]
        differing = desk.ask(INSPECTION_OFFICE, f"{path}&only_differences=true").json()["items"]

        assert (len(unit), len(office)) == (6, 5)
        assert [(item["ledger"], item["source_id"]) for item in differing] == [
            ("UNIT", "letter-12")
        ]

    @pytest.mark.req("R167")
    def test_a_case_counts_what_remains(self, desk: Desk) -> None:
        desk.until_closed()
        answer = desk.ask(INSPECTION_OFFICE, f"/v1/cases/{CASE}")
        case = answer.json()
        assert (case["remaining"], case["is_closed"], case["phase"]) == (0, False, "INITIAL")
        assert answer.headers["ETag"] == f'"{case["version"]}"'

        desk.others.meeting_reported()

        (listed,) = desk.ask(INSPECTION_OFFICE, "/v1/cases?round=T1R1").json()["items"]
        assert listed["is_closed"]

    @pytest.mark.req("T40")
    def test_the_next_supervisor_stands_on_the_case(self, desk: Desk) -> None:
        desk.others.issued()
        path = f"/v1/cases/{CASE}/change-phase"
        answer = desk.post(INSPECTION_OFFICE, path, {"phase": "MIDDLE"}, on=f"case/{CASE}")
        assert answer.status_code == 200, answer.text
        case = desk.ask(ORGANISATION, f"/v1/cases/{CASE}").json()
        assert (case["phase"], case["supervisor"]) == ("MIDDLE", INSPECTION_OFFICE.org)


def test_instruments_go_out_by_their_roles_and_are_answered_by_the_addressee(desk: Desk) -> None:
    desk.others.issued()
    letter = {
        "instrument_no": "SL-1", "addressee": "yunlan-finance", "digest": PAPER,
        "decision": plain(DECISION),
    }  # fmt: skip
    assert desk.post(PRINCIPAL, "/v1/suggestion-letters", letter).status_code == 403
    assert desk.post(INSPECTION_OFFICE, "/v1/suggestion-letters", letter).status_code == 201
    finance = Actor(person_ref="p-fun", org="yunlan-finance", role=Role.FUN)
    path, stream = "/v1/instruments/SL-1", "instrument/SL-1"
    assert desk.post(ORGANISATION, f"{path}/receive", on=stream).status_code == 409
    assert desk.post(finance, f"{path}/receive", on=stream).status_code == 200
    answer = {"answer": PAPER}
    assert desk.post(finance, f"{path}/handle", answer, on=stream).status_code == 200


def test_only_principals_are_urged_to_hand_over_and_only_own_rounds_evaluated(desk: Desk) -> None:
    desk.others.issued()
    path = f"/v1/cases/{CASE}/urge-handover"
    stranger, principal = {"principal": "p-x"}, {"principal": PRINCIPAL.person_ref}
    assert desk.post(INSPECTION_OFFICE, path, stranger, on=f"case/{CASE}").status_code == 409
    assert desk.post(PANEL, path, principal, on=f"case/{CASE}").status_code == 403
    urged = desk.post(INSPECTION_OFFICE, path, principal, on=f"case/{CASE}")
    assert (urged.status_code, urged.json()["urge"]) == (200, 1)
    body = {"round_no": "T9R9", "case_nos": [CASE], "report": PAPER}
    answer = desk.post(INSPECTION_OFFICE, "/v1/round-evaluations", body)
    assert answer.json()["code"] == "other-round"


@pytest.mark.req("R177", "R209")
def test_rounds_and_draws_over_http(desk: Desk) -> None:
    desk.others.issued()
    problems = desk.ask(INSPECTION_OFFICE, "/v1/problems").json()["items"]
    round_no = problems[0]["round_no"]
    body = {"round_no": round_no, "case_nos": [CASE], "report": PAPER}
    assert desk.post(INSPECTION_OFFICE, "/v1/round-evaluations", body).status_code == 201
    path, stream = f"/v1/round-evaluations/{round_no}", f"round-evaluation/{round_no}"
    circular = {"circular_no": "TB-1", "digest": PAPER, "decision": plain(DECISION)}
    assert desk.post(PANEL, f"{path}/issue-circular", circular, on=stream).status_code == 403
    issued = desk.post(INSPECTION_OFFICE, f"{path}/issue-circular", circular, on=stream)
    assert issued.status_code == 200, issued.text
    answer = desk.post(INSPECTION_OFFICE, f"{path}/list-overdue", on=stream)
    assert answer.json()["code"] == "not-overdue"
    draw = {"draw_no": "D-1", "population": [PROBLEM, PROBLEM], "size": 1}
    answer = desk.post(INSPECTION_OFFICE, "/v1/surprise-draws", draw)
    assert answer.json()["code"] == "population-too-small"
