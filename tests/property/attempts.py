"""Commands at random: of anybody, about anything, at any time. Most are refused, some are not.

An attempt is drawn by its name; a seed gives actor and facts.
"""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

from services.supervision.domain import SupervisionCase
from shared.contracts.directory import Incumbent
from shared.contracts.feedback import DeliveryKind
from shared.contracts.rectification import ResidualItem
from shared.contracts.supervision import Milestone, Phase, ShamKind
from shared.kernel.actor import Actor
from shared.kernel.clock import SettableClock
from shared.kernel.periods import civil_date
from tests.property.city import PROBLEMS, City, Command
from tests.property.main_line import LEAD, call, reopening, vote
from tests.property.people import (
    DISCIPLINE_ORGS,
    EVERYBODY,
    LINKED,
    LINKED_OFFICE,
    RESIDENT,
    RESIDENT_TEAM,
    incumbent,
)
from tests.property.prelude import draft
from tests.unit.accountability.yunlan import DUE
from tests.unit.feedback.yunlan import (
    AUTHOR,
    CASE,
    DECISION,
    FINANCE,
    LEADER,
    LEADING_GROUP,
    OFFICE,
    PRINCIPAL,
    ROUND,
    paper,
)
from tests.unit.rectification.story import DONE, EVIDENCE, REPORT, planned
from tests.unit.supervision.stories import LATER, MEMBERS, ON_SITE, POLICY

T = TypeVar("T")
NUMBERS = (*PROBLEMS, f"{CASE}-003")  # the third is drafted at most, or nobody knows it
TASKS = ("K1", "K2", "I1", "I2")
METHODS: tuple[list[Any], ...] = ([ON_SITE], [])


class Dice(Random):
    """Draws the facts of one attempt."""

    def __init__(self, seed: int, clock: SettableClock) -> None:
        super().__init__(seed)
        self._clock = clock

    def one(self, *choices: T) -> T:
        return self.choice(choices)

    def who(self, *right: Actor) -> Actor:
        """Return, in two cases of three, one who may; else anybody."""
        return self.one(*right) if self.random() < 0.67 else self.one(*EVERYBODY)

    def problem(self) -> str:
        return self.choices(NUMBERS, (5, 5, 1))[0]

    def day(self) -> date:
        """Return a day around today."""
        return civil_date(self._clock.instant) + timedelta(days=self.randint(-40, 120))

    def items(self) -> list[ResidualItem]:
        numbers = self.sample(TASKS[2:], self.randint(0, 2))
        return [ResidualItem(item_no=number, matter="补齐台账") for number in numbers]

    def incumbent(self) -> Incumbent | None:
        return self.one(incumbent(), incumbent(), incumbent(), None)

    def digest(self) -> str:
        return self.one(REPORT, "a" * 64)


Attempt = Callable[[Dice, City], Command]
ATTEMPTS: dict[str, Attempt] = {}


def attempt(function: Attempt) -> Attempt:
    """Add it to what may be tried, under its name."""
    ATTEMPTS[function.__name__] = function
    return function


def tried(city: City, name: str, seed: int) -> bool:
    """Try this command with facts drawn from the seed; tell whether it was accepted."""
    return city.give(ATTEMPTS[name](Dice(seed, city.clock), city))


def _of(service: str, name: str, *right: Actor, **facts: Callable[[Dice], Any]) -> None:
    """Add an attempt about a problem whose facts are drawn one by one."""

    def attempted(dice: Dice, _: City) -> Command:
        drawn = {fact: draw(dice) for fact, draw in facts.items()}
        return call(service, name, dice.who(*right), dice.problem(), **drawn)

    ATTEMPTS[name] = attempted


_of("feedback", "raise_objection", PRINCIPAL, grounds=lambda _: "资金已拨付。",
    evidence=lambda _: ["e" * 64], principal=Dice.incumbent)  # fmt: skip
_of("feedback", "dismiss_objection", LEADING_GROUP, reasons=lambda _: "底稿充分",
    decision=lambda _: DECISION)  # fmt: skip
