"""Every invariant on a history that holds it and on one that breaks it, with the proving events."""

from datetime import timedelta

import pytest

from services.audit.domain.invariants import INVARIANTS, Invariant, Scope, Status, status
from services.audit.domain.invariants.casework import (
    EveryProblemClaimedAndPlanned,
    FeedbackIsSynchronous,
    LedgersAgree,
    OneAccountableSupervisor,
    ReopenedKeepsHistory,
)
from services.audit.domain.invariants.closing import (
    ClosedInOrder,
    DisposalKnown,
    NoOpenHandover,
    OwnLevelMeasure,
    PledgedContent,
    SignedByThePrincipal,
)
from services.audit.domain.invariants.figures import PublishedFiguresAgree
from services.audit.domain.invariants.pairs import (
    PairsInOrder,
    SecondPairByLinkedOffice,
    TwoPairsBeforeClosing,
)
from services.audit.domain.invariants.sanctions import EverySanctionIsFounded
from services.audit.domain.invariants.secrecy import NothingSecretIsReadable
from services.audit.domain.statistics import definition
from tests.unit.audit.yunlan import (
    ACCOUNTABILITY,
    BASIS,
    CASE,
    LEAD,
    LINKED,
    OTHER,
    PRINCIPAL,
    PROBLEM,
    ROUND,
    STRANGER_OFFICE,
    SUCCESSOR,
    TEAM_LEADER,
    UNIT,
    History,
    Told,
    breaks,
    holds,
)

CLOSED = "supervision.problem-closed"
LEDGERS = ["UNIT", "TEAM", "OFFICE"]
SHA = "cd" * 32
VERSION = definition("problems.found").version


def test_every_invariant_of_the_catalogue_is_there_once_in_order() -> None:
    assert [one.ID for one in INVARIANTS] == [f"INV-{n:02}" for n in range(1, 23)]
    assert all(one.SENTENCE.endswith(".") for one in INVARIANTS)


@pytest.mark.parametrize(
    "invariant", [one for one in INVARIANTS if one.SCOPE is Scope.CASE], ids=lambda one: one.ID
)
def test_a_problem_brought_to_its_end_by_the_rules_breaks_none(invariant: type[Invariant]) -> None:
    assert History().until_closed().reopened().result(invariant).violations == ()


def test_what_was_never_checked_does_not_hold() -> None:
    assert status(0, 0) is Status.NOTHING_TO_CHECK


@pytest.mark.req("INV-01")
class TestTwoPairs:
    def test_holds_after_two(self) -> None:
        holds(TwoPairsBeforeClosing, History().until_closed())

    def test_is_broken_after_one(self) -> None:
        history = History().until_declared().pair(1).applied().closed()
        breaks(TwoPairsBeforeClosing, history, CLOSED, "supervision.evaluation-finalised")

    def test_holds_after_one_with_a_waiver_of_this_cycle(self) -> None:
        history = History().until_declared().pair(1)
        history.tell("supervision.second-round-waived", f"review/{PROBLEM}", problem_no=PROBLEM,
                     cycle=1)  # fmt: skip
        holds(TwoPairsBeforeClosing, history.closed())

    def test_pairs_of_an_earlier_cycle_do_not_count(self) -> None:
        history = History().until_closed().reopened().closed(cycle=2)
        breaks(TwoPairsBeforeClosing, history)


@pytest.mark.req("INV-02")
class TestOrderOfPairs:
    def test_holds(self) -> None:
        holds(PairsInOrder, History().pair(1).pair(2))

    def test_is_broken_by_an_evaluation_before_its_supervision(self) -> None:
        history = History().started(1).evaluated(1).completed(1)
        breaks(PairsInOrder, history, "supervision.evaluation-finalised")

    def test_is_broken_by_a_second_supervision_before_the_first_evaluation(self) -> None:
        history = History().started(1).completed(1).started(2).evaluated(1)
        breaks(PairsInOrder, history)


@pytest.mark.req("INV-03")
class TestSecondExecutor:
    def test_holds(self) -> None:
        holds(SecondPairByLinkedOffice, History().linked().pair(1).pair(2))

    def test_is_broken_by_another_office(self) -> None:
        history = History().linked().pair(1).pair(2, STRANGER_OFFICE)
        breaks(SecondPairByLinkedOffice, history, "directory.linked-office-assigned")

    def test_asks_for_the_office_linked_at_that_time(self) -> None:
        history = History().linked().linked(STRANGER_OFFICE, start="2026-04-01").pair(2, LINKED)
        holds(SecondPairByLinkedOffice, history)

    def test_before_the_directory_is_known_the_feedback_says_it(self) -> None:
        history = History().issued().pair(2, STRANGER_OFFICE)
        breaks(SecondPairByLinkedOffice, history, "feedback.feedback-issued")


