"""Ids that follow from what they name."""

from uuid import uuid5

from shared.kernel.ids import EVENT_NAMESPACE, CountingIds, event_id


def test_an_event_id_is_a_name_based_uuid() -> None:
    for version in range(1, 200):
        named = uuid5(EVENT_NAMESPACE, f"feedback\nproblem/问题-1\n{version}")
        assert event_id("feedback", "problem/问题-1", version) == str(named)


def test_the_same_place_in_a_log_always_has_the_same_event_id() -> None:
    assert event_id("feedback", "problem/P1", 3) == event_id("feedback", "problem/P1", 3)


def test_another_service_stream_or_version_has_another_event_id() -> None:
    places = [
        ("feedback", "problem/P1", 3),
        ("rectification", "problem/P1", 3),
        ("feedback", "problem/P13", 3),
        ("feedback", "problem/P1", 33),
    ]
    assert len({event_id(*place) for place in places}) == len(places)


def test_counting_ids_are_predictable() -> None:
    ids = CountingIds("command")
    assert [ids.new(), ids.new()] == ["command-1", "command-2"]
