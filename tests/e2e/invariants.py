"""What must hold of any history whatever: each invariant reads facts and names what breaks it.

Facts come in the order of recording. A function returns the numbers of the problems (or cases)
that break its invariant: an empty list is what everybody hopes for.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from tests.e2e.feeds import Fact

Facts = Sequence[Fact]

PAIRS = 2
DELIVERIES = {"UNIT_AND_PRINCIPAL", "UPPER_LEVEL", "FORMER_PRINCIPALS", "LEADERS_AND_DEPARTMENTS"}
CLOSED = "supervision.problem-closed"
REOPENED = "supervision.problem-reopened"
WAIVED = "supervision.second-round-waived"
STARTED = "supervision.supervision-started"
EVALUATED = "supervision.evaluation-finalised"
ACCEPTED = "supervision.closure-accepted"
APPROVED = "supervision.closure-office-approved"
SIGNED = "supervision.closure-countersigned"


def no_closing_without_two_pairs(facts: Facts) -> list[str]:
    """INV-01: two completed pairs in the cycle, or the second one waived."""
    broken = []
    for closed in _of(facts, CLOSED):
        before = _cycle_before(facts, closed)
        pairs = {fact.data["n"] for fact in _of(before, EVALUATED)}
        if len(pairs) < PAIRS and not _of(before, WAIVED):
            broken.append(_no(closed))
    return broken


def pairs_alternate(facts: Facts) -> list[str]:
    """INV-02: supervision n, evaluation n, supervision n + 1, from 1 in each cycle."""
    steps: defaultdict[tuple[str, int], list[tuple[int, str]]] = defaultdict(list)
    for fact in _of(facts, STARTED, EVALUATED):
        steps[_no(fact), fact.data["cycle"]].append((fact.data["n"], fact.type))
    return [
        problem_no
        for (problem_no, _), found in steps.items()
        if found != [(place // 2 + 1, (STARTED, EVALUATED)[place % 2]) for place in _to(found)]
    ]


def the_linked_office_executes_later_pairs(facts: Facts) -> list[str]:
    """INV-03: pair 2 and later ones by the office linked to the unit at that time."""
    linked: dict[str, str] = {}
    units: dict[str, str] = {}
    broken = []
    for fact in facts:
        if fact.type == "directory.linked-office-assigned":
            linked[fact.data["unit"]] = fact.data["office"]
        elif fact.type == "supervision.closure-review-opened":
            units[_no(fact)] = fact.data["unit"]
        elif fact.type == STARTED and fact.data["n"] >= PAIRS:
            office = linked.get(units[_no(fact)])
            broken += [_no(fact)] * (fact.data["executor_org"] != office)
    return broken


def closing_goes_through_three_hands_on_one_hash(facts: Facts) -> list[str]:
    """INV-05: accepted, approved, countersigned by two; one hash from application to closing."""
    broken = []
    for closed in _of(facts, CLOSED):
        last = [
            fact
            for fact in _of(_cycle_before(facts, closed), ACCEPTED, APPROVED, SIGNED)
            if fact.data["application"] == closed.data["application"]
        ]
        signed = _of(last, SIGNED)
        is_earned = (
            [fact.type for fact in last] == [ACCEPTED, APPROVED, SIGNED, SIGNED]
            and len({fact.data["signed_by"] for fact in signed}) == 2
            and {fact.data["digest"] for fact in (*signed, closed)} == {_applied(facts, closed)}
        )
        broken += [] if is_earned else [_no(closed)]
    return broken


def every_issued_problem_has_an_owner_and_a_task(facts: Facts) -> list[str]:
    """INV-06: claimed and with a task, or withdrawn."""
    claimed = _numbers(_of(facts, "rectification.problem-claimed"))
    started = _of(facts, "rectification.rectification-started")
    tasked = _numbers(fact for fact in started if fact.data["tasks"])
    withdrawn = _numbers(_of(facts, "feedback.problem-withdrawn"))
    issued = _numbers(_of(facts, "feedback.problem-issued"))
    return sorted(issued - (claimed & tasked) - withdrawn)


def every_closed_problem_has_an_own_measure(facts: Facts) -> list[str]:
    """INV-07: of the unit's own level, and no sanction."""
    own: set[str] = set()
    for plan in _of(facts, "rectification.plan-submitted"):
        own |= {planned["problem_no"] for planned in plan.data["problems"] if _has_own(planned)}
    return sorted(_numbers(_of(facts, CLOSED)) - own)


def nobody_closes_before_disposal_is_known(facts: Facts) -> list[str]:
    """INV-08: of what concerns a person or matter, disposal and pursuit are known at closing."""
    concerning = {
        _no(fact)
        for fact in _of(facts, "feedback.problem-issued")
        if fact.data["concerns_person_or_matter"]
    }
    known: set[str] = set()
    broken = []
    for fact in facts:
        if fact.type in ("accountability.lead-concluded", "accountability.case-decided"):
            known |= set(fact.data["problem_nos"] if fact.data.get("pursuit_known", True) else ())
        elif fact.type == CLOSED and _no(fact) in concerning - known:
            broken.append(_no(fact))
    return broken


