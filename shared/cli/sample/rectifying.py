"""The second act: claim, plan, joint review, tasks, declaration, supervision, evaluation."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from shared.cli.sample.city import (
    JOINT_GROUP,
    OFFICE,
    ORGANISATION,
    PANEL,
    Case,
    Person,
    Problem,
)
from shared.cli.sample.player import Player, digest

DAYS_FOR_A_TASK = 50
SCHEME = "yunlan-scheme-1"


def await_state(player: Player, problem: Problem, state: str) -> None:
    """Wait until supervision shows the problem in this state."""
    _await_state(player, OFFICE, "supervision", problem, state)


def await_unit_state(player: Player, problem: Problem, state: str) -> None:
    """Wait until the unit's own side, rectification, shows the problem in this state."""
    _await_state(player, problem.unit.handler, "rectification", problem, state)


def _await_state(player: Player, who: Person, service: str, problem: Problem, state: str) -> None:
    def reached() -> bool | None:
        page = player.ask(who, service, f"/v1/problems/{problem.no}")
        return True if page["state"] == state else None

    player.await_(f"{problem.no} in {state} at {service}", reached)


def plan_case(player: Player, case: Case) -> None:
    """The principal claims every problem and submits the plan; three bodies approve it."""
    unit, thing = case.unit, f"/v1/cases/{case.no}"
    player.await_(f"case {case.no}", lambda: player.ask(unit.principal, "rectification", thing))
    for problem in case.problems:
        claim = {"responsible_member": unit.member.ref, "claimed_on": player.today.isoformat()}
        path = f"/v1/problems/{problem.no}/claim"
        player.found(unit.principal, "rectification", path, claim)
    plan = {"problems": [_planned(player, case, problem) for problem in case.problems]}
    player.act(unit.principal, "rectification", thing, "submit-plan", plan)
    _approve_plan(player, case)
    held = {"held_on": player.today.isoformat()}
    player.act(unit.principal, "rectification", thing, "hold-meeting", held)
    reported = {
        "reported_on": player.today.isoformat(),
        "report": digest(case.no, "民主生活会报告"),
    }
    player.act(unit.principal, "rectification", thing, "report-meeting", reported)


def _planned(player: Player, case: Case, problem: Problem) -> dict[str, Any]:
    unit = case.unit
    return {
        "problem_no": problem.no,
        "root_cause_kind": "INSTITUTION",
        "root_cause": "制度执行不严（样例）",
        "measures": [
            {
                "measure_no": "M1",
                "kind": "SYMPTOM",
                "level": "OWN_LEADERSHIP",
                "is_sanction": False,
                "text": "党组专题研究，逐项整改（样例）",
            },
            {
                "measure_no": "M2",
                "kind": "ROOT",
                "level": "OWN_ORGANS",
                "is_sanction": False,
                "text": "修订内部管理制度（样例）",
            },
        ],
        "tasks": [
            {
                "task_no": "T1",
                "matter": "核查并整改到位（样例）",
                "post": "section-head",
                "person": unit.handler.ref,
                "leader": unit.member.ref,
                "department": "general-office",
                "deadline": (player.today + timedelta(days=DAYS_FOR_A_TASK)).isoformat(),
            }
        ],
    }


def _approve_plan(player: Player, case: Case) -> None:
    thing = f"/v1/cases/{case.no}"

    def received() -> dict[str, Any] | None:
        page: dict[str, Any] = player.ask(OFFICE, "supervision", thing)
        return page if page["plan_state"] == "UNDER_REVIEW" else None

    page = player.await_(f"the plan of {case.no}", received)
    vote = {"plan_version": page["plan_version"], "digest": page["plan_digest"], "approves": True}
    for body in (case.unit.office, ORGANISATION, OFFICE):
        player.act(body, "supervision", thing, "vote-on-plan", vote)


def carry_out(player: Player, problem: Problem) -> None:
    """The handler does the task and records effect, documents and the three results."""
    await_unit_state(player, problem, "P6")
    handler, thing = problem.unit.handler, f"/v1/problems/{problem.no}"
    evidence = [digest(problem.no, "佐证")]
    note = {"task_no": "T1", "note": "已完成核查（样例）", "percent": 60, "evidence": evidence}
    player.act(handler, "rectification", thing, "progress-task", note)
    done = {"task_no": "T1", "evidence": evidence}
    player.act(handler, "rectification", thing, "complete-task", done)
    effect = {"effect": "追回资金并建立台账（样例）", "evidence": evidence}
    player.act(handler, "rectification", thing, "record-effect", effect)
    document = {"document_no": "D1", "title": "整改佐证材料", "digest": digest(problem.no, "档案")}
    player.act(handler, "rectification", thing, "archive-document", document)
    held = (
        {"status": "DONE"}
        if problem.concerns_person
        else {"status": "NOT_APPLICABLE", "reason": "不涉及人员问责（样例）"}
    )
    results = {"fixed": {"status": "DONE"}, "held_to_account": held, "built": {"status": "DONE"}}
    player.act(handler, "rectification", thing, "record-results", results)


def declare(player: Player, problem: Problem, principal: Person) -> None:
    """The principal pledges the content as it stands and declares the problem rectified."""
    body = {"digest": content_digest(player, problem, principal)}
    thing = f"/v1/problems/{problem.no}"
    player.act(principal, "rectification", thing, "declare-rectified", body)
    await_state(player, problem, "P7")


def content_digest(player: Player, problem: Problem, principal: Person) -> str:
    """Return the digest of the content that is to be pledged or signed."""
    page = player.ask(principal, "rectification", f"/v1/problems/{problem.no}")
    return str(page["content_digest"])


def pair(
    player: Player, problem: Problem, principal: Person, n: int, score: int, items: Sequence[str]
) -> None:
    """One pair: supervision and evaluation, by the joint group first, then the linked office."""
    thing, unit = f"/v1/problems/{problem.no}", problem.unit
    executor = JOINT_GROUP if n == 1 else unit.office
    scorer = PANEL if n == 1 else unit.office
    start = {
        "visit_no": f"V-{problem.no}-{n}",
        "members": [{"person_ref": executor.ref, "org": executor.org}],
    }
    player.act(executor, "supervision", thing, "start-supervision", start)
    finding = {
        "methods": [{"method": "ON_SITE", "evidence": [digest(problem.no, "现场", str(n))]}],
        "finding": "现场核实（样例）",
    }
    player.act(executor, "supervision", thing, "complete-supervision", finding)
    player.act(principal, "supervision", thing, "score-self", {"score": 90})
    player.act(scorer, "supervision", thing, "score-panel", {"score": score})
    player.act(OFFICE, "supervision", thing, "close-poll", {"score": score, "respondents": 12})
    result = {
        "scheme_version": SCHEME,
        "items": [{"item_no": f"R{n}{k}", "matter": item} for k, item in enumerate(items, 1)],
    }
    player.act(scorer, "supervision", thing, "finalise-evaluation", result)


def rectify_again(
    player: Player, problem: Problem, principal: Person, items: Sequence[str]
) -> None:
    """What is left is done, or confirmed to be nothing; then it is declared again."""
    await_unit_state(player, problem, "P10")
    await_state(player, problem, "P10")  # else its earlier P7 could be taken for the coming one
    thing = f"/v1/problems/{problem.no}"
    for item in items:
        done = {"task_no": item, "evidence": [digest(problem.no, item)]}
        player.act(problem.unit.handler, "rectification", thing, "complete-task", done)
    if not items:
        player.act(principal, "rectification", thing, "confirm-nil-items")
    declare(player, problem, principal)
