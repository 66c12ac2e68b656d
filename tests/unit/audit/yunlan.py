"""Histories of the city of Yunlan as audit receives them: true records, told step by step."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from services.audit.domain.causal_order import in_causal_order
from services.audit.domain.invariants import Invariant, Result, check
from services.audit.domain.known import Known
from services.audit.policies import VOCABULARIES
from shared.contracts.base import Event
from shared.contracts.rectification_content import content_digest
from shared.contracts.registry import event_class
from shared.eventstore.record import RecordedEvent, compose
from shared.kernel.actor import Actor, Role
from shared.kernel.context import Context
from tests.contracts.make_corpus import sample

ROUND, CASE, UNIT, PROBLEM = "YL-T1R1", "YL-T1R1-U01", "yunlan-water-bureau", "YL-T1R1-U01-001"
OTHER = "YL-T1R1-U01-002"
PRINCIPAL, SUCCESSOR = "p-up-water", "p-up-water-2"
LINKED, STRANGER_OFFICE = "office-3", "office-5"
RESIDENT, TEAM_LEADER = "resident-team-3", "p-tl-1"
LEAD, ACCOUNTABILITY, BASIS = "YL-L-0001", "YL-A-0001", "discipline-rules"
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SAMPLE_TEXT = "样例文字"
NO_CONTENT = "ee" * 32
assert VOCABULARIES

Told = dict[str, Any]


@dataclass
class History:
    """What the services record, one minute after the other."""

    records: list[RecordedEvent] = field(default_factory=list)
    now: datetime = MORNING
    digest: str = NO_CONTENT
    heads: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    commands: int = 0

    def tell(
        self,
        event_type: str,
        stream: str,
        *,
        command: str = "",
        causation: str = "",
        service: str = "",
        at: datetime | None = None,
        **facts: Any,
    ) -> RecordedEvent:
        """Record an event; facts that do not matter here are invented."""
        found = event_class(event_type)
        event = found.model_validate({**invented(found), **facts})
        service = service or event_type.partition(".")[0]
        version, head = self.heads.get((service, stream), (0, ""))
        self.commands += 1
        context = Context(
            tenant="city:yunlan",
            actor=Actor(person_ref="p-somebody", org="o-somewhere", role=Role.OFF),
            command=command or f"Tell/{self.commands}",
            time=at or self.now,
            causation=causation,
        )
        composed = compose(service, stream, version + 1, head, event, context)
        position = sum(one.record.service == service for one in self.records) + 1
        recorded = RecordedEvent(composed.raw, composed.record, event, position)
        self.heads[service, stream] = (version + 1, recorded.digest)
        self.records.append(recorded)
        self.now += timedelta(minutes=1)
        return recorded

    # -- the steps of one problem

    def principal(self, incoming: str | None = PRINCIPAL, **more: Any) -> "History":
        facts = {"org": UNIT, "effective": "2025-01-01T00:00:00.000000Z", "acting": False, **more}
        facts["incoming"] = incoming
        self.tell("directory.appointment-changed", f"organisation/{UNIT}", **facts)
        return self

    def linked(self, office: str = LINKED, start: str = "2025-01-01") -> "History":
        self.tell("directory.linked-office-assigned", f"organisation/{UNIT}",
                  unit=UNIT, office=office, start=start)  # fmt: skip
        return self

    def issued(
        self, *, deliveries: int = 4, notices: int = 1, concerns: bool = False,
        problems: Sequence[str] = (PROBLEM,),
    ) -> "History":  # fmt: skip
        command, stream = "IssueFeedback/1", f"feedback/{CASE}"
        listed = [{"problem_no": number, "category": "c", "cause": "c", "nature": "n",
                   "concerns_person_or_matter": concerns} for number in problems]  # fmt: skip
        self.tell(
            "feedback.feedback-issued", stream, command=command, case_no=CASE, round_no=ROUND,
            unit=UNIT, issued_on="2026-03-01", principal=PRINCIPAL, team_leader=TEAM_LEADER,
            linked_office=LINKED, resident_team=RESIDENT, rectify_by="2026-09-01", problems=listed,
        )  # fmt: skip
        kinds = ["UNIT_AND_PRINCIPAL", "UPPER_LEVEL", "FORMER_PRINCIPALS",
                 "LEADERS_AND_DEPARTMENTS"]  # fmt: skip
        for kind in kinds[:deliveries]:
            self.tell("feedback.delivery-computed", stream, command=command, case_no=CASE,
                      kind=kind, problem_nos=list(problems), only=[])  # fmt: skip
        for notice in range(notices):
            self.tell("feedback.copy-notice-sent", stream, command=command, case_no=CASE,
                      notice_no=f"N-{notice}", problem_nos=list(problems))  # fmt: skip
        for number in problems:
            self.tell(
                "feedback.problem-issued", f"problem/{number}", command=command, problem_no=number,
                case_no=CASE, round_no=ROUND, unit=UNIT, issued_on="2026-03-01",
                concerns_person_or_matter=concerns,
            )  # fmt: skip
        return self

    def supervised_by(self, phase: str = "INITIAL", supervisor: str = TEAM_LEADER) -> "History":
        self.tell("supervision.phase-started", f"case/{CASE}", case_no=CASE, phase=phase,
                  supervisor=supervisor)  # fmt: skip
        return self

    def claimed(self, problem_no: str = PROBLEM) -> "History":
        self.tell(
            "rectification.problem-claimed", f"problem/{problem_no}", problem_no=problem_no,
            case_no=CASE, unit=UNIT, claimed_by=PRINCIPAL, claimed_on="2026-03-02",
        )  # fmt: skip
        return self

    def planned(
        self, *, level: str = "OWN_LEADERSHIP", is_sanction: bool = False, version: int = 1
    ) -> "History":
        measure = {"measure_no": "m-1", "kind": "ROOT", "level": level,
                   "is_sanction": is_sanction, "text": SAMPLE_TEXT}  # fmt: skip
        planned = {
            "problem_no": PROBLEM, "root_cause_kind": "INSTITUTION", "root_cause": SAMPLE_TEXT,
            "measures": [measure], "tasks": [_task("t-1")],
        }  # fmt: skip
        self.tell("rectification.plan-submitted", f"case/{CASE}", case_no=CASE, unit=UNIT,
                  plan_version=version, problems=[planned])  # fmt: skip
        return self

    def plan_approved(self, version: int = 1) -> "History":
        approved = self.tell("supervision.plan-approved", f"case/{CASE}", case_no=CASE,
                             plan_version=version)  # fmt: skip
        started = self.tell(
            "rectification.rectification-started", f"problem/{PROBLEM}", problem_no=PROBLEM,
            case_no=CASE, causation=approved.record.id, tasks=[_task("t-1")],
        )  # fmt: skip
        self.digest = content_digest("", started.event)
        return self

    def worked(self) -> "History":
        done = self.tell("rectification.task-completed", f"problem/{PROBLEM}", problem_no=PROBLEM,
                         task_no="t-1")  # fmt: skip
        self.digest = content_digest(self.digest, done.event)
        return self

    def declared(self, cycle: int = 1, digest: str = "", pledged: str = "") -> "History":
        stream = f"problem/{PROBLEM}"
        self.tell("rectification.authenticity-pledged", stream, problem_no=PROBLEM, cycle=cycle,
                  digest=pledged or digest or self.digest)  # fmt: skip
        self.tell("rectification.problem-declared-rectified", stream, problem_no=PROBLEM,
                  case_no=CASE, cycle=cycle, digest=digest or self.digest)  # fmt: skip
        return self

    def started(self, n: int, executor: str = LINKED, cycle: int = 1) -> "History":
        self.tell("supervision.supervision-started", f"review/{PROBLEM}", problem_no=PROBLEM,
                  cycle=cycle, n=n, executor_org=executor if n > 1 else "joint-group")  # fmt: skip
        return self

    def completed(self, n: int, cycle: int = 1) -> "History":
        self.tell("supervision.supervision-completed", f"review/{PROBLEM}", problem_no=PROBLEM,
                  cycle=cycle, n=n)  # fmt: skip
        return self

    def evaluated(self, n: int, cycle: int = 1) -> "History":
        self.tell(
            "supervision.evaluation-finalised", f"review/{PROBLEM}", problem_no=PROBLEM,
            case_no=CASE, unit=UNIT, cycle=cycle, n=n, grade="PASS", is_low=False,
        )  # fmt: skip
        return self

    def pair(self, n: int, executor: str = LINKED, cycle: int = 1) -> "History":
        return self.started(n, executor, cycle).completed(n, cycle).evaluated(n, cycle)

    def eligible(self, cycle: int = 1) -> "History":
        self.tell("supervision.closure-eligible", f"review/{PROBLEM}", problem_no=PROBLEM,
                  case_no=CASE, cycle=cycle)  # fmt: skip
        return self

    def applied(self, signatory: str = PRINCIPAL, digest: str = "", cycle: int = 1) -> "History":
        signed: Told = {"problem_no": PROBLEM, "cycle": cycle, "signatory": signatory,
                  "digest": digest or self.digest}  # fmt: skip
        stream = f"problem/{PROBLEM}"
        self.tell("rectification.closure-report-signed", stream, **signed)
        self.tell("rectification.closure-applied", stream, **signed, case_no=CASE, unit=UNIT)
        return self

    def accepted(self) -> "History":
        return self._review("supervision.closure-accepted")

    def office_approved(self) -> "History":
        self._review("supervision.ledgers-reconciled")
        return self._review("supervision.closure-office-approved")

    def countersigned(self, cosigner: str, signed_by: str, digest: str = "") -> "History":
        return self._review("supervision.closure-countersigned", cosigner=cosigner,
                            signed_by=signed_by, digest=digest or self.digest)  # fmt: skip

    def closed(self, signatory: str = PRINCIPAL, digest: str = "", cycle: int = 1) -> "History":
        return self._review(
            "supervision.problem-closed", case_no=CASE, unit=UNIT, signatory=signatory,
            digest=digest or self.digest, cycle=cycle, resident_team=RESIDENT,
        )  # fmt: skip

    def reopened(self, cycle: int = 2) -> "History":
        return self._review("supervision.problem-reopened", case_no=CASE, unit=UNIT, cycle=cycle)

    def _review(self, event_type: str, **facts: Any) -> "History":
        self.tell(event_type, f"review/{PROBLEM}", **{"problem_no": PROBLEM, "cycle": 1, **facts})
        return self

    # -- whole stretches

    def until_declared(self) -> "History":
        self.principal().linked().issued().supervised_by().claimed().planned()
        return self.plan_approved().worked().declared()

    def until_accepted(self) -> "History":
        self.until_declared().pair(1).declared().pair(2).eligible()
        return self.applied().accepted()

    def until_countersigned(self) -> "History":
        self.until_accepted().office_approved()
        self.countersigned("LINKED_OFFICE", "p-dso-3")
        return self.countersigned("TEAM_LEADER", TEAM_LEADER)

    def until_closed(self) -> "History":
        return self.until_countersigned().closed()

    # -- what is seen

    @property
    def known(self) -> list[Known]:
        """The records as audit knows them, causes first."""
        return in_causal_order(
            Known(one.record.service, one.position, json.loads(one.raw)) for one in self.records
        )

    def result(self, invariant: type[Invariant], at: datetime | None = None) -> Result:
        (found,) = check([invariant], self.known, at)
        return found

    def ids(self, *event_types: str) -> set[str]:
        return {one.record.id for one in self.records if one.record.type in event_types}


def holds(invariant: type[Invariant], history: History, at: datetime | None = None) -> None:
    """Demand that the rule was checked on something, and that nothing breaks it."""
    result = history.result(invariant, at)
    assert result.examined > 0
    assert result.violations == ()


def breaks(
    invariant: type[Invariant], history: History, *shown_by: str, at: datetime | None = None
) -> None:
    """Demand exactly one violation, shown at least by all events of these types."""
    result = history.result(invariant, at)
    assert [found.invariant for found in result.violations] == [invariant.ID]
    assert history.ids(*shown_by) <= set(result.violations[0].events)


@cache
def invented(found: type[Event]) -> Told:
    """Return the facts of an invented event of this class."""
    return sample(found).facts()


def _task(task_no: str) -> Told:
    return {"task_no": task_no, "matter": SAMPLE_TEXT, "post": "head", "person": "p-uh-water",
            "leader": "p-um-water", "department": "finance", "deadline": "2026-08-01"}  # fmt: skip