@pytest.mark.req("INV-04")
class TestSignatory:
    def test_holds(self) -> None:
        holds(SignedByThePrincipal, History().until_closed())

    def test_is_broken_by_a_signature_of_somebody_else(self) -> None:
        history = History().principal().applied(signatory=TEAM_LEADER)
        breaks(SignedByThePrincipal, history, "rectification.closure-report-signed")

    def test_is_broken_when_the_principal_changed_before_closing(self) -> None:
        history = History().until_countersigned()
        left = history.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        history.principal(SUCCESSOR, outgoing=PRINCIPAL, effective=left).closed()
        breaks(SignedByThePrincipal, history, CLOSED, "directory.appointment-changed")

    def test_holds_with_a_new_signature_of_the_successor(self) -> None:
        history = History().until_accepted()
        left = history.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        history.principal(SUCCESSOR, outgoing=PRINCIPAL, effective=left)
        history.applied(signatory=SUCCESSOR).closed(signatory=SUCCESSOR)
        holds(SignedByThePrincipal, history)

    def test_is_broken_without_any_signature(self) -> None:
        breaks(SignedByThePrincipal, History().principal().closed(), CLOSED)


@pytest.mark.req("INV-05")
class TestOrderOfClosing:
    def test_holds(self) -> None:
        holds(ClosedInOrder, History().until_closed())

    def test_is_broken_without_the_office(self) -> None:
        history = History().applied().accepted().countersigned("LINKED_OFFICE", "p-dso-3")
        history.countersigned("TEAM_LEADER", TEAM_LEADER).closed()
        breaks(ClosedInOrder, history, CLOSED, "supervision.closure-countersigned")

    @pytest.mark.parametrize(
        ("second", "signed_by"), [("TEAM_LEADER", "p-dso-3"), ("LINKED_OFFICE", TEAM_LEADER)]
    )
    def test_is_broken_by_one_person_or_one_organ(self, second: str, signed_by: str) -> None:
        history = History().until_accepted().office_approved()
        history.countersigned("LINKED_OFFICE", "p-dso-3").countersigned(second, signed_by)
        breaks(ClosedInOrder, history.closed())

    def test_is_broken_by_a_signature_on_other_content(self) -> None:
        history = History().until_accepted().office_approved()
        history.countersigned("LINKED_OFFICE", "p-dso-3", digest=SHA)
        breaks(ClosedInOrder, history.countersigned("TEAM_LEADER", TEAM_LEADER).closed())

    def test_a_returned_application_starts_again(self) -> None:
        history = History().until_accepted().applied().accepted().office_approved()
        history.countersigned("LINKED_OFFICE", "p-dso-3")
        holds(ClosedInOrder, history.countersigned("TEAM_LEADER", TEAM_LEADER).closed())


@pytest.mark.req("INV-06")
class TestCompleteness:
    def test_holds(self) -> None:
        holds(EveryProblemClaimedAndPlanned, History().until_declared())

    def test_is_broken_by_a_problem_left_out_of_the_plan(self) -> None:
        history = History().issued(problems=(PROBLEM, OTHER)).claimed().claimed(OTHER)
        breaks(
            EveryProblemClaimedAndPlanned, history.planned().plan_approved(),
            "feedback.feedback-issued", "rectification.plan-submitted",
            "supervision.plan-approved",
        )  # fmt: skip

    def test_is_broken_by_a_problem_never_claimed(self) -> None:
        history = History().issued().planned().plan_approved()
        breaks(EveryProblemClaimedAndPlanned, history)

    def test_holds_when_it_was_withdrawn(self) -> None:
        history = History().issued(problems=(PROBLEM, OTHER)).claimed()
        history.tell("feedback.problem-withdrawn", f"problem/{OTHER}", problem_no=OTHER)
        holds(EveryProblemClaimedAndPlanned, history.planned().plan_approved())


@pytest.mark.req("INV-07")
class TestOwnLevel:
    def test_holds(self) -> None:
        holds(OwnLevelMeasure, History().until_closed())

    @pytest.mark.parametrize(
        ("level", "is_sanction"), [("SUBORDINATE", False), ("OWN_LEADERSHIP", True)]
    )
    def test_is_broken_by_what_only_bites_others(self, level: str, is_sanction: bool) -> None:
        history = History().planned(level=level, is_sanction=is_sanction).closed()
        breaks(OwnLevelMeasure, history, CLOSED, "rectification.plan-submitted")


