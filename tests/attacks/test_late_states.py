"""A state that is told long after the records it covers is compared all the same."""

from shared.export.verification import whole_log
from shared.verifier import states
from tests.attacks.conftest import Verify
from tests.attacks.make_bundle import FEEDBACK, Files, Log, full, rectification_log
from tests.attacks.verdicts import NO, REPRODUCED, assert_answers, assert_denied

SIZE = 40


def told_late(root: str = "") -> Log:
    """Return a log whose state at an early size is told after more records than are held back."""
    log = Log(FEEDBACK)
    for number in range(SIZE):
        log.add(f"problem/P{number % 7}", "feedback.problem-drafted", problem_no=str(number))
    early = log.copy()
    early.record_state(root=root)
    told = early.streams[f"log/{FEEDBACK}"][-1]["data"]
    for number in range(max(states.HELD_BACK, whole_log.HELD_BACK) + 10):
        log.add(f"problem/P{number % 200}", "feedback.problem-substantiated", papers=[number])
    log.add(f"log/{FEEDBACK}", "log.state-recorded", **told)
    return log


def exported(log: Log) -> Files:
    """Return an export of this log and another one, with nothing disclosed."""
    files = full(log, rectification_log())
    return {name: raw for name, raw in files.items() if not name.startswith("sealed/")}


class TestALateState:
    def test_reproduces(self, verified: Verify) -> None:
        assert_answers(verified(exported(told_late())))

    def test_is_denied_when_it_is_falsified(self, verified: Verify) -> None:
        report = verified(exported(told_late("ab" * 32)))
        assert_denied(report, REPRODUCED, "state-differs")
        assert_answers(report, REPRODUCED=NO)
