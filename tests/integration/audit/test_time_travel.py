"""Time travel over HTTP: how everything stood at an instant, in two times told apart."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from shared.kernel.actor import Role
from shared.kernel.errors import ContractError
from shared.messaging.inbox import AlreadyConsumedError
from tests.integration.audit.conftest import Console
from tests.unit.audit.yunlan import (
    CASE,
    LEAD,
    LINKED,
    MORNING,
    PRINCIPAL,
    PROBLEM,
    RESIDENT,
    ROUND,
    SUCCESSOR,
    TEAM_LEADER,
    UNIT,
    History,
)

PATH = f"/v1/problems/{PROBLEM}"
MOMENT = timedelta(microseconds=1)


class TestFollowing:
    def test_keeps_the_very_bytes(self, console: Console) -> None:
        console.history.until_closed()
        console.follows()
        with console.store.connection() as connection:
            rows = connection.execute("SELECT source, position, raw FROM followed_records")
            kept = {(row["source"], row["position"]): bytes(row["raw"]) for row in rows}
        told = {(one.record.service, one.position): one.raw for one in console.history.records}
        assert kept == told

    def test_a_record_that_comes_twice_is_kept_once(self, console: Console) -> None:
        console.history.issued()
        console.follows()
        with pytest.raises(AlreadyConsumedError):
            console.receives(console.history.records[0])
        told = console.get("/v1/followed").json()
        assert [(one["source"], one["records"]) for one in told] == [("feedback", 7)]

    def test_another_record_at_a_known_place_is_refused(self, console: Console) -> None:
        """A service whose history was rewritten: audit keeps what it received first."""
        console.history.issued()
        console.follows()
        rewritten = History()
        rewritten.claimed()
        forged = replace(
            rewritten.tell("feedback.problem-withdrawn", f"problem/{PROBLEM}-x"), position=1
        )
        with pytest.raises(ContractError, match="another record than before at 1"):
            console.receives(forged)

    def test_what_is_kept_is_never_changed(self, console: Console) -> None:
        console.history.issued()
        console.follows()
        with pytest.raises(psycopg.errors.InsufficientPrivilege), console.store.connection() as c:
            c.execute("UPDATE followed_records SET raw = 'xx'")

    def test_records_about_the_logs_are_kept_too(self, console: Console) -> None:
        console.history.tell("log.state-recorded", "log/feedback", service="feedback", size=7)
        console.follows()
        assert console.get("/v1/followed").json()[0]["records"] == 1


class TestAProblem:
    def test_is_told_as_it_stood_at_every_instant(self, console: Console) -> None:
        history = console.history.principal().linked()
        reached: dict[str, object] = {}
        for step in (history.issued, history.claimed, history.planned, history.plan_approved,
                     history.supervised_by, history.worked, history.declared):  # fmt: skip
            step()
            reached[step.__name__] = history.now - MOMENT
        history.pair(1)
        reached["pair"] = history.now - MOMENT
        console.follows()
        seen = {step: console.shows(PATH, as_of=at)["state"] for step, at in reached.items()}
        assert seen == {
            "issued": "P3", "claimed": "P4", "planned": "P5", "plan_approved": "P6",
            "supervised_by": "P6", "worked": "P6", "declared": "P7", "pair": "P10",
        }  # fmt: skip

    def test_tells_who_was_responsible_who_supervised_and_what_was_next(
        self, console: Console
    ) -> None:
        console.history.until_declared()
        console.follows()
        found = console.shows(PATH)
        assert found["name"] == "申明完成"
        assert found["responsible"]["first_responsible"]["person_ref"] == PRINCIPAL
        assert found["supervised_by"]["supervisor"] == TEAM_LEADER
        assert found["linked_office"] == LINKED
        assert found["tasks"] == {"total": 1, "completed": 1}
        assert found["next"]["command"] == "StartSupervision"
        assert found["next"]["roles"] == ["JSG"]

    def test_has_a_timeline_in_which_causes_stand_first(self, console: Console) -> None:
        console.history.until_closed()
        console.follows()
        found = console.shows(PATH)
        ids = [line["id"] for line in found["timeline"]]
        for line in found["timeline"]:
            if line["causation"] in ids:
                assert ids.index(line["causation"]) < ids.index(line["id"])
        assert found["timeline"][-1]["state"] == "P15"
        assert found["known"]["supervision"] > 0

    def test_arrives_in_any_order_and_is_told_the_same(self, console: Console) -> None:
        console.history.until_closed()
        by_service = sorted(console.history.records, key=lambda one: one.record.service)
        console.history.records = by_service
        console.follows()
        assert console.shows(PATH)["state"] == "P15"

    def test_is_not_known_before_it_was_recorded(self, console: Console) -> None:
        console.history.issued()
        console.follows()
        assert console.get(PATH, as_of=MORNING - MOMENT).status_code == 404
        assert console.get("/v1/problems/YL-9").status_code == 404

    def test_is_told_at_positions_of_the_logs(self, console: Console) -> None:
        console.history.until_declared()
        console.follows()
        claimed = console.shows(PATH, at_position="rectification:1,supervision:0")
        assert (claimed["state"], claimed["known"]["rectification"]) == ("P4", 1)
        assert console.get(PATH, at_position="rectification").status_code == 422
        assert console.get(PATH, at_position="a:1,a:2").status_code == 422

    def test_an_open_objection_shows_and_goes(self, console: Console) -> None:
        history = console.history.issued()
        for event in ("feedback.objection-raised", "feedback.objection-dismissed"):
            history.tell(event, f"problem/{PROBLEM}", problem_no=PROBLEM, case_no=CASE)
        console.follows()
        raised = history.now - timedelta(minutes=1) - MOMENT
        assert console.shows(PATH, as_of=raised)["state"] == "P3x"
        assert console.shows(PATH)["state"] == "P3"

    def test_after_closing_the_resident_team_watches(self, console: Console) -> None:
        history = console.history.until_closed()
        history.tell("supervision.long-term-watch-started", f"review/{PROBLEM}",
                     problem_no=PROBLEM, resident_team=RESIDENT)  # fmt: skip
        console.follows()
        found = console.shows(PATH)
        assert found["supervised_by"]["supervisor"] == RESIDENT
        assert (found["n"], [pair["n"] for pair in found["pairs"]]) == (2, [1, 2])


@pytest.mark.req("R012")
class TestTwoTimes:
    def test_a_change_recorded_late_was_so_before_it_was_known(self, console: Console) -> None:
        """On 10 March it becomes known that the principal changed on 5 March."""
        history = console.history.principal().issued()
        history.now = MORNING.replace(day=10)
        history.principal(
            SUCCESSOR, outgoing=PRINCIPAL, effective="2026-03-05T00:00:00.000000Z", acting=True
        )
        console.follows()

        def principal(**moment: str) -> str:
            found = console.shows(PATH, **moment)["responsible"]["first_responsible"]
            return str(found["person_ref"])

        assert principal(as_of="2026-03-07T00:00:00Z") == PRINCIPAL
        assert principal(effective_on="2026-03-07") == SUCCESSOR
        assert principal(effective_on="2026-03-04") == PRINCIPAL
        assert principal(effective_on="2026-03-07", as_of="2026-03-09T00:00:00Z") == PRINCIPAL

    def test_a_change_known_beforehand_is_not_so_yet(self, console: Console) -> None:
        history = console.history.principal().issued()
        history.principal(SUCCESSOR, outgoing=PRINCIPAL, effective="2027-01-01T00:00:00.000000Z")
        console.follows()
        unit = f"/v1/units/{UNIT}"
        assert console.shows(unit)["principal"]["person_ref"] == PRINCIPAL
        in_2027 = console.shows(unit, effective_on="2027-01-02")
        assert in_2027["principal"]["person_ref"] == SUCCESSOR
        assert in_2027["former_principals"] == [PRINCIPAL]

    def test_a_claim_made_on_an_earlier_day_was_so_on_that_day(self, console: Console) -> None:
        console.history.now = MORNING.replace(day=9)
        console.history.issued().claimed()  # recorded on 9 March, claimed on 2 March
        console.follows()
        assert console.shows(PATH, effective_on="2026-03-01")["state"] == "P3"
        assert console.shows(PATH, effective_on="2026-03-02")["state"] == "P4"


class TestOthers:
    def opened(self, console: Console) -> None:
        target = {"unit": UNIT, "case_no": CASE, "team_leader": TEAM_LEADER, "team_members": []}
        console.history.tell("feedback.round-opened", f"round/{ROUND}", round_no=ROUND,
                             targets=[target])  # fmt: skip
        console.history.tell("directory.organisation-registered", f"organisation/{UNIT}", org=UNIT)
        console.history.until_declared()
        console.follows()

    def test_a_case(self, console: Console) -> None:
        self.opened(console)
        found = console.shows(f"/v1/cases/{CASE}")
        assert found["supervised_by"]["supervisor"] == TEAM_LEADER
        assert found["plan"]["status"] == "APPROVED"
        assert found["copy_notices"] == {"sent": 1, "answered": 0}
        assert found["problems"]["states"] == {PROBLEM: "P7"}
        assert found["first_responsible"]["person_ref"] == PRINCIPAL

    def test_a_unit_and_a_round_count_their_problems(self, console: Console) -> None:
        self.opened(console)
        unit = console.shows(f"/v1/units/{UNIT}")
        assert (unit["cases"], unit["problems"]) == ([CASE], {"P7": 1})
        assert unit["linked_office"] == LINKED
        found = console.shows(f"/v1/rounds/{ROUND}")
        assert (found["state"], found["problems"]["by_state"]) == ("OPEN", {"P7": 1})

    def test_what_was_not_known_then_is_not_there(self, console: Console) -> None:
        self.opened(console)
        for path in (f"cases/{CASE}", f"units/{UNIT}", f"rounds/{ROUND}"):
            assert console.get(f"/v1/{path}", as_of=MORNING - MOMENT).status_code == 404

    def test_a_returned_plan_of_the_case_moves_its_problems(self, console: Console) -> None:
        history = console.history.issued().claimed().planned()
        history.tell("supervision.plan-returned", f"case/{CASE}", case_no=CASE, plan_version=1)
        console.follows()
        assert console.shows(PATH)["state"] == "P4"
        assert console.shows("/v1/problems")["items"][0]["state"] == "P4"


class TestLists:
    def test_hold_what_stood_in_that_state_then(self, console: Console) -> None:
        numbers = [f"YL-T1R1-U01-{number:03}" for number in range(1, 6)]
        console.history.issued(problems=numbers)
        before = console.history.now - MOMENT
        for number in numbers[:2]:
            console.history.claimed(number)
        console.follows()
        query = {"unit": UNIT, "round": ROUND, "case": CASE}
        claimed = console.shows("/v1/problems", state="P4", **query)
        assert [one["problem_no"] for one in claimed["items"]] == numbers[:2]
        issued = console.shows("/v1/problems", state="P3", as_of=before, **query)
        assert [one["problem_no"] for one in issued["items"]] == numbers
        assert console.shows("/v1/problems", unit="another")["items"] == []

    def test_come_in_pages(self, console: Console) -> None:
        numbers = [f"YL-T1R1-U01-{number:03}" for number in range(1, 6)]
        console.history.issued(problems=numbers)
        console.follows()
        first = console.shows("/v1/problems", limit=3)
        second = console.shows("/v1/problems", limit=3, after=first["next"])
        seen = [one["problem_no"] for page in (first, second) for one in page["items"]]
        assert (seen, second["next"]) == (numbers, None)

    def test_refuse_a_state_that_does_not_exist(self, console: Console) -> None:
        assert console.get("/v1/problems", state="P99").status_code == 422


@pytest.mark.req("INV-16")
class TestSecrecy:
    def test_a_lead_behind_a_problem_never_shows(self, console: Console) -> None:
        history = console.history.until_declared()
        console.follows()
        before = console.shows(PATH)
        history.tell("feedback.lead-offered", f"lead/{LEAD}", lead_no=LEAD, case_no=CASE,
                     unit=UNIT, round_no=ROUND, problem_nos=[PROBLEM])  # fmt: skip
        console.follows()
        for path in (PATH, f"/v1/cases/{CASE}"):
            assert LEAD not in console.get(path).text
        assert console.shows(PATH)["timeline"] == before["timeline"]

    @pytest.mark.parametrize("role", [Role.UP, Role.UH, Role.ADM])
    def test_the_unit_and_administrators_may_not_ask(self, console: Console, role: Role) -> None:
        console.history.issued()
        console.follows()
        assert console.get(PATH, role).status_code == 403
