"""Commands: what was acknowledged is there, once; what was refused is not."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.evidence import Evidence, Store
from tests.chaos.findings import Finding, broken, doubled, lost
from tests.chaos.journal import Acknowledged

COMMANDS = "commands"


def acknowledged_commands_stand(evidence: Evidence) -> Iterator[Finding]:
    """Every acknowledged command left the very events, at the place, that its answer named."""
    for told in evidence.journal.acknowledged:
        store = evidence.stores[told.service]
        if (told.person_ref, told.key) not in store.answers:
            yield lost(COMMANDS, told.service, f"the answer to {told.path} ({told.key})")
        if told.events and (why := _missing(store, told)):
            yield lost(COMMANDS, told.service, f"{told.path}: {why}")


def _missing(store: Store, told: Acknowledged) -> str:
    event = store.places.get((told.stream, told.version))
    if event is None:
        return f"{told.stream} has no version {told.version}"
    found = store.commands[event.record.command]
    types = Counter(one.record.type for one in found)
    if types != Counter(told.events):
        return f"it left {dict(types)}, its answer says {told.events}"
    position = max(one.position for one in found)
    return "" if position == told.position else f"it ends at {position}, told was {told.position}"


def no_command_has_two_effects(evidence: Evidence) -> Iterator[Finding]:
    """Commands that came over HTTP and stored answers belong together, one to one."""
    for store in evidence.stores.values():
        answered: Counter[str] = Counter()
        for _, body, *_ in store.answers.values():
            place = body.get("$last")
            if place and (event := store.places.get((place[0], place[1]))):
                answered[event.record.command] += 1
        for command, events in store.commands.items():
            if events[0].record.actor.via != "http" or _is_reading(command):
                continue
            if answered[command] != 1:
                places = ", ".join(f"{e.originator_id} {e.originator_version}" for e in events)
                what = f"{command} has {answered[command]} answers and left {places}"
                yield doubled(COMMANDS, store.service, what)


def _is_reading(command: str) -> bool:
    """A question whose asking is itself recorded; it has no key and no stored answer."""
    return command.startswith("Read")


def refused_commands_left_nothing(evidence: Evidence) -> Iterator[Finding]:
    """A refusal is final, unless an earlier sending of the same command was still under way."""
    for told in evidence.journal.refused:
        answers = evidence.stores[told.service].answers
        if told.tries == 1 and (told.person_ref, told.key) in answers:
            yield broken(COMMANDS, told.service, f"{told.path} was refused ({told.code}) and done")
