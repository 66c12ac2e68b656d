"""Logs anchor each other's checkpoints: daily, when there is news, and never only each other's."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest

from shared.embedded.postgres import EmbeddedPostgres
from shared.kernel.actor import Role
from shared.kernel.clock import SettableClock
from shared.tlog.checkpoints import Checkpoint, signed
from shared.tlog.log_writer import LogWriter
from shared.tlog.sibling_logs import HttpSiblingLogs
from shared.tlog.siblings import EVERY_POSITIONS, LOOKED_THROUGH
from tests.integration.tlog.archive import MONDAY
from tests.integration.tlog.town import Hall, Town
from tests.support.signers import WordSigner

DAY = timedelta(days=1)
ORIGIN = "duban.invalid/city.yunlan/{}"
NUMBERS = count(1)


@pytest.fixture
def town(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Town]:
    names = {name: f"town_{next(NUMBERS)}" for name in ("feedback", "supervision", "audit")}
    for database in names.values():
        postgres.create_database(database)
    urls = {name: postgres.uri(database) for name, database in names.items()}
    founded = Town.founded(urls, tmp_path, SettableClock(MONDAY))
    yield founded
    founded.close()
    for database in names.values():
        postgres.drop_database(database)


@pytest.fixture
def feedback(town: Town) -> Hall:
    """Its worker has begun on Monday."""
    hall = town.halls["feedback"]
    assert hall.anchoring.look(MONDAY) == 0
    return hall


@pytest.fixture
def supervision(town: Town) -> Hall:
    return town.halls["supervision"]


def sizes(hall: Hall) -> list[dict[str, int]]:
    """Return what each anchor says, by service."""
    return [{one.origin.rpartition("/")[2]: one.size for one in told} for told in hall.anchors]


class TestCadence:
    def test_on_another_day_the_news_of_all_siblings_is_anchored(
        self, town: Town, feedback: Hall, supervision: Hall
    ) -> None:
        supervision.send_back("D1", 3)
        town.halls["audit"].send_back("D1", 1)
        assert feedback.anchoring.look(MONDAY) == 0
        assert feedback.anchoring.look(MONDAY + DAY) == 2
        assert sizes(feedback) == [{"audit": 1, "supervision": 3}]
        told = {one.origin: one.root for one in feedback.anchors[0]}
        root = supervision.log.tlog.present().root.hex()
        assert told[ORIGIN.format("supervision")] == root

    def test_once_a_day_is_enough(self, feedback: Hall, supervision: Hall) -> None:
        supervision.send_back("D1")
        feedback.anchoring.look(MONDAY + DAY)
        supervision.send_back("D1")
        assert feedback.anchoring.look(MONDAY + DAY) == 0
        assert feedback.anchoring.look(MONDAY + 2 * DAY) == 1
        assert sizes(feedback) == [{"supervision": 1}, {"supervision": 2}]

    def test_after_many_positions_of_its_own_log(self, feedback: Hall, supervision: Hall) -> None:
        supervision.send_back("D1")
        feedback.draw_positions(EVERY_POSITIONS - 1)
        assert feedback.anchoring.look(MONDAY) == 0
        feedback.draw_positions(1)
        assert feedback.anchoring.look(MONDAY) == 1
        supervision.send_back("D1")
        assert feedback.anchoring.look(MONDAY) == 0

    def test_a_restart_on_the_same_day_anchors_nothing_again(
        self, town: Town, feedback: Hall, supervision: Hall
    ) -> None:
        supervision.send_back("D1")
        feedback.anchoring.look(MONDAY + DAY)
        supervision.send_back("D1")
        restarted = Hall(feedback.settings, "feedback", town.clock)
        restarted.anchoring.siblings = town.neighbours_of("feedback")
        assert restarted.anchoring.look(MONDAY + DAY) == 0
        assert restarted.anchoring.look(MONDAY + 2 * DAY) == 1
        restarted.store.close()

    def test_without_news_nothing_is_recorded(self, feedback: Hall, supervision: Hall) -> None:
        assert feedback.anchoring.look(MONDAY + DAY) == 0
        supervision.send_back("D1")
        feedback.anchoring.look(MONDAY + 2 * DAY)
        assert feedback.anchoring.look(MONDAY + 3 * DAY) == 0
        assert len(feedback.anchors) == 1


class TestNews:
    def test_idle_logs_do_not_anchor_each_other_for_ever(self, town: Town) -> None:
        """Each anchor and each state makes its own log grow: that is no news for the others."""
        for hall in town.halls.values():
            hall.work(MONDAY)
            hall.send_back("D1", 2)
        grown = []
        for day in range(1, 12):
            for hall in town.halls.values():
                hall.work(MONDAY + day * DAY)
            grown.append(sum(hall.size for hall in town.halls.values()))
        assert [len(hall.anchors) for hall in town.halls.values()] == [1, 1, 1]
        assert grown[3:] == [grown[3]] * len(grown[3:])

    def test_one_busy_log_makes_the_others_grow_by_their_anchors_only(self, town: Town) -> None:
        busy = town.halls["supervision"]
        for hall in town.halls.values():
            hall.work(MONDAY)
        for day in range(1, 6):
            busy.send_back("D1", 2)
            for hall in town.halls.values():
                hall.work(MONDAY + day * DAY)
        anchors = {name: len(hall.anchors) for name, hall in town.halls.items()}
        assert anchors == {"feedback": 5, "audit": 5, "supervision": 0}

    def test_a_destroyed_key_is_news(self, town: Town, feedback: Hall, supervision: Hall) -> None:
        supervision.send_back("D1")
        feedback.anchoring.look(MONDAY + DAY)
        work, book = LogWriter(supervision.store, "city:yunlan", town.halls["audit"].log.ids).begin(
            "DestroySubjectKey", MONDAY
        )
        book.destroy_subject_key("L-1", "PIPL 47", "key-destroyed-values-deleted", "p-lg")
        work.save(book)
        work.commit()
        supervision.sealer.seal_all()
        assert feedback.anchoring.look(MONDAY + 2 * DAY) == 1

    def test_of_much_nothing_is_read(self, town: Town, feedback: Hall, supervision: Hall) -> None:
        supervision.send_back("D1", LOOKED_THROUGH + 1)
        assert feedback.anchoring.anchor(MONDAY) == 1
        assert town.neighbours_of("feedback").read == []
        supervision.send_back("D1", 2)
        assert feedback.anchoring.anchor(MONDAY) == 1
        assert [tile.number for tile in town.neighbours_of("feedback").read] == [1]


class TestASibling:
    def test_that_does_not_answer_hides_no_other_and_is_asked_again(
        self, town: Town, feedback: Hall, supervision: Hall
    ) -> None:
        for name in ("supervision", "audit"):
            town.halls[name].send_back("D1")
        town.neighbours_of("feedback").away.add("audit")
        assert feedback.anchoring.look(MONDAY + DAY) == 1
        town.neighbours_of("feedback").away.clear()
        assert feedback.anchoring.look(MONDAY + DAY) == 1
        assert sizes(feedback) == [{"supervision": 1}, {"audit": 1}]

    def test_whose_checkpoint_no_key_that_counts_has_signed_is_not_anchored(
        self, town: Town, feedback: Hall, supervision: Hall
    ) -> None:
        supervision.send_back("D1")
        origin = ORIGIN.format("supervision")
        forged = signed(Checkpoint(origin, 9, b"r" * 32), WordSigner(origin))
        town.neighbours_of("feedback").shown["supervision"] = forged.encode()
        assert feedback.anchoring.look(MONDAY + DAY) == 0

    def test_that_went_back_is_not_anchored(
        self, town: Town, feedback: Hall, supervision: Hall
    ) -> None:
        supervision.send_back("D1", 2)
        before = supervision.log.tlog.checkpoint().encode()
        supervision.send_back("D1", 2)
        feedback.anchoring.look(MONDAY + DAY)
        town.neighbours_of("feedback").shown["supervision"] = before
        assert feedback.anchoring.look(MONDAY + 2 * DAY) == 0
        assert sizes(feedback) == [{"supervision": 4}]

    def test_that_shows_broken_records_is_not_anchored(
        self, town: Town, feedback: Hall, supervision: Hall, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        supervision.send_back("D1")
        neighbours = town.neighbours_of("feedback")
        monkeypatch.setattr(neighbours, "entries", lambda service, tile: b"\x00\x09no record")
        assert feedback.anchoring.look(MONDAY + DAY) == 0


def test_two_workers_at_once_anchor_once(town: Town, feedback: Hall, supervision: Hall) -> None:
    """The one that comes second finds the log book changed, looks again and sees no news."""
    supervision.send_back("D1")
    other = Hall(feedback.settings, "feedback", town.clock)
    other.anchoring.siblings = town.neighbours_of("feedback")
    neighbours = town.neighbours_of("feedback")

    class Overtaken(type(neighbours)):  # type: ignore[misc]  # its class is known above
        def checkpoint(self, service: str) -> bytes | None:
            if not feedback.anchors:
                feedback.anchoring.anchor(MONDAY)
            return neighbours.checkpoint(service)

    other.anchoring.siblings = Overtaken(neighbours.halls)
    assert other.anchoring.anchor(MONDAY) == 0
    assert sizes(feedback) == [{"supervision": 1}]
    other.store.close()


def test_before_an_export_the_siblings_are_anchored_over_http(town: Town) -> None:
    """Asking for the state anchors first: the state, and so the export, covers the anchor."""
    feedback, supervision = town.halls["feedback"], town.halls["supervision"]
    feedback.send_back("D1")
    supervision.send_back("D1", 2)
    headers = {"Authorization": f"Bearer {town.token(Role.AUD)}", "Idempotency-Key": "export-0001"}
    with town.open("supervision") as sibling, town.open("feedback") as base:
        urls = {"supervision": sibling, "feedback": base}
        feedback.anchoring.siblings = HttpSiblingLogs.of(urls, "feedback", town.token(Role.SYSTEM))
        answer = httpx.post(f"{base}/v1/log/record-state", headers=headers, timeout=40)
    assert answer.status_code == 200, answer.text
    (told,) = sizes(feedback)
    assert list(told) == ["supervision"] and told["supervision"] >= 2
    records = feedback.log.tlog.records(0, answer.json()["state_size"])
    assert any(b'"log.siblings-anchored"' in raw for raw in records)
