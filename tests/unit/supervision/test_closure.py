"""Closing a problem: order, guards, signatures, returns, lapse; then watch, archive, reopening."""

from datetime import date
from typing import Any

import pytest

from services.supervision.domain.closure import (
    AlreadyCountersignedError,
    OnlyDocumentsSeenError,
)
from services.supervision.domain.reopening import NotTheReceiverOfTheWatchError
from services.supervision.domain.review import ImpossibleMilestoneError, WrongStateError
from shared.contracts import rectification
from shared.contracts.base import Event
from shared.contracts.supervision import (
    ClosureReturned,
    ProblemClosed,
    ProblemReopened,
    ProblemState,
    Returner,
)
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import ForbiddenError, GuardFailedError
from tests.unit.supervision.stories import (
    CASE,
    DECISION,
    DOCUMENTS,
    INSPECTION_OFFICE,
    JOINT_GROUP,
    LEADING_GROUP,
    OFFICE_3,
    OFFICE_5,
    PAPER,
    PRINCIPAL,
    PROBLEM,
    RESIDENT,
    RESIDENT_TEAM,
    TEAM_LEADER,
    YESTERDAY,
    Story,
    returns,
    types,
)


def lapsed(application: int = 1, cycle: int = 1) -> Event:
    return rectification.ClosureSignatureLapsed(
        problem_no=PROBLEM,
        case_no=CASE,
        cycle=cycle,
        application=application,
        former_signatory=PRINCIPAL.person_ref,
    )


@pytest.mark.req("T26")
class TestApplication:
    def test_lies_before_the_linked_office(self) -> None:
        story = Story().until_applied()
        assert story.review.state is ProblemState.CLOSURE_APPLIED
        assert story.review.signatory == PRINCIPAL.person_ref

    def test_an_impossible_one_is_parked(self) -> None:
        with pytest.raises(ImpossibleMilestoneError):
            Story().until_declared().applied()


@pytest.mark.req("T28")
@pytest.mark.req("R219")
class TestAcceptClosure:
    def test_the_linked_office_accepts(self) -> None:
        story = Story().until_applied()
        assert types(story.accepts()) == ["closure-accepted"]
        assert story.review.state is ProblemState.CLOSURE_ACCEPTED

    @pytest.mark.req("R222")
    def test_refuses_who_saw_only_documents(self) -> None:
        with pytest.raises(OnlyDocumentsSeenError):
            Story().until_applied().accepts(methods=[DOCUMENTS])

    @pytest.mark.req("G18")
    def test_refuses_an_office_that_is_not_linked(self) -> None:
        for stranger in (OFFICE_5, JOINT_GROUP):
            with pytest.raises(GuardFailedError, match="G18"):
                Story().until_applied().accepts(stranger)

    @pytest.mark.req("G19")
    @pytest.mark.req("R214")
    @pytest.mark.req("INV-08")
    def test_waits_for_disposal_and_pursuit_of_person_or_matter(self) -> None:
        story = Story().until_applied(concerns=True)
        with pytest.raises(GuardFailedError, match="G19"):
            story.accepts()
        story.lead_concluded(pursuit_known=False)
        with pytest.raises(GuardFailedError, match="G19"):
            story.accepts()

        story.lead_concluded()

        assert types(story.accepts()) == ["closure-accepted"]

    def test_refuses_before_the_application(self) -> None:
        with pytest.raises(WrongStateError):
            Story().until_declared().first_pair().next_pair().accepts()


@pytest.mark.req("T30")
class TestApproveClosure:
    @pytest.mark.req("R219")
    def test_follows_the_acceptance(self) -> None:
        assert Story().until_approved().review.state is ProblemState.OFFICE_APPROVED

    @pytest.mark.req("G22")
    def test_cannot_skip_the_acceptance(self) -> None:
        with pytest.raises(WrongStateError):
            Story().until_applied().does(INSPECTION_OFFICE, "approve_closure")


