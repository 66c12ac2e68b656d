"""Evaluation (评估): three scores, one result, and what it leads to."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from services.supervision.domain.grounds import require_decision
from services.supervision.domain.review import S, WrongStateError
from services.supervision.domain.visits import FIRST_PAIR, Pair, VisitedProblem
from shared.contracts.base import Decision
from shared.contracts.evaluation import DimensionScores
from shared.contracts.rectification import ResidualItem
from shared.contracts.supervision import (
    ClosureEligible,
    EvaluationFinalised,
    Grade,
    LookBackListed,
    PanelScored,
    PollClosed,
    SecondRoundWaived,
    SelfScored,
)
from shared.eventstore.aggregate import applies
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import ForbiddenError, GuardFailedError, RefusedError


class AlreadyScoredError(WrongStateError):
    """A score is locked once it is given (T22)."""

    code = "already-scored"


class ScoreOutsideItsDimensionsError(RefusedError):
    """A weighted mean lies between the lowest and the highest of what is weighed."""

    code = "score-outside-its-dimensions"
    title = "The score cannot follow from its five dimensions"


class ResidualItemsLeftError(RefusedError):
    """Nothing is left to rectify after a later pair that passed (T25): the items would be lost."""

    code = "residual-items-left"


class WaiverNotPossibleError(WrongStateError):
    """The second pair can be waived only after a first one that passed (T47)."""

    code = "waiver-not-possible"


@dataclass(frozen=True)
class EvaluationScheme:
    """How the three scores make one result: weights in percent, marks in points (R200)."""

    version: str
    weight_self: int
    weight_panel: int
    weight_poll: int
    pass_mark: int
    low_mark: int
    min_pairs: int

    def total(self, own: int, panel: int, poll: int) -> int:
        """Return the result in hundredths of a point."""
        return own * self.weight_self + panel * self.weight_panel + poll * self.weight_poll

    def require_whole(self) -> None:
        """Demand weights that sum to 100 (G16)."""
        if self.weight_self + self.weight_panel + self.weight_poll != 100:
            raise GuardFailedError("G16", f"the weights of {self.version} do not sum to 100")


class EvaluatedProblem(VisitedProblem):
    """A visited problem that is evaluated after each visit."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.is_waived = False

    def score_self(
        self, actor: Actor, score: int, dimensions: DimensionScores | None = None
    ) -> None:
        """Take the unit's own score; it is locked before the panel scores (T22, R203)."""
        pair = self._pair_at(S.UNDER_EVALUATION)
        if actor.org != self.unit:
            raise ForbiddenError(f"only {self.unit} scores itself", unit=self.unit)
        _require_unscored(pair.own, "self")
        self.record(SelfScored(n=pair.n, **self._scored_by(score, dimensions)))

    def score_panel(
        self, actor: Actor, score: int, dimensions: DimensionScores | None = None
    ) -> None:
        """Take the panel's score, after the self score (T22, G16)."""
        pair = self._pair_at(S.UNDER_EVALUATION)
        self._require_executor(actor, pair, Role.PAN)
        self._require_stranger(actor)
        if pair.own is None:
            raise GuardFailedError("G16", "the unit scores itself first", n=pair.n)
        _require_unscored(pair.panel, "panel")
        self.record(PanelScored(n=pair.n, **self._scored_by(score, dimensions)))

    def _scored_by(self, score: int, dimensions: DimensionScores | None) -> dict[str, Any]:
        """Return the facts of a score; its five sub-scores must be able to give it (R201)."""
        if dimensions is not None and not dimensions.can_weigh_to(score):
            raise ScoreOutsideItsDimensionsError(
                "the five dimensions cannot give this score", problem_no=self.key
            )
        return {
            "problem_no": self.key,
            "cycle": self.cycle,
            "score": score,
            "dimensions": dimensions,
        }

    def _require_stranger(self, actor: Actor) -> None:
        if actor.org == self.unit:
            raise ForbiddenError("nobody of the unit evaluates it", unit=self.unit)

    def close_poll(
        self,
        score: int,
        respondents: int,
        minimum: int,
        dimensions: DimensionScores | None = None,
    ) -> None:
        """Take the poll's mean score, given a sample of at least `minimum` (T22, R204)."""
        pair = self._pair_at(S.UNDER_EVALUATION)
        _require_unscored(pair.poll, "poll")
        if respondents < minimum:
            raise GuardFailedError("G16", f"the poll needs {minimum} answers", n=pair.n)
        self.record(
            PollClosed(n=pair.n, respondents=respondents, **self._scored_by(score, dimensions))
        )

    def finalise_evaluation(
        self,
        actor: Actor,
        scheme: EvaluationScheme,
        *,
        items: list[ResidualItem],
        rectify_by: date,
    ) -> None:
        """Give pair n its result (T23–T25).

        After pair 1 the problem is rectified again whatever the grade; a later pair that passed
        makes closing possible once there are enough pairs (G16, G17; G18 by its executor). Without
        enough pairs the declaration stands, and the next pair may begin. A low result puts the
        problem on the look-back list (T41).
        """
        pair = self._pair_at(S.UNDER_EVALUATION)
        self._require_executor(actor, pair, Role.PAN)
        self._require_stranger(actor)
        total = _total(pair, scheme)
        grade = Grade.PASS if total >= scheme.pass_mark * 100 else Grade.FAIL
        if pair.n > FIRST_PAIR and grade is Grade.PASS and items:
            raise ResidualItemsLeftError("a pair that passed leaves no items", n=pair.n)
        self.record(self._result(pair, scheme, total, grade, items, rectify_by))
        self._list_for_look_back(pair, total, scheme)
        if pair.n > FIRST_PAIR and grade is Grade.PASS and len(self.pairs) >= scheme.min_pairs:
            self._make_eligible()

    def _result(
        self,
        pair: Pair,
        scheme: EvaluationScheme,
        total: int,
        grade: Grade,
        items: list[ResidualItem],
        rectify_by: date,
    ) -> EvaluationFinalised:
        return EvaluationFinalised(
            problem_no=self.key,
            case_no=self.case_no,
            unit=self.unit,
            cycle=self.cycle,
            n=pair.n,
            scheme_version=scheme.version,
            executor_org=pair.executor_org,
            total=total,
            grade=grade,
            is_low=total < scheme.low_mark * 100,
            items=items,
            rectify_by=rectify_by,
        )

    def _list_for_look_back(self, pair: Pair, total: int, scheme: EvaluationScheme) -> None:
        if total < scheme.low_mark * 100:
            self.record(
                LookBackListed(
                    problem_no=self.key,
                    case_no=self.case_no,
                    cycle=self.cycle,
                    n=pair.n,
                    total=total,
                )
            )

    def _make_eligible(self, *, waived: bool = False) -> None:
        self.record(
            ClosureEligible(
                problem_no=self.key,
                case_no=self.case_no,
                cycle=self.cycle,
                pairs=len(self.pairs),
                waived=waived,
            )
        )

    def waive_second_round(self, reason: str, decision: Decision, today: date) -> None:
        """Go without the second pair, by exception of the leading group (T47, A09).

        Once in a cycle, right after pair 1 passed: a returned closing or a failed later pair is
        answered by the next pair, not by a waiver.
        """
        self.require_state(S.RE_RECTIFYING)
        if self.is_waived or [pair.grade for pair in self.pairs] != [Grade.PASS]:
            raise WaiverNotPossibleError(
                "only a passed pair 1 can be followed by a waiver, once", problem_no=self.key
            )
        require_decision("G17", decision, today)
        self.record(
            SecondRoundWaived(
                problem_no=self.key, cycle=self.cycle, reason=reason, decision=decision
            )
        )
        self._make_eligible(waived=True)

    @applies(SelfScored, PanelScored, PollClosed)
    def _scored(self, event: SelfScored | PanelScored | PollClosed) -> None:
        names: dict[type, str] = {SelfScored: "own", PanelScored: "panel", PollClosed: "poll"}
        setattr(self.pair, names[type(event)], event.score)

    @applies(EvaluationFinalised)
    def _finalised(self, event: EvaluationFinalised) -> None:
        if self.pair is not None:
            self.pair.grade = event.grade
            self.pairs.append(self.pair)
        self.pair = None
        again = event.n == FIRST_PAIR or event.grade is Grade.FAIL
        self.chain = S.RE_RECTIFYING if again else S.DECLARED_RECTIFIED
        self.rectify_by = event.rectify_by if again else self.rectify_by

    @applies(LookBackListed)
    def _look_back_listed(self, _: LookBackListed) -> None:
        """The list is a read model; nothing here depends on it."""

    @applies(SecondRoundWaived)
    def _waived(self, _: SecondRoundWaived) -> None:
        self.is_waived = True

    @applies(ClosureEligible)
    def _became_eligible(self, _: ClosureEligible) -> None:
        self.chain = S.CLOSURE_ELIGIBLE


def _require_unscored(score: int | None, name: str) -> None:
    if score is not None:
        raise AlreadyScoredError(f"the {name} score is locked")


def _total(pair: Pair, scheme: EvaluationScheme) -> int:
    """Return the weighted result in hundredths of a point; demands all three scores (G16)."""
    scheme.require_whole()
    if pair.own is None or pair.panel is None or pair.poll is None:
        missing = ", ".join(pair.missing_scores)
        raise GuardFailedError("G16", f"these scores are missing: {missing}", n=pair.n)
    return scheme.total(pair.own, pair.panel, pair.poll)
