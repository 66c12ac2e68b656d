"""Which sentences follow from which events."""

from typing import Any

from shared.messaging.reactions import Reactions, sentence_of
from tests.unit.messaging.records import LampLit


def test_reactions_are_found_by_the_stored_type_in_the_order_of_registration() -> None:
    reactions = Reactions()

    @reactions.when(LampLit)
    def note_when_lamp_is_lit(application: Any, uow: Any, recorded: Any) -> None: ...

    @reactions.when(LampLit)
    def wake_when_lamp_is_lit(application: Any, uow: Any, recorded: Any) -> None: ...

    found = reactions.to("lighthouse.lamp-lit")
    assert list(found) == [note_when_lamp_is_lit, wake_when_lamp_is_lit]
    assert sentence_of(found) == "note_when_lamp_is_lit+wake_when_lamp_is_lit"
    assert reactions.sources == {"lighthouse"}
    assert list(reactions.to("lighthouse.lamp-broken")) == []
