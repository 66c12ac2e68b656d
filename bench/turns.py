"""Contestants take turns, so that none of them gets the machine's better minutes."""

import gc
import time
from collections.abc import Callable, Mapping

Contestant = Callable[[], float]
"""Does its work once and returns its figure (a rate, a time, a size)."""


def take_turns(contestants: Mapping[str, Contestant], turns: int) -> dict[str, list[float]]:
    """Returns the figures of every contestant, one a turn; each turn begins with another one."""
    names = list(contestants)
    figures: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(turns):
        for offset in range(len(names)):
            name = names[(turn + offset) % len(names)]
            gc.collect()
            figures[name].append(contestants[name]())
    return figures


def seconds(work: Callable[[], object]) -> float:
    """Returns how long `work` took, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def rate(count: int, work: Callable[[], object]) -> float:
    """Returns how many a second `work` did of `count`."""
    return count / seconds(work)


def percentile(samples: list[float], share: float) -> float:
    """Returns the sample below which `share` (0–1) of the samples lie."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
