"""Which event brings a thing into which state: one table for each kind of stream.

A stream's kind is the first part of its id (`problem/P7`). An event that stands in no table
leaves the state alone; its facts are still the latest of their type.
"""

from typing import NamedTuple


class Move(NamedTuple):
    """One row: the state that an event leads to.

    `only_from`: it moves nothing from any other state. `field`: the event itself names the state,
    if it has that field. `when`: it leads to `to` if one of these fields has that value, and
    `otherwise` to the other state.
    """

    to: str = ""
    only_from: tuple[str, ...] = ()
    field: str = ""
    when: tuple[tuple[str, int | str], ...] = ()
    otherwise: str = ""


_FEEDBACK_PROBLEM = {
    "feedback.problem-drafted": Move("P0"),
    "feedback.problem-substantiated": Move("P1"),
    "feedback.problem-draft-returned": Move("P0"),
    "feedback.problem-approved": Move("P2"),
    "feedback.problem-issued": Move("P3"),
    "feedback.objection-raised": Move("P3x"),
    "feedback.objection-dismissed": Move("P3"),
    "feedback.problem-amended": Move("P3"),
    "feedback.problem-withdrawn": Move("P3w"),
}
_FEEDBACK_ROUND = {
    "feedback.round-opened": Move("OPENED"),
    "feedback.round-fed-back": Move("FED_BACK"),
}
_FEEDBACK_CASE = {
    "feedback.report-triple-filed": Move("REPORTED"),
    "feedback.feedback-issued": Move("ISSUED"),
}
_FEEDBACK_LEAD = {
    "feedback.lead-offered": Move("OFFERED"),
    "feedback.lead-transfer-accepted": Move("ACCEPTED"),
    "feedback.lead-transfer-returned": Move("RETURNED"),
}
_RECTIFICATION_PROBLEM = {
    "rectification.problem-received": Move("P3", only_from=("",)),
    "rectification.problem-claimed": Move("P4"),
    "rectification.problem-stopped": Move("P3w"),
    "rectification.rectification-started": Move("P6"),
    "rectification.problem-declared-rectified": Move("P7"),
    "rectification.re-rectification-ordered": Move("P10"),
    "rectification.closure-eligibility-noted": Move("P11"),
    "rectification.closure-applied": Move("P12"),
    "rectification.closure-signature-lapsed": Move("P11"),
    "rectification.closure-noted": Move("P15"),
}
_RECTIFICATION_CASE = {
    "rectification.case-opened": Move("OPENED"),
    "rectification.plan-submitted": Move("PLAN_SUBMITTED"),
    "rectification.plan-return-noted": Move("PLAN_RETURNED"),
    "rectification.plan-approval-noted": Move("PLAN_APPROVED"),
}
_SUPERVISION_REVIEW = {
    "supervision.closure-review-opened": Move("P3", only_from=("",)),
    "supervision.entry-posted": Move(field="state"),
    "supervision.supervision-started": Move("P8"),
    "supervision.supervision-completed": Move("P9"),
    "supervision.sham-rectification-found": Move("P10"),
    "supervision.evaluation-finalised": Move(
        "P10", when=(("n", 1), ("grade", "FAIL")), otherwise="P7"
    ),
    "supervision.closure-eligible": Move("P11"),
    "supervision.closure-accepted": Move("P13"),
    "supervision.closure-office-approved": Move("P14"),
    "supervision.closure-returned": Move("P10"),
    "supervision.problem-closed": Move("P15"),
    "supervision.long-term-watch-started": Move("P16"),
    "supervision.problem-reopened": Move("P10"),
    "supervision.case-file-archived": Move("P18"),
}
_SUPERVISION_CASE = {
    "supervision.phase-started": Move(field="phase"),
    "supervision.phase-changed": Move(field="phase"),
    "supervision.case-closed": Move("CLOSED"),
    "supervision.entry-restored": Move("REOPENED", only_from=("CLOSED",)),
}
_ACCOUNTABILITY_LEAD = {
    "accountability.lead-offer-received": Move("OFFERED"),
    "accountability.lead-returned": Move("RETURNED"),
    "accountability.lead-registered": Move("REGISTERED"),
    "accountability.lead-classified": Move("CLASSIFIED", only_from=("REGISTERED",)),
    "accountability.measure-imposed": Move("IN_DISPOSAL"),
    "accountability.case-filed": Move("IN_DISPOSAL"),
    "accountability.transferred-to-judiciary": Move("IN_DISPOSAL"),
    "accountability.lead-concluded": Move("CONCLUDED"),
    "accountability.lead-cancelled": Move("CANCELLED"),
}
_ACCOUNTABILITY_CASE = {
    "accountability.accountability-proposed": Move("PROPOSED"),
    "accountability.accountability-referred": Move("REFERRED"),
    "accountability.case-accepted": Move("ACCEPTED"),
    "accountability.case-rejected": Move("REJECTED"),
    "accountability.case-decided": Move("DECIDED"),
    "accountability.case-executed": Move("EXECUTED"),
}
_FEEDBACK_JOINT_ACTION = {"feedback.joint-action-opened": Move("OPENED")}
_FEEDBACK_COVERAGE_PLAN = {"feedback.coverage-plan-adopted": Move("ADOPTED")}
_FEEDBACK_LEAD_READING = {"feedback.lead-content-read": Move("READ")}
_RECTIFICATION_FIVE_LISTS = {"rectification.five-lists-stated": Move("STATED")}
_RECTIFICATION_SUPERVISOR = {"rectification.supervisor-noted": Move(field="phase")}
_RECTIFICATION_UNIT = {"rectification.unit-case-noted": Move("INSPECTED")}
_SUPERVISION_INSTRUMENT = {
    "supervision.assignment-issued": Move("ISSUED"),
    "supervision.suggestion-letter-issued": Move("ISSUED"),
    "supervision.thematic-report-issued": Move("ISSUED"),
    "supervision.instrument-received": Move("RECEIVED"),
    "supervision.instrument-handled": Move("HANDLED"),
}
_SUPERVISION_COMMON_PROBLEM = {
    "supervision.common-problem-proposed": Move("PROPOSED"),
    "supervision.common-problem-confirmed": Move("CONFIRMED"),
}
_SUPERVISION_CAMPAIGN = {
    "supervision.campaign-opened": Move("OPENED"),
    "supervision.campaign-closed": Move("CLOSED"),
}
_SUPERVISION_ROUND = {
    "supervision.round-completion-noted": Move("FED_BACK", only_from=("",)),
    "supervision.round-listed-overdue": Move("OVERDUE"),
    "supervision.round-evaluated": Move("EVALUATED"),
    "supervision.circular-issued": Move("CIRCULATED"),
}
_SUPERVISION_SURPRISE_DRAW = {
    "supervision.population-frozen": Move("POPULATION_FROZEN"),
    "supervision.surprise-drawn": Move("DRAWN"),
}
_SUPERVISION_HANDOVER_URGING = {"supervision.handover-urged": Move("URGED")}
_SUPERVISION_UNIT = {"supervision.handover-noted": Move("HANDOVER_NOTED")}
_SUPERVISION_URGING_RULE = {"supervision.urging-rule-noted": Move("NOTED")}
_OTHER_LEAD = {
    "accountability.other-lead-registered": Move("REGISTERED"),
    "accountability.other-lead-classified": Move("CLASSIFIED"),
    "accountability.other-lead-concluded": Move("CONCLUDED"),
}
_NAMING_CIRCULAR = {"accountability.naming-circular-issued": Move("ISSUED")}
_DETENTION = {"accountability.detention-recorded": Move("RECORDED")}
_VOLUNTARY_SURRENDER = {"accountability.voluntary-surrender-recorded": Move("RECORDED")}
_INSPECTED_CASE = {"accountability.inspected-case-noted": Move("NOTED")}
_INSPECTED_PROBLEM = {
    "accountability.inspected-problem-noted": Move("NOTED"),
    "accountability.problem-lead-noted": Move("AWAITED", only_from=("",)),
}
_DIRECTORY_ORGANISATION = {"directory.organisation-registered": Move("REGISTERED")}
_DIRECTORY_POLICY = {"directory.policy-edition-adopted": Move("ADOPTED")}
_DIRECTORY_LEGAL_BASIS = {"directory.legal-basis-registered": Move("REGISTERED")}
_DIRECTORY_CALENDAR = {"directory.calendar-published": Move("PUBLISHED")}
_AUDIT_READ = {"audit.read-recorded": Move("RECORDED")}
_DIRECTORY_PERSON = {
    "directory.person-registered": Move("REGISTERED"),
    "directory.person-name-erased": Move("NAME_ERASED"),
}

