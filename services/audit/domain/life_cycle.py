"""The states of a problem (P0 … P18), and which event leads to which."""

from services.audit.domain.known import Known

NAMES = {
    "P0": "底稿形成", "P1": "定性有据", "P2": "审定", "P3": "已反馈", "P3x": "异议申诉中",
    "P3w": "撤销", "P4": "已认领", "P5": "方案联审中", "P6": "整改中", "P7": "申明完成",
    "P8": "督查中", "P9": "评估中", "P10": "再整改", "P11": "可报结", "P12": "申请报结",
    "P13": "验收合格", "P14": "巡察办审核同意", "P15": "报结销号", "P16": "长期监督",
    "P17": "重启", "P18": "归档",
}  # fmt: skip

LEADS_TO = {
    "feedback.problem-drafted": "P0",
    "feedback.problem-substantiated": "P1",
    "feedback.problem-draft-returned": "P0",
    "feedback.problem-approved": "P2",
    "feedback.problem-issued": "P3",
    "feedback.problem-withdrawn": "P3w",
    "rectification.problem-claimed": "P4",
    "rectification.plan-submitted": "P5",
    "supervision.plan-returned": "P4",
    "rectification.rectification-started": "P6",
    "rectification.problem-declared-rectified": "P7",
    "rectification.completion-voided": "P10",
    "rectification.re-rectification-ordered": "P10",
    "supervision.sham-rectification-found": "P10",
    "supervision.supervision-started": "P8",
    "supervision.supervision-completed": "P9",
    "supervision.evaluation-finalised": "P10",
    "supervision.closure-eligible": "P11",
    "rectification.closure-applied": "P12",
    "rectification.closure-signature-lapsed": "P11",
    "supervision.closure-accepted": "P13",
    "supervision.closure-office-approved": "P14",
    "supervision.closure-returned": "P10",
    "supervision.problem-closed": "P15",
    "supervision.long-term-watch-started": "P16",
    "supervision.problem-reopened": "P17",
    "supervision.case-file-archived": "P18",
}
OBJECTIONS = {
    "feedback.objection-raised": True,
    "feedback.objection-dismissed": False,
    "feedback.problem-amended": False,
}
STATE_TYPES = sorted({*LEADS_TO, *OBJECTIONS})
"""The events that a problem's state follows from, and no others."""

CASE_WIDE_STATE_TYPES = ["supervision.plan-returned"]
"""Those among them that name the case only."""

_CONTESTABLE = ("P3", "P4")
_ONLY_FROM = {
    "rectification.problem-claimed": {"P3"},
    "supervision.plan-returned": {"P5"},
    "rectification.closure-signature-lapsed": {"P12", "P13", "P14"},
}
"""Events that come too late elsewhere: they are told, and move nothing."""


class LifeCycle:
    """Where one problem stands; an open objection is a flag beside the chain."""

    def __init__(self) -> None:
        self.chain = ""
        self.cycle = 1
        self.is_contested = False

    @property
    def state(self) -> str:
        """The code of the state, "" before the problem is known."""
        return "P3x" if self.is_contested and self.chain in _CONTESTABLE else self.chain

    @property
    def name(self) -> str:
        return NAMES.get(self.state, "")

    def feed(self, one: Known) -> None:
        """Take a record of the problem or its case; causes first."""
        self.is_contested = OBJECTIONS.get(one.type, self.is_contested)
        if one.type in LEADS_TO and self._fits(one):
            self.chain = LEADS_TO[one.type]
            self.cycle = max(self.cycle, one.data.get("cycle", 1))

    def _fits(self, one: Known) -> bool:
        if one.type == "supervision.evaluation-finalised":  # passed: what follows says P11
            return bool(one.data["n"] == 1 or one.data["grade"] != "PASS")
        return self.chain in _ONLY_FROM.get(one.type, {self.chain})
