"""What a random history is made of. Each step says in one line what it does to the city."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from hypothesis import strategies as st

from tests.property import disasters, doomed
from tests.property.attempts import ATTEMPTS, tried
from tests.property.city import PROBLEMS, City
from tests.property.doomed import Doom
from tests.property.ground import Ground
from tests.property.main_line import advance
from tests.property.offices import ALL, SERVICES

IN_A_COMMAND = ("decided", "stored", "committed", "effect", "commit")
IN_THE_SEALER = ("seal", "mark", "state", "stored", "committed")


class Step(Protocol):
    """One thing that happens."""

    def play(self, ground: Ground, city: City) -> None: ...


@dataclass(frozen=True)
class Course:
    """The problem takes its course for so many sensible commands."""

    problem_no: str
    commands: int

    def play(self, ground: Ground, city: City) -> None:
        advance(city, self.problem_no, self.commands)


@dataclass(frozen=True)
class Attempt:
    """Somebody tries something, sensible or not."""

    name: str
    seed: int

    def play(self, ground: Ground, city: City) -> None:
        tried(city, self.name, self.seed)


@dataclass(frozen=True)
class DaysPass:
    """Nothing happens for some days; deadlines may pass."""

    days: int

    def play(self, ground: Ground, city: City) -> None:
        city.clock.advance(timedelta(days=self.days))


@dataclass(frozen=True)
class Sealing:
    """A log is sealed, perhaps with its state; the witness looks."""

    service: str
    with_state: bool

    def play(self, ground: Ground, city: City) -> None:
        sealer = city[self.service].sealer
        if self.with_state:
            sealer.record_state()
        sealer.seal_all()
        city.look()


@dataclass(frozen=True)
class Crash:
    """A process is killed while it works, or seals."""

    doom: Doom

    def play(self, ground: Ground, city: City) -> None:
        doomed.play(city, self.doom)


@dataclass(frozen=True)
class ServerKilled:
    """PostgreSQL is killed while a command is at this step."""

    problem_no: str
    step: str

    def play(self, ground: Ground, city: City) -> None:
        disasters.kill_postgresql(ground, city, self.problem_no, self.step)


@dataclass(frozen=True)
class Restore:
    """The backup of the latest sealed state is restored; what came after it is lost."""

    problem_no: str
    lost: int

    def play(self, ground: Ground, city: City) -> None:
        disasters.restore_the_latest(ground, city, self.problem_no, self.lost)


@dataclass(frozen=True)
class OldBackup:
    """An old backup is restored: the sealer refuses, and the true databases come back."""

    problem_no: str
    service: str

    def play(self, ground: Ground, city: City) -> None:
        disasters.restore_an_old_one(ground, city, self.problem_no, self.service)


@dataclass(frozen=True)
class Rotation:
    """The key of a log is replaced; the former may sign beside the new one for a while."""

    service: str
    ends: bool

    def play(self, ground: Ground, city: City) -> None:
        disasters.rotate_the_key(city, self.service)
        if self.ends:
            disasters.end_the_rotation(city, self.service)


problems = st.sampled_from(PROBLEMS)
_services = st.sampled_from(SERVICES)
_courses = st.builds(Course, problems, st.integers(1, 30))
_attempts = st.builds(Attempt, st.sampled_from(sorted(ATTEMPTS)), st.integers(0, 65_535))

ordinary: st.SearchStrategy[Step] = st.one_of(
    _courses,
    _courses,
    _attempts,
    _attempts,
    _attempts,
    st.builds(DaysPass, st.integers(1, 60)),
    st.builds(Sealing, st.sampled_from(ALL), st.booleans()),
)
crashes = st.builds(
    Crash,
    st.one_of(
        st.builds(Doom, problems, st.sampled_from(IN_A_COMMAND), st.integers(1, 25)),
        st.builds(
            Doom, _services, st.sampled_from(IN_THE_SEALER), st.integers(1, 3), st.just(True)
        ),
    ),
)
disasters_of_all_kinds: st.SearchStrategy[Step] = st.one_of(
    crashes,
    st.builds(ServerKilled, problems, st.sampled_from(IN_A_COMMAND[:3])),
    st.builds(Restore, problems, st.integers(0, 4)),
    st.builds(OldBackup, problems, _services),
    st.builds(Rotation, _services, st.booleans()),
)
