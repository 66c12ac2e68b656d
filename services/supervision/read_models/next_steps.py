"""Who must do what next about a problem: a pure function of where it stands."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import BaseModel

from shared.contracts.supervision import Cosigner, ProblemState

S = ProblemState


class NextStep(BaseModel):
    """The roles that may act, their command, and one sentence for people."""

    roles: list[str]
    command: str
    sentence: str


@dataclass(frozen=True)
class Place:
    """Where a problem stands: state, the pair that is next or under way, what is still missing."""

    state: ProblemState
    n: int = 1
    missing_scores: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)


def next_step(place: Place) -> NextStep | None:
    """Return what is to be done next, None when the problem has come to its end."""
    if place.state in _BY_PLACE:
        return _BY_PLACE[place.state](place)
    return _FIXED.get(place.state)


def _step(roles: str, command: str, sentence: str) -> NextStep:
    return NextStep(roles=roles.split(), command=command, sentence=sentence)


def _supervise(place: Place) -> NextStep:
    if place.n == 1:
        return _step("JSG", "StartSupervision", "联合督查组须开展第1次督查")
    return _step("DSO", "StartSupervision", f"联系该单位的监督检查室须开展第{place.n}次督查")


def _complete(place: Place) -> NextStep:
    who = "联合督查组" if place.n == 1 else "联系该单位的监督检查室"
    role = "JSG" if place.n == 1 else "DSO"
    return _step(role, "CompleteSupervision", f"{who}须完成第{place.n}次督查并写明结论")


def _evaluate(place: Place) -> NextStep:
    role, who = ("PAN", "考评组") if place.n == 1 else ("DSO", "联系该单位的监督检查室")
    if "self" in place.missing_scores:
        return _step("UP", "ScoreSelf", "被巡察党组织主要负责人须先完成自评")
    if "panel" in place.missing_scores:
        return _step(role, "ScorePanel", f"{who}须审评打分")
    if "poll" in place.missing_scores:
        return _step("OFF", "ClosePoll", "巡察办须完成党员干部群众测评")
    return _step(role, "FinaliseEvaluation", f"{who}须作出第{place.n}次评估结论")


def _countersign(place: Place) -> NextStep:
    if not place.signed:
        return _step("DSO TL", "CountersignClosure", "监督检查室与巡察组组长须会签报结")
    if Cosigner.TEAM_LEADER in place.signed:
        return _step("DSO", "CountersignClosure", "监督检查室须会签报结")
    return _step("TL", "CountersignClosure", "巡察组组长须会签报结")


_BY_PLACE: dict[ProblemState, Callable[[Place], NextStep]] = {
    S.DECLARED_RECTIFIED: _supervise,
    S.UNDER_SUPERVISION: _complete,
    S.UNDER_EVALUATION: _evaluate,
    S.OFFICE_APPROVED: _countersign,
}
_FIXED = {
    S.ISSUED: _step("UP", "ClaimProblem", "被巡察党组织主要负责人须认领问题"),
    S.CONTESTED: _step("LG", "DecideObjection", "巡察工作领导小组须对申诉作出决定"),
    S.CLAIMED: _step("UP", "SubmitPlan", "被巡察党组织主要负责人须提交整改方案"),
    S.PLAN_UNDER_REVIEW: _step(
        "DSO RDT ORG OFF", "VoteOnPlan", "纪检监察机关、组织部门、巡察机构须三方联审整改方案"
    ),
    S.RECTIFYING: _step("UP", "DeclareRectified", "完成全部任务后,主要负责人须申明完成"),
    S.RE_RECTIFYING: _step("UP", "DeclareRectified", "完成再整改后,主要负责人须再次申明完成"),
    S.CLOSURE_ELIGIBLE: _step("UP", "SubmitClosureReport", "现任主要负责人须签字背书并申请报结"),
    S.CLOSURE_APPLIED: _step("DSO", "AcceptClosure", "联系该单位的监督检查室须验收,或退回"),
    S.CLOSURE_ACCEPTED: _step("OFF", "ApproveClosure", "巡察办须对账并审核,或退回"),
    S.CLOSED: _step("RDT", "AcceptWatch", "派驻纪检监察组须接手长期监督"),
    S.LONG_TERM_WATCH: _step(
        "RDT", "ArchiveCaseFile", "监督期满、巡察办核对目录后,派驻纪检监察组须归档"
    ),
}
