"""One case (a unit in a round) folded from its records, and one round likewise."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.audit.domain.known import Known
from services.audit.domain.life_cycle import LifeCycle
from services.audit.domain.problem_history import entry
from services.audit.domain.unit_history import UnitHistory


@dataclass
class CaseHistory:
    """What the records say of one case. Feed it what concerns it, and its unit."""

    case_no: str
    unit: UnitHistory = field(default_factory=UnitHistory)
    facts: dict[str, Any] = field(default_factory=dict)
    supervision: list[dict[str, Any]] = field(default_factory=list)
    plan: dict[str, Any] = field(default_factory=dict)
    notices: dict[str, bool] = field(default_factory=dict)
    problems: dict[str, LifeCycle] = field(default_factory=dict)
    timeline: list[dict[str, Any]] = field(default_factory=list)

    def feed(self, one: Known) -> None:
        """Take a record, causes first; hidden ones are passed over."""
        if one.is_hidden:
            return
        for problem_no in one.problem_nos or self.problems:
            self.problems.setdefault(problem_no, LifeCycle()).feed(one)
        if one.stream.partition("/")[0] in _OWN_STREAMS:
            self.unit.feed(one)
            if one.type in _TAKES:
                _TAKES[one.type](self, one)
            self.timeline.append(entry(one))

    @property
    def is_known(self) -> bool:
        return "unit" in self.facts

    def state(self, at: datetime) -> dict[str, Any]:
        """Return the full state; office-holders are those of the instant `at`."""
        return {
            "case_no": self.case_no,
            "state": "FED_BACK",
            **self.facts,
            "first_responsible": self.unit.principal(at),
            "linked_office": self.unit.linked("office", at) or self.facts.get("linked_office"),
            "supervised_by": self.supervision[-1] if self.supervision else None,
            "supervisors": self.supervision,
            "plan": self.plan or None,
            "copy_notices": {"sent": len(self.notices), "answered": sum(self.notices.values())},
            "problems": states(self.problems),
        }


@dataclass
class RoundHistory:
    """What the records say of one round; the states of its problems come from elsewhere."""

    round_no: str
    facts: dict[str, Any] = field(default_factory=dict)
    timeline: list[dict[str, Any]] = field(default_factory=list)

    def feed(self, one: Known) -> None:
        """Take a record; of those that only name the round nothing is kept."""
        if one.stream != f"round/{self.round_no}" or one.is_hidden:
            return
        if one.type == "feedback.round-opened":
            self.facts |= {**one.data, "state": "OPEN"}
        elif one.type == "feedback.round-fed-back":
            self.facts |= {"state": "FED_BACK", "fed_back_on": one.data["completed_on"]}
        self.timeline.append(entry(one))

    def state(self, problems: Mapping[str, LifeCycle]) -> dict[str, Any]:
        """Return the full state, with how many problems stand in each state."""
        return {"round_no": self.round_no, **self.facts, "problems": states(problems)}


def states(problems: Mapping[str, LifeCycle]) -> dict[str, Any]:
    """Return the state of each problem, and how many stand in each."""
    known = {number: life for number, life in sorted(problems.items()) if life.state}
    return {
        "total": len(known),
        "by_state": dict(sorted(Counter(life.state for life in known.values()).items())),
        "states": {number: life.state for number, life in known.items()},
    }


_OWN_STREAMS = ("case", "feedback", "organisation", "unit")


def _fact(**values: Any) -> Callable[[CaseHistory, Known], None]:
    def take(history: CaseHistory, _: Known) -> None:
        history.facts |= values

    return take


def _facts(*names: str) -> Callable[[CaseHistory, Known], None]:
    def take(history: CaseHistory, one: Known) -> None:
        history.facts |= {name: one.data[name] for name in names}

    return take


def _phase(history: CaseHistory, one: Known) -> None:
    facts = {name: one.data[name] for name in ("phase", "supervisor")}
    history.supervision.append({**facts, "since": one.time})


def _plan(status: str) -> Callable[[CaseHistory, Known], None]:
    def take(history: CaseHistory, one: Known) -> None:
        history.plan |= {"version": one.data["plan_version"], "status": status}

    return take


def _submitted(history: CaseHistory, one: Known) -> None:
    version, digest = one.data["plan_version"], one.data["digest"]
    history.plan = {"version": version, "status": "UNDER_REVIEW", "digest": digest, "votes": {}}


def _voted(history: CaseHistory, one: Known) -> None:
    history.plan.setdefault("votes", {})[one.data["body"]] = one.data["approves"]


def _notice(*, is_answered: bool) -> Callable[[CaseHistory, Known], None]:
    def take(history: CaseHistory, one: Known) -> None:
        history.notices[one.data["notice_no"]] = is_answered

    return take


_TAKES: dict[str, Callable[[CaseHistory, Known], None]] = {
    "feedback.report-triple-filed": _facts("unit", "round_no"),
    "feedback.feedback-issued": _facts(
        "unit", "round_no", "issued_on", "team_leader", "linked_office", "resident_team",
        "plan_due", "window_end", "rectify_by",
    ),
    "feedback.copy-notice-sent": _notice(is_answered=False),
    "feedback.copy-notice-replied": _notice(is_answered=True),
    "supervision.phase-started": _phase,
    "supervision.phase-changed": _phase,
    "rectification.case-opened": _fact(state="OPEN"),
    "rectification.plan-submitted": _submitted,
    "supervision.plan-vote-cast": _voted,
    "supervision.plan-returned": _plan("RETURNED"),
    "supervision.plan-approved": _plan("APPROVED"),
    "rectification.meeting-held": _facts("held_on"),
    "rectification.meeting-reported": _facts("reported_on"),
    "rectification.handover-required": _fact(handover="REQUIRED"),
    "rectification.handover-completed": _fact(handover="COMPLETED"),
    "supervision.entry-restored": _fact(state="OPEN"),
    "supervision.case-closed": _fact(state="CLOSED"),
}  # fmt: skip
