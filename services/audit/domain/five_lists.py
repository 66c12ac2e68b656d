"""The five lists (五份清单) counted from the events of rectification, beside its own projection."""

from collections.abc import Iterable
from typing import Any

from services.audit.domain.known import Known
from shared.contracts.five_lists import LISTS, list_digest
from shared.reducers.life_cycles import LIFE_CYCLES

_LEADS_TO = LIFE_CYCLES["rectification", "problem"]
_RECEIVED = "rectification.problem-received"
_DATED = ("rectification.rectification-started", "rectification.deadline-extended",
          "rectification.re-rectification-ordered")  # fmt: skip
_RESPONSIBLE = ("post", "person", "leader", "department")

Entry = dict[str, Any]
Place = tuple[str, str]


class FiveListsOfACase:
    """Fed with the records of one case in the order of their positions."""

    def __init__(self) -> None:
        self.problems: dict[str, Entry] = {}
        self.tasks: dict[Place, Entry] = {}
        self.responsibilities: dict[Place, Entry] = {}
        self.effects: list[Entry] = []
        self.archive: dict[Place, Entry] = {}

    @classmethod
    def of(cls, records: Iterable[Known], position: int) -> "FiveListsOfACase":
        """Return the lists as they were at a position of the log of rectification."""
        lists = cls()
        told = [one for one in records if one.source == "rectification"]
        for one in sorted(told, key=lambda one: one.position):
            if one.position <= position:
                lists.feed(one)
        return lists

    def feed(self, one: Known) -> None:
        """Take the next record of the case or of one of its problems."""
        self._follow_problem(one)
        self._follow_work(one.type, one.data)
        if one.type == "rectification.plan-submitted":
            for planned in one.data["problems"]:
                self._plan(planned)
        elif one.type == "rectification.effect-recorded":
            self.effects.append(_part(one.data, "problem_no", "effect", "evidence"))
        elif one.type == "rectification.document-archived":
            entry = _part(one.data, "problem_no", "document_no", "title", "digest")
            self.archive[entry["problem_no"], entry["document_no"]] = entry

    def _follow_work(self, event_type: str, data: Entry) -> None:
        match event_type.removeprefix("rectification."):
            case "task-progressed":
                self._work(data, percent=data["percent"])
            case "task-completed":
                self._work(data, percent=100, is_done=True)
            case "completion-voided":
                for (problem_no, _), task in self.tasks.items():
                    if problem_no == data["problem_no"]:
                        task.update(percent=0, is_done=False)
            case "re-rectification-ordered":
                self._add_items(data)

    def digests(self) -> dict[str, str]:
        """Return the digest of each list, over the problems that the case has received."""
        return {name: list_digest(self._entries(name)) for name in LISTS}

    def _entries(self, name: str) -> list[Entry]:
        found = getattr(self, name)
        entries = found if isinstance(found, list) else list(found.values())
        received = {no for no, entry in self.problems.items() if "category" in entry}
        return [entry for entry in entries if entry["problem_no"] in received]

    def _follow_problem(self, one: Known) -> None:
        problem_no, data = one.stream.partition("/")[2], one.data
        move = _LEADS_TO.get(one.type)
        if move is None and one.type not in _DATED:
            return
        entry = self.problems.setdefault(problem_no, {"problem_no": problem_no})
        if move is not None and (not move.only_from or "state" not in entry):
            entry["state"] = move.to
        if one.type == _RECEIVED:
            entry |= _part(data, "category", "rectify_by")
        elif one.type == "rectification.problem-claimed":
            entry["claimed_on"] = data["claimed_on"]
        elif one.type in _DATED:
            entry["rectify_by"] = data["rectify_by"]

    def _plan(self, planned: Entry) -> None:
        number = planned["problem_no"]
        for listed in (self.tasks, self.responsibilities):
            for place in [place for place in listed if place[0] == number]:
                del listed[place]
        if number in self.problems:
            self.problems[number] |= _part(planned, "root_cause_kind", "root_cause")
        for task in planned["tasks"]:
            place = (number, task["task_no"])
            self.tasks[place] = _task(number, task["task_no"], task["matter"], task["deadline"])
            named = {"problem_no": number, "task_no": task["task_no"]}
            self.responsibilities[place] = named | _part(task, *_RESPONSIBLE)

    def _work(self, data: Entry, **done: Any) -> None:
        task = self.tasks.get((data["problem_no"], data["task_no"]))
        if task is not None:
            task.update(done)

    def _add_items(self, data: Entry) -> None:
        for item in data["items"]:
            place = (data["problem_no"], item["item_no"])
            added = _task(*place, item["matter"], data["rectify_by"], is_residual=True)
            if place in self.tasks:  # an item of this number keeps what it was
                added["is_residual"] = self.tasks[place]["is_residual"]
            self.tasks[place] = added


def _task(
    problem_no: str, task_no: str, matter: str, deadline: str, *, is_residual: bool = False
) -> Entry:
    return {
        "problem_no": problem_no, "task_no": task_no, "matter": matter, "deadline": deadline,
        "is_residual": is_residual, "percent": 0, "is_done": False,
    }  # fmt: skip


def _part(data: Entry, *names: str) -> Entry:
    return {name: data[name] for name in names if name in data}
