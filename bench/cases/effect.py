"""From a commit in one service to its effect in another, beside the bare client's way."""

from collections.abc import Callable, Sequence
from statistics import median

from bench.ground import BrokerKind, Ground
from bench.register import benchmark
from bench.rows import Row
from bench.turns import percentile, take_turns
from bench.way import Send, Way, way

RATES = (100, 500)  # events a second
SECONDS = 8.0
MORE_THAN_FLOOR_MS = 50.0

_Samples = dict[str, list[list[float]]]


@benchmark("effect")
def commit_to_effect(ground: Ground) -> Sequence[Row]:
    """Commit → effect in another service, p50 and p99 at 100 and 500 events a second."""
    return [row for kind in ground.brokers for row in _rows(ground, kind)]


def _rows(ground: Ground, kind: BrokerKind) -> list[Row]:
    with way(ground, kind) as made:
        for send in (made.commit, made.produce):
            made.latencies(send, RATES[0], 1.0)  # what is done once: groups, plans, caches
        return [row for rate in RATES for row in _rows_at(ground, kind, made, rate)]


def _rows_at(ground: Ground, kind: BrokerKind, made: Way, rate: int) -> list[Row]:
    seconds = max(1.0, SECONDS * ground.size)
    samples: _Samples = {"floor": [], "ours": []}

    def contestant(name: str, send: Send) -> Callable[[], float]:
        def once() -> float:
            samples[name].append(made.latencies(send, rate, seconds))
            return median(samples[name][-1])

        return once

    sides = {"floor": contestant("floor", made.produce), "ours": contestant("ours", made.commit)}
    take_turns(sides, ground.turns)
    return [_row(kind, rate, share, samples) for share in (0.5, 0.99)]


def _row(kind: BrokerKind, rate: int, share: float, samples: _Samples) -> Row:
    """Return the row; its target is a distance to the floor, not a ratio."""
    floors, ours = ([percentile(turn, share) for turn in samples[who]] for who in ("floor", "ours"))
    more = [mine - floor for mine, floor in zip(ours, floors, strict=True)]
    is_judged = share > 0.5
    return Row(
        name=f"commit → effect, {kind}, {rate}/s, p{share * 100:.0f}",
        unit="ms",
        floor=median(floors),
        peer=None,
        ours=median(ours),
        ratio=median(mine / floor for mine, floor in zip(ours, floors, strict=True)),
        spread=max(more) - min(more),
        target=f"≤ floor + {MORE_THAN_FLOOR_MS:.0f} ms" if is_judged else "",
        target_met=median(more) <= MORE_THAN_FLOOR_MS if is_judged else None,
        note="sender, relay, consumer: a process each; spread is that of the distance, in ms",
    )
