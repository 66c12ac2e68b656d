"""What supervision decides: about a case, and about each of its problems.

`review.py` follows a problem through the other services' milestones; `visits.py` and
`evaluation.py` add the pairs of supervision and evaluation, `closure.py` closing, and
`reopening.py` what comes after it: each is the one before with a subject more.
"""

from services.supervision.domain.case import SupervisionCase
from services.supervision.domain.reopening import ClosureReview
from services.supervision.domain.rules import UnitHandovers, UrgingRule

__all__ = ["ClosureReview", "SupervisionCase", "UnitHandovers", "UrgingRule"]
