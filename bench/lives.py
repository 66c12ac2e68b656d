"""The supervision of one problem from its feedback to its closing: what a rebuild reads most of."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from shared.contracts.base import Event
from shared.contracts.supervision import (
    ClosureAccepted,
    ClosureCountersigned,
    ClosureEligible,
    ClosureOfficeApproved,
    ClosureReviewOpened,
    Cosigner,
    EntryPosted,
    EvaluationFinalised,
    Executor,
    Grade,
    Ledger,
    LedgersReconciled,
    MethodUsed,
    Milestone,
    PanelScored,
    PollClosed,
    ProblemClosed,
    ProblemState,
    SelfScored,
    SupervisionCompleted,
    SupervisionStarted,
)
from shared.eventstore.record import RecordedEvent, compose
from shared.kernel.actor import Actor, Role
from shared.kernel.context import Context

SERVICE = "supervision"
_DAY = date(2026, 3, 2)
_DIGEST = "0" * 64
_OF_CASE = {"case_no": "YL-T1R1-U01", "unit": "unit-01"}


def life(number: str) -> list[RecordedEvent]:
    """Return the records of one problem, each as version 1: `bench.filling` numbers them."""
    context = Context(
        tenant="city:yunlan",
        actor=Actor(person_ref="p-supervisor", org="office-1", role=Role.DSO),
        command="SuperviseProblem/1",
        time=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        correlation=number,
    )
    return [compose(SERVICE, f"review/{number}", 1, "", e, context) for e in _events(number)]


def _events(number: str) -> Iterator[Event]:
    yield ClosureReviewOpened(
        problem_no=number,
        **_OF_CASE,
        round_no="YL-T1R1",
        category="party-conduct",
        issued_on=_DAY,
        team_leader="p-team-leader",
        linked_office="office-1",
        resident_team="team-9",
        rectify_by=_DAY,
    )
    for state in (ProblemState.CLAIMED, ProblemState.RECTIFYING, ProblemState.DECLARED_RECTIFIED):
        yield _posted(number, state)
    for n in (1, 2):
        yield from _pair(number, n)
    yield ClosureEligible(problem_no=number, case_no="YL-T1R1-U01", cycle=1, pairs=2)
    yield _posted(number, ProblemState.CLOSURE_APPLIED)
    yield from _closing(number)


def _posted(number: str, state: ProblemState) -> EntryPosted:
    applied = state is ProblemState.CLOSURE_APPLIED
    return EntryPosted(
        problem_no=number,
        case_no="YL-T1R1-U01",
        ledgers=list(Ledger),
        milestone=next(iter(Milestone)),
        cycle=1,
        source_id="5b0c8a8e-6f0e-5d0b-9a55-6475626e2f31",
        state=state,
        application=1 if applied else None,
        signatory="p-principal" if applied else None,
        digest=_DIGEST if applied else None,
    )


def _pair(number: str, n: int) -> Iterator[Event]:
    of_pair = {"problem_no": number, "cycle": 1, "n": n}
    methods = [MethodUsed(method="on-site", evidence=[_DIGEST])]
    yield SupervisionStarted(
        **of_pair,
        visit_no=f"visit-{n}",
        executor=next(iter(Executor)),
        executor_org="group-1",
        members=["p-a", "p-b"],
    )
    yield SupervisionCompleted(**of_pair, methods=methods, finding="整改措施已落实，佐证材料齐全。")
    yield SelfScored(**of_pair, score=90)
    yield PanelScored(**of_pair, score=88)
    yield PollClosed(**of_pair, score=91, respondents=30)
    yield EvaluationFinalised(
        **of_pair,
        **_OF_CASE,
        scheme_version="scheme-1",
        executor_org="group-1",
        total=8_950,
        grade=next(iter(Grade)),
        rectify_by=_DAY,
    )


def _closing(number: str) -> Iterator[Event]:
    told = {"problem_no": number, "cycle": 1, "application": 1}
    methods = [MethodUsed(method="documents", evidence=[_DIGEST])]
    yield ClosureAccepted(**told, office="office-1", accepted_by="p-office", methods=methods)
    yield LedgersReconciled(**told, entries=6)
    yield ClosureOfficeApproved(**told, approved_by="p-approver")
    for cosigner in Cosigner:
        yield ClosureCountersigned(**told, cosigner=cosigner, signed_by="p-c", digest=_DIGEST)
    yield ProblemClosed(
        **told, **_OF_CASE, pairs=2, signatory="p-principal", digest=_DIGEST, resident_team="team-9"
    )
