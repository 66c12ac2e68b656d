"""What is counted is part of the type: 人 (persons) and 人次 (measures) can't be added (R343)."""

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar


class Unit:
    """What one of something is. `ABOUT_PEOPLE`: few of them may point at somebody (3.5)."""

    CODE: ClassVar[str]
    CHINESE: ClassVar[str]
    ABOUT_PEOPLE: ClassVar[bool] = False


class Problems(Unit):
    CODE, CHINESE = "problems", "个问题"


class Leads(Unit):
    CODE, CHINESE = "leads", "条线索"


class Persons(Unit):
    """Distinct persons (人), by their stable pseudonym."""

    CODE, CHINESE, ABOUT_PEOPLE = "persons", "人", True


class Measures(Unit):
    """Measures imposed on persons (人次): one person may stand for several."""

    CODE, CHINESE, ABOUT_PEOPLE = "measures", "人次", True


class Rounds(Unit):
    CODE, CHINESE = "rounds", "轮"


class Cases(Unit):
    CODE, CHINESE = "cases", "件"


class NamingCases(Unit):
    """Typical cases told in circulars (起): neither units nor persons."""

    CODE, CHINESE = "naming-cases", "起案例"


class Organisations(Unit):
    CODE, CHINESE = "organisations", "个单位"


class JointActions(Unit):
    CODE, CHINESE = "joint-actions", "次"


class Authorisations(Unit):
    CODE, CHINESE, ABOUT_PEOPLE = "authorisations", "人次(授权)", True


class CommonProblems(Unit):
    CODE, CHINESE = "common-problems", "个共性问题"


class Papers(Unit):
    """Reports, letters and assignments (份)."""

    CODE, CHINESE = "papers", "份"


class Campaigns(Unit):
    CODE, CHINESE = "campaigns", "项"


class Pairs(Unit):
    """Pairs of supervision and evaluation."""

    CODE, CHINESE = "pairs", "次督查评估"


class Occurrences(Unit):
    """How often something was done (次)."""

    CODE, CHINESE = "occurrences", "次(行为)"


class PlannedMeasures(Unit):
    """Measures of a rectification plan (整改措施), not those imposed on persons."""

    CODE, CHINESE = "planned-measures", "条措施"


class Loopholes(Unit):
    CODE, CHINESE = "loopholes", "个漏洞"


class Institutions(Unit):
    """Rules of a unit (制度): new, amended or repealed."""

    CODE, CHINESE = "institutions", "项制度"


class Days(Unit):
    CODE, CHINESE = "days", "天"


class HundredthPoints(Unit):
    """Hundredths of a point of an evaluation: no fractions are ever rounded away."""

    CODE, CHINESE = "hundredth-points", "百分之一分"


class HundredthApplications(Unit):
    CODE, CHINESE = "hundredth-applications", "百分之一次申请"


class Ranks(Unit):
    CODE, CHINESE = "ranks", "名"


class PerMyriad(Unit):
    """A share in hundredths of a per cent."""

    CODE, CHINESE = "per-myriad", "万分之一"


U = TypeVar("U", bound=Unit)


class UnitsDifferError(TypeError):
    """Two counts of different units were added or compared: a mistake of the program."""


@dataclass(frozen=True)
class Count(Generic[U]):
    """So many of one unit. Only counts of the same unit can be added or compared.

    Adding says that nothing stands in both. Two statistics are never added: what they count may
    overlap (A30), so a figure over both is a statistic of its own.
    """

    value: int
    unit: type[U]

    def __add__(self, other: "Count[U]") -> "Count[U]":
        return Count(self.value + self._alike(other), self.unit)

    def __sub__(self, other: "Count[U]") -> "Count[U]":
        return Count(self.value - self._alike(other), self.unit)

    def __lt__(self, other: "Count[U]") -> bool:
        return self.value < self._alike(other)

    def __str__(self) -> str:
        return f"{self.value}{self.unit.CHINESE}"

    def _alike(self, other: object) -> int:
        if not isinstance(other, Count) or other.unit is not self.unit:
            theirs = getattr(getattr(other, "unit", type(other)), "__name__", "?")
            raise UnitsDifferError(f"{self.unit.__name__} and {theirs} are different units")
        return other.value
