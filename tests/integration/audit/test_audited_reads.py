"""Reading a lead or an accountability file, and taking an export, leaves a trace."""

import pytest

from services.audit.bootstrap import READ_MODELS
from shared.eventstore.projections import replay
from shared.kernel.actor import Role
from tests.integration.audit.conftest import Console
from tests.unit.audit.yunlan import ACCOUNTABILITY, CASE, LEAD, PROBLEM, ROUND, UNIT

PATH = f"/v1/leads/{LEAD}"
DIGEST = "ab" * 32


@pytest.fixture
def with_lead(console: Console) -> Console:
    history, stream = console.history, f"lead/{LEAD}"
    history.tell("feedback.lead-offered", stream, lead_no=LEAD, case_no=CASE, unit=UNIT,
                 round_no=ROUND, problem_nos=[PROBLEM])  # fmt: skip
    history.tell("accountability.lead-registered", stream, lead_no=LEAD)
    history.tell("accountability.measure-imposed", stream, person_ref="p-secret", origin_lead=LEAD)
    history.tell("accountability.accountability-referred", f"accountability-case/{ACCOUNTABILITY}",
                 accountability_no=ACCOUNTABILITY, subject="p-secret", unit=UNIT)  # fmt: skip
    return console.follows()


@pytest.mark.req("R344")
class TestReading:
    def test_a_lead_shows_its_state_and_steps_and_nothing_else(self, with_lead: Console) -> None:
        answer = with_lead.get(PATH, purpose="年度审计")
        assert answer.json()["state"] == "IN_DISPOSAL"
        assert [one["event"] for one in answer.json()["steps"]] == [
            "feedback.lead-offered",
            "accountability.lead-registered",
            "accountability.measure-imposed",
        ]
        assert "p-secret" not in answer.text and "p-somebody" not in answer.text

    def test_is_itself_an_event_with_reader_and_purpose(self, with_lead: Console) -> None:
        with_lead.get(PATH, purpose="年度审计")
        with_lead.get(f"/v1/accountability-cases/{ACCOUNTABILITY}", purpose="复核")
        recorded = with_lead.store.read(0, 10)
        assert [one.record.type for one in recorded] == ["audit.read-recorded"] * 2
        assert [one.record.stream for one in recorded] == [
            f"read/lead.{LEAD}",
            f"read/accountability-file.{ACCOUNTABILITY}",
        ]
        with_lead.project()
        found = with_lead.shows("/v1/reads")["items"]
        assert [(one["reader"], one["number"], one["purpose"]) for one in found] == [
            ("p-auditor", LEAD, "年度审计"),
            ("p-auditor", ACCOUNTABILITY, "复核"),
        ]

    def test_every_look_counts(self, with_lead: Console) -> None:
        for _ in range(3):
            with_lead.get(PATH, purpose="年度审计")
        assert with_lead.store.version_of(f"read/lead.{LEAD}") == 3

    def test_needs_a_purpose_that_can_be_recorded(self, with_lead: Console) -> None:
        for purpose in ("年度\x05审计", "\x0b\x0b"):
            refused = with_lead.get(PATH, purpose=purpose)
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
        assert with_lead.store.version_of(f"read/lead.{LEAD}") == 0

    def test_needs_a_purpose(self, with_lead: Console) -> None:
        assert with_lead.get(PATH).status_code == 422
        assert with_lead.get(PATH, purpose="    ").status_code == 422
        assert with_lead.store.read(0, 10) == []

    def test_is_refused_to_others_and_leaves_no_trace(self, with_lead: Console) -> None:
        assert with_lead.get(PATH, Role.OFF, purpose="好奇而已").status_code == 403
        assert with_lead.get("/v1/leads/YL-L-9", purpose="年度审计").status_code == 404
        assert with_lead.store.read(0, 10) == []

    def test_the_moment_that_was_looked_at_is_noted(self, with_lead: Console) -> None:
        at = with_lead.history.records[0].record.time
        answer = with_lead.get(PATH, purpose="年度审计", as_of=at)
        assert answer.json()["state"] == "OFFERED"
        assert with_lead.store.read(0, 1)[0].record.data["as_of"]


@pytest.mark.req("R344")
class TestExporting:
    def test_is_recorded_with_the_digest_of_the_file(self, console: Console) -> None:
        body = {"scope": "full", "digest": DIGEST, "purpose": "移交审计署"}
        assert console.post("/v1/exports", body).status_code == 201
        console.project()
        (found,) = console.shows("/v1/reads", number="full")["items"]
        assert (found["subject"], found["digest"]) == ("EXPORT", DIGEST)

    def test_needs_a_purpose(self, console: Console) -> None:
        assert console.post("/v1/exports", {"scope": "full", "digest": DIGEST}).status_code == 422

    def test_a_replay_comes_to_the_same_reads(self, console: Console) -> None:
        console.post("/v1/exports", {"scope": "full", "digest": DIGEST, "purpose": "移交"})
        console.project()
        assert all(result.equal for result in replay(console.store, READ_MODELS))
