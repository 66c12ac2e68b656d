"""What the events tell about a problem under rectification: state and appliers, no decision."""

from dataclasses import dataclass
from datetime import date

from shared.contracts.base import Event
from shared.contracts.rectification import (
    AuthenticityPledged,
    BlockerRaised,
    BlockerResolved,
    ClosureApplied,
    ClosureEligibilityNoted,
    ClosureNoted,
    ClosureReportSigned,
    ClosureSignatureLapsed,
    CompletionVoided,
    DeadlineExtended,
    DisposalNoted,
    DocumentArchived,
    EffectRecorded,
    InstitutionChange,
    InstitutionChanged,
    LoopholeClosed,
    NilItemsConfirmed,
    ObjectionNoted,
    OrderCause,
    PledgeVoided,
    ProblemClaimed,
    ProblemDeclaredRectified,
    ProblemReceived,
    ProblemState,
    ProblemStopped,
    RectificationOverdue,
    RectificationStarted,
    ReRectificationOrdered,
    ResultsRecorded,
    TaskCompleted,
    TaskProgressed,
    TasksRevised,
)
from shared.contracts.rectification_content import content_digest
from shared.eventstore.aggregate import Aggregate, applies


@dataclass(frozen=True)
class Pledge:
    """A pledge that stands: who gave it in which cycle, and on which content."""

    cycle: int
    signatory: str
    digest: str


