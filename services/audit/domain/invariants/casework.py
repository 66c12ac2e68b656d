"""INV-06, INV-09, INV-10, INV-12, INV-18: what must be true of a case as a whole."""

from services.audit.domain.invariants.base import Invariant, Violation
from services.audit.domain.known import Known

FED_BACK = "feedback.feedback-issued"
CLOSED = "supervision.problem-closed"
DELIVERIES = 4


class EveryProblemClaimedAndPlanned(Invariant):
    """Checked when a plan is approved: then nothing that was issued may be left out."""

    ID = "INV-06"
    SENTENCE = "Every issued problem is claimed and has a task, or is withdrawn."

    def __init__(self) -> None:
        super().__init__()
        self._issued: dict[str, Known] = {}
        self._claimed: set[str] = set()
        self._plans: dict[int, Known] = {}

    def feed(self, one: Known) -> None:
        if one.type == FED_BACK:
            self._issued |= dict.fromkeys((p["problem_no"] for p in one.data["problems"]), one)
        elif one.type == "feedback.problem-withdrawn":
            self._issued.pop(one.data["problem_no"], None)
        elif one.type == "rectification.problem-claimed":
            self._claimed.add(one.data["problem_no"])
        elif one.type == "rectification.plan-submitted":
            self._plans[one.data["plan_version"]] = one
        elif one.type == "supervision.plan-approved":
            self._approved(one)

    def _approved(self, one: Known) -> None:
        self.examine()
        plan = self._plans.get(one.data["plan_version"])
        planned = plan.data["problems"] if plan else []
        with_task = {problem["problem_no"] for problem in planned if problem["tasks"]}
        for problem_no, issued in self._issued.items():
            if problem_no not in self._claimed & with_task:
                shown = [plan] if plan else []
                what = "the plan was approved while it was not claimed, or had no task"
                self.broken(problem_no, what, issued, *shown, one)


class OneAccountableSupervisor(Invariant):
    """From the feedback on somebody is accountable, and never two (R196)."""

    ID = "INV-09"
    SENTENCE = "Every open case has exactly one accountable supervisor at each instant."
    ACTS = ("supervision.plan-approved", "supervision.supervision-started", CLOSED)

    def __init__(self) -> None:
        super().__init__()
        self._phase: Known | None = None

    def feed(self, one: Known) -> None:
        if one.type == "supervision.phase-started":
            self.examine()
            if self._phase is not None:
                what = "a second supervisor began beside the first"
                self.broken(one.data["case_no"], what, self._phase, one)
            self._phase = one
        elif one.type == "supervision.phase-changed":
            self._changed(one)
        elif one.type in self.ACTS and self._phase is None:
            self.examine()
            self.broken(_number(one), "supervised while nobody was accountable", one)

    def _changed(self, one: Known) -> None:
        self.examine()
        if self._phase is None:
            self.broken(one.data["case_no"], "handed on while nobody was accountable", one)
        self._phase = one


def _number(one: Known) -> str:
    return str(one.data.get("problem_no") or one.data.get("case_no"))


class FeedbackIsSynchronous(Invariant):
    """Deliveries and copy notices arise in the very command that gave feedback (G05, X03)."""

    ID = "INV-10"
    SENTENCE = "Every feedback has its four deliveries and its copy notices, issued with it."

    def __init__(self) -> None:
        super().__init__()
        self._issued: dict[str, Known] = {}
        self._deliveries: dict[str, set[str]] = {}
        self._notices: dict[str, list[Known]] = {}

    def feed(self, one: Known) -> None:
        command = str(one.record["command"])
        if one.type == FED_BACK:
            self.examine()
            self._issued[command] = one
        elif one.type == "feedback.delivery-computed":
            self._deliveries.setdefault(command, set()).add(one.data["kind"])
        elif one.type == "feedback.copy-notice-sent":
            self._notices.setdefault(command, []).append(one)

    def violations(self) -> list[Violation]:
        found = []
        for command, issued in self._issued.items():
            deliveries = len(self._deliveries.get(command, ()))
            notices = len(self._notices.get(command, ()))
            if deliveries < DELIVERIES or not notices:
                what = f"issued with {deliveries} deliveries and {notices} copy notices"
                found.append(Violation(self.ID, issued.data["case_no"], what, (issued.id,)))
        return found


class LedgersAgree(Invariant):
    """Ledgers may differ openly; reconciled or closed they must say the same (R163, R164)."""

    ID = "INV-12"
    SENTENCE = "The three ledgers agree, or their difference is open: not reconciled, not closed."
    LEDGERS = ("UNIT", "TEAM", "OFFICE")

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, dict[tuple[int, str, str], dict[str, Known]]] = {}

    def feed(self, one: Known) -> None:
        if one.type == "supervision.entry-posted":
            data = one.data
            line = (data["cycle"], data["milestone"], data["source_id"])
            entered = self._lines.setdefault(data["problem_no"], {}).setdefault(line, {})
            entered |= dict.fromkeys(data["ledgers"], one)
        elif one.type in ("supervision.ledgers-reconciled", CLOSED):
            self._settled(one)

    def _settled(self, one: Known) -> None:
        self.examine()
        for line, entered in self._lines.get(one.data["problem_no"], {}).items():
            lacking = [ledger for ledger in self.LEDGERS if ledger not in entered]
            if lacking:
                what = f"{', '.join(lacking)} lacks {line[1]} of cycle {line[0]}"
                self.broken(one.data["problem_no"], what, *entered.values(), one)


class ReopenedKeepsHistory(Invariant):
    """A reopened problem goes on in its own stream, whole from its first version on."""

    ID = "INV-18"
    SENTENCE = "A reopened problem keeps its number and all its earlier history."

    def __init__(self) -> None:
        super().__init__()
        self._versions: dict[str, int] = {}
        self._closed: dict[str, Known] = {}

    def feed(self, one: Known) -> None:
        if not one.stream.startswith("review/"):
            return
        is_next = one.version == self._versions.get(one.stream, 0) + 1
        self._versions[one.stream] = one.version if is_next else -1
        if one.type == CLOSED:
            self._closed[one.stream] = one
        elif one.type == "supervision.problem-reopened":
            self._reopened(one)

    def _reopened(self, one: Known) -> None:
        self.examine()
        closed = self._closed.get(one.stream)
        problem_no = one.data["problem_no"]
        if one.stream != f"review/{problem_no}" or self._versions[one.stream] < 0:
            self.broken(problem_no, "reopened without its earlier history", one)
        elif closed is None or one.data["cycle"] != closed.data["cycle"] + 1:
            shown = [closed] if closed else []
            self.broken(problem_no, "reopened into a cycle that does not follow", *shown, one)
