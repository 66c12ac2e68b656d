"""What a pledge and a closing report are signed on (G14, G21), recomputable from the events.

The content of a problem is the chain of its content events in the order of its stream. Its
digest begins as "" and takes in each of them:

    digest = SHA-256(digest + "\\n" + type + "\\n" + canonical JSON of the facts), in hexadecimal

so one state of 64 characters stands for tasks, evidence, effects, documents, results, loopholes
and institutions, however many they are. A new field of a content event must be optional and
absent by default: otherwise it would change the digest of what was pledged before.
"""

import hashlib
import json

from shared.contracts.base import Event
from shared.contracts.rectification import (
    DocumentArchived,
    EffectRecorded,
    InstitutionChanged,
    LoopholeClosed,
    RectificationStarted,
    ResultsRecorded,
    TaskCompleted,
    TaskProgressed,
)

CONTENT_EVENTS: tuple[type[Event], ...] = (
    RectificationStarted,
    TaskProgressed,
    TaskCompleted,
    EffectRecorded,
    DocumentArchived,
    ResultsRecorded,
    LoopholeClosed,
    InstitutionChanged,
)


def content_digest(before: str, event: Event) -> str:
    """Return the digest after this event; the one before when it is no content event."""
    if not isinstance(event, CONTENT_EVENTS):
        return before
    facts = json.dumps(event.facts(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256("\n".join((before, event.TYPE, facts)).encode()).hexdigest()
