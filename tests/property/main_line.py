"""The main line of a problem: what a sensible person would ask for next, as things stand.

From the issued feedback over claim, plan, work, declaration, pairs of supervision and evaluation
and closing to the archive, and from there into the next cycle.
"""

from collections.abc import Callable
from typing import Any

from services.accountability.domain.leads import Lead
from services.rectification.domain.case import RectificationCase
from services.rectification.domain.closing import Problem
from services.supervision.domain import ClosureReview, SupervisionCase
from services.supervision.domain.visits import FIRST_PAIR
from shared.contracts.accountability import DisposalMethod, LeadConclusion, LeadState
from shared.contracts.rectification import PlannedProblem, ProblemState
from shared.contracts.supervision import (
    Cosigner,
    ReopeningFinding,
    ReopeningGround,
    ReviewingBody,
)
from shared.contracts.supervision import ProblemState as S
from shared.kernel.actor import Actor
from shared.kernel.periods import civil_date
from tests.property.city import PROBLEMS, City, Command
from tests.property.people import (
    DISCIPLINE,
    DISCIPLINE_ORGS,
    HANDLER,
    JOINT_GROUP,
    LINKED,
    LINKED_OFFICE,
    ORGANISATION,
    PANEL,
    RESIDENT,
    RESIDENT_TEAM,
    incumbent,
)
from tests.unit.accountability.yunlan import DUE
from tests.unit.feedback.yunlan import (
    CASE,
    DECISION,
    LEADER,
    LEADING_GROUP,
    OFFICE,
    PRINCIPAL,
    SEALED,
    TO_DISCIPLINE,
)
from tests.unit.rectification.story import DONE, EVIDENCE, REPORT, planned
from tests.unit.supervision.stories import LATER, MEMBERS, ON_SITE, POLICY, YESTERDAY

LEAD = "L-T1R1-0001"
P = ProblemState
VOTERS: dict[ReviewingBody, Actor] = {
    ReviewingBody.DISCIPLINE: LINKED_OFFICE,
    ReviewingBody.ORGANISATION: ORGANISATION,
    ReviewingBody.INSPECTION: OFFICE,
}


def call(service: str, name: str, actor: Actor, *about: str, **facts: Any) -> Command:
    """Return the command that calls this use case with these facts."""
    return Command(
        service,
        name,
        actor,
        lambda application, uow: getattr(application, name)(uow, *about, **facts),
    )


def next_command(city: City, problem_no: str) -> Command | None:
    """Return what brings the problem one step further, None when there is nothing left to do."""
    problem = city.read("rectification", Problem, problem_no)
    found = _STEPS.get(problem.state)
    return found(city, problem) if found else None


def advance(city: City, problem_no: str, steps: int) -> int:
    """Bring the problem so many steps further, everybody hearing of each; count the accepted."""
    accepted = 0
    for _ in range(steps):
        city.hear()
        command = next_command(city, problem_no)
        accepted += command is not None and city.give(command)
    return accepted


def _unit(name: str, about: str, **facts: Any) -> Command:
    return call("rectification", name, PRINCIPAL, about, incumbent=incumbent(), **facts)


def _issued(city: City, problem: Problem) -> Command:
    if problem.open_objections:
        facts = {"reasons": "底稿充分", "decision": DECISION}
        return call("feedback", "dismiss_objection", LEADING_GROUP, problem.key, **facts)
    today = civil_date(city.clock.instant)
    return _unit("claim_problem", problem.key, responsible_member="p-um-dyke", claimed_on=today)


def _claimed(city: City, problem: Problem) -> Command | None:
    case = city.read("rectification", RectificationCase, CASE)
    if case.plan_is_closed:
        return _vote(city)
    known = [city.read("rectification", Problem, number) for number in PROBLEMS]
    unclaimed = [one for one in known if one.state is P.ISSUED]
    return _issued(city, unclaimed[0]) if unclaimed else _plan(known)


def _plan(known: list[Problem]) -> Command:
    standing = [one for one in known if not one.is_withdrawn]
    plans: list[PlannedProblem] = [planned(one.key) for one in standing]
    return _unit("submit_plan", CASE, problems=plans)


