"""The checker bites: on a real small history, each planted fault is found, and named rightly."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.cli.sample.verdict import behind
from tests.chaos import planted
from tests.chaos.checker import findings
from tests.chaos.evidence import Evidence
from tests.chaos.findings import Finding, Kind
from tests.chaos.journal import Journal, Seen
from tests.chaos.planted import History
from tests.chaos.run import unprojected
from tests.chaos.system import WoundedStack
from tests.chaos.users import JournalingPlayer, thing_of
from tests.chaos.workload import Workload, city_of
from tests.support.eventually import eventually

SETTLED_WITHIN = 120  # seconds; a bound, not a measure


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """One small round, played through HTTP with a journal."""
    data: Path = tmp_path_factory.mktemp("history") / "data"
    with WoundedStack(data, 1, "embedded", small_disk=False) as stack:
        player = JournalingPlayer(stack.map.services, stack.issuer)
        workload = Workload(player, city_of(1, 2026))
        workload.run()
        player.close()
        assert workload.broken == []
        history = History(stack.postgres, player.journal)
        eventually(
            lambda: not behind(history.databases) and not unprojected(history.databases),
            within=SETTLED_WITHIN,
        )
        stack.stop_services()
        yield history


def of(kind: Kind, check: str, evidence: Evidence) -> list[Finding]:
    return [one for one in findings(evidence, check) if one.kind is kind]


class TestGivenAHistoryWithoutFaults:
    def test_then_nothing_is_found(self, history: History) -> None:
        assert findings(history.evidence) == []
        assert len(history.journal.acknowledged) > 100
        assert any(seen.min_position for seen in history.journal.seen)


class TestGivenSomethingThatIsGone:
    def test_when_it_is_the_last_event_of_a_stream_then_a_command_is_lost(
        self, history: History
    ) -> None:
        unlocked, gone = planted.UNLOCKED, planted.LAST_EVENT_GONE
        with history.with_planted("supervision", unlocked, gone) as evidence:
            found = of(Kind.LOST, "commands", evidence) + of(Kind.LOST, "seals", evidence)
        assert found

    def test_when_it_is_an_event_in_the_middle_then_the_chain_says_so(
        self, history: History
    ) -> None:
        unlocked, gone = planted.UNLOCKED, planted.MIDDLE_EVENT_GONE
        with history.with_planted("supervision", unlocked, gone) as evidence:
            assert len(of(Kind.LOST, "chains", evidence)) == 1

    def test_when_it_is_an_acknowledged_answer_then_that_is_lost(self, history: History) -> None:
        one = history.journal.acknowledged[-1]
        with history.with_planted(one.service, planted.answer_gone(one.key)) as evidence:
            assert len(of(Kind.LOST, "commands", evidence)) == 1

    def test_when_an_event_was_never_published_then_the_topic_lacks_it(
        self, history: History
    ) -> None:
        evidence = history.evidence
        published = {event.raw for event in evidence.stores["feedback"].events[1:]}
        evidence = replace(evidence, topics={"feedback": published})
        assert len(of(Kind.LOST, "topics", evidence)) == 1

    def test_when_audit_did_not_keep_a_record_then_that_is_lost(self, history: History) -> None:
        unlocked, gone = planted.AUDIT_UNLOCKED, planted.KEPT_RECORD_GONE
        with history.with_planted("audit", unlocked, gone) as evidence:
            assert len(of(Kind.LOST, "followed records", evidence)) == 1

    def test_when_an_inbox_mark_is_behind_then_a_message_is_lost(self, history: History) -> None:
        with history.with_planted("supervision", planted.MARK_MOVED.format(by=-1)) as evidence:
            assert len(of(Kind.LOST, "inbox", evidence)) == 1


class TestGivenSomethingThatStandsTwice:
    def test_when_it_is_an_effect_then_it_is_doubled(self, history: History) -> None:
        with history.with_planted("rectification", planted.done_again("policy")) as evidence:
            assert len(of(Kind.DOUBLED, "effects", evidence)) == 1

    def test_when_it_is_a_command_then_it_is_doubled(self, history: History) -> None:
        with history.with_planted("feedback", planted.done_again("http")) as evidence:
            assert len(of(Kind.DOUBLED, "commands", evidence)) == 1


class TestGivenSomethingThatDoesNotAgree:
    def test_when_a_record_names_another_predecessor_then_chain_and_seal_say_so(
        self, history: History
    ) -> None:
        unlocked, other = planted.UNLOCKED, planted.OTHER_PREV
        with history.with_planted("supervision", unlocked, other) as evidence:
            assert of(Kind.BROKEN, "chains", evidence)
            assert of(Kind.BROKEN, "seals", evidence)

    def test_when_an_effect_names_an_unknown_cause_then_that_is_found(
        self, history: History
    ) -> None:
        unlocked, unknown = planted.UNLOCKED, planted.CAUSE_UNKNOWN
        with history.with_planted("rectification", unlocked, unknown) as evidence:
            assert len(of(Kind.BROKEN, "effects", evidence)) == 1

    def test_when_an_inbox_mark_is_ahead_then_that_is_found(self, history: History) -> None:
        with history.with_planted("rectification", planted.MARK_MOVED.format(by=1)) as evidence:
            assert len(of(Kind.BROKEN, "inbox", evidence)) == 1

    def test_when_a_read_model_is_stale_then_that_is_found(self, history: History) -> None:
        name, schema, table = history.filled_table("supervision")
        gone = planted.first_row_gone(schema, table)
        with history.with_planted("supervision", gone) as evidence:
            [found] = of(Kind.BROKEN, "read models", evidence)
        assert found.what == f"{name} differs from a rebuild"

    def test_when_read_models_have_stopped_then_that_is_found(self, history: History) -> None:
        with history.with_planted("feedback", planted.READ_MODELS_STOPPED) as evidence:
            assert of(Kind.BROKEN, "read models", evidence)

    def test_when_a_message_stays_parked_then_that_is_found(self, history: History) -> None:
        with history.with_planted("supervision", planted.MESSAGE_PARKED) as evidence:
            assert len(of(Kind.BROKEN, "parked", evidence)) == 1


class TestGivenAnswersThatAgreeWithNoOneOrder:
    def test_when_a_later_write_has_a_lower_version_then_that_is_found(
        self, history: History
    ) -> None:
        told = history.journal.acknowledged
        last = max(told, key=lambda one: one.version)
        first = next(o for o in told if (o.service, o.stream) == (last.service, last.stream))
        moved = replace(first, begun=last.ended + 1, ended=last.ended + 2)
        journal = Journal([moved if one is first else one for one in told])
        assert of(Kind.BROKEN, "order", Evidence.of(history.databases, journal))

    def test_when_a_read_misses_an_acknowledged_write_then_that_is_found(
        self, history: History
    ) -> None:
        told = history.journal.acknowledged
        one = max(told, key=lambda one: one.version)
        later, thing = one.ended + 1, thing_of(one.path)
        stale = Seen(one.service, thing, one.version - 1, one.position, later, later + 1)
        journal = Journal(told, seen=[stale])
        assert len(of(Kind.BROKEN, "order", Evidence.of(history.databases, journal))) == 1
