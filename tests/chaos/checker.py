"""Reads everything that a run left and names whatever is lost, doubled or broken."""

from collections.abc import Callable, Iterator, Mapping

from tests.chaos.checks import commands, delivery, effects, history, reading
from tests.chaos.evidence import Evidence
from tests.chaos.findings import Finding

Check = Callable[[Evidence], Iterator[Finding]]

CHECKS: Mapping[str, tuple[Check, ...]] = {
    history.CHAINS: (history.chains_hold,),
    history.SEALS: (history.seals_hold,),
    commands.COMMANDS: (
        commands.acknowledged_commands_stand,
        commands.no_command_has_two_effects,
        commands.refused_commands_left_nothing,
    ),
    effects.EFFECTS: (effects.every_effect_has_its_cause, effects.no_cause_has_its_effect_twice),
    delivery.INBOX: (delivery.inboxes_stand_at_the_heads,),
    delivery.FOLLOWING: (delivery.audit_has_every_record,),
    delivery.TOPICS: (delivery.topics_have_every_record,),
    delivery.PARKED: (delivery.nothing_is_parked,),
    reading.ORDER: (reading.writes_keep_their_order, reading.reads_see_what_was_acknowledged),
    reading.READ_MODELS: (reading.read_models_equal_a_rebuild,),
}


def findings(evidence: Evidence, *names: str) -> list[Finding]:
    """Return what these checks found, all of them by default; nothing is what one hopes for."""
    return [
        finding for name in names or CHECKS for check in CHECKS[name] for finding in check(evidence)
    ]
