"""Offsets: only what is finished is committed, and never twice."""

from aiokafka import TopicPartition

from shared.messaging.bookmarks import Bookmarks

NORTH, SOUTH = TopicPartition("lighthouse.events", 0), TopicPartition("lighthouse.events", 1)


def test_what_is_held_holds_its_partition_back() -> None:
    bookmarks = Bookmarks()
    bookmarks.hold("lamp", NORTH, 3)
    bookmarks.hold("lamp", NORTH, 7)
    bookmarks.reached(NORTH, 9)
    bookmarks.reached(SOUTH, 4)
    assert bookmarks.to_commit() == {NORTH: 3, SOUTH: 4}
    bookmarks.release("lamp")
    assert bookmarks.to_commit() == {NORTH: 9, SOUTH: 4}


def test_the_lowest_of_several_held_offsets_counts() -> None:
    bookmarks = Bookmarks()
    bookmarks.reached(NORTH, 9)
    bookmarks.hold("one", NORTH, 5)
    bookmarks.hold("other", NORTH, 2)
    assert bookmarks.to_commit() == {NORTH: 2}


def test_what_has_not_moved_is_not_committed_again() -> None:
    bookmarks = Bookmarks()
    bookmarks.reached(NORTH, 9)
    bookmarks.committed(bookmarks.to_commit())
    assert bookmarks.to_commit() == {}
    bookmarks.reached(NORTH, 0)
    assert bookmarks.to_commit() == {NORTH: 0}
