"""Statistics over HTTP, on what the audit service followed."""

from typing import Any

import pytest

from shared.eventstore.canonical import encode
from shared.eventstore.record import parse
from shared.kernel.actor import Role
from tests.integration.audit.conftest import Console
from tests.unit.audit.statistics.small_log import CASE, DAY, SmallLog


def following(console: Console, log: SmallLog) -> Console:
    for known in log.log[console.heard :]:
        console.receives(parse(encode(known.record), known.position))
    console.heard = len(log.log)
    console.clock.instant = log.now
    return console


def value(told: dict[str, Any]) -> int:
    return int(told["value"]["value"])


@pytest.mark.req("R340")
def test_the_positions_of_an_answer_give_the_answer_again(console: Console) -> None:
    log = SmallLog().problem(1).problem(2).measure("M-1", "p-hao")
    told = following(console, log).shows("/v1/statistics/problems.found", term="T1")
    assert (value(told), told["unit"], told["late_events"]) == (2, "problems", 0)
    assert told["positions"] == {"accountability": 1, "feedback": 3}
    following(console, log.problem(3).lead("L-1"))
    assert value(console.shows("/v1/statistics/problems.found")) == 3
    cut = ",".join(f"{service}:{position}" for service, position in told["positions"].items())
    again = console.shows("/v1/statistics/problems.found", term="T1", at_position=cut)
    assert {**again, "as_of": ""} == {**told, "as_of": ""}
    changed = console.shows("/v1/statistics/problems.found/difference", at_position=cut)
    assert [line["key"] for line in changed["added"]] == [f"{CASE}-003"]


def test_a_moment_is_written_as_the_description_says(console: Console) -> None:
    path = "/v1/statistics/problems.found/difference"
    for wrong in ("x", "feedback:", "feedback:１", f"feedback:{'9' * 40}", "feedback:1;"):
        assert console.get(path, until_position=wrong).status_code == 422
    for wrong in ("0", "86400", "9999-12-31", "0001-01-01"):
        assert console.get(path, until=wrong).status_code == 422
        assert console.get(path, effective_on=wrong).status_code == 422
    assert console.get(path, as_of="0001-01-01T00:00:00+14:00").status_code == 422


def test_a_report_is_counted_again(console: Console) -> None:
    log = SmallLog().problem(1)
    log.report("TR-1", value=1, name="problems.found", definition_version="issued-1")
    (figure,) = following(console, log.problem(2)).get("/v1/reports/TR-1/figures").json()
    assert (figure["stated"], figure["recomputed"], figure["is_same"]) == (1, 1, True)
    assert figure["until_now"]["after"]["value"]["value"] == 2


def test_publication_gets_no_small_cells_and_units_get_nothing(console: Console) -> None:
    following(console, SmallLog().measure("M-1", "p-hao"))
    path = "/v1/statistics/persons.handled"
    told = console.get(path, Role.PUB).json()
    assert (told["value"], told["suppressed_cells"]) == (None, 1)
    assert console.get(path, Role.UP).status_code == 403
    assert console.get("/v1/reports/TR-1/figures", Role.UP).status_code == 403
    assert console.get(f"{path}/difference", Role.PUB).status_code == 403


def test_the_policy_says_how_few_persons_are_published(console: Console) -> None:
    log = SmallLog().measure("M-1", "p-hao").measure("M-2", "p-li").measure("M-3", "p-qiao")
    following(console, log)
    path = "/v1/statistics/persons.handled"
    assert console.get(path, Role.PUB).json()["value"] is None
    before = console.clock.instant
    following(console, log.policy(published_persons_min=3))
    assert console.get(path, Role.PUB).json()["value"]["value"] == 3
    then = console.get(path, Role.PUB, as_of=before.isoformat()).json()
    assert then["value"] is None


def test_definitions_are_listed_and_unknown_ones_refused(console: Console) -> None:
    listed = console.get("/v1/statistics").json()
    assert {"problems.found", "rounds.completed"} <= {line["name"] for line in listed}
    assert console.get("/v1/statistics/leads.quota").status_code == 404
    assert console.get("/v1/statistics/problems.found", dims="person").status_code == 422
    assert console.get("/v1/statistics/problems.found", where="person").status_code == 422
    since = console.shows("/v1/statistics/problems.found", since=str(DAY))
    assert value(since) == 0
