"""A small log for statistics: one round of one unit, some problems, leads and measures."""

from datetime import date
from typing import Any

from services.audit.domain.known import Known
from shared.contracts.accountability import LeadRegistered, MeasureCategory, MeasureImposed
from shared.contracts.directory import PolicyEditionAdopted
from shared.contracts.feedback import ProblemIssued, RoundOpened, RoundTarget
from shared.contracts.supervision import StatedFigure, ThematicReportIssued
from tests.golden.scribe import Scribe
from tests.golden.term import decision

ROUND, CASE, UNIT, TERM = "YL-T1R1", "YL-T1R1-U01", "yl-water", "T1"
DAY = date(2026, 3, 2)


class SmallLog(Scribe):
    """Each method writes one event down."""

    def __init__(self) -> None:
        super().__init__()
        target = RoundTarget(unit=UNIT, case_no=CASE, team_leader="p-tl-shan")
        opened = RoundOpened(round_no=ROUND, term=TERM, ordinal=1, mode="REGULAR", targets=[target])
        self.write(f"round/{ROUND}", opened, DAY)

    def problem(self, n: int, day: date = DAY, *, category: str = "DUTY") -> "SmallLog":
        issued = ProblemIssued(
            problem_no=f"{CASE}-{n:03}", case_no=CASE, round_no=ROUND, unit=UNIT, issued_on=day,
            wording="样例", category=category, cause="C", nature="N",
        )  # fmt: skip
        self.write(f"problem/{CASE}-{n:03}", issued, day)
        return self

    def measure(self, number: str, person: str, measure: str = "WARNING") -> "SmallLog":
        imposed = MeasureImposed(
            measure_no=number, person_ref=person, category=MeasureCategory.DISCIPLINE,
            measure=measure, round_no=ROUND,
        )  # fmt: skip
        self.write("lead/L-1", imposed, DAY)
        return self

    def lead(self, number: str, on: date = DAY, recorded: date = DAY) -> "SmallLog":
        registered = LeadRegistered(
            lead_no=number, offer=1, round_no=ROUND, addressee="yl-discipline", registered_on=on,
            first_disposal_due=on,
        )  # fmt: skip
        self.write(f"lead/{number}", registered, recorded)
        return self

    def report(self, number: str, day: date = DAY, **figure: Any) -> "SmallLog":
        stated = StatedFigure.model_validate({"positions": self.mark(), **figure})
        issued = ThematicReportIssued(
            instrument_no=number, addressee="yl-finance", issued_on=day,
            decision=decision(f"YL-{number}", day), digest="ab" * 32, figures=[stated],
        )  # fmt: skip
        self.write(f"instrument/{number}", issued, day)
        return self

    def policy(self, day: date = DAY, **numbers: int) -> "SmallLog":
        adopted = PolicyEditionAdopted(
            edition="YL-2026", effective=date(2026, 1, 1), periods={}, numbers=numbers
        )
        self.write("policy/city:yunlan", adopted, day)
        return self

    def has(self, number_of_records: int) -> tuple[Known, ...]:
        assert len(self.log) == number_of_records
        return tuple(self.log)
