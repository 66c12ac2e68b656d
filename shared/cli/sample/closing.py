"""The third act: closing, return, lapse, reopening, accountability."""

from typing import Any

from shared.cli.sample.city import (
    DISCIPLINE,
    LEADING_GROUP,
    OFFICE,
    ORGANISATION,
    Case,
    Fate,
    Person,
    Problem,
)
from shared.cli.sample.feeding_back import decision
from shared.cli.sample.founding import LEGAL_BASIS
from shared.cli.sample.player import Player, digest
from shared.cli.sample.rectifying import (
    await_state,
    carry_out,
    content_digest,
    declare,
    pair,
    rectify_again,
)
from shared.kernel.clock import Clock
from shared.kernel.errors import GuardFailedError, RefusedError

GOOD, BAD = 85, 40


def play(player: Player, case: Case, problem: Problem, clock: Clock) -> None:
    """Tell the whole story of one problem, as its fate has it."""
    principal = case.unit.principal
    carry_out(player, problem)
    if problem.fate is Fate.STAYS_RECTIFYING:
        return
    declare(player, problem, principal)
    if problem.fate is Fate.SHAM:
        _sham(player, case, problem, principal)
    pair(player, problem, principal, 1, GOOD, ["补充佐证材料（样例）"])
    if problem.fate is Fate.STAYS_EVALUATED:
        return
    rectify_again(player, problem, principal, ["R11"])
    _second_pairs(player, problem, principal)
    if problem.fate is Fate.SIGNATURE_LAPSES:
        principal = _signature_lapses(player, case, problem, clock)
    if problem.fate is Fate.RETURNED:
        _returned(player, problem, principal)
    close(player, case, problem, principal)
    if problem.fate is Fate.REOPENED:
        _reopened(player, case, problem, principal)


def close(player: Player, case: Case, problem: Problem, principal: Person) -> None:
    """Application, acceptance, approval, two countersignatures, long-term watch."""
    digest_ = apply_for_closing(player, problem, principal)
    _accept_and_approve(player, problem)
    thing = f"/v1/problems/{problem.no}"
    for signer in (problem.unit.office, case.team_leader):
        player.act(signer, "supervision", thing, "countersign-closure", {"digest": digest_})
    player.await_(f"the watch over {problem.no}", lambda: _watch_accepted(player, problem, thing))


def apply_for_closing(player: Player, problem: Problem, principal: Person) -> str:
    """The principal signs the closing report; return what was signed."""
    thing = f"/v1/problems/{problem.no}"

    def eligible() -> bool | None:
        page = player.ask(principal, "rectification", thing)
        return True if page["state"] == "P11" and _disposal_known(problem, page) else None

    player.await_(f"{problem.no} eligible for closing", eligible)
    digest_ = content_digest(player, problem, principal)
    player.act(principal, "rectification", thing, "submit-closure-report", {"digest": digest_})
    await_state(player, problem, "P12")
    return digest_


def _disposal_known(problem: Problem, page: dict[str, object]) -> bool:
    return not problem.concerns_person or bool(page["disposal_known"] and page["pursuit_known"])


def _watch_accepted(player: Player, problem: Problem, thing: str) -> bool | None:
    try:
        player.act(problem.unit.resident_team, "supervision", thing, "accept-watch")
    except RefusedError:
        return None  # the offer is still on its way
    return True


def _accept_and_approve(player: Player, problem: Problem) -> None:
    thing = f"/v1/problems/{problem.no}"
    methods = [{"method": "INTERVIEW", "evidence": [digest(problem.no, "验收")]}]
    player.act(problem.unit.office, "supervision", thing, "accept-closure", {"methods": methods})
    player.act(OFFICE, "supervision", thing, "approve-closure")


def _second_pairs(player: Player, problem: Problem, principal: Person) -> None:
    if problem.fate is Fate.FAILED_SECOND:
        pair(player, problem, principal, 2, BAD, ["重新核实资金去向（样例）"])
        rectify_again(player, problem, principal, ["R21"])
        pair(player, problem, principal, 3, GOOD, [])
    else:
        pair(player, problem, principal, 2, GOOD, [])


