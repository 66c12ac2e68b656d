"""When a partition is read from its beginning again."""

from typing import cast

from shared.messaging.generations import Generations
from shared.messaging.inbox import Inbox


class RememberingInbox:
    """The two methods of the inbox that are asked here."""

    def __init__(self, known: str = "") -> None:
        self.known = known

    def generation(self, source: str, partition: int) -> str:
        return self.known

    def remember_generation(self, source: str, partition: int, generation: str) -> None:
        self.known = generation


def generations(inbox: RememberingInbox) -> Generations:
    return Generations(cast(Inbox, inbox))


def test_the_first_reading_begins_at_the_beginning_and_is_remembered() -> None:
    inbox = RememberingInbox()
    assert generations(inbox).is_known("harbour", 0, "g1", offset=0)
    assert inbox.known == "g1"


def test_a_bookmark_without_memory_points_to_nowhere() -> None:
    assert not generations(RememberingInbox()).is_known("harbour", 0, "g1", offset=7)


def test_another_generation_asks_once_for_a_new_reading() -> None:
    inbox = RememberingInbox("g1")
    met = generations(inbox)
    assert met.is_known("harbour", 0, "g1", offset=6)
    assert not met.is_known("harbour", 0, "g2", offset=7)
    met.remember("harbour", 0, "g2")
    assert met.is_known("harbour", 0, "g1", offset=0)
    assert met.is_known("harbour", 0, "g2", offset=7)
    assert inbox.known == "g2"


def test_mixed_fillings_do_not_turn_in_circles() -> None:
    met = generations(RememberingInbox("g2"))
    assert not met.is_known("harbour", 0, "g1", offset=3)
    met.remember("harbour", 0, "g1")
    assert met.is_known("harbour", 0, "g1", offset=0)
    assert not met.is_known("harbour", 0, "g2", offset=5)
    met.remember("harbour", 0, "g2")
    assert met.is_known("harbour", 0, "g1", offset=0)
    assert met.is_known("harbour", 0, "g2", offset=5)
