"""One problem folded from its records: state, holders, pairs, flags, and its timeline."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.audit.domain.known import Known
from services.audit.domain.life_cycle import LifeCycle
from services.audit.domain.moment import business_day
from services.audit.domain.next_duty import next_duty
from services.audit.domain.unit_history import UnitHistory


@dataclass
class ProblemHistory:
    """What the records say of one problem. Feed it what concerns it, its case, its unit."""

    problem_no: str
    life: LifeCycle = field(default_factory=LifeCycle)
    unit: UnitHistory = field(default_factory=UnitHistory)
    facts: dict[str, Any] = field(default_factory=dict)
    supervision: dict[str, Any] = field(default_factory=dict)
    pairs: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    tasks: dict[str, bool] = field(default_factory=dict)
    flags: dict[str, Any] = field(default_factory=dict)
    closing: dict[str, Any] = field(default_factory=dict)
    timeline: list[dict[str, Any]] = field(default_factory=list)

    def feed(self, one: Known) -> None:
        """Take a record, causes first. Hidden ones and those of other problems are passed over."""
        if one.is_hidden or not self._is_about(one):
            return
        before = self.life.state
        self.life.feed(one)
        self.unit.feed(one)
        if (take := _TAKES.get(one.type)) is not None:
            take(self, one)
        reached = self.life.state if self.life.state != before else None
        self.timeline.append(entry(one, reached))

    @property
    def is_known(self) -> bool:
        return bool(self.life.chain)

    def state(self, at: datetime) -> dict[str, Any]:
        """Return the full state; office-holders are those of the instant `at`."""
        return {
            "problem_no": self.problem_no,
            "state": self.life.state,
            "name": self.life.name,
            "cycle": self.life.cycle,
            "n": self._n,
            **self.facts,
            "responsible": self._responsible(at),
            "supervised_by": self.supervision or None,
            "linked_office": self.unit.linked("office", at) or self.facts.get("linked_office"),
            "tasks": {"total": len(self.tasks), "completed": sum(self.tasks.values())},
            "pairs": list(self.pairs.values()),
            "flags": dict(self.flags),
            "closing": self.closing or None,
            "next": next_duty(self.life.state, self._n),
        }

    @property
    def _n(self) -> int:
        """The pair under way or next (督查与评估第几轮); the last one when there is no next."""
        evaluated = [n for (cycle, n), pair in self.pairs.items()
                     if cycle == self.life.cycle and "grade" in pair]  # fmt: skip
        completed = max(evaluated, default=0)
        return completed if self.life.state in _PAIRS_ARE_OVER else completed + 1

    def _responsible(self, at: datetime) -> dict[str, Any]:
        """Who answers: the first responsible person by the directory, else as fed back (R012)."""
        if self.unit.knows_principals:
            first = self.unit.principal(at)
        else:
            told = self.facts.get("principal_at_feedback")
            first = {"person_ref": told} if told else None
        return {"first_responsible": first, "member": self.facts.get("responsible_member")}

    def _is_about(self, one: Known) -> bool:
        """Of what concerns the whole case, what names other problems only is not of this one."""
        data, own = one.data, self.problem_no
        if data.get("problem_no") == own or own in data.get("problem_nos", ()):
            return True
        problems = [number for number in one.concerns if number.startswith("problem/")]
        return not problems or f"problem/{own}" in problems


def entry(one: Known, state: str | None = None) -> dict[str, Any]:
    """Return one line of a timeline; `state` is the one it led to."""
    record = one.record
    actor = record["actor"]
    line = {
        "time": record["time"],
        "effective_on": business_day(one),
        "event": record["type"],
        "actor": actor["person_ref"],
        "org": actor["org"],
        "role": actor["role"],
        "command": record["command"],
        "service": one.source,
        "position": one.position,
        "stream": record["stream"],
        "version": record["version"],
        "id": record["id"],
        "causation": record["causation"],
        "data": record["data"],
    }
    return line if state is None else {**line, "state": state}


def _facts(*names: str) -> Callable[[ProblemHistory, Known], None]:
    def take(history: ProblemHistory, one: Known) -> None:
        history.facts |= {name: one.data[name] for name in names if name in one.data}

    return take


def _flag(name: str, value: Any) -> Callable[[ProblemHistory, Known], None]:
    def take(history: ProblemHistory, _: Known) -> None:
        history.flags[name] = value

    return take


def _fed_back(history: ProblemHistory, one: Known) -> None:
    history.facts |= {
        "principal_at_feedback": one.data["principal"],
        "team_leader": one.data["team_leader"],
        "linked_office": one.data["linked_office"],
        "resident_team": one.data["resident_team"],
        "rectify_by": one.data["rectify_by"],
    }


def _planned(history: ProblemHistory, one: Known) -> None:
    plan = [p for p in one.data["problems"] if p["problem_no"] == history.problem_no]
    history.tasks = {task["task_no"]: False for planned in plan for task in planned["tasks"]}
    history.facts["plan_version"] = one.data["plan_version"]


def _ordered(history: ProblemHistory, one: Known) -> None:
    history.facts["rectify_by"] = one.data["rectify_by"]
    history.flags["is_overdue"] = False
    if one.data["cause"] == "SHAM":  # every task is open again
        history.tasks = dict.fromkeys(history.tasks, False)
    history.tasks |= {item["item_no"]: False for item in one.data["items"]}
    history.closing = {}


def _task_done(history: ProblemHistory, one: Known) -> None:
    history.tasks[one.data["task_no"]] = True


def _phase(history: ProblemHistory, one: Known) -> None:
    history.supervision = {
        "phase": one.data["phase"], "supervisor": one.data["supervisor"], "since": one.time,
    }  # fmt: skip


def _watched(history: ProblemHistory, one: Known) -> None:
    history.supervision = {
        "phase": "WATCH", "supervisor": one.data["resident_team"], "since": one.time,
    }  # fmt: skip


def _pair_of(history: ProblemHistory, one: Known) -> dict[str, Any]:
    cycle, n = one.data["cycle"], one.data["n"]
    return history.pairs.setdefault((cycle, n), {"cycle": cycle, "n": n})


def _pair_started(history: ProblemHistory, one: Known) -> None:
    executor = {name: one.data[name] for name in ("executor", "executor_org")}
    _pair_of(history, one).update(executor, supervision_started=one.time)


def _pair_completed(history: ProblemHistory, one: Known) -> None:
    _pair_of(history, one)["supervision_completed"] = one.time


def _pair_evaluated(history: ProblemHistory, one: Known) -> None:
    told = {name: one.data[name] for name in ("total", "grade")}
    is_low = one.data.get("is_low", False)
    _pair_of(history, one).update(told, is_low=is_low, evaluated=one.time)


def _disposal(history: ProblemHistory, one: Known) -> None:
    for name in ("disposal_known", "pursuit_known"):
        history.flags[name] = history.flags.get(name, False) or one.data[name]


def _pledge_voided(history: ProblemHistory, one: Known) -> None:
    history.flags["pledge"] = "FALSE" if one.data["is_false"] else "VOID"


def _blocker(history: ProblemHistory, one: Known) -> None:
    is_open = one.type == "rectification.blocker-raised"
    known = set(history.flags.get("open_blockers", ()))
    changed = known | {one.data["blocker_no"]} if is_open else known - {one.data["blocker_no"]}
    history.flags["open_blockers"] = sorted(changed)


def _closing(*names: str) -> Callable[[ProblemHistory, Known], None]:
    def take(history: ProblemHistory, one: Known) -> None:
        history.closing |= {name: one.data[name] for name in names}

    return take


def _countersigned(history: ProblemHistory, one: Known) -> None:
    signed = history.closing.setdefault("countersigned_by", {})
    signed[one.data["cosigner"]] = one.data["signed_by"]


def _reopened(history: ProblemHistory, one: Known) -> None:
    history.closing = {}
    history.facts["rectify_by"] = one.data["rectify_by"]


def _deadline(history: ProblemHistory, one: Known) -> None:
    history.facts["rectify_by"] = one.data["rectify_by"]
    history.flags["is_overdue"] = False


_PAIRS_ARE_OVER = ("P11", "P12", "P13", "P14", "P15", "P16", "P18")
_WORDED = ("wording", "wording_version")
_PLACED = ("case_no", "round_no", "unit", "category", "cause", "nature",
           "concerns_person_or_matter")  # fmt: skip

_TAKES: dict[str, Callable[[ProblemHistory, Known], None]] = {
    "feedback.problem-drafted": _facts(*_PLACED, *_WORDED),
    "feedback.problem-issued": _facts(*_PLACED, *_WORDED, "issued_on", "objection_until"),
    "feedback.problem-amended": _facts(*_WORDED),
    "feedback.feedback-issued": _fed_back,
    "rectification.problem-claimed": _facts("claimed_by", "claimed_on", "responsible_member"),
    "rectification.plan-submitted": _planned,
    "rectification.rectification-started": _deadline,
    "rectification.deadline-extended": _deadline,
    "rectification.rectification-overdue": _flag("is_overdue", True),
    "rectification.re-rectification-ordered": _ordered,
    "rectification.task-completed": _task_done,
    "rectification.authenticity-pledged": _flag("pledge", "VALID"),
    "rectification.pledge-voided": _pledge_voided,
    "rectification.blocker-raised": _blocker,
    "rectification.blocker-resolved": _blocker,
    "rectification.handover-required": _flag("handover", "REQUIRED"),
    "rectification.handover-completed": _flag("handover", "COMPLETED"),
    "rectification.closure-applied": _closing("application", "signatory", "digest"),
    "supervision.closure-accepted": _closing("accepted_by", "office"),
    "supervision.closure-office-approved": _closing("approved_by"),
    "supervision.closure-countersigned": _countersigned,
    "supervision.phase-started": _phase,
    "supervision.phase-changed": _phase,
    "supervision.long-term-watch-started": _watched,
    "supervision.supervision-started": _pair_started,
    "supervision.supervision-completed": _pair_completed,
    "supervision.evaluation-finalised": _pair_evaluated,
    "supervision.second-round-waived": _flag("second_round_waived", True),
    "supervision.disposal-noted": _disposal,
    "supervision.look-back-listed": _flag("look_back_listed", True),
    "supervision.problem-reopened": _reopened,
}
