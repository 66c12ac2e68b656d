"""After closing: long-term watch (长期监督), archive (归档), and reopening (重启)."""

from datetime import date

from services.supervision.domain.closure import ClosingProblem
from services.supervision.domain.grounds import require_decision
from services.supervision.domain.review import CLOSED_STATES, S
from shared.contracts.base import Decision
from shared.contracts.rectification import ResidualItem
from shared.contracts.supervision import (
    CaseFileArchived,
    CaseFileChecked,
    LongTermWatchOffered,
    LongTermWatchStarted,
    ProblemReopened,
    ReopeningFinding,
    ReopeningGround,
)
from shared.eventstore.aggregate import applies
from shared.kernel.actor import Actor
from shared.kernel.errors import RefusedError


class NotTheReceiverOfTheWatchError(RefusedError):
    """Only the resident team that was asked can take the watch over (T33)."""

    code = "not-the-receiver-of-the-watch"


class WatchPeriodRunningError(RefusedError):
    """A file is sealed when the watch period of the policy is over (T36, R232)."""

    code = "watch-period-running"


class CaseFileNotCheckedError(RefusedError):
    """The inspection office checks the index that the resident team seals (T36, R149)."""

    code = "case-file-not-checked"


class ClosureReview(ClosingProblem):
    """Supervision's whole view of one problem, from the feedback to the archive and back."""

    KIND = "review"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.is_watch_offered = False
        self.watch_until: date | None = None
        self.checked_documents = 0

    @property
    def is_closed(self) -> bool:
        return self.chain in CLOSED_STATES

    def offer_watch(self) -> None:
        """Ask the resident team to watch the closed problem (X11)."""
        if self.chain is S.CLOSED and not self.is_watch_offered:
            self.record(LongTermWatchOffered(problem_no=self.key, resident_team=self.resident_team))

    def accept_watch(self, actor: Actor, resident_team: str, until: date) -> None:
        """Take the closed problem over into long-term watch (T33, R171).

        It is the team that watches the unit now (`resident_team`), whoever did at the feedback;
        the policy's watch period ends with the day `until`.
        """
        self.require_state(S.CLOSED)
        if not self.is_watch_offered or actor.org != resident_team:
            raise NotTheReceiverOfTheWatchError(
                f"the watch was not offered to {actor.org}", problem_no=self.key
            )
        self.record(
            LongTermWatchStarted(
                problem_no=self.key,
                resident_team=actor.org,
                accepted_by=actor.person_ref,
                until=until,
            )
        )

    def reopen(
        self,
        ground: ReopeningGround,
        *,
        finding: ReopeningFinding,
        finding_ref: str,
        decision: Decision,
        items: list[ResidualItem],
        rectify_by: date,
        today: date,
    ) -> None:
        """Bring a closed problem back (T34): number and history stay, a new cycle begins.

        G25: ground, finding reference, and the leading group's decision, which has been taken.
        """
        self.require_state(S.CLOSED, S.LONG_TERM_WATCH, S.ARCHIVED)
        require_decision("G25", decision, today)
        self.record(
            ProblemReopened(
                problem_no=self.key,
                case_no=self.case_no,
                unit=self.unit,
                cycle=self.cycle + 1,
                ground=ground,
                finding=finding,
                finding_ref=finding_ref,
                decision=decision,
                items=items,
                rectify_by=rectify_by,
            )
        )

    def check_file(self, actor: Actor, documents: int) -> None:
        """Find the index of the file complete, for the inspection office (T36)."""
        self.require_state(S.LONG_TERM_WATCH)
        self.record(
            CaseFileChecked(problem_no=self.key, documents=documents, checked_by=actor.person_ref)
        )

    def archive(self, actor: Actor, documents: int, today: date) -> None:
        """Seal the file of a watched problem (T36); it stays reopenable.

        The watch period is over, and the inspection office found the very index complete that the
        resident team seals.
        """
        self.require_state(S.LONG_TERM_WATCH)
        if actor.org != self.resident_team:
            raise NotTheReceiverOfTheWatchError(
                f"{actor.org} does not watch {self.key}", problem_no=self.key
            )
        if self.watch_until is not None and today <= self.watch_until:
            raise WatchPeriodRunningError(
                f"the watch lasts until {self.watch_until}", problem_no=self.key
            )
        if self.checked_documents != documents:
            raise CaseFileNotCheckedError(
                "the inspection office has not checked this index", problem_no=self.key
            )
        self.record(
            CaseFileArchived(problem_no=self.key, documents=documents, archived_by=actor.person_ref)
        )

    @applies(LongTermWatchOffered)
    def _watch_offered(self, _: LongTermWatchOffered) -> None:
        self.is_watch_offered = True

    @applies(LongTermWatchStarted)
    def _watch_started(self, event: LongTermWatchStarted) -> None:
        self.chain, self.resident_team = S.LONG_TERM_WATCH, event.resident_team
        self.watch_until, self.checked_documents = event.until, 0

    @applies(CaseFileChecked)
    def _file_checked(self, event: CaseFileChecked) -> None:
        self.checked_documents = event.documents

    @applies(CaseFileArchived)
    def _archived(self, _: CaseFileArchived) -> None:
        self.chain = S.ARCHIVED

    @applies(ProblemReopened)
    def _reopened(self, event: ProblemReopened) -> None:
        """A new cycle: pairs, waiver, application and signatures begin anew."""
        self.cycle, self.rectify_by = event.cycle, event.rectify_by
        self.chain = S.RE_RECTIFYING
        self.pairs, self.pair, self.is_waived = [], None, False
        self.application, self.signatory, self.digest = 0, "", ""
        self.signed_by, self.is_watch_offered = {}, False