class ProblemHistory(Aggregate):
    """The stream `problem/<problem_no>`, replayed."""

    KIND = "problem"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.state = ProblemState.EXPECTED
        self.case_no = ""
        self.unit = ""
        self.issued_on = date.min
        self.concerns_person_or_matter = False
        self.cycle = 1
        self.rectify_by = date.max
        self.deadline_version = 0
        self.overdue_version = 0
        self.work: dict[str, bool] = {}
        self.needs_nil_confirmation = False
        self.effects = 0
        self.documents: set[str] = set()
        self.results: ResultsRecorded | None = None
        self.loopholes: set[str] = set()
        self.institutions: set[tuple[str, InstitutionChange]] = set()
        self.content = ""
        self.pledge: Pledge | None = None
        self.declarations = 0
        self.open_blockers: set[str] = set()
        self.blockers: set[str] = set()
        self.objections: dict[str, bool] = {}
        self.disposal_known = False
        self.pursuit_known = False
        self.eligibility: ClosureEligibilityNoted | None = None
        self.application = 0
        self.signatory = ""
        self.wording_version = 1

    def _apply(self, event: Event) -> None:
        super()._apply(event)
        self.content = content_digest(self.content, event)

    @property
    def open_objections(self) -> int:
        return sum(self.objections.values())

    @property
    def open_work(self) -> list[str]:
        """The tasks and residual items that are not done."""
        return [work_no for work_no, is_done in self.work.items() if not is_done]

    @applies(ProblemReceived)
    def _received(self, event: ProblemReceived) -> None:
        if self.state is ProblemState.EXPECTED:
            self.state = ProblemState.ISSUED
        self.case_no, self.unit = event.case_no, event.unit
        self.issued_on, self.rectify_by = event.issued_on, event.rectify_by
        self.concerns_person_or_matter = event.concerns_person_or_matter

    @applies(ProblemClaimed)
    def _claimed(self, _: ProblemClaimed) -> None:
        self.state = ProblemState.CLAIMED

    @applies(ProblemStopped)
    def _stopped(self, _: ProblemStopped) -> None:
        self.state = ProblemState.WITHDRAWN

    @applies(ObjectionNoted)
    def _objection_noted(self, event: ObjectionNoted) -> None:
        self.objections[event.objection_no] = event.is_open

    @applies(TasksRevised)
    def _tasks_revised(self, event: TasksRevised) -> None:
        self.wording_version = event.wording_version

    @applies(RectificationStarted)
    def _started(self, event: RectificationStarted) -> None:
        self.state = ProblemState.RECTIFYING
        self.work = {task.task_no: False for task in event.tasks}
        self.rectify_by, self.deadline_version = event.rectify_by, event.deadline_version

    @applies(TaskProgressed)
    def _progressed(self, _: TaskProgressed) -> None:
        """Progress changes the content only."""

    @applies(TaskCompleted)
    def _completed(self, event: TaskCompleted) -> None:
        self.work[event.task_no] = True

    @applies(DeadlineExtended)
    def _deadline_extended(self, event: DeadlineExtended) -> None:
        self.rectify_by, self.deadline_version = event.rectify_by, event.deadline_version

    @applies(RectificationOverdue)
    def _overdue(self, event: RectificationOverdue) -> None:
        self.overdue_version = event.deadline_version

    @applies(BlockerRaised)
    def _blocker_raised(self, event: BlockerRaised) -> None:
        self.blockers.add(event.blocker_no)
        self.open_blockers.add(event.blocker_no)

    @applies(BlockerResolved)
    def _blocker_resolved(self, event: BlockerResolved) -> None:
        self.open_blockers.discard(event.blocker_no)

    @applies(EffectRecorded)
    def _effect_recorded(self, _: EffectRecorded) -> None:
        self.effects += 1

    @applies(DocumentArchived)
    def _document_archived(self, event: DocumentArchived) -> None:
        self.documents.add(event.document_no)

    @applies(ResultsRecorded)
    def _results_recorded(self, event: ResultsRecorded) -> None:
        self.results = event

    @applies(LoopholeClosed)
    def _loophole_closed(self, event: LoopholeClosed) -> None:
        self.loopholes.add(event.loophole_no)

    @applies(InstitutionChanged)
    def _institution_changed(self, event: InstitutionChanged) -> None:
        self.institutions.add((event.document_no, event.change))

    @applies(NilItemsConfirmed)
    def _nil_items_confirmed(self, _: NilItemsConfirmed) -> None:
        self.needs_nil_confirmation = False

    @applies(AuthenticityPledged)
    def _pledged(self, event: AuthenticityPledged) -> None:
        self.pledge = Pledge(event.cycle, event.signatory, event.digest)

    @applies(PledgeVoided)
    def _pledge_voided(self, _: PledgeVoided) -> None:
        self.pledge = None

    @applies(ProblemDeclaredRectified)
    def _declared(self, event: ProblemDeclaredRectified) -> None:
        self.state = ProblemState.DECLARED_RECTIFIED
        self.declarations = event.declaration

    @applies(CompletionVoided)
    def _completion_voided(self, _: CompletionVoided) -> None:
        self.work = dict.fromkeys(self.work, False)

    @applies(ReRectificationOrdered)
    def _ordered(self, event: ReRectificationOrdered) -> None:
        if event.cycle > self.cycle:
            self.eligibility, self.application, self.pledge = None, 0, None
        self.state, self.cycle = ProblemState.RE_RECTIFYING, event.cycle
        self.work |= {item.item_no: False for item in event.items}
        is_nil = not event.items and event.cause is not OrderCause.SHAM
        self.needs_nil_confirmation = is_nil
        self.rectify_by, self.deadline_version = event.rectify_by, event.deadline_version

    @applies(ClosureEligibilityNoted)
    def _eligibility_noted(self, event: ClosureEligibilityNoted) -> None:
        self.state, self.eligibility = ProblemState.CLOSURE_ELIGIBLE, event

    @applies(DisposalNoted)
    def _disposal_noted(self, event: DisposalNoted) -> None:
        self.disposal_known, self.pursuit_known = event.disposal_known, event.pursuit_known

    @applies(ClosureReportSigned)
    def _report_signed(self, event: ClosureReportSigned) -> None:
        self.signatory = event.signatory

    @applies(ClosureApplied)
    def _closure_applied(self, event: ClosureApplied) -> None:
        self.state, self.application = ProblemState.CLOSURE_APPLIED, event.application

    @applies(ClosureSignatureLapsed)
    def _signature_lapsed(self, _: ClosureSignatureLapsed) -> None:
        self.state, self.signatory = ProblemState.CLOSURE_ELIGIBLE, ""

    @applies(ClosureNoted)
    def _closed(self, _: ClosureNoted) -> None:
        self.state = ProblemState.CLOSED
