"""INV-11, INV-19 … INV-22: rules over what no service records as an event yet."""

from services.audit.domain.invariants.base import NotApplicable


class StoredListsAgree(NotApplicable):
    """The five lists are rectification's read model: they are compared where they are stored."""

    ID = "INV-11"
    SENTENCE = "The five lists recomputed from events equal the stored projections."
    REASON = "no such events: projections are no events; `duban replay rectification` compares them"


class RoundIsEvaluatedAndCirculated(NotApplicable):
    """A round is evaluated by an event; none circulates the result yet."""

    ID = "INV-19"
    SENTENCE = "Every completed round has one evaluation and one circular, or is overdue."
    REASON = "no such events: rounds are evaluated, but nothing records a circular"


class WithdrawnCountedByRule(NotApplicable):
    """No event states which rule a figure followed but its definition: INV-17 counts by that."""

    ID = "INV-20"
    SENTENCE = "A withdrawn problem is in 'found' statistics only under the declared rule."


class CoverageSumsUp(NotApplicable):
    """No event states a plan of coverage yet."""

    ID = "INV-21"
    SENTENCE = "The sum of the coverage categories equals the plan's total."


class DrawReplays(NotApplicable):
    """No event records a random draw yet."""

    ID = "INV-22"
    SENTENCE = "A random draw replays to the same selection from its seed and frozen population."