@pytest.mark.req("INV-08")
class TestDisposal:
    def noted(self, history: History, *, pursuit: bool) -> History:
        history.tell("supervision.disposal-noted", f"review/{PROBLEM}", problem_no=PROBLEM,
                     disposal_known=True, pursuit_known=pursuit)  # fmt: skip
        return history

    def test_holds(self) -> None:
        history = self.noted(History().issued(concerns=True), pursuit=True)
        holds(DisposalKnown, history.closed())

    def test_is_broken_while_the_pursuit_is_not_known(self) -> None:
        history = self.noted(History().issued(concerns=True), pursuit=False)
        breaks(DisposalKnown, history.closed(), CLOSED, "feedback.problem-issued")

    def test_asks_nothing_of_other_problems(self) -> None:
        assert History().issued().closed().result(DisposalKnown).examined == 0


@pytest.mark.req("INV-09")
class TestAccountableSupervisor:
    def changed(self, history: History) -> History:
        history.tell("supervision.phase-changed", f"case/{CASE}", case_no=CASE, phase="MIDDLE")
        return history

    def test_holds(self) -> None:
        holds(OneAccountableSupervisor, self.changed(History().issued().supervised_by()).pair(1))

    def test_is_broken_by_a_second_one(self) -> None:
        history = History().supervised_by().supervised_by("MIDDLE")
        breaks(OneAccountableSupervisor, history, "supervision.phase-started")

    def test_is_broken_by_a_change_from_nobody(self) -> None:
        breaks(OneAccountableSupervisor, self.changed(History().issued()))

    def test_is_broken_by_a_visit_while_nobody_is_accountable(self) -> None:
        history = History().issued().started(1)
        breaks(OneAccountableSupervisor, history, "supervision.supervision-started")


@pytest.mark.req("INV-10")
class TestSynchrony:
    def test_holds(self) -> None:
        holds(FeedbackIsSynchronous, History().issued())

    @pytest.mark.parametrize(("deliveries", "notices"), [(3, 1), (4, 0)])
    def test_is_broken_when_something_is_missing(self, deliveries: int, notices: int) -> None:
        history = History().issued(deliveries=deliveries, notices=notices)
        breaks(FeedbackIsSynchronous, history, "feedback.feedback-issued")

    def test_a_notice_sent_later_does_not_count(self) -> None:
        history = History().issued(notices=0)
        history.tell("feedback.copy-notice-sent", f"feedback/{CASE}", case_no=CASE)
        breaks(FeedbackIsSynchronous, history)


@pytest.mark.req("INV-12")
class TestLedgers:
    def posted(self, ledgers: list[str]) -> History:
        history = History()
        history.tell("supervision.entry-posted", f"review/{PROBLEM}", problem_no=PROBLEM, cycle=1,
                     ledgers=ledgers, milestone="CLAIMED", source_id="e-1")  # fmt: skip
        return history

    def test_holds_when_they_agree(self) -> None:
        holds(LedgersAgree, self.posted(LEDGERS).closed())

    def test_holds_when_the_difference_was_resolved(self) -> None:
        history = self.posted(["TEAM"])
        history.tell("supervision.entry-posted", f"review/{PROBLEM}", problem_no=PROBLEM, cycle=1,
                     ledgers=["UNIT", "OFFICE"], milestone="CLAIMED", source_id="e-1")  # fmt: skip
        holds(LedgersAgree, history.closed())

    def test_an_open_difference_is_no_violation(self) -> None:
        assert self.posted(["TEAM"]).result(LedgersAgree).violations == ()

    def test_is_broken_when_closed_over_a_difference(self) -> None:
        breaks(LedgersAgree, self.posted(["TEAM"]).closed(), CLOSED, "supervision.entry-posted")


@pytest.mark.req("INV-13")
class TestHandover:
    def required(self) -> History:
        history = History()
        history.tell("rectification.handover-required", f"case/{CASE}", case_no=CASE, handover=1,
                     problem_nos=[PROBLEM])  # fmt: skip
        return history

    def test_holds_when_it_was_completed(self) -> None:
        history = self.required()
        history.tell("rectification.handover-completed", f"case/{CASE}", case_no=CASE, handover=1)
        holds(NoOpenHandover, history.closed())

    def test_is_broken_while_it_is_open(self) -> None:
        breaks(NoOpenHandover, self.required().closed(), "rectification.handover-required", CLOSED)