@pytest.mark.req("T31")
@pytest.mark.req("R220")
@pytest.mark.req("G22")
class TestCountersignClosure:
    @pytest.mark.req("X11")
    def test_the_second_signature_closes_the_problem(self) -> None:
        story = Story().until_approved()
        assert types(story.countersigns(TEAM_LEADER)) == ["closure-countersigned"]

        recorded = story.countersigns(OFFICE_3)

        assert types(recorded) == [
            "closure-countersigned",
            "problem-closed",
            "long-term-watch-offered",
            "entry-cancelled",
        ]
        assert isinstance(recorded[1], ProblemClosed)
        assert (recorded[1].pairs, recorded[1].application) == (2, 1)

    def test_refuses_the_same_signer_twice(self) -> None:
        story = Story().until_approved()
        story.countersigns(OFFICE_3)
        with pytest.raises(AlreadyCountersignedError):
            story.countersigns(OFFICE_3)

    def test_refuses_one_person_in_two_offices(self) -> None:
        story = Story().until_approved()
        story.countersigns(OFFICE_3.model_copy(update={"person_ref": TEAM_LEADER.person_ref}))
        with pytest.raises(GuardFailedError, match="G22"):
            story.countersigns(TEAM_LEADER)

    def test_refuses_other_content(self) -> None:
        with pytest.raises(GuardFailedError, match="G22"):
            Story().until_approved().countersigns(OFFICE_3, digest=PAPER)

    def test_refuses_another_leader_and_another_office(self) -> None:
        other = TEAM_LEADER.model_copy(update={"person_ref": "p-team-leader-2"})
        for stranger in (other, OFFICE_5, RESIDENT_TEAM):
            with pytest.raises(GuardFailedError, match="G22"):
                Story().until_approved().countersigns(stranger)

    def test_refuses_before_the_office_approved(self) -> None:
        story = Story().until_applied()
        story.accepts()
        with pytest.raises(GuardFailedError, match="G22"):
            story.countersigns(OFFICE_3)

    @pytest.mark.req("G21")
    @pytest.mark.req("G20")
    @pytest.mark.req("INV-04")
    def test_refuses_when_the_signatory_is_principal_no_longer(self) -> None:
        for principal in ("p-up-successor", None):
            with pytest.raises(GuardFailedError, match="G21"):
                Story().until_approved().countersigns(OFFICE_3, principal=principal)


@pytest.mark.req("R217")
class TestReturnClosure:
    @pytest.mark.req("T27")
    def test_the_linked_office_returns_an_application(self) -> None:
        story = Story().until_applied()
        (returned,) = story.does(OFFICE_3, "return_closure", **returns())
        assert isinstance(returned, ClosureReturned)
        assert returned.returned_by is Returner.LINKED_OFFICE
        assert story.review.state is ProblemState.RE_RECTIFYING

    @pytest.mark.req("T29")
    def test_the_inspection_office_returns_an_acceptance(self) -> None:
        story = Story().until_applied()
        story.accepts()
        (returned,) = story.does(INSPECTION_OFFICE, "return_closure", **returns())
        assert isinstance(returned, ClosureReturned)
        assert returned.returned_by is Returner.OFFICE

    @pytest.mark.req("T32")
    def test_a_countersigner_refuses(self) -> None:
        story = Story().until_approved()
        story.countersigns(OFFICE_3)
        (returned,) = story.does(TEAM_LEADER, "refuse_countersignature", **returns())
        assert isinstance(returned, ClosureReturned)
        assert returned.returned_by is Returner.COSIGNER

    def test_the_next_application_needs_all_signatures_again(self) -> None:
        story = Story().until_approved()
        story.countersigns(OFFICE_3)
        story.does(TEAM_LEADER, "refuse_countersignature", **returns())
        story.next_pair().applied().accepts()
        story.does(INSPECTION_OFFICE, "approve_closure")

        assert types(story.countersigns(TEAM_LEADER)) == ["closure-countersigned"]
        assert story.review.application == 2

    def test_refuses_whose_step_it_is_not(self) -> None:
        with pytest.raises(GuardFailedError, match="G18"):
            Story().until_applied().does(INSPECTION_OFFICE, "return_closure", **returns())
        story = Story().until_applied()
        story.accepts()
        with pytest.raises(ForbiddenError):
            story.does(OFFICE_3, "return_closure", **returns())
        with pytest.raises(WrongStateError):
            story.does(TEAM_LEADER, "refuse_countersignature", **returns())