_of("feedback", "amend_problem", LEADING_GROUP, wording=lambda d: f"堤防维护资金闲置{d.random()}。",
    papers=lambda _: [paper()], decision=lambda _: DECISION)  # fmt: skip
_of("feedback", "withdraw_problem", LEADING_GROUP, reasons=lambda _: "事实有误",
    decision=lambda _: DECISION)  # fmt: skip
_of("feedback", "substantiate_problem", LEADER, papers=lambda _: [paper()])
_of("feedback", "return_draft", LEADER, reason=lambda _: "依据不足")

_of("rectification", "claim_problem", PRINCIPAL, responsible_member=lambda d: d.one("p-1", "p-2"),
    claimed_on=Dice.day, incumbent=Dice.incumbent)  # fmt: skip
_of("rectification", "progress_task", PRINCIPAL, task_no=lambda d: d.one(*TASKS),
    note=lambda _: "推进中", percent=lambda d: d.randint(0, 100),
    evidence=lambda _: EVIDENCE)  # fmt: skip
_of("rectification", "complete_task", PRINCIPAL, task_no=lambda d: d.one(*TASKS),
    evidence=lambda _: EVIDENCE)  # fmt: skip
_of("rectification", "record_effect", PRINCIPAL, effect=lambda d: f"拨付周期 {d.random()}",
    evidence=lambda _: EVIDENCE)  # fmt: skip
_of("rectification", "archive_document", PRINCIPAL, document_no=lambda d: d.one("D1", "D2", "D3"),
    title=lambda _: "台账", digest=Dice.digest)  # fmt: skip
_of("rectification", "record_results", PRINCIPAL, fixed=lambda _: DONE,
    held_to_account=lambda _: DONE, built=lambda _: DONE)  # fmt: skip
_of("rectification", "raise_blocker", PRINCIPAL, blocker_no=lambda d: d.one("B1", "B2"),
    cause=lambda _: "跨部门", help_needed=lambda _: "协调财政")  # fmt: skip
_of("rectification", "resolve_blocker", PRINCIPAL, blocker_no=lambda d: d.one("B1", "B2"),
    solution=lambda _: "已协调")  # fmt: skip
_of("rectification", "extend_deadline", LEADER, OFFICE, rectify_by=Dice.day,
    reason=lambda d: d.one("汛期", " "))  # fmt: skip
_of("rectification", "mark_overdue", OFFICE)
_of("rectification", "confirm_nil_items", PRINCIPAL, incumbent=Dice.incumbent)
_of("rectification", "declare_rectified", PRINCIPAL, digest=Dice.digest, incumbent=Dice.incumbent)
_of("rectification", "submit_closure_report", PRINCIPAL, digest=Dice.digest,
    incumbent=Dice.incumbent)  # fmt: skip

_of("supervision", "start_supervision", LINKED_OFFICE, visit_no=lambda d: d.one("v-1", "v-9"),
    members=lambda d: d.one(MEMBERS, []), linked_office=lambda _: LINKED)  # fmt: skip
_of("supervision", "score_self", PRINCIPAL, score=lambda d: d.randint(0, 100))
_of("supervision", "score_panel", LINKED_OFFICE, *EVERYBODY, score=lambda d: d.randint(0, 100))
_of("supervision", "close_poll", OFFICE, score=lambda d: d.randint(0, 100),
    respondents=lambda d: d.randint(1, 40), policy=lambda _: POLICY)  # fmt: skip
_of("supervision", "finalise_evaluation", LINKED_OFFICE, *EVERYBODY, items=Dice.items,
    scheme_version=lambda _: "scheme-2026", rectify_by=Dice.day,
    policy=lambda _: POLICY)  # fmt: skip
_of("supervision", "waive_second_round", LEADING_GROUP, reason=lambda _: "机构改革在即",
    decision=lambda _: DECISION)  # fmt: skip
_of("supervision", "find_sham", LEADER, LINKED_OFFICE, kind=lambda d: d.one(*ShamKind),
    evidence=lambda _: EVIDENCE, rectify_by=Dice.day,
    discipline_orgs=lambda _: DISCIPLINE_ORGS)  # fmt: skip
