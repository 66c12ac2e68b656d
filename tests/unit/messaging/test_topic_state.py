"""Where a relay goes on, from what stands in Kafka."""

from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.outgoing import within_span
from shared.messaging.topic_state import Published, TopicState
from tests.unit.messaging.records import lit

WINDOW = 5
PARTITIONS = 3


def new_generation() -> str:
    return "new"


def test_an_empty_topic_begins_a_new_generation_at_the_start() -> None:
    found = TopicState(ends={0: 0, 1: 0}, last={}).resumed(WINDOW, new_generation)
    assert (found.generation, found.after, found.last) == ("new", 0, {})


def test_a_filled_topic_keeps_its_generation_and_goes_on_one_window_below_the_highest() -> None:
    state = TopicState(ends={0: 4, 1: 9}, last={0: (12, "old"), 1: (17, "old")})
    found = state.resumed(WINDOW, new_generation)
    assert (found.generation, found.after) == ("old", 12)
    assert found.last == {0: 12, 1: 17}


def test_a_partition_that_has_shrunk_is_not_the_one_published_to() -> None:
    published = Published("old", ends={0: 4})
    assert published.stands_in({0: 4, 1: 0})
    assert not published.stands_in({0: 3, 1: 0})
    assert published.is_overtaken(0, 3)
    assert not published.is_overtaken(0, 4)


def test_a_window_spans_positions_not_records() -> None:
    events = [lit(1), lit(2), lit(3)]  # at positions 10, 20 and 30
    assert within_span(events, 20) == events[:2]
    assert within_span([], 20) == []


@given(
    positions=st.lists(st.integers(1, 60), unique=True, min_size=1).map(sorted),
    partition_of=st.lists(st.integers(0, PARTITIONS - 1), min_size=60, max_size=60),
    acknowledged=st.lists(st.integers(0, 3), min_size=200, max_size=200),
    crash_after=st.integers(0, 40),
)
def test_a_relay_that_dies_anywhere_loses_nothing_and_doubles_nothing(
    positions: list[int], partition_of: list[int], acknowledged: list[int], crash_after: int
) -> None:
    """A model of the relay: windows, one record of a partition after the other, then a crash."""
    kafka: dict[int, list[int]] = {number: [] for number in range(PARTITIONS)}
    steps, after = 0, 0
    while (window := span_after(positions, after)) and steps <= crash_after:
        for turn in range(len(window) * 3):
            number = acknowledged[(steps + turn) % 200] % PARTITIONS
            waiting = [
                p for p in window if partition_of[p - 1] == number and p not in kafka[number]
            ]
            if waiting and steps <= crash_after:
                kafka[number].append(waiting[0])
                steps += 1
        if any(p not in kafka[partition_of[p - 1]] for p in window):
            break
        after = window[-1]
    last = {n: (found[-1], "g") for n, found in kafka.items() if found}
    resumed = TopicState({}, last).resumed(WINDOW, new_generation)
    for position in positions:
        number = partition_of[position - 1]
        if position > resumed.after and position > resumed.last.get(number, 0):
            kafka[number].append(position)
    assert sorted(p for found in kafka.values() for p in found) == positions


def span_after(positions: list[int], after: int) -> list[int]:
    following = [p for p in positions if p > after][:WINDOW]
    return [p for p in following if p < following[0] + WINDOW]
