"""What counting keeps of a record gives the same answers in far less memory."""

import json
import tracemalloc
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest

from services.audit.domain.known import Known
from services.audit.domain.moment import Moment
from services.audit.domain.statistics import Definition, Scope, definitions
from services.audit.domain.statistics.counted_records import CountedRecords
from services.audit.domain.statistics.definitions import Question, answer
from services.audit.domain.statistics.facts import History
from shared.eventstore.canonical import encode
from tests.golden.term import TERM, golden_term

Row = tuple[str, int, bytes]


@cache
def rows() -> list[Row]:
    return [(one.source, one.position, encode(one.record)) for one in golden_term().log]


def whole(some: Iterable[Row]) -> list[Known]:
    return [Known(source, position, json.loads(raw)) for source, position, raw in some]


@cache
def histories() -> tuple[History, History]:
    """The golden term with whole records, and with those that counting keeps."""
    kept = list(CountedRecords().read(rows()))
    return History.of(whole(rows()), Moment()), History.of(kept, Moment())


@pytest.mark.req("R340")
@pytest.mark.parametrize("known", definitions(), ids=lambda known: known.name)
def test_every_statistic_answers_the_same(known: Definition[Any]) -> None:
    asked = Question(known, Scope(term=TERM))
    of_whole, of_kept = (answer(asked, history) for history in histories())
    assert of_whole == of_kept


def test_events_are_shown_under_the_same_ids() -> None:
    of_whole, of_kept = histories()
    assert [one.id for one in of_kept.facts] == [one.id for one in of_whole.facts]


def test_free_text_is_cut_away_and_codes_stay() -> None:
    record = {"id": "1", "prev": "ab", "data": {"wording": "长" * 121, "case_no": "C" * 120}}
    (kept,) = CountedRecords().read([("feedback", 1, json.dumps(record).encode())])
    assert kept.record == {"id": "1", "data": {"wording": "", "case_no": "C" * 120}}


def test_a_record_takes_less_than_a_third_of_the_memory() -> None:
    some = rows()[:2000]
    sizes = []
    for read in (whole, lambda given: list(CountedRecords().read(given))):
        tracemalloc.start()
        held = read(some)
        sizes.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert len(held) == len(some)
    assert sizes[1] * 3 < sizes[0]
