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
