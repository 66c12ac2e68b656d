"""两单一书一报告, common problems, campaigns, evaluated rounds, urged handovers."""

from typing import Any, ClassVar

import pytest

from services.supervision.application import SupervisionApplication
from services.supervision.domain.campaigns import (
    CampaignClosedAlreadyError,
    NotTheLeadDepartmentError,
)
from services.supervision.domain.case import SupervisionCase
from services.supervision.domain.common_problems import (
    NotCommonError,
    NotConfirmableError,
    NotConfirmedError,
)
from services.supervision.domain.instruments import (
    InstrumentStateError,
    NotDecidedByError,
    NotTheInstrumentsAddresseeError,
)
from services.supervision.domain.rounds import (
    NotAPrincipalOfTheUnitError,
    NothingToHandOverError,
    OtherRoundError,
    RoundDutyDoneError,
)
from shared.contracts.base import Decision
from shared.contracts.supervision import (
    AssignmentIssued,
    CampaignOpened,
    ClosureReviewOpened,
    CommonProblemConfirmed,
    CommonProblemProposed,
    EntryCancelled,
    HandoverUrged,
    InstrumentHandled,
    InstrumentKind,
    InstrumentReceived,
    Ledger,
    LedgerOpened,
    RoundEvaluated,
    StatedFigure,
    SuggestionLetterIssued,
    ThematicReportIssued,
)
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import ConflictError, NotFoundError
from tests.support.in_memory import NOON, InMemoryUnitOfWork
from tests.unit.supervision.stories import DECISION, INSPECTION_OFFICE, PAPER

OFFICE = INSPECTION_OFFICE
FINANCE = Actor(person_ref="p-fun", org="yunlan-finance", role=Role.FUN)
COMMITTEE = Decision(document_no="YLC-1", decided_on=DECISION.decided_on, forum="committee")
TODAY = NOON.date()
CASE, OTHER = "C-1", "C-2"
FIGURE = StatedFigure(
    name="problems.found", value=2, definition_version="issued-1", positions={"feedback": 9}
)
application = SupervisionApplication()


class City:
    """Two cases of two units in one round, one problem each; a third of another round."""

    def __init__(self) -> None:
        self.uow = InMemoryUnitOfWork("supervision", actor=OFFICE)
        for opened in ((CASE, "u-1", "R1"), (OTHER, "u-2", "R1"), ("C-3", "u-3", "R2")):
            self._opened(*opened)

    def _opened(self, case_no: str, unit: str, round_no: str) -> None:
        number = f"{case_no}-001"
        ledgers = [
            LedgerOpened(
                case_no=case_no, ledger=ledger, unit=unit, round_no=round_no, problem_nos=[number]
            )
            for ledger in Ledger
        ]
        review = ClosureReviewOpened(
            problem_no=number, case_no=case_no, round_no=round_no, unit=unit, category="C",
            issued_on=TODAY, team_leader="p-tl", linked_office="o-3", resident_team="o-7",
            rectify_by=TODAY,
        )  # fmt: skip
        self.uow.given(f"case/{case_no}", *ledgers).given(f"review/{number}", review)

    def does(self, use_case: str, *args: Any, actor: Actor = OFFICE, **facts: Any) -> list[Any]:
        self.uow = self.uow.acting(as_=actor)
        getattr(application, use_case)(self.uow, *args, **facts)
        return list(self.uow.recorded)

    def proposed(self) -> "City":
        members = [f"{CASE}-001", f"{OTHER}-001"]
        self.does("propose_common", "CP-1", title="账外资金", problem_nos=members)
        return self

    def confirmed(self) -> "City":
        self.proposed().does("confirm_common", "CP-1", decision=COMMITTEE)
        return self


class TestCommonProblem:
    @pytest.mark.req("R244")
    def test_is_proposed_with_units_and_confirmed_by_the_committee(self) -> None:
        city = City()
        facts: dict[str, Any] = {
            "title": "账外资金",
            "problem_nos": [f"{OTHER}-001", f"{CASE}-001"],
        }
        assert city.does("propose_common", "CP-1", **facts) == [
            CommonProblemProposed(
                common_no="CP-1", title="账外资金", problem_nos=[f"{CASE}-001", f"{OTHER}-001"],
                units=["u-1", "u-2"],
            )
        ]  # fmt: skip
        assert city.does("confirm_common", "CP-1", decision=COMMITTEE) == [
            CommonProblemConfirmed(common_no="CP-1", confirmed_on=TODAY, decision=COMMITTEE)
        ]
        with pytest.raises(NotConfirmableError):
            city.does("confirm_common", "CP-1", decision=COMMITTEE)

    def test_of_one_unit_is_not_common(self) -> None:
        with pytest.raises(NotCommonError):
            City().does("propose_common", "CP-1", title="x", problem_nos=[f"{CASE}-001"])

    def test_of_an_unknown_problem_is_refused(self) -> None:
        with pytest.raises(NotFoundError):
            City().does("propose_common", "CP-1", title="x", problem_nos=["C-9-001"])

    def test_is_not_confirmed_by_the_leading_group(self) -> None:
        with pytest.raises(NotConfirmableError):
            City().proposed().does("confirm_common", "CP-1", decision=DECISION)