_of("supervision", "post_entry", PRINCIPAL, LEADER, OFFICE, milestone=lambda d: d.one(*Milestone),
    source_id=lambda d: f"paper-{d.randint(1, 9)}")  # fmt: skip
_of("supervision", "accept_closure", LINKED_OFFICE, methods=lambda d: d.one(*METHODS),
    linked_office=lambda d: d.one(LINKED, LINKED, "o-dso-2"))  # fmt: skip
_of("supervision", "return_closure", LINKED_OFFICE, OFFICE, reasons=lambda _: "整改不到位",
    items=Dice.items, rectify_by=Dice.day, linked_office=lambda _: LINKED)  # fmt: skip
_of("supervision", "refuse_countersignature", LINKED_OFFICE, LEADER, reasons=lambda _: "未见实效",
    items=Dice.items, rectify_by=Dice.day, linked_office=lambda _: LINKED)  # fmt: skip
_of(
    "supervision",
    "countersign_closure",
    LINKED_OFFICE,
    LEADER,
    digest=Dice.digest,
    linked_office=lambda _: LINKED,
    principal=lambda d: d.one(PRINCIPAL.person_ref, None),
)
_of("supervision", "accept_watch", RESIDENT_TEAM, resident_team=lambda _: RESIDENT,
    until=Dice.day)  # fmt: skip


@attempt
def draft_problem(dice: Dice, _: City) -> Command:
    return draft(dice.problem(), dice.who(AUTHOR), concerns=dice.random() < 0.5)


@attempt
def reopen(dice: Dice, _: City) -> Command:
    return reopening(dice.problem())


@attempt
def confirm_delivery(dice: Dice, _: City) -> Command:
    facts = {"kind": dice.one(*DeliveryKind), "recipient": dice.one(FINANCE.org, "o-water")}
    actor = dice.who(PRINCIPAL, FINANCE)
    return call("feedback", "confirm_delivery", actor, CASE, received_on=dice.day(), **facts)


@attempt
def submit_plan(dice: Dice, _: City) -> Command:
    plans = [planned(number) for number in dice.sample(PROBLEMS, dice.randint(1, 2))]
    facts = {"problems": plans, "incumbent": dice.incumbent()}
    return call("rectification", "submit_plan", dice.who(PRINCIPAL), CASE, **facts)


@attempt
def vote_on_plan(dice: Dice, city: City) -> Command:
    case = city.read("supervision", SupervisionCase, CASE)
    return vote(case, dice.who(LINKED_OFFICE, OFFICE), approves=dice.random() < 0.7)


@attempt
def change_phase(dice: Dice, _: City) -> Command:
    facts = {"phase": dice.one(*Phase), "long_supervisors": DISCIPLINE_ORGS}
    return call("supervision", "change_phase", dice.who(OFFICE, RESIDENT_TEAM), CASE, **facts)


@attempt
def replace_team_leader(dice: Dice, _: City) -> Command:
    facts = {"successor": dice.one("p-tl-2", LEADER.person_ref), "reason": "组长调离"}
    actor = dice.who(LEADING_GROUP)
    return call("supervision", "replace_team_leader", actor, CASE, decision=DECISION, **facts)


@attempt
def evaluate_round(dice: Dice, _: City) -> Command:
    facts = {"case_nos": [CASE], "report": dice.digest()}
    return call("supervision", "evaluate_round", dice.who(OFFICE), ROUND, **facts)


@attempt
def accept_lead(dice: Dice, _: City) -> Command:
    facts = {"registered_on": dice.day(), "due": DUE}
    return call("accountability", "accept_lead", dice.one(*EVERYBODY), LEAD, **facts)


@attempt
def return_lead(dice: Dice, _: City) -> Command:
    return call("accountability", "return_lead", dice.one(*EVERYBODY), LEAD, reason="不属管辖")


@attempt
def finalise_with_low_scores(dice: Dice, _: City) -> Command:
    facts = {"scheme_version": "scheme-2026", "items": dice.items(), "rectify_by": LATER}
    actor = dice.one(*EVERYBODY)
    return call("supervision", "finalise_evaluation", actor, dice.problem(), policy=POLICY, **facts)