@pytest.mark.req("INV-14")
class TestPledge:
    def test_holds(self) -> None:
        holds(PledgedContent, History().until_closed())

    def test_is_broken_when_the_content_changed_after_the_pledge(self) -> None:
        history = History().until_declared()
        pledged = history.digest
        history.worked().declared(digest=history.digest, pledged=history.digest)
        holds(PledgedContent, history)
        history.worked().applied(digest=pledged)
        found = history.result(PledgedContent).violations
        assert [one.what for one in found] == [
            "signed on other content than the events tell",
            "signed without a pledge on it",
        ]

    def test_is_broken_when_the_pledge_was_voided(self) -> None:
        history = History().until_declared()
        history.tell("rectification.pledge-voided", f"problem/{PROBLEM}", problem_no=PROBLEM,
                     cycle=1, is_false=True)  # fmt: skip
        breaks(PledgedContent, history.applied(), "rectification.closure-report-signed")

    def test_is_broken_when_something_else_was_closed(self) -> None:
        history = History().until_declared().applied().closed(digest=SHA)
        breaks(PledgedContent, history, CLOSED, "rectification.closure-report-signed")


@pytest.mark.req("INV-15")
class TestSanctions:
    def bound(self) -> History:
        history = History()
        history.tell(
            "directory.legal-basis-registered", f"legal-basis/{BASIS}", basis=BASIS, edition="2024",
            valid_from="2024-01-01", valid_until="2026-12-31",
            bands=[{"severity": "LIGHT", "measures": ["WARNING"]}],
        )  # fmt: skip
        return history

    def decided(self, *, on: str = "2025-06-01", refer: bool = True, **sanction: object) -> History:
        history = self.bound()
        stream = f"accountability-case/{ACCOUNTABILITY}"
        if refer:
            history.tell("accountability.accountability-referred", stream, conduct_on=on,
                         accountability_no=ACCOUNTABILITY, problem_nos=[PROBLEM])  # fmt: skip
        facts: Told = {"severity": "LIGHT", "measure": "WARNING", "within_band": True,
                 "higher_approval": None, "higher_approval_reason": None, **sanction}  # fmt: skip
        history.tell("accountability.case-decided", stream, accountability_no=ACCOUNTABILITY,
                     legal_basis=BASIS, basis_edition="2024", **facts)  # fmt: skip
        return history

    def imposed(self, **facts: object) -> History:
        history = self.bound()
        history.tell("accountability.lead-registered", f"lead/{LEAD}", lead_no=LEAD)
        told: Told = {"origin_lead": LEAD, "origin_case": None, "conduct_on": "2025-06-01",
                "legal_basis": BASIS, "basis_edition": "2024", **facts}  # fmt: skip
        history.tell("accountability.measure-imposed", f"lead/{LEAD}", **told)
        return history

    def test_a_decision_within_its_band_holds(self) -> None:
        holds(EverySanctionIsFounded, self.decided())

    def test_a_decision_outside_the_band_with_higher_approval_holds(self) -> None:
        approval: Told = {"higher_approval": "LG-9", "higher_approval_reason": "情节特殊"}
        history = self.decided(measure="EXPULSION", within_band=False, **approval)
        holds(EverySanctionIsFounded, history)

    def test_it_is_broken_outside_the_band(self) -> None:
        history = self.decided(measure="EXPULSION", within_band=False)
        breaks(EverySanctionIsFounded, history, "accountability.case-decided",
               "directory.legal-basis-registered")  # fmt: skip

    def test_it_is_broken_by_a_basis_of_another_time(self) -> None:
        breaks(EverySanctionIsFounded, self.decided(on="2023-06-01"))

    def test_it_is_broken_without_a_referral(self) -> None:
        breaks(EverySanctionIsFounded, self.decided(refer=False), "accountability.case-decided")

    def test_a_measure_out_of_a_lead_holds(self) -> None:
        holds(EverySanctionIsFounded, self.imposed())

    @pytest.mark.parametrize("facts", [{"origin_lead": "YL-L-9"}, {"legal_basis": None}])
    def test_it_is_broken_by_an_orphan_or_without_a_basis(self, facts: dict[str, object]) -> None:
        breaks(EverySanctionIsFounded, self.imposed(**facts), "accountability.measure-imposed")