class TestInstruments:
    ISSUE: ClassVar[dict[str, Any]] = {"addressee": FINANCE.org}

    @pytest.mark.req("R236", "R237")
    def test_assignments_rest_on_the_secretarys_meeting_or_a_confirmed_common_problem(self) -> None:
        city = City().confirmed()
        meeting = COMMITTEE.model_copy(update={"forum": "secretary-special-meeting"})
        (named,) = city.does("assign_named", "AS-1", basis="M-1", decision=meeting, **self.ISSUE)
        assert isinstance(named, AssignmentIssued)
        assert named.kind is InstrumentKind.ASSIGNMENT_PERSONS_AND_MATTERS
        (common,) = city.does(
            "assign_common", "AS-2", common_no="CP-1", decision=COMMITTEE, **self.ISSUE
        )
        assert (common.kind, common.basis) == (InstrumentKind.ASSIGNMENT_COMMON_PROBLEM, "CP-1")

    def test_assignments_without_their_ground_are_refused(self) -> None:
        city = City().proposed()
        with pytest.raises(NotConfirmedError):
            city.does("assign_common", "AS-2", common_no="CP-1", decision=COMMITTEE, **self.ISSUE)
        with pytest.raises(NotDecidedByError):
            city.does("assign_named", "AS-1", basis="M-1", decision=DECISION, **self.ISSUE)

    @pytest.mark.req("R238", "R240")
    def test_letters_and_reports_rest_on_the_leading_group(self) -> None:
        city = City()
        facts: dict[str, Any] = {"digest": PAPER, "decision": DECISION, **self.ISSUE}
        (letter,) = city.does("send_letter", "SL-1", **facts)
        (report,) = city.does("issue_report", "TR-1", figures=[FIGURE], **facts)
        assert isinstance(letter, SuggestionLetterIssued)
        assert isinstance(report, ThematicReportIssued)
        assert report.figures == [FIGURE]
        with pytest.raises(NotDecidedByError):
            city.does("send_letter", "SL-2", **{**facts, "decision": COMMITTEE})
        with pytest.raises(ConflictError):
            city.does("issue_report", "SL-1", figures=[], **facts)

    @pytest.mark.req("R239")
    def test_are_received_and_then_handled_by_their_addressee(self) -> None:
        city = City()
        city.does("send_letter", "SL-1", digest=PAPER, decision=DECISION, **self.ISSUE)
        kind = InstrumentKind.SUGGESTION_LETTER
        with pytest.raises(NotTheInstrumentsAddresseeError):
            city.does("receive_instrument", "SL-1")
        with pytest.raises(InstrumentStateError):
            city.does("handle_instrument", "SL-1", answer=PAPER, actor=FINANCE)
        assert city.does("receive_instrument", "SL-1", actor=FINANCE) == [
            InstrumentReceived(instrument_no="SL-1", kind=kind, received_by=FINANCE.person_ref)
        ]
        assert city.does("handle_instrument", "SL-1", answer=PAPER, actor=FINANCE) == [
            InstrumentHandled(instrument_no="SL-1", kind=kind, answer=PAPER)
        ]
        with pytest.raises(InstrumentStateError):
            city.does("receive_instrument", "SL-1", actor=FINANCE)


class TestCampaign:
    OPEN: ClassVar[dict[str, Any]] = {
        "field": "FINANCE",
        "lead_department": FINANCE.org,
        "decision": DECISION,
    }

    @pytest.mark.req("R245")
    def test_is_opened_on_confirmed_problems_and_closed_by_its_department(self) -> None:
        city = City().confirmed()
        (opened,) = city.does("open_campaign", "CA-1", common_nos=["CP-1"], **self.OPEN)
        assert isinstance(opened, CampaignOpened)
        assert (opened.initiator, opened.common_nos) == (OFFICE.org, ["CP-1"])
        with pytest.raises(NotTheLeadDepartmentError):
            city.does("close_campaign", "CA-1", report=PAPER)
        city.does("close_campaign", "CA-1", report=PAPER, actor=FINANCE)
        with pytest.raises(CampaignClosedAlreadyError):
            city.does("close_campaign", "CA-1", report=PAPER, actor=FINANCE)

    def test_rests_on_no_mere_proposal(self) -> None:
        with pytest.raises(NotConfirmedError):
            City().proposed().does("open_campaign", "CA-1", common_nos=["CP-1"], **self.OPEN)


class TestRound:
    @pytest.mark.req("R209")
    def test_is_evaluated_once_over_its_cases(self) -> None:
        city = City()
        facts: dict[str, Any] = {"case_nos": [CASE, OTHER], "report": PAPER}
        assert city.does("evaluate_round", "R1", **facts) == [
            RoundEvaluated(round_no="R1", case_nos=[CASE, OTHER], evaluated_on=TODAY, report=PAPER)
        ]
        with pytest.raises(RoundDutyDoneError):
            city.does("evaluate_round", "R1", **facts)

    @pytest.mark.parametrize("case_nos", [["C-3"], [CASE, CASE], []])
    def test_is_not_evaluated_over_other_cases(self, case_nos: list[str]) -> None:
        with pytest.raises(OtherRoundError):
            City().does("evaluate_round", "R1", case_nos=case_nos, report=PAPER)


class TestHandover:
    @pytest.mark.req("R142")
    def test_is_urged_and_urged_again(self) -> None:
        city = City()
        facts: dict[str, Any] = {"principal": "p-old", "principals": {"p-old", "p-new"}}
        city.does("urge_handover", CASE, **facts)
        assert city.does("urge_handover", CASE, **facts) == [
            HandoverUrged(case_no=CASE, unit="u-1", principal="p-old", urge=2, urged_on=TODAY)
        ]

    def test_is_a_principals_and_only_while_problems_are_open(self) -> None:
        city = City()
        with pytest.raises(NotAPrincipalOfTheUnitError):
            city.does("urge_handover", CASE, principal="p-x", principals={"p-old"})
        settled = EntryCancelled(case_no=CASE, problem_no=f"{CASE}-001")
        city.uow.given(SupervisionCase.stream_of(CASE), settled)
        with pytest.raises(NothingToHandOverError):
            city.does("urge_handover", CASE, principal="p-old", principals={"p-old"})
