"""What a checker finds: nothing, one hopes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a finding says has happened."""

    LOST = "lost"
    DOUBLED = "duplicated"
    BROKEN = "violations"


@dataclass(frozen=True)
class Finding:
    """One thing that must not be: which check found it, at which service, in words."""

    kind: Kind
    check: str
    service: str
    what: str


def lost(check: str, service: str, what: str) -> Finding:
    return Finding(Kind.LOST, check, service, what)


def doubled(check: str, service: str, what: str) -> Finding:
    return Finding(Kind.DOUBLED, check, service, what)


def broken(check: str, service: str, what: str) -> Finding:
    return Finding(Kind.BROKEN, check, service, what)


def counted(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings there are of each kind; all kinds are named."""
    counts = Counter(finding.kind for finding in findings)
    return {kind.value: counts[kind] for kind in Kind}
