"""One evaluation, one circular, or the overdue list; and draws that anybody can draw again."""

from datetime import date, timedelta
from typing import Any, ClassVar

import pytest

from services.supervision.domain.instruments import NotDecidedByError
from services.supervision.domain.rounds import (
    Circular,
    NotEvaluatedError,
    NotOverdueError,
    RoundDutyDoneError,
)
from services.supervision.domain.surprise_draws import (
    DrawnAlreadyError,
    PopulationTooSmallError,
    SameHandDrawsError,
)
from services.supervision.policies import reactions
from shared.contracts.feedback import RoundFedBack
from shared.contracts.supervision import (
    CircularIssued,
    PopulationFrozen,
    RoundCompletionNoted,
    RoundDuty,
    RoundListedOverdue,
    SurpriseDrawn,
)
from shared.contracts.surprise_draw import ALGORITHM, selection
from shared.kernel.errors import ConflictError, NotFoundError
from tests.support.in_memory import delivered
from tests.unit.supervision.stories import DECISION, LEADING_GROUP, PAPER
from tests.unit.supervision.test_instruments import (
    CASE,
    COMMITTEE,
    OFFICE,
    OTHER,
    TODAY,
    City,
    application,
)

CIRCULAR = Circular("TB-1", PAPER, good_units=["u-1"], poor_units=["u-2"])
FED_BACK = RoundFedBack(round_no="R1", completed_on=TODAY - timedelta(days=90))
DUE = TODAY - timedelta(days=1)
SEED = "5e" * 32
MEMBERS = [f"{CASE}-001", f"{OTHER}-001", "C-3-001"]


def fed_back(city: City) -> City:
    city.uow = city.uow.acting(as_=OFFICE)
    heard = delivered(FED_BACK, stream="round/R1")
    for reaction in reactions.to(FED_BACK.TYPE):
        reaction(application, city.uow, heard)
    return city


def evaluated(city: City) -> City:
    city.does("evaluate_round", "R1", case_nos=[CASE, OTHER], report=PAPER)
    return city


def listed(city: City, due: date = DUE) -> list[Any]:
    return city.does("list_overdue_round", "R1", due=due)


@pytest.mark.req("R209")
class TestCircular:
    ISSUE: ClassVar[dict[str, Any]] = {"circular": CIRCULAR, "decision": DECISION}

    @pytest.mark.req("R194")
    def test_tells_of_an_evaluated_round_once(self) -> None:
        city = evaluated(City())
        assert city.does("issue_circular", "R1", **self.ISSUE) == [
            CircularIssued(
                round_no="R1", circular_no="TB-1", issued_on=TODAY, decision=DECISION,
                digest=PAPER, good_units=["u-1"], poor_units=["u-2"],
            )
        ]  # fmt: skip
        with pytest.raises(RoundDutyDoneError):
            city.does("issue_circular", "R1", **self.ISSUE)

    def test_waits_for_the_evaluation(self) -> None:
        with pytest.raises(NotEvaluatedError):
            fed_back(City()).does("issue_circular", "R1", **self.ISSUE)

    def test_is_decided_by_the_leading_group(self) -> None:
        with pytest.raises(NotDecidedByError):
            evaluated(City()).does(
                "issue_circular", "R1", circular=CIRCULAR, decision=COMMITTEE
            )  # fmt: skip


@pytest.mark.req("R209")
class TestOverdueList:
    def test_a_round_is_noted_once_when_it_is_fed_back(self) -> None:
        city = fed_back(City())
        noted = RoundCompletionNoted(round_no="R1", completed_on=FED_BACK.completed_on)
        assert city.uow.recorded == [noted]
        assert fed_back(city).uow.recorded == []
        assert application.round_completed_on(city.uow, "R1") == FED_BACK.completed_on

    def test_names_what_is_lacking_after_the_due_date(self) -> None:
        city = fed_back(City())
        both = [RoundDuty.EVALUATION, RoundDuty.CIRCULAR]
        assert listed(city) == [RoundListedOverdue(round_no="R1", due=DUE, lacks=both)]
        with pytest.raises(NotOverdueError):
            listed(city)
        again = [RoundListedOverdue(round_no="R1", due=DUE, lacks=[RoundDuty.CIRCULAR])]
        assert listed(evaluated(city)) == again

    def test_is_not_for_a_round_that_is_in_time_done_or_not_fed_back(self) -> None:
        with pytest.raises(NotOverdueError):
            listed(fed_back(City()), due=TODAY)
        done = evaluated(fed_back(City()))
        done.does("issue_circular", "R1", circular=CIRCULAR, decision=DECISION)
        with pytest.raises(NotOverdueError):
            listed(done)
        early = evaluated(City())
        with pytest.raises(NotOverdueError):
            application.round_completed_on(early.uow, "R1")


@pytest.mark.req("R177", "INV-22")
class TestSurpriseDraw:
    FREEZE: ClassVar[dict[str, Any]] = {"population": MEMBERS, "size": 2}
    DRAW: ClassVar[dict[str, Any]] = {"seed": SEED, "seed_source": "领导小组会上摇号"}

    def test_freezes_the_population_before_the_seed_selects(self) -> None:
        city = City()
        assert city.does("freeze_population", "D-1", **self.FREEZE) == [
            PopulationFrozen(
                draw_no="D-1", population=sorted(MEMBERS), size=2, frozen_by=OFFICE.person_ref
            )
        ]
        assert city.does("draw_surprise", "D-1", **self.DRAW, actor=LEADING_GROUP) == [
            SurpriseDrawn(
                draw_no="D-1", algorithm=ALGORITHM, seed=SEED,
                seed_source=self.DRAW["seed_source"], selection=selection(SEED, MEMBERS, 2),
                drawn_by=LEADING_GROUP.person_ref,
            )
        ]  # fmt: skip

    def test_is_drawn_once_and_by_another_person(self) -> None:
        city = City()
        city.does("freeze_population", "D-1", **self.FREEZE)
        with pytest.raises(ConflictError):
            city.does("freeze_population", "D-1", **self.FREEZE)
        with pytest.raises(SameHandDrawsError):
            city.does("draw_surprise", "D-1", **self.DRAW)
        city.does("draw_surprise", "D-1", **self.DRAW, actor=LEADING_GROUP)
        with pytest.raises(DrawnAlreadyError):
            city.does("draw_surprise", "D-1", **self.DRAW, actor=LEADING_GROUP)

    @pytest.mark.parametrize("change", [{"size": 3}, {"population": MEMBERS[:1] * 2}])
    def test_leaves_something_to_chance(self, change: dict[str, Any]) -> None:
        with pytest.raises(PopulationTooSmallError):
            City().does("freeze_population", "D-1", **{**self.FREEZE, **change})

    def test_draws_from_problems_that_were_fed_back(self) -> None:
        with pytest.raises(NotFoundError):
            City().does("freeze_population", "D-1", population=["C-9-001", *MEMBERS], size=2)