@pytest.mark.req("INV-16")
class TestSecrecy:
    def with_lead(self) -> History:
        history = History()
        history.tell("feedback.lead-offered", f"lead/{LEAD}", lead_no=LEAD, case_no=CASE, unit=UNIT)
        return history

    def test_holds(self) -> None:
        holds(NothingSecretIsReadable, self.with_lead().issued().claimed())

    def test_holds_when_accountability_notes_what_the_unit_knows(self) -> None:
        history = self.with_lead().issued().claimed()
        history.tell("accountability.inspected-case-noted", f"inspected-case/{CASE}", case_no=CASE)
        history.tell("accountability.inspected-problem-noted", f"inspected-problem/{PROBLEM}",
                     problem_no=PROBLEM, case_no=CASE)  # fmt: skip
        holds(NothingSecretIsReadable, history)

    def test_is_broken_by_a_lead_named_where_the_unit_reads(self) -> None:
        history = self.with_lead()
        history.tell("rectification.task-progressed", f"problem/{PROBLEM}", problem_no=PROBLEM,
                     note=LEAD)  # fmt: skip
        breaks(NothingSecretIsReadable, history, "rectification.task-progressed")

    def test_is_broken_even_when_the_lead_becomes_known_later(self) -> None:
        history = History()
        history.tell("rectification.task-progressed", f"problem/{PROBLEM}", problem_no=PROBLEM,
                     note=LEAD)  # fmt: skip
        history.tell("feedback.lead-offered", f"lead/{LEAD}", lead_no=LEAD, case_no=CASE, unit=UNIT)
        breaks(NothingSecretIsReadable, history, "rectification.task-progressed")


@pytest.mark.req("INV-17")
class TestPublishedFigures:
    def stated(self, value: int, name: str = "problems.found") -> History:
        history = History()
        target = {"unit": UNIT, "case_no": CASE, "team_leader": TEAM_LEADER, "team_members": []}
        history.tell("feedback.round-opened", f"round/{ROUND}", round_no=ROUND, term="T1",
                     targets=[target])  # fmt: skip
        history.issued(problems=(PROBLEM, OTHER))
        positions = {"feedback": len(history.records)}
        figure = {"name": name, "value": value, "definition_version": VERSION, "term": "T1",
                  "positions": positions}  # fmt: skip
        history.tell("supervision.thematic-report-issued", "instrument/TR-1",
                     instrument_no="TR-1", figures=[figure])  # fmt: skip
        history.issued(problems=(f"{CASE}-009",))  # what comes later changes nothing
        return history

    def test_holds(self) -> None:
        holds(PublishedFiguresAgree, self.stated(2))

    def test_is_broken_by_a_figure_that_its_events_do_not_give(self) -> None:
        breaks(PublishedFiguresAgree, self.stated(7), "supervision.thematic-report-issued")

    def test_a_statistic_that_is_not_known_is_not_judged(self) -> None:
        assert self.stated(7, "no.such").result(PublishedFiguresAgree).violations == ()


@pytest.mark.req("INV-18")
class TestReopening:
    def test_holds(self) -> None:
        holds(ReopenedKeepsHistory, History().until_closed().reopened())

    def test_is_broken_by_a_skipped_cycle(self) -> None:
        history = History().until_closed().reopened(cycle=3)
        breaks(ReopenedKeepsHistory, history, CLOSED, "supervision.problem-reopened")

    def test_is_broken_when_earlier_history_is_gone(self) -> None:
        history = History().until_closed().reopened()
        lost = "supervision.supervision-completed"
        history.records = [one for one in history.records if one.record.type != lost]
        breaks(ReopenedKeepsHistory, history, "supervision.problem-reopened")


@pytest.mark.req("INV-01")
def test_order_of_arrival_does_not_matter() -> None:
    """Records of several topics arrive in any order; causal order is restored before checking."""
    history = History().until_closed()
    history.records.sort(key=lambda one: (one.record.service, one.position), reverse=True)
    assert all(history.result(invariant).violations == () for invariant in INVARIANTS)


def test_an_effect_recorded_by_a_clock_that_is_behind_still_follows_its_cause() -> None:
    history = History().until_declared()
    started = next(one for one in history.records
                   if one.record.type == "rectification.rectification-started")  # fmt: skip
    early = History()
    cause = early.tell("supervision.plan-approved", f"case/{CASE}", case_no=CASE)
    behind = early.now - timedelta(hours=1)
    early.tell("rectification.rectification-started", started.record.stream, at=behind,
               causation=cause.record.id)  # fmt: skip
    assert [one.source for one in early.known] == ["supervision", "rectification"]
