"""Aggregates: a decision changes the state once, and replay changes it in the same way."""

import pytest

from shared.contracts.feedback import ProblemDraftReturned
from shared.contracts.rectification import PlanReturnNoted
from shared.eventstore.aggregate import Aggregate, applies


class Draft(Aggregate):
    KIND = "draft"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.reasons: list[str] = []

    def send_back(self, reason: str) -> None:
        self.record(ProblemDraftReturned(problem_no=self.key, reason=reason))

    @applies(ProblemDraftReturned)
    def _sent_back(self, event: ProblemDraftReturned) -> None:
        self.reasons.append(event.reason)


def test_a_decision_is_in_the_state_and_pending() -> None:
    draft = Draft("D1")
    draft.send_back("依据不足")
    assert (draft.reasons, len(draft.pending), draft.version) == (["依据不足"], 1, 0)


def test_a_replayed_event_is_in_the_state_and_not_pending() -> None:
    event = ProblemDraftReturned(problem_no="D1", reason="依据不足")
    draft = Draft("D1").replayed(event, 4, "abc")
    assert (draft.reasons, draft.pending, draft.version, draft.head) == (["依据不足"], [], 4, "abc")


def test_a_stream_is_named_by_kind_and_key() -> None:
    assert Draft("D1").stream == "draft/D1" == Draft.stream_of("D1")


def test_nothing_exists_before_its_first_event() -> None:
    draft = Draft("D1")
    assert not draft.exists
    draft.send_back("依据不足")
    assert draft.exists


def test_an_event_without_an_applier_is_a_defect() -> None:
    foreign = PlanReturnNoted(case_no="C1", plan_version=1, returned_by="office")
    with pytest.raises(KeyError):
        Draft("D1").record(foreign)
