"""Use cases of following a problem: milestones, hand-made entries, urges, disposal."""

from datetime import date
from typing import Any

from services.supervision.application.cases import known_review
from services.supervision.application.evaluating import team_leader_of
from services.supervision.domain import ClosureReview, UrgingRule
from shared.contracts.supervision import Ledger, Milestone
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.actor import Role
from shared.kernel.errors import ForbiddenError, NotYetSeenError
from shared.kernel.periods import civil_date

LEDGER_OF = {
    Role.UP: Ledger.UNIT,
    Role.UH: Ledger.UNIT,
    Role.TL: Ledger.TEAM,
    Role.TM: Ledger.TEAM,
    Role.OFF: Ledger.OFFICE,
}


class FollowingUseCases:
    """What the ledgers take note of."""

    def unit_of_problem(self, uow: UnitOfWork, problem_no: str) -> str:
        """Return the unit of a problem that was fed back."""
        review = uow.load(ClosureReview, problem_no)
        review.require_open()
        return review.unit

    def note_milestone(
        self,
        uow: UnitOfWork,
        problem_no: str,
        milestone: Milestone,
        source_id: str,
        case_no: str = "",
        *,
        cycle: int = 0,
        due: date | None = None,
    ) -> None:
        """Enter a milestone of another service into the three ledgers.

        Raises NotYetSeenError when neither the message nor the ledgers name the case yet.
        """
        review = known_review(uow, problem_no)
        if not (case_no or review.case_no):
            raise NotYetSeenError(f"the case of {problem_no} is not seen yet")
        review.note(milestone, source_id, case_no, cycle=cycle, due=due)
        uow.save(review)

    def note_application(
        self,
        uow: UnitOfWork,
        problem_no: str,
        source_id: str,
        *,
        cycle: int,
        application: int,
        signatory: str,
        digest: str,
    ) -> None:
        """Take a signed application for closing in (T26)."""
        review = uow.load(ClosureReview, problem_no)
        review.note(
            Milestone.CLOSURE_APPLIED,
            source_id,
            cycle=cycle,
            application=application,
            signatory=signatory,
            digest=digest,
        )
        uow.save(review)

    def note_lapse(
        self, uow: UnitOfWork, problem_no: str, source_id: str, *, cycle: int, application: int
    ) -> None:
        """Note that the signature of an application lapsed (T39)."""
        review = uow.load(ClosureReview, problem_no)
        review.note(Milestone.SIGNATURE_LAPSED, source_id, cycle=cycle, application=application)
        uow.save(review)

    def urge(self, uow: UnitOfWork, problem_no: str, source_id: str, *, cycle: int) -> None:
        """Note that a deadline passed, and urge the unit (T17, X06).

        Raises NotYetSeenError while the feedback of the problem has not arrived.
        """
        review = known_review(uow, problem_no)
        if not review.is_opened:
            raise NotYetSeenError(f"the feedback of {problem_no} is not seen yet")
        review.note(Milestone.OVERDUE, source_id, cycle=cycle)
        rule = uow.find(UrgingRule, uow.context.tenant)
        review.urge(source_id, rule.levels(civil_date(uow.now)) if rule else None)
        uow.save(review)

    def note_urging_rule(
        self, uow: UnitOfWork, *, edition: str, effective: date, urge_levels: int
    ) -> None:
        """Note after how many urges accountability is proposed (X06)."""
        tenant = uow.context.tenant
        rule = uow.find(UrgingRule, tenant) or uow.create(UrgingRule, tenant)
        rule.note(edition, effective, urge_levels)
        uow.save(rule)

    def note_disposal(
        self,
        uow: UnitOfWork,
        problem_nos: list[str],
        *,
        disposal_known: bool,
        pursuit_known: bool,
    ) -> None:
        """Keep what accountability made known of these problems (X09).

        The records are about the problem: a lead's number would tell the unit that there is one.
        """
        for problem_no in problem_nos:
            uow.about(problem_nos[0])
            review = known_review(uow, problem_no)
            review.note_disposal(disposal_known=disposal_known, pursuit_known=pursuit_known)
            uow.save(review)

    def post_entry(
        self, uow: UnitOfWork, problem_no: str, *, milestone: Milestone, source_id: str
    ) -> dict[str, Any]:
        """Enter a milestone by hand into the acting party's own ledger (R165)."""
        review = uow.load(ClosureReview, problem_no)
        ledger = _own_ledger(uow, review)
        review.post_entry(ledger, milestone, source_id)
        uow.save(review)
        return {"problem_no": problem_no, "ledger": ledger}


def _own_ledger(uow: UnitOfWork, review: ClosureReview) -> Ledger:
    ledger, actor = LEDGER_OF.get(uow.actor.role), uow.actor
    team = {team_leader_of(uow, review), *review.team_members}
    is_foreign = (ledger is Ledger.UNIT and actor.org != review.unit) or (
        ledger is Ledger.TEAM and actor.person_ref not in team
    )
    if ledger is None or is_foreign:
        raise ForbiddenError(f"{uow.actor.org} keeps no ledger of {review.key}")
    return ledger
