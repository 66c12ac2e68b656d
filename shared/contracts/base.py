"""What an event is: a frozen set of facts with a declared, never derived, stored name."""

import re
import unicodedata
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)

from shared.contracts.registry import register


class DataClass(StrEnum):
    """How widely a record may be read (requirements 3.3): C0 public … C5 sealed."""

    C0 = "C0"
    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    C5 = "C5"


def format_time(instant: datetime) -> str:
    """Return the one written form of an instant: UTC, six digits of a second, `Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]")


def normalised(text: str) -> str:
    """Return the text in Unicode normal form C.

    Raises ValueError for what no record can hold: control characters other than line feed and
    tab, and halves of surrogate pairs. Sealed text obeys the same rule, though no record holds it.
    """
    if _UNWRITABLE.search(text):
        raise ValueError("text holds a control character")
    return unicodedata.normalize("NFC", text)


_NUMBER = re.compile(r"\s*[-+]?[0-9._]+\s*")
_YEARS = range(1900, 3000)

T = TypeVar("T", bound=date)


def written_out(value: object) -> object:
    """Return a date or an instant that is written out; a bare number counted from 1970 is none."""
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError("write the date out, such as 2026-03-02")
    return value


def within_reach(value: T) -> T:
    """Return a date or an instant from which one can count on in every time zone."""
    if value.year not in _YEARS:
        raise ValueError(f"a year is one of {_YEARS.start} to {_YEARS.stop - 1}")
    return value


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return within_reach(instant).astimezone(UTC)


Text = Annotated[str, AfterValidator(normalised), Field(max_length=4000)]
"""Free text, brought to Unicode normal form C at the edge."""

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,119}$")]
"""A number, code or reference: ASCII, no spaces, no slash."""

DocumentHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a document's bytes, in lower-case hexadecimal."""

UtcTime = Annotated[
    datetime,
    BeforeValidator(written_out),
    AfterValidator(_aware),
    PlainSerializer(format_time, return_type=str),
]
"""An instant in UTC."""

Day = Annotated[date, BeforeValidator(written_out), AfterValidator(within_reach)]
"""A business date."""


class Facts(BaseModel):
    """A frozen value inside an event: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Commitment(Facts):
    """What an event keeps of a sealed value: a salted SHA-256 (base64) and whose value it is."""

    c: str = Field(pattern=r"^[A-Za-z0-9+/]{43}=$")
    s: Code


class Sealed(Facts):
    """A sensitive value that stays outside the event: `{"$sealed": {"c": …, "s": …}}`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True
    )

    sealed: Commitment = Field(alias="$sealed")


class Decision(Facts):
    """A decision taken by a body: its document number, its date, and the body."""

    document_no: Code
    decided_on: Day
    forum: Code


class Event(Facts):
    """The base of every event.

    A subclass declares its stored name and schema version as class arguments:
    `class ProblemIssued(Event, type="feedback.problem-issued")`. A change that is not additive
    takes a new `schema` number and an upcaster (`shared.contracts.registry.upcaster`).
    """

    TYPE: ClassVar[str]
    SCHEMA: ClassVar[int]
    CLASS: ClassVar[DataClass]

    def __init_subclass__(
        cls, *, type: str, schema: int = 1, data_class: DataClass = DataClass.C2, **_: Any
    ) -> None:
        super().__init_subclass__()
        cls.TYPE, cls.SCHEMA, cls.CLASS = type, schema, data_class
        register(cls)

    def facts(self) -> dict[str, Any]:
        """Return the facts as JSON values; what is absent is left out, never `null`."""
        return self.model_dump(mode="json", exclude_none=True)