def _sham(player: Player, case: Case, problem: Problem, principal: Person) -> None:
    """A supervisor finds rectification on paper; somebody is held to account for it."""
    found = {"kind": "ON_PAPER", "evidence": [digest(problem.no, "文字整改")]}
    thing = f"/v1/problems/{problem.no}"
    player.act(problem.unit.office, "supervision", thing, "find-sham", found)
    rectify_again(player, problem, principal, ["T1"])
    _hold_to_account(player, case, problem)


def _hold_to_account(player: Player, case: Case, problem: Problem) -> None:
    number = f"YL-A-{problem.no}"
    referral = {
        "accountability_no": number,
        "unit": case.unit.org,
        "subject_kind": "PERSON",
        "subject": case.unit.member.ref,
        "ground": "SHAM_RECTIFICATION",
        "evidence": [digest(problem.no, "文字整改")],
        "problem_nos": [problem.no],
        "joint_with": case.unit.office.org,
        "conduct_on": player.today.isoformat(),
        "account": "样例问责情况说明（虚构）",
    }
    player.await_("accountability to hear of the problem", lambda: _referred(player, referral))
    thing = f"/v1/accountability-cases/{number}"
    player.act(DISCIPLINE, "accountability", thing, "accept")
    decided = {
        "severity": "light",
        "measure": "talk",
        "legal_basis": LEGAL_BASIS,
        "decided_on": player.today.isoformat(),
    }
    player.act(DISCIPLINE, "accountability", thing, "decide", decided)
    executed = {"executed_on": player.today.isoformat(), "record": digest(number, "执行")}
    player.act(DISCIPLINE, "accountability", thing, "execute", executed)


def _referred(player: Player, referral: dict[str, Any]) -> dict[str, Any] | None:
    """Refer; None while accountability has not heard of the problem yet, and so refuses."""
    try:
        return player.found(OFFICE, "accountability", "/v1/accountability-cases", referral)
    except GuardFailedError:
        raise
    except RefusedError:  # its own code does not travel: another refusal ends as a stuck story
        return None


def _returned(player: Player, problem: Problem, principal: Person) -> None:
    """The linked office returns the first application; another pair follows."""
    apply_for_closing(player, problem, principal)
    returned = {
        "reasons": "佐证不充分（样例）",
        "items": [{"item_no": "C1", "matter": "补充第三方凭证（样例）"}],
    }
    thing = f"/v1/problems/{problem.no}"
    player.act(problem.unit.office, "supervision", thing, "return-closure", returned)
    rectify_again(player, problem, principal, ["C1"])
    pair(player, problem, principal, 3, GOOD, [])


def _reopened(player: Player, case: Case, problem: Problem, principal: Person) -> None:
    """A look-back finds it unsolved: cycle 2, two more pairs, closed again."""
    reopening = {
        "ground": "LOOK_BACK",
        "finding": "RELAPSE",
        "finding_ref": f"LB-{problem.no}",
        "decision": decision(player),
        "items": [{"item_no": "B1", "matter": "问题反弹，重新整改（样例）"}],
    }
    thing = f"/v1/problems/{problem.no}"
    player.act(LEADING_GROUP, "supervision", thing, "reopen", reopening)
    rectify_again(player, problem, principal, ["B1"])
    pair(player, problem, principal, 1, GOOD, [])
    rectify_again(player, problem, principal, [])
    pair(player, problem, principal, 2, GOOD, [])
    close(player, case, problem, principal)


def _signature_lapses(player: Player, case: Case, problem: Problem, clock: Clock) -> Person:
    """The principal changes after signing: the signature lapses, the case is handed over."""
    unit = case.unit
    apply_for_closing(player, problem, unit.principal)
    change = {"incoming": unit.successor.ref, "effective": clock.now().isoformat()}
    player.act(ORGANISATION, "directory", f"/v1/organisations/{unit.org}", "principal", change)
    await_state(player, problem, "P11")
    thing = f"/v1/cases/{case.no}"
    for party, who in (("OUTGOING", unit.principal), ("INCOMING", unit.successor)):
        player.act(who, "rectification", thing, "handover/sign", {"party": party})
    player.act(OFFICE, "rectification", thing, "handover/complete")
    return unit.successor
