"""The policy parameters: every limit that the rules leave open (requirements 2.8).

The sources give words, not numbers (及时, 定期, 限期), so each is data of a dated edition and none
is a constant of the code. The Chinese words are the ones whose meaning an edition fixes.
"""

from shared.contracts.supervision import LEAST_PAIRS

PERIODS: dict[str, str] = {
    "plan_submit_within": "迅速建立: the plan, from the feedback",
    "concentrated_window": "集中整改期: from the feedback",
    "task_deadline": "限期整改销号: a problem's tasks",
    "objection_window": "申诉: an objection, from the feedback",
    "copy_notice_reply_within": "抄后反馈要求: the reply to a copy notice",
    "transfer_within": "及时分类移交: the transfer of a lead, from the approval",
    "lead_first_disposal_within": "优先办理,快速处置: the first disposal of a registered lead",
    "lead_report_interval": "定期报告移交问题线索办理情况",
    "unit_report_interval": "定期报告整改落实情况",
    "unit_hearing_interval": "定期听取整改情况汇报",
    "committee_hearing_interval": "定期听取综合情况汇报",
    "reconcile_interval": "定期对账",
    "circular_interval": "定期督查通报",
    "key_item_enter_within": "及时录入: a named person or matter, from the meeting",
    "rolling_window": "每轮巡察的间歇期: rolling supervision, from the end of a round",
    "round_evaluation_within": "一轮一评估,一轮一通报: from the feedback of the whole round",
    "watch_period": "长期监督: from the closing of a problem",
    "coverage_term": "一届任期: the term in which every unit is inspected",
    "secondment_min": "抽调不少于1年",
}

NUMBERS: dict[str, tuple[int, int]] = {
    "closure_min_pairs": (LEAST_PAIRS, 20),  # more may be asked, fewer never (R216)
    "rounds_per_year": (1, 52),
    "units_per_year_min": (1, 100_000),
    "units_per_year_max": (1, 100_000),
    "inspections_per_term_min": (1, 100),
    "weight_self": (0, 100),
    "weight_panel": (0, 100),
    "weight_poll": (0, 100),
    "pass_mark": (0, 100),
    "low_mark": (0, 100),
    "poll_minimum": (1, 100_000),
    "urge_levels": (1, 20),  # X06: after so many urges accountability is proposed
    "published_persons_min": (2, 1_000),  # figures of fewer persons are not published (3.5)
}
"""Each number with the least and the most that an edition may say."""

LATER_NUMBERS: dict[str, int] = {"urge_levels": 3, "published_persons_min": 10}
"""Parameters that came later, as an edition has them which does not name them."""

WEIGHTS = ("weight_self", "weight_panel", "weight_poll")
