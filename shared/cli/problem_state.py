"""The state of a problem (P0 … P18) as its events tell it, read from the records alone."""

from collections.abc import Sequence
from typing import Any

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
    "feedback.objection-raised": "P3x",
    "feedback.objection-dismissed": "P3",
    "feedback.problem-amended": "P3",
    "feedback.problem-withdrawn": "P3w",
    "rectification.problem-claimed": "P4",
    "rectification.plan-submitted": "P5",
    "supervision.plan-returned": "P4",
    "rectification.rectification-started": "P6",
    "rectification.problem-declared-rectified": "P7",
    "rectification.re-rectification-ordered": "P10",
    "supervision.supervision-started": "P8",
    "supervision.supervision-completed": "P9",
    "supervision.closure-eligible": "P11",
    "rectification.closure-applied": "P12",
    "rectification.closure-signature-lapsed": "P11",
    "supervision.closure-accepted": "P13",
    "supervision.closure-office-approved": "P14",
    "supervision.problem-closed": "P15",
    "supervision.long-term-watch-started": "P16",
    "supervision.problem-reopened": "P17",
    "supervision.case-file-archived": "P18",
}
"""Which state each transition of the life cycle leads to; other events leave the state alone."""


def state_after(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the state after these records (causes first): code, Chinese name and cycle."""
    state, cycle = "–", 1
    for record in records:
        state = LEADS_TO.get(record["type"], state)
        cycle = max(cycle, record["data"].get("cycle", 1))
    return {"state": state, "name": NAMES.get(state, ""), "cycle": cycle}
