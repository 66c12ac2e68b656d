"""A measured figure, what it is compared with, and whether the target holds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import Any, Literal


@dataclass(frozen=True)
class Target:
    """What a ratio (or, without `of`, the figure itself) has to reach."""

    bound: Literal["at least", "at most"]
    value: float
    of: Literal["floor", "peer", ""] = "floor"

    def met_by(self, figure: float) -> bool:
        """Decides whether `figure` is on the right side of the bound."""
        return figure >= self.value if self.bound == "at least" else figure <= self.value

    def __str__(self) -> str:
        sign = "≥" if self.bound == "at least" else "≤"
        return f"{sign} {self.value:g}" + (f" × {self.of}" if self.of else "")


@dataclass(frozen=True)
class Row:
    """One line of the table. `spread`: the distance between the quartiles of the turns' ratios."""

    name: str
    unit: str
    floor: float | None
    peer: float | None
    ours: float
    ratio: float | None
    spread: float | None
    target: str
    target_met: bool | None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Returns the row's fields; a figure that is not a number is left out, not invented."""
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in asdict(self).items()
        }


def compare(
    name: str,
    unit: str,
    turns: Mapping[str, Sequence[float]],
    target: Target | None,
    note: str = "",
) -> Row:
    """Returns the row of `turns["ours"]` beside `turns["floor"]` and/or `turns["peer"]`.

    The ratio is the median of the ratios of each turn, so that a slow minute of the machine
    weighs on both sides alike.
    """
    measure = target.of if target else ("floor" if "floor" in turns else "peer")
    ratios = _ratios(turns, measure)
    judged = median(ratios or turns["ours"])
    return Row(
        name=name,
        unit=unit,
        floor=_middle(turns, "floor"),
        peer=_middle(turns, "peer"),
        ours=median(turns["ours"]),
        ratio=median(ratios) if ratios else None,
        spread=_spread(ratios or turns["ours"]),
        target=str(target or ""),
        target_met=target.met_by(judged) if target else None,
        note=note,
    )


def _ratios(turns: Mapping[str, Sequence[float]], measure: str) -> list[float]:
    if measure not in turns:
        return []
    return [ours / other for ours, other in zip(turns["ours"], turns[measure], strict=True)]


def _middle(turns: Mapping[str, Sequence[float]], side: str) -> float | None:
    return median(turns[side]) if side in turns else None


def _spread(figures: Sequence[float]) -> float | None:
    if len(figures) < 2:
        return None
    lower, _, upper = quantiles(figures, n=4, method="inclusive")
    return upper - lower
