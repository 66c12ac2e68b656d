"""Statistics (requirements 4): a number, its unit as a type, and everything that reproduces it.

Each file of a subject registers its statistics; `stat` answers any of them by name, as of any
moment, over the records as they were followed. Pure: no store, no clock.
"""

from services.audit.domain.statistics import (
    backlog,
    closings,
    deadlines,
    deputies,
    evaluations,
    five_lists,
    handovers,
    instruments,
    joint_actions,
    lead_sources,
    leads,
    naming,
    objections,
    pairs,
    persons,
    plans,
    positions,
    principals,
    problems,
    reopenings,
    results,
    rounds,
    silence,
    supervisors,
)
from services.audit.domain.statistics.answers import Cell, Statistic
from services.audit.domain.statistics.definitions import (
    Audience,
    Definition,
    definition,
    definitions,
    ranked,
    stat,
)
from services.audit.domain.statistics.reproduction import (
    Difference,
    Reproduction,
    difference,
    reproduced,
)
from services.audit.domain.statistics.units import Count, Unit, UnitsDifferError
from services.audit.domain.statistics.views import Scope

SUBJECTS = (
    backlog, closings, deadlines, deputies, evaluations, five_lists, handovers, instruments,
    joint_actions, lead_sources, leads, naming, objections, pairs, persons, plans, positions,
    principals, problems, reopenings, results, rounds, silence, supervisors,
)  # fmt: skip
"""The modules that register what is counted."""

__all__ = [
    "SUBJECTS",
    "Audience",
    "Cell",
    "Count",
    "Definition",
    "Difference",
    "Reproduction",
    "Scope",
    "Statistic",
    "Unit",
    "UnitsDifferError",
    "definition",
    "definitions",
    "difference",
    "ranked",
    "reproduced",
    "stat",
]
