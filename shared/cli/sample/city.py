"""云岚市: a city that does not exist, with units, people, problems and leads drawn from a seed.

Everything here is invented, and names say so. `small` is one round of 6 units; `city` has the
size of a whole term as one city reported it: 5 rounds, 96 units, 1,573 problems, 355 leads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from shared.kernel.actor import Role

TENANT = "city:yunlan"
DISTRICTS = ("东岚区", "西岚区", "南岚县", "北岚县", "云岚市")
BUREAUS = (
    "水利局", "教育局", "交通运输局", "住房保障局", "农业农村局", "文化旅游局", "卫生健康局",
    "市场监管局", "自然资源局", "生态环境局", "民政局", "财政局", "统计局", "档案馆", "图书馆",
    "城市管理局", "体育局", "林业局", "应急管理局", "机关事务局",
)  # fmt: skip
WORDINGS = (
    "专项资金审批不严，{n}笔支出没有会议记录",
    "落实重大事项集体决策制度不到位，{n}项决策未上会",
    "对下属单位监管缺位，{n}处资产长期闲置",
    "工程项目招标程序不规范，涉及{n}个标段",
    "群众诉求办理拖延，{n}件超过规定时限",
    "选人用人程序不规范，{n}份档案缺少考察材料",
    "廉政风险排查流于形式，{n}个岗位没有防控措施",
    "巡察反馈问题整改不彻底，{n}个问题反复出现",
)
CATEGORIES = ("party-building", "integrity", "livelihood", "cadres")
CAUSES = ("institution", "mechanism", "person", "supervision")
NATURES = ("finance", "procedure", "asset", "discipline")
LEAD_KINDS = ("finance-lead", "procedure-lead", "cadre-lead")


class Fate(StrEnum):
    """What becomes of a problem in the story."""

    CLOSED = "CLOSED"
    REOPENED = "REOPENED"
    RETURNED = "RETURNED"
    FAILED_SECOND = "FAILED_SECOND"
    SHAM = "SHAM"
    SIGNATURE_LAPSES = "SIGNATURE_LAPSES"
    STAYS_RECTIFYING = "STAYS_RECTIFYING"
    STAYS_EVALUATED = "STAYS_EVALUATED"

    @property
    def is_last(self) -> bool:
        """Whether it changes the unit's principal, so that the unit's other stories go first."""
        return self is Fate.SIGNATURE_LAPSES


@dataclass(frozen=True)
class Person:
    """Somebody who acts in the story. `name` goes to the directory's vault and nowhere else."""

    ref: str
    org: str
    roles: tuple[Role, ...]
    name: str


@dataclass(frozen=True)
class Unit:
    """An inspected unit, its four people and the bodies that answer for it."""

    org: str
    name: str
    sector: str
    principal: Person
    member: Person
    handler: Person
    successor: Person
    office: Person
    resident_team: Person
    leader_in_charge: Person

    @property
    def people(self) -> tuple[Person, ...]:
        return (self.principal, self.member, self.handler, self.successor)


@dataclass(frozen=True)
class Problem:
    """A problem to be found, and what becomes of it."""

    no: str
    case_no: str
    round_no: str
    unit: Unit
    wording: str
    category: str
    cause: str
    nature: str
    fate: Fate
    lead_no: str = ""

    @property
    def concerns_person(self) -> bool:
        return bool(self.lead_no)


@dataclass(frozen=True)
class Lead:
    """A lead behind a problem; `is_returned_once` leads are offered twice."""

    no: str
    case_no: str
    round_no: str
    unit: Unit
    kind: str
    problem_no: str
    concerns_principal: bool
    is_returned_once: bool


@dataclass(frozen=True)
class Case:
    """One unit in one round."""

    no: str
    round_no: str
    unit: Unit
    team_leader: Person
    team_member: Person
    reviewer: Person
    problems: tuple[Problem, ...]
    leads: tuple[Lead, ...]


@dataclass(frozen=True)
class Round:
    no: str
    ordinal: int
    cases: tuple[Case, ...]


def _body(ref: str, org: str, role: Role, name: str) -> Person:
    return Person(ref, org, (role,), f"样例·{name}")


