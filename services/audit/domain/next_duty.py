"""Who must do what next about a problem in a state: the roles, their command, one sentence."""

from typing import Any

_DUTIES = {
    "P0": ("TM", "SubstantiateProblem", "巡察组须附经复核的底稿"),
    "P1": ("LG", "ApproveProblem", "巡察工作领导小组须审定"),
    "P2": ("TL", "IssueFeedback", "巡察组组长须反馈"),
    "P3": ("UP", "ClaimProblem", "被巡察党组织主要负责人须认领问题"),
    "P3x": ("LG", "DecideObjection", "巡察工作领导小组须对申诉作出决定"),
    "P4": ("UP", "SubmitPlan", "被巡察党组织主要负责人须提交整改方案"),
    "P5": ("DSO RDT ORG OFF", "VoteOnPlan", "纪检监察机关、组织部门、巡察机构须三方联审整改方案"),
    "P6": ("UP", "DeclareRectified", "完成全部任务后,主要负责人须申明完成"),
    "P10": ("UP", "DeclareRectified", "完成再整改后,主要负责人须再次申明完成"),
    "P11": ("UP", "SubmitClosureReport", "现任主要负责人须签字背书并申请报结"),
    "P12": ("DSO", "AcceptClosure", "联系该单位的监督检查室须验收,或退回"),
    "P13": ("OFF", "ApproveClosure", "巡察办须对账并审核,或退回"),
    "P14": ("DSO TL", "CountersignClosure", "监督检查室与巡察组组长须会签报结"),
    "P15": ("RDT", "AcceptWatch", "派驻纪检监察组须接手长期监督"),
    "P16": ("RDT", "ArchiveCaseFile", "长期监督期满后,派驻纪检监察组须归档"),
    "P17": ("UP", "DeclareRectified", "重启后须再整改"),
}
_OF_A_PAIR = {
    "P7": ("StartSupervision", "须开展第{n}次督查"),
    "P8": ("CompleteSupervision", "须完成第{n}次督查并写明结论"),
    "P9": ("FinaliseEvaluation", "须完成第{n}次评估"),
}
_FIRST = {"P7": "JSG", "P8": "JSG", "P9": "PAN"}
_NAMES = {"JSG": "联合督查组", "PAN": "考评组", "DSO": "联系该单位的监督检查室"}


def next_duty(state: str, n: int) -> dict[str, Any] | None:
    """Return what is to be done next, None at an end; `n` is the pair that is next or under way."""
    if state in _OF_A_PAIR:
        command, sentence = _OF_A_PAIR[state]
        role = _FIRST[state] if n == 1 else "DSO"
        return _duty(role, command, _NAMES[role] + sentence.format(n=n))
    return _duty(*_DUTIES[state]) if state in _DUTIES else None


def _duty(roles: str, command: str, sentence: str) -> dict[str, Any]:
    return {"roles": roles.split(), "command": command, "sentence": sentence}