def _vote(city: City) -> Command | None:
    case = city.read("supervision", SupervisionCase, CASE)
    missing = [body for body in ReviewingBody if body not in case.votes]
    return vote(case, VOTERS[missing[0]], approves=True) if missing else None


def vote(case: SupervisionCase, actor: Actor, *, approves: bool) -> Command:
    """Return this body's vote on the plan that is under review."""
    return call(
        "supervision", "vote_on_plan", actor, CASE,
        plan_version=case.plan_version, digest=case.plan_digest, approves=approves,
        remarks=None if approves else "根因分析不深", discipline_orgs=DISCIPLINE_ORGS,
    )  # fmt: skip


def _work(city: City, problem: Problem) -> Command:
    case = city.read("rectification", RectificationCase, CASE)
    today = civil_date(city.clock.instant)
    if case.meeting_held_on is None:
        return _unit("hold_meeting", CASE, held_on=today)
    if not case.meeting_is_complete:
        return _unit("report_meeting", CASE, reported_on=today, report=REPORT)
    return _task(problem) or _lists(problem) or _declaration(problem)


def _task(problem: Problem) -> Command | None:
    if not problem.open_work:
        return None
    facts = {"task_no": problem.open_work[0], "evidence": EVIDENCE}
    return call("rectification", "complete_task", HANDLER, problem.key, **facts)


def _lists(problem: Problem) -> Command | None:
    if not problem.effects:
        return _handler("record_effect", problem, effect="拨付周期降为一季", evidence=EVIDENCE)
    if not problem.documents:
        facts = {"document_no": "D1", "title": "拨付台账", "digest": REPORT}
        return _handler("archive_document", problem, **facts)
    if problem.results is None:
        return _handler("record_results", problem, fixed=DONE, held_to_account=DONE, built=DONE)
    return None


def _handler(name: str, problem: Problem, **facts: Any) -> Command:
    return call("rectification", name, HANDLER, problem.key, **facts)


def _declaration(problem: Problem) -> Command:
    if problem.needs_nil_confirmation:
        return _unit("confirm_nil_items", problem.key)
    return _unit("declare_rectified", problem.key, digest=problem.content)


def _pair(city: City, problem: Problem) -> Command | None:
    review = city.read("supervision", ClosureReview, problem.key)
    n = len(review.pairs) + 1
    visitor, panel = (JOINT_GROUP, PANEL) if n == FIRST_PAIR else (LINKED_OFFICE, LINKED_OFFICE)
    if review.chain is S.DECLARED_RECTIFIED:
        facts = {"visit_no": f"v-{n}", "members": MEMBERS, "linked_office": LINKED}
        return _supervision("start_supervision", visitor, problem, **facts)
    if review.chain is S.UNDER_SUPERVISION:
        facts = {"methods": [ON_SITE], "finding": "专账已建立"}
        return _supervision("complete_supervision", visitor, problem, **facts)
    return _evaluation(review, panel, problem) if review.chain is S.UNDER_EVALUATION else None


def _evaluation(review: ClosureReview, panel: Actor, problem: Problem) -> Command:
    assert review.pair is not None
    if review.pair.own is None:
        return _supervision("score_self", PRINCIPAL, problem, score=85)
    if review.pair.panel is None:
        return _supervision("score_panel", panel, problem, score=80)
    if review.pair.poll is None:
        facts: dict[str, Any] = {"score": 78, "respondents": 30, "policy": POLICY}
        return _supervision("close_poll", OFFICE, problem, **facts)
    facts = {"scheme_version": "scheme-2026", "items": [], "rectify_by": LATER, "policy": POLICY}
    return _supervision("finalise_evaluation", panel, problem, **facts)


def _supervision(name: str, actor: Actor, problem: Problem, **facts: Any) -> Command:
    return call("supervision", name, actor, problem.key, **facts)