OFFICE = _body("p-office", "inspection-office", Role.OFF, "巡察办负责人")
LEADING_GROUP = _body("p-leading-group", "leading-group", Role.LG, "领导小组负责人")
ORGANISATION = _body("p-organisation", "organisation-department", Role.ORG, "组织部负责人")
DISCIPLINE = _body("p-discipline", "discipline-commission", Role.DCI, "案件承办人")
JOINT_GROUP = _body("p-joint-group", "joint-group", Role.JSG, "联合督查组负责人")
PANEL = _body("p-panel", "evaluation-panel", Role.PAN, "考评组负责人")
ADMINISTRATOR = _body("p-administrator", "inspection-office", Role.ADM, "系统管理员")
AUDITOR = _body("p-auditor", "audit-office", Role.AUD, "审计员")
LINKED_OFFICES = tuple(
    _body(f"p-linked-office-{n}", f"linked-office-{n}", Role.DSO, f"第{n}监督检查室负责人")
    for n in (1, 2, 3)
)
RESIDENT_TEAMS = tuple(
    _body(f"p-resident-team-{n}", f"resident-team-{n}", Role.RDT, f"第{n}派驻组负责人")
    for n in (1, 2, 3)
)
LEADERS = tuple(
    _body(f"p-leader-{n}", "yunlan-committee", Role.LIC, f"第{n}位分管领导") for n in (1, 2, 3)
)
TEAM_LEADERS = tuple(
    _body(f"p-team-leader-{n}", f"team-{n}", Role.TL, f"第{n}巡察组组长") for n in (1, 2, 3)
)
TEAM_MEMBERS = tuple(
    _body(f"p-team-member-{n}", f"team-{n}", Role.TM, f"第{n}巡察组成员") for n in (1, 2, 3)
)
TEAM_REVIEWERS = tuple(
    _body(f"p-team-reviewer-{n}", f"team-{n}", Role.TM, f"第{n}巡察组复核人") for n in (1, 2, 3)
)
BODIES: dict[str, str] = {
    "yunlan-committee": "云岚市委",
    "leading-group": "云岚市委巡察工作领导小组",
    "inspection-office": "云岚市委巡察办",
    "organisation-department": "云岚市委组织部",
    "discipline-commission": "云岚市纪委监委",
    "joint-group": "联合督查组",
    "evaluation-panel": "巡察整改考评组",
    "audit-office": "云岚市审计部门",
    "finance-department": "云岚市主管部门（样例）",
    **{f"team-{n}": f"云岚市委第{n}巡察组" for n in (1, 2, 3)},
    **{f"linked-office-{n}": f"第{n}监督检查室" for n in (1, 2, 3)},
    **{f"resident-team-{n}": f"第{n}派驻纪检监察组" for n in (1, 2, 3)},
}
OFFICIALS: tuple[Person, ...] = (
    OFFICE, LEADING_GROUP, ORGANISATION, DISCIPLINE, JOINT_GROUP, PANEL, ADMINISTRATOR, AUDITOR,
    *LINKED_OFFICES, *RESIDENT_TEAMS, *LEADERS, *TEAM_LEADERS, *TEAM_MEMBERS, *TEAM_REVIEWERS,
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """How large the sample is, how many act at once, which share of traces is exported.

    `fates` are dealt in turn.

    The first problem is always reopened; at the last one the signature always lapses.
    """

    name: str
    rounds: int
    units: int
    problems: int
    leads: int
    threads: int
    trace_share: float
    fates: tuple[Fate, ...]


SMALL = Scale(
    "small", 1, 6, 24, 6, 6, 1.0,
    (Fate.REOPENED, Fate.CLOSED, Fate.RETURNED, Fate.CLOSED, Fate.FAILED_SECOND, Fate.CLOSED,
     Fate.SHAM, Fate.CLOSED, Fate.STAYS_RECTIFYING, Fate.CLOSED, Fate.STAYS_EVALUATED, Fate.CLOSED),
)  # fmt: skip
CITY = Scale(
    "city", 5, 96, 1573, 355, 12, 0.02,
    (Fate.REOPENED, *[Fate.CLOSED] * 10, Fate.RETURNED, Fate.FAILED_SECOND, Fate.SHAM,
     *[Fate.STAYS_RECTIFYING] * 22, *[Fate.STAYS_EVALUATED] * 12),
)  # fmt: skip
SCALES = {scale.name: scale for scale in (SMALL, CITY)}


@dataclass(frozen=True)
class City:
    """Everything the story needs."""

    scale: Scale
    units: tuple[Unit, ...]
    rounds: tuple[Round, ...]

    @property
    def people(self) -> Iterator[Person]:
        yield from OFFICIALS
        for unit in self.units:
            yield from unit.people

    @property
    def cases(self) -> tuple[Case, ...]:
        return tuple(case for round_ in self.rounds for case in round_.cases)

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(problem for case in self.cases for problem in case.problems)

    @property
    def leads(self) -> tuple[Lead, ...]:
        return tuple(lead for case in self.cases for lead in case.leads)


def invent(scale: Scale, seed: int) -> City:
    """Return the city of this scale; the same seed always gives the same city."""
    random = Random(seed)  # noqa: S311  # a story to be told again, not a secret
    units = tuple(_unit(number) for number in range(1, scale.units + 1))
    shares = _shares(scale.problems, scale.units)
    fates = [scale.fates[n % len(scale.fates)] for n in range(1, scale.problems - 1)]
    random.shuffle(fates)
    dealt = iter([Fate.REOPENED, *fates, Fate.SIGNATURE_LAPSES])
    with_lead = set(random.sample(range(scale.problems), scale.leads))
    serial = iter(range(scale.problems))
    cases = [
        _case(_round_no(index, scale), index, unit, shares[index], dealt, with_lead, serial, random)
        for index, unit in enumerate(units)
    ]
    return City(scale, units, tuple(_rounds(scale, cases)))


def _unit(number: int) -> Unit:
    district = DISTRICTS[(number - 1) // len(BUREAUS) % len(DISTRICTS) - 1]
    bureau = BUREAUS[(number - 1) % len(BUREAUS)]
    org, name, third = f"unit-{number:03d}", f"{district}{bureau}", (number - 1) % 3

    def person(suffix: str, role: Role, post: str) -> Person:
        return Person(f"p-{org}-{suffix}", org, (role,), f"样例·{name}{post}")

    return Unit(
        org,
        name,
        "government" if number % 3 else "public-service",
        person("principal", Role.UP, "主要负责人"),
        person("member", Role.UM, "班子成员"),
        person("handler", Role.UH, "经办人"),
        person("successor", Role.UP, "继任主要负责人"),
        LINKED_OFFICES[third],
        RESIDENT_TEAMS[third],
        LEADERS[third],
    )


def _shares(total: int, parts: int) -> list[int]:
    whole, rest = divmod(total, parts)
    return [whole + (n < rest) for n in range(parts)]


def _round_no(index: int, scale: Scale) -> str:
    return f"YL-T1R{index * scale.rounds // scale.units + 1}"


def _case(
    round_no: str,
    index: int,
    unit: Unit,
    share: int,
    fates: Iterator[Fate],
    with_lead: set[int],
    serials: Iterator[int],
    random: Random,
) -> Case:
    case_no = f"{round_no}-U{index + 1:03d}"
    problems: list[Problem] = []
    leads: list[Lead] = []
    for number in range(1, share + 1):
        serial = next(serials)
        lead_no = f"YL-L-{serial + 1:04d}" if serial in with_lead else ""
        problem = Problem(
            f"{case_no}-{number:03d}",
            case_no,
            round_no,
            unit,
            random.choice(WORDINGS).format(n=random.randint(2, 29)),
            random.choice(CATEGORIES),
            random.choice(CAUSES),
            random.choice(NATURES),
            next(fates),
            lead_no,
        )
        problems.append(problem)
        if lead_no:
            leads.append(_lead(problem, len(leads), random))
    third = index % 3
    return Case(
        case_no, round_no, unit, TEAM_LEADERS[third], TEAM_MEMBERS[third], TEAM_REVIEWERS[third],
        tuple(problems), tuple(leads),
    )  # fmt: skip


def _lead(problem: Problem, earlier: int, random: Random) -> Lead:
    return Lead(
        problem.lead_no,
        problem.case_no,
        problem.round_no,
        problem.unit,
        random.choice(LEAD_KINDS),
        problem.no,
        concerns_principal=random.random() < 80 / 355,
        is_returned_once=earlier == 1,
    )


def _rounds(scale: Scale, cases: Sequence[Case]) -> Iterator[Round]:
    for ordinal in range(1, scale.rounds + 1):
        no = f"YL-T1R{ordinal}"
        yield Round(no, ordinal, tuple(case for case in cases if case.round_no == no))
