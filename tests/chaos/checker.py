"""Reads everything that a run left and names whatever is lost, doubled or broken."""

from collections.abc import Callable, Iterator

from tests.chaos.checks import commands, delivery, effects, history, reading
from tests.chaos.evidence import Evidence
from tests.chaos.findings import Finding

Check = Callable[[Evidence], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    history.chains_hold,
    history.seals_hold,
    commands.acknowledged_commands_stand,
    commands.no_command_has_two_effects,
    commands.refused_commands_left_nothing,
    effects.every_effect_has_its_cause,
    effects.no_cause_has_its_effect_twice,
    delivery.inboxes_stand_at_the_heads,
    delivery.audit_has_every_record,
    delivery.topics_have_every_record,
    delivery.nothing_is_parked,
    reading.writes_keep_their_order,
    reading.reads_see_what_was_acknowledged,
    reading.read_models_equal_a_rebuild,
)


def findings(evidence: Evidence) -> list[Finding]:
    """Return what all checks found; an empty list is what everybody hopes for."""
    return [finding for check in CHECKS for finding in check(evidence)]