@pytest.mark.req("T39")
class TestSignatureLapsed:
    def test_brings_the_problem_back_to_eligible(self) -> None:
        story = Story().until_approved()
        story.hears(lapsed(), f"problem/{PROBLEM}")
        assert story.review.state is ProblemState.CLOSURE_ELIGIBLE
        assert story.applied().review.state is ProblemState.CLOSURE_APPLIED

    def test_of_an_earlier_application_is_only_noted(self) -> None:
        story = Story().until_approved()
        story.hears(lapsed(application=7), f"problem/{PROBLEM}")
        assert story.review.state is ProblemState.OFFICE_APPROVED

    def test_comes_too_late_for_a_closed_problem(self) -> None:
        story = Story().until_closed()
        story.hears(lapsed(), f"problem/{PROBLEM}")
        assert story.review.state is ProblemState.CLOSED


WATCH: dict[str, Any] = {"resident_team": RESIDENT, "until": YESTERDAY}


class TestAfterClosing:
    @pytest.mark.req("T33")
    @pytest.mark.req("T36")
    def test_the_resident_team_watches_and_archives(self) -> None:
        story = Story().until_closed()

        assert types(story.does(RESIDENT_TEAM, "accept_watch", **WATCH)) == [
            "long-term-watch-started"
        ]
        story.does(INSPECTION_OFFICE, "check_file", documents=12)
        recorded = story.does(RESIDENT_TEAM, "archive", documents=12)

        assert types(recorded) == ["case-file-archived"]
        assert story.review.state is ProblemState.ARCHIVED

    @pytest.mark.req("T33")
    def test_refuses_another_team(self) -> None:
        other = Actor(person_ref="p-resident-2", org="yunlan-resident-9", role=Role.RDT)
        story = Story().until_closed()
        with pytest.raises(NotTheReceiverOfTheWatchError):
            story.does(other, "accept_watch", **WATCH)
        story.does(RESIDENT_TEAM, "accept_watch", **WATCH)
        with pytest.raises(NotTheReceiverOfTheWatchError):
            story.does(other, "archive", documents=12)

    @pytest.mark.req("T33")
    def test_refuses_a_watch_over_an_open_problem(self) -> None:
        with pytest.raises(WrongStateError):
            Story().until_approved().does(
                RESIDENT_TEAM, "accept_watch", resident_team=RESIDENT, until=YESTERDAY
            )

    @pytest.mark.req("T36")
    def test_refuses_to_archive_an_unwatched_problem(self) -> None:
        with pytest.raises(WrongStateError):
            Story().until_closed().does(RESIDENT_TEAM, "archive", documents=12)


@pytest.mark.req("T34")
@pytest.mark.req("R231")
@pytest.mark.req("G25")
class TestReopen:
    @pytest.mark.req("INV-18")
    def test_begins_a_new_cycle_under_the_same_number(self) -> None:
        story = Story().until_closed()

        reopened = story.reopens()[0]

        assert isinstance(reopened, ProblemReopened)
        assert (reopened.problem_no, reopened.cycle) == (PROBLEM, 2)
        assert reopened.decision == DECISION
        assert (story.review.pairs, story.review.state) == ([], ProblemState.RE_RECTIFYING)

    @pytest.mark.req("G17")
    def test_counts_pairs_of_the_new_cycle_only(self) -> None:
        story = Story().until_closed()
        story.reopens()
        story.cycle, story.applications = 2, 0

        story.declared().first_pair()
        assert story.review.state is ProblemState.RE_RECTIFYING

        story.next_pair().applied().accepts()
        story.does(INSPECTION_OFFICE, "approve_closure")
        story.countersigns(OFFICE_3)
        assert types(story.countersigns(TEAM_LEADER))[:2] == [
            "closure-countersigned",
            "problem-closed",
        ]

    def test_an_archived_problem_stays_reopenable(self) -> None:
        story = Story().until_closed()
        story.does(RESIDENT_TEAM, "accept_watch", **WATCH)
        story.does(INSPECTION_OFFICE, "check_file", documents=12)
        story.does(RESIDENT_TEAM, "archive", documents=12)
        assert types(story.reopens(LEADING_GROUP))[0] == "problem-reopened"

    def test_refuses_an_open_problem(self) -> None:
        with pytest.raises(WrongStateError):
            Story().until_approved().reopens()

    @pytest.mark.req("T35")
    def test_the_new_date_stands(self) -> None:
        story = Story().until_closed()
        story.reopens()
        assert story.review.rectify_by == date(2026, 9, 1)
