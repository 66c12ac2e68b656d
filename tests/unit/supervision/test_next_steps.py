"""Who must do what next: one answer for every state."""

import pytest

from services.supervision.read_models.next_steps import Place, next_step
from shared.contracts.supervision import Cosigner, ProblemState

S = ProblemState
AT_REST = {S.WITHDRAWN, S.REOPENED, S.ARCHIVED}


def command_at(place: Place) -> tuple[str, str]:
    step = next_step(place)
    assert step is not None
    return " ".join(step.roles), step.command


@pytest.mark.req("R199")
class TestNextStep:
    @pytest.mark.parametrize("state", sorted(set(S) - AT_REST))
    def test_every_state_on_the_way_has_one(self, state: ProblemState) -> None:
        step = next_step(Place(state))
        assert step is not None
        assert step.roles
        assert step.sentence

    @pytest.mark.parametrize("state", sorted(AT_REST))
    def test_a_state_of_rest_has_none(self, state: ProblemState) -> None:
        assert next_step(Place(state)) is None

    @pytest.mark.parametrize("state", S)
    def test_every_state_has_a_chinese_name(self, state: ProblemState) -> None:
        assert state.chinese

    @pytest.mark.req("R218")
    def test_later_pairs_are_the_linked_offices(self) -> None:
        assert command_at(Place(S.DECLARED_RECTIFIED, n=1)) == ("JSG", "StartSupervision")
        assert command_at(Place(S.DECLARED_RECTIFIED, n=2)) == ("DSO", "StartSupervision")
        assert command_at(Place(S.UNDER_SUPERVISION, n=2)) == ("DSO", "CompleteSupervision")

    @pytest.mark.req("R203")
    def test_scores_come_in_order(self) -> None:
        missing = ["self", "panel", "poll"]
        commands = [
            command_at(Place(S.UNDER_EVALUATION, missing_scores=missing[given:]))
            for given in range(4)
        ]
        assert commands == [
            ("UP", "ScoreSelf"),
            ("PAN", "ScorePanel"),
            ("OFF", "ClosePoll"),
            ("PAN", "FinaliseEvaluation"),
        ]

    @pytest.mark.req("R220")
    def test_the_missing_countersigner_is_named(self) -> None:
        def at(*signed: str) -> str:
            return command_at(Place(S.OFFICE_APPROVED, signed=list(signed)))[0]

        assert at() == "DSO TL"
        assert at(Cosigner.TEAM_LEADER) == "DSO"
        assert at(Cosigner.LINKED_OFFICE) == "TL"
