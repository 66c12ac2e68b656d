"""Whatever lies on a topic is read or refused: nothing else may come out of reading it."""

from shared.kernel.errors import ContractError
from shared.messaging.headers import decode
from shared.messaging.topics import topic_of
from tests.fuzz.poison import Poison, drawn
from tests.unit.messaging.records import SOURCE, lit

NUMBER = 300


def poisons(seeded: int) -> list[Poison]:
    return list(drawn(NUMBER, seeded, "test", {SOURCE: ("g1", [lit()])}))


def is_read(poison: Poison) -> bool:
    headers = list(poison.headers)
    try:
        decode(topic_of(poison.source), poison.key, poison.value, headers)  # type: ignore[arg-type]  # a header without a value is the point
    except ContractError:
        return False
    return True


def test_malformed_messages_are_refused_and_nothing_else_is_raised() -> None:
    read = [poison.wrong for poison in poisons(1) if is_read(poison)]
    assert len(read) < NUMBER / 2
    assert not [
        wrong for wrong in read if wrong.startswith(("random", "only", "no ", "time", "id"))
    ]


def test_the_same_seed_draws_the_same_messages() -> None:
    assert poisons(7) == poisons(7)
