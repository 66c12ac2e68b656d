"""How an attack states what the verifier must say."""

from shared.verifier.report import Answer, Report, Verdict

INTACT, AUTHENTIC, WITNESSED = Verdict.INTACT, Verdict.AUTHENTIC, Verdict.WITNESSED
SEEN, REPRODUCED, COMPLETE = (
    Verdict.CONSISTENT_WITH_SEEN,
    Verdict.REPRODUCED,
    Verdict.COMPLETE,
)
YES, NO, OPEN = Answer.YES, Answer.NO, Answer.NOT_CHECKED


def assert_answers(report: Report, **expected: Answer) -> None:
    """Each verdict is as given; those not named must be yes, SEEN not checked."""
    default = {verdict.name: YES for verdict in Verdict} | {"CONSISTENT_WITH_SEEN": OPEN}
    found = {verdict.name: answer for verdict, answer in report.verdicts.items()}
    assert found == default | expected, report.as_text()


def assert_denied(report: Report, verdict: Verdict, code: str) -> None:
    """This verdict is no, for this reason, and the exit code says so."""
    codes = {fault.code for fault in report.faults if fault.verdict is verdict}
    assert report.answer(verdict) is NO and code in codes, report.as_text()
    assert report.exit_code & 1 << list(Verdict).index(verdict)
