"""Who calls: people of the sample with the tokens that `duban token` would issue them, and nobody.

`shares` is how much of the time of a service is theirs, for which phases of schemathesis:
`coverage` walks through every boundary and every wrong kind of each value, `fuzzing` draws at
random, `stateful` follows the links of the description. `examples` are drawn of each route at
first; what is left of the time repeats them with others.
"""

from dataclasses import dataclass

from services.audit.domain.statistics import definitions
from shared.cli.sample.city import AUDITOR, SMALL, Fate, invent
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Role

CITY = invent(SMALL, 2026)
CLOSED = next(problem for problem in CITY.problems if problem.fate is Fate.CLOSED)
SHAM = next(problem for problem in CITY.problems if problem.fate is Fate.SHAM)
UNIT = CLOSED.unit.principal

KNOWN = {
    "problem_no": tuple(problem.no for problem in CITY.problems),
    "case_no": tuple(case.no for case in CITY.cases),
    "round_no": tuple(one.no for one in CITY.rounds),
    "lead_no": tuple(lead.no for lead in CITY.leads),
    "org": tuple(unit.org for unit in CITY.units),
    "person_ref": tuple(person.ref for person in CITY.people)[:20],
    "notice_no": (f"{CLOSED.case_no}-N01",),
    "accountability_no": (f"YL-A-{SHAM.no}",),
    "basis": ("sample-basis",),
    "subject": tuple(lead.no for lead in CITY.leads),
    "name": tuple(one.name for one in definitions()),
}
"""Numbers of things that exist once the sample was played, by the name of the parameter."""


@dataclass(frozen=True)
class Persona:
    """Somebody who calls."""

    name: str
    shares: tuple[tuple[str, float], ...]
    ref: str = "p-stranger"
    org: str = "nowhere"
    roles: tuple[Role, ...] = ()
    is_known: bool = True
    examples: int = 3

    def token(self, issuer: LocalIssuer) -> str:
        return issuer.issue(self.ref, self.org, *self.roles) if self.is_known else ""


DEEP = (("coverage", 0.3), ("fuzzing", 0.2), ("stateful", 0.2))
PERSONAS = (
    Persona("all roles", DEEP, UNIT.ref, UNIT.org, tuple(Role), examples=25),
    Persona("auditor", (("fuzzing", 0.1),), AUDITOR.ref, AUDITOR.org, AUDITOR.roles),
    Persona("unit", (("fuzzing", 0.05),), UNIT.ref, UNIT.org, UNIT.roles),
    Persona("respondent", (("fuzzing", 0.05),), "p-respondent", "nowhere", (Role.RESP,)),
    Persona("no role", (("fuzzing", 0.05),)),
    Persona("nobody", (("fuzzing", 0.05),), is_known=False),
)