LIFE_CYCLES: dict[tuple[str, str], dict[str, Move]] = {
    ("feedback", "problem"): _FEEDBACK_PROBLEM,
    ("feedback", "round"): _FEEDBACK_ROUND,
    ("feedback", "feedback"): _FEEDBACK_CASE,
    ("feedback", "lead"): _FEEDBACK_LEAD,
    ("rectification", "problem"): _RECTIFICATION_PROBLEM,
    ("rectification", "case"): _RECTIFICATION_CASE,
    ("supervision", "review"): _SUPERVISION_REVIEW,
    ("supervision", "case"): _SUPERVISION_CASE,
    ("accountability", "lead"): _ACCOUNTABILITY_LEAD,
    ("accountability", "accountability-case"): _ACCOUNTABILITY_CASE,
    ("directory", "person"): _DIRECTORY_PERSON,
    ("feedback", "joint-action"): _FEEDBACK_JOINT_ACTION,
    ("feedback", "coverage-plan"): _FEEDBACK_COVERAGE_PLAN,
    ("feedback", "lead-reading"): _FEEDBACK_LEAD_READING,
    ("rectification", "five-lists"): _RECTIFICATION_FIVE_LISTS,
    ("rectification", "supervisor"): _RECTIFICATION_SUPERVISOR,
    ("rectification", "unit"): _RECTIFICATION_UNIT,
    ("supervision", "instrument"): _SUPERVISION_INSTRUMENT,
    ("supervision", "common-problem"): _SUPERVISION_COMMON_PROBLEM,
    ("supervision", "campaign"): _SUPERVISION_CAMPAIGN,
    ("supervision", "round-evaluation"): _SUPERVISION_ROUND,
    ("supervision", "surprise-draw"): _SUPERVISION_SURPRISE_DRAW,
    ("supervision", "handover-urging"): _SUPERVISION_HANDOVER_URGING,
    ("supervision", "unit"): _SUPERVISION_UNIT,
    ("supervision", "urging-rule"): _SUPERVISION_URGING_RULE,
    ("accountability", "other-lead"): _OTHER_LEAD,
    ("accountability", "naming-circular"): _NAMING_CIRCULAR,
    ("accountability", "detention"): _DETENTION,
    ("accountability", "voluntary-surrender"): _VOLUNTARY_SURRENDER,
    ("accountability", "inspected-case"): _INSPECTED_CASE,
    ("accountability", "inspected-problem"): _INSPECTED_PROBLEM,
    ("directory", "organisation"): _DIRECTORY_ORGANISATION,
    ("directory", "policy"): _DIRECTORY_POLICY,
    ("directory", "legal-basis"): _DIRECTORY_LEGAL_BASIS,
    ("directory", "calendar"): _DIRECTORY_CALENDAR,
    ("audit", "read"): _AUDIT_READ,
}

HAS_CYCLES = {
    ("feedback", "problem"): 1,
    ("rectification", "problem"): 1,
    ("supervision", "review"): 1,
}
"""Kinds that go through cycles, and the cycle they begin with. Others stay at cycle 0."""

PAIR_COUNTS = {
    "supervision.evaluation-finalised": "n",
    "supervision.closure-eligible": "pairs",
    "rectification.closure-eligibility-noted": "pairs",
}
"""Events that tell how many pairs of supervision and evaluation the cycle has, and their field.
A new cycle begins with none.
"""
