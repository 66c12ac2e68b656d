"""Whatever is commanded, and whatever befalls the services: history tells what was.

Random commands, sensible and refused ones, are given to the real services on a real PostgreSQL.
Right after each, the live state of things, the state digest of each stream and what audit answers
are kept. At the end replay must give the same at every version, every recorded state root must
follow, and a full export must verify with six times yes, in both verifiers.

`--hypothesis-profile duban-long` plays many more histories.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.property import disasters
from tests.property.city import PROBLEMS, City
from tests.property.doomed import Doom
from tests.property.ground import Ground
from tests.property.main_line import advance
from tests.property.prelude import begin
from tests.property.proof import (
    Auditor,
    require_recorded_states_follow,
    require_replay_equals_what_was,
    require_time_travel_equals_what_was_told,
)
from tests.property.steps import (
    Attempt,
    Course,
    Crash,
    OldBackup,
    Restore,
    Rotation,
    Sealing,
    ServerKilled,
    Step,
    disasters_of_all_kinds,
    ordinary,
)

FIRST, SECOND = PROBLEMS
PER_HUNDRED = 6
HISTORIES = max(1, settings().max_examples * PER_HUNDRED // 100)

TO_THE_ARCHIVE_AND_BACK: list[Step] = [
    Course(FIRST, 40), Attempt("claim_problem", 1), Sealing("rectification", True),
    Course(FIRST, 35), Course(SECOND, 45), Sealing("supervision", False), Course(FIRST, 6),
]  # fmt: skip
EVERY_DISASTER: list[Step] = [
    Course(FIRST, 14), Crash(Doom(FIRST, "stored", 9)), Crash(Doom("supervision", "mark", 1, True)),
    Course(FIRST, 8), ServerKilled(FIRST, "stored"), Rotation("rectification", True),
    Course(FIRST, 6), Restore(FIRST, 3), OldBackup(FIRST, "supervision"), Course(FIRST, 6),
]  # fmt: skip


@contextmanager
def founded(ground: Ground) -> Iterator[City]:
    """A city whose feedback is issued; its databases are dropped at the end."""
    city = ground.city()
    try:
        begin(city)
        yield city
    finally:
        ground.raze(city)


def require_that_history_tells_what_was(ground: Ground, steps: Sequence[Step]) -> None:
    with founded(ground) as city, TemporaryDirectory() as place:
        auditor = Auditor(city, Path(place))
        auditor.keep_checkpoints()
        for step in steps:
            step.play(ground, city)
        city.hear()
        auditor.require_proof()
        require_replay_equals_what_was(city)
        require_time_travel_equals_what_was_told(city)
        require_recorded_states_follow(city)


@pytest.mark.req("R341", "INV-18")
class TestHistory:
    @settings(max_examples=HISTORIES)
    @given(steps=st.lists(ordinary, min_size=4, max_size=16))
    @example(steps=TO_THE_ARCHIVE_AND_BACK)
    def test_tells_what_was(self, ground: Ground, steps: list[Step]) -> None:
        require_that_history_tells_what_was(ground, steps)

    @settings(max_examples=HISTORIES)
    @given(
        steps=st.lists(ordinary, min_size=2, max_size=6),
        disaster=disasters_of_all_kinds,
        more=st.lists(ordinary, min_size=1, max_size=3),
    )
    @example(steps=EVERY_DISASTER, disaster=Rotation("supervision", False), more=[])
    def test_survives_what_befalls_the_services(
        self, ground: Ground, steps: list[Step], disaster: Step, more: list[Step]
    ) -> None:
        require_that_history_tells_what_was(ground, [*steps, disaster, *more])

    def test_is_not_signed_on_from_an_old_backup(self, ground: Ground) -> None:
        with founded(ground) as city:
            advance(city, FIRST, 5)
            disasters.restore_an_old_one(ground, city, FIRST, "rectification")
