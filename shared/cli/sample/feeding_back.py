"""The first act: a round is opened, problems found and approved, leads offered, feedback given."""

from shared.cli.sample.city import (
    DISCIPLINE,
    LEADING_GROUP,
    OFFICE,
    Case,
    Lead,
    Problem,
    Round,
)
from shared.cli.sample.player import Player, digest

CATEGORIES = (
    "LEADING_GROUP", "DISCIPLINE_AND_ORGANISATION", "TEAM_LEADER", "OFFICE_LEADERSHIP",
    "UPPER_LEADING_GROUP", "LEADER_IN_CHARGE",
)  # fmt: skip


def decision(player: Player) -> dict[str, str]:
    """Return the decision that everything rests on, taken today."""
    return {
        "document_no": "YL-2026-07",
        "decided_on": player.today.isoformat(),
        "forum": "secretary-special-meeting",
    }


def open_round(player: Player, round_: Round) -> None:
    """The office opens the round over all its targets."""
    targets = [
        {
            "unit": case.unit.org,
            "case_no": case.no,
            "team_leader": case.team_leader.ref,
            "team_members": [case.team_member.ref, case.reviewer.ref],
        }
        for case in round_.cases
    ]
    body = {
        "round_no": round_.no,
        "term": "YL-T1",
        "ordinal": round_.ordinal,
        "mode": "regular",
        "targets": targets,
    }
    player.found(OFFICE, "feedback", "/v1/rounds", body)


def find_problems(player: Player, case: Case) -> None:
    """The team drafts and substantiates; the leading group approves; reports are filed."""
    reports = {
        "round_no": case.round_no,
        "lead_report": digest(case.no, "线索报告"),
        "interview_report": digest(case.no, "谈话报告"),
        "inspection_report": digest(case.no, "巡察报告"),
        "orphans": 0,
    }
    player.found(case.team_leader, "feedback", f"/v1/cases/{case.no}/reports", reports)
    for problem in case.problems:
        _find(player, case, problem)
    for lead in case.leads:
        _offer(player, case, lead)


def issue_feedback(player: Player, case: Case) -> None:
    """The team leader feeds back at a meeting and one to one."""
    body = {
        "issued_on": player.today.isoformat(),
        "forms": ["COLLECTIVE", "ONE_TO_ONE"],
        "decision": decision(player),
        "attendance": [{"category": category, "present": True} for category in CATEGORIES],
        "departments": [
            {
                "department": "finance-department",
                "problem_nos": [problem.no for problem in case.problems],
            }
        ],
    }
    player.act(case.team_leader, "feedback", f"/v1/cases/{case.no}", "issue-feedback", body)


def settle_leads(player: Player, case: Case) -> None:
    """The discipline commission takes the leads up, returns some once, and concludes them."""
    for lead in case.leads:
        _settle(player, case, lead)


def _find(player: Player, case: Case, problem: Problem) -> None:
    draft = {
        "problem_no": problem.no,
        "case_no": case.no,
        "round_no": case.round_no,
        "wording": problem.wording,
        "category": problem.category,
        "cause": problem.cause,
        "nature": problem.nature,
        "concerns_person_or_matter": problem.concerns_person,
    }
    player.found(case.team_member, "feedback", "/v1/problems", draft)
    paper = {
        "paper_no": f"W-{problem.no}",
        "digest": digest(problem.no, "底稿"),
        "author": case.team_member.ref,
        "reviewer": case.reviewer.ref,
    }
    thing = f"/v1/problems/{problem.no}"
    player.act(case.reviewer, "feedback", thing, "substantiate", {"papers": [paper]})
    player.act(LEADING_GROUP, "feedback", thing, "approve", {"decision": decision(player)})


def _offer(player: Player, case: Case, lead: Lead) -> None:
    offer = {
        "lead_no": lead.no,
        "case_no": case.no,
        "kind": lead.kind,
        "addressee": DISCIPLINE.org,
        "addressee_kind": "DISCIPLINE_COMMISSION",
        "concerns_principal": lead.concerns_principal,
        "post_level": "city-head" if lead.concerns_principal else "city-staff",
        "problem_nos": [lead.problem_no],
        "content": f"样例线索内容（虚构）{lead.no}",
    }
    player.found(case.team_leader, "feedback", "/v1/leads", offer)


def _settle(player: Player, case: Case, lead: Lead) -> None:
    thing = f"/v1/leads/{lead.no}"
    _await_offer(player, lead, 1)
    if lead.is_returned_once:
        reason = {"reason": "材料不全，请补充后再移交（样例）"}
        player.act(DISCIPLINE, "accountability", thing, "return", reason)
        player.await_(
            f"the return of {lead.no}",
            lambda: True if player.ask(OFFICE, "feedback", thing)["state"] == "RETURNED" else None,
        )
        again = {"content": f"样例线索内容（补充，虚构）{lead.no}"}
        player.act(case.team_leader, "feedback", thing, "offer-again", again)
        _await_offer(player, lead, 2)
    player.act(DISCIPLINE, "accountability", thing, "accept", {})
    method = {"method": "PRELIMINARY_VERIFICATION"}
    player.act(DISCIPLINE, "accountability", thing, "classify", method)
    conclusion = {
        "conclusion": "FORM_1",
        "pursuit_known": True,
        "concluded_on": player.today.isoformat(),
    }
    player.act(DISCIPLINE, "accountability", thing, "conclude", conclusion)


def _await_offer(player: Player, lead: Lead, offer: int) -> None:
    def arrived() -> bool | None:
        found = player.ask(DISCIPLINE, "accountability", f"/v1/leads/{lead.no}")
        return True if found["offer"] >= offer else None

    player.await_(f"offer {offer} of {lead.no}", arrived)
