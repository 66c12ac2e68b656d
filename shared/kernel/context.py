"""The circumstances of one command: who, when, why, under which rules."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.actor import Actor


@dataclass(frozen=True)
class Context:
    """Everything a record says about its command besides the facts themselves.

    `command` is `<CommandName>/<unique id>`; `correlation` the problem, case or lead number;
    `causation` the id of the event that caused this command ("" when a person gave it);
    `trace` a W3C traceparent ("" when not traced); `policy` the edition of the parameters in
    force ("" when none was consulted); `time` when the command was accepted, UTC.
    """

    tenant: str
    actor: Actor
    command: str
    time: datetime
    correlation: str = ""
    causation: str = ""
    trace: str = ""
    policy: str = ""