def feedback_is_delivered_four_ways_at_once(facts: Facts) -> list[str]:
    """INV-10: four deliveries and the copy notices, in the very commit of the feedback."""
    broken = []
    for issued in _of(facts, "feedback.feedback-issued"):
        at_once = [one for one in facts if one.record["command"] == issued.record["command"]]
        deliveries = _of(at_once, "feedback.delivery-computed")
        told = {who for one in deliveries if _is_by_notice(one) for who in one.data["recipients"]}
        noticed = {one.data["recipient"] for one in _of(at_once, "feedback.copy-notice-sent")}
        is_whole = (
            sorted(one.data["kind"] for one in deliveries) == sorted(DELIVERIES)
            and noticed == told != set()
            and _are_adjacent(at_once)
        )
        broken += [] if is_whole else [issued.data["case_no"]]
    return broken


def no_handover_is_open_at_closing(facts: Facts) -> list[str]:
    """INV-13: whoever closes does not close over an open handover."""
    still_open: set[str] = set()
    broken = []
    for fact in facts:
        if fact.type == "rectification.handover-required":
            still_open |= set(fact.data["problem_nos"])
        elif fact.type == "rectification.handover-completed":
            still_open = {no for no in still_open if not no.startswith(fact.data["case_no"])}
        elif fact.type == CLOSED and _no(fact) in still_open:
            broken.append(_no(fact))
    return broken


def what_was_pledged_is_what_was_declared_and_closed(facts: Facts) -> list[str]:
    """INV-14: the hash of the last pledge that holds is that of declaration and of closing."""
    pledged: dict[str, str] = {}
    broken = []
    for fact in facts:
        if fact.type == "rectification.authenticity-pledged":
            pledged[_no(fact)] = fact.data["digest"]
        elif fact.type == "rectification.pledge-voided":
            pledged.pop(_no(fact), None)
        elif fact.type in ("rectification.problem-declared-rectified", CLOSED):
            broken += [_no(fact)] * (pledged.get(_no(fact)) != fact.data["digest"])
    return broken


def reopening_keeps_number_and_history(facts: Facts) -> list[str]:
    """INV-18: one stream from the first finding to the last closing; the cycle counts up."""
    broken = []
    for reopened in _of(facts, REOPENED):
        service, stream, version = reopened.place
        whole = [fact for fact in facts if fact.place[:2] == (service, stream)]
        versions = sorted(fact.place[2] for fact in whole)
        earlier = [fact for fact in whole if fact.place[2] < version and fact.type == CLOSED]
        is_kept = (
            versions == list(range(1, len(versions) + 1))
            and bool(earlier)
            and _counts_up([fact.data["cycle"] for fact in (*earlier, reopened)])
            and _numbers((*earlier, reopened)) == {stream.partition("/")[2]}
        )
        broken += [] if is_kept else [_no(reopened)]
    return broken


def _of(facts: Iterable[Fact], *types: str) -> list[Fact]:
    return [fact for fact in facts if fact.type in types]


def _no(fact: Fact) -> str:
    return str(fact.data["problem_no"])


def _numbers(facts: Iterable[Fact]) -> set[str]:
    return {_no(fact) for fact in facts}


def _to(found: Sequence[object]) -> range:
    return range(len(found))


def _cycle_before(facts: Facts, closed: Fact) -> list[Fact]:
    """Return what its own stream says of this cycle before the closing."""
    place = closed.place
    return [
        fact
        for fact in facts
        if fact.place[:2] == place[:2]
        and fact.place[2] < place[2]
        and fact.data.get("cycle") == closed.data["cycle"]
    ]


def _applied(facts: Facts, closed: Fact) -> str:
    """Return the hash that was applied with."""
    wanted = (_no(closed), closed.data["cycle"], closed.data["application"])
    for fact in _of(facts, "rectification.closure-applied"):
        if (_no(fact), fact.data["cycle"], fact.data["application"]) == wanted:
            return str(fact.data["digest"])
    return ""


def _has_own(planned: dict[str, Any]) -> bool:
    return any(
        measure["level"].startswith("OWN_") and not measure["is_sanction"]
        for measure in planned["measures"]
    )


def _is_by_notice(delivery: Fact) -> bool:
    return bool(delivery.data["kind"] == "LEADERS_AND_DEPARTMENTS")


def _are_adjacent(facts: Sequence[Fact]) -> bool:
    """Whether the events of the feedback's own stream stand side by side."""
    streams: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for fact in facts:
        streams[fact.place[:2]].append(fact.place[2])
    return all(_counts_up(sorted(versions)) for versions in streams.values())


def _counts_up(numbers: Sequence[int]) -> bool:
    return all(later == earlier + 1 for earlier, later in pairwise(numbers))