def _eligible(city: City, problem: Problem) -> Command | None:
    if problem.concerns_person_or_matter and not problem.pursuit_known:
        return _lead(city)
    if problem.open_blockers:
        facts = {"blocker_no": min(problem.open_blockers), "solution": "已协调"}
        return _handler("resolve_blocker", problem, **facts)
    if more := _task(problem) or _lists(problem):
        return more
    if problem.pledge is None or problem.pledge.digest != problem.content:
        return _unit("pledge_authenticity", problem.key, digest=problem.content)
    return _unit("submit_closure_report", problem.key, digest=problem.content)


def _lead(city: City) -> Command | None:
    lead = city.read("accountability", Lead, LEAD)
    if not lead.offers:
        return _offer()
    return _DISPOSAL[lead.state](city) if lead.state in _DISPOSAL else None


def _offer() -> Command:
    return call(
        "feedback", "offer_lead", LEADER, LEAD,
        case_no=CASE, kind="ECONOMY", address=TO_DISCIPLINE, post_level="COUNTY-CHIEF",
        problem_nos=list(PROBLEMS), concerns_principal=False, content=SEALED,
    )  # fmt: skip


def _disposal(name: str, **facts: Any) -> Command:
    return call("accountability", name, DISCIPLINE, LEAD, **facts)


def _concluded(city: City) -> Command:
    facts = {"conclusion": LeadConclusion.FORM_1, "pursuit_known": True}
    return _disposal("conclude_lead", concluded_on=civil_date(city.clock.instant), **facts)


_DISPOSAL: dict[LeadState, Callable[[City], Command]] = {
    LeadState.OFFERED: lambda city: _disposal(
        "accept_lead", registered_on=civil_date(city.clock.instant), due=DUE
    ),
    LeadState.REGISTERED: lambda _: _disposal(
        "classify_lead", method=DisposalMethod.PRELIMINARY_VERIFICATION
    ),
    LeadState.CLASSIFIED: _concluded,
}


def _applied(city: City, problem: Problem) -> Command | None:
    review = city.read("supervision", ClosureReview, problem.key)
    if review.chain is S.CLOSURE_APPLIED:
        facts = {"methods": [ON_SITE], "linked_office": LINKED}
        return _supervision("accept_closure", LINKED_OFFICE, problem, **facts)
    if review.chain is S.CLOSURE_ACCEPTED:
        return _supervision("approve_closure", OFFICE, problem)
    missing = [one for one in Cosigner if one not in review.signed_by]
    signer = LINKED_OFFICE if Cosigner.LINKED_OFFICE in missing else LEADER
    facts = {"digest": review.digest, "linked_office": LINKED}
    return _supervision(
        "countersign_closure", signer, problem, principal=PRINCIPAL.person_ref, **facts
    )


def _closed(city: City, problem: Problem) -> Command:
    review = city.read("supervision", ClosureReview, problem.key)
    if review.chain is S.CLOSED:
        facts = {"resident_team": RESIDENT, "until": YESTERDAY}
        return _supervision("accept_watch", RESIDENT_TEAM, problem, **facts)
    if review.chain is S.LONG_TERM_WATCH and not review.checked_documents:
        return _supervision("check_file", OFFICE, problem, documents=12)
    if review.chain is S.LONG_TERM_WATCH:
        return _supervision("archive", RESIDENT_TEAM, problem, documents=12)
    return reopening(problem.key)


def reopening(problem_no: str) -> Command:
    """Return the command that brings a closed problem back."""
    return call(
        "supervision", "reopen", LEADING_GROUP, problem_no, ground=ReopeningGround.LOOK_BACK,
        finding=ReopeningFinding.FALSE, finding_ref="F-2026-3", decision=DECISION, items=[],
        rectify_by=LATER,
    )  # fmt: skip


_STEPS: dict[ProblemState, Callable[[City, Problem], Command | None]] = {
    P.ISSUED: _issued,
    P.CLAIMED: _claimed,
    P.RECTIFYING: _work,
    P.RE_RECTIFYING: _work,
    P.DECLARED_RECTIFIED: _pair,
    P.CLOSURE_ELIGIBLE: _eligible,
    P.CLOSURE_APPLIED: _applied,
    P.CLOSED: _closed,
}
