"""The ground of the fuzzing: the whole system as `duban up` starts it, with the sample played."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.embedded.stack import Stack
from shared.embedded.system_map import BrokerKind
from shared.kernel.errors import UnavailableError
from tests.support.command_line import duban

PLAYED_WITHIN = 400  # seconds; a bound, not a measure
PLAYED = "played"


@contextmanager
def running(data: Path, broker: BrokerKind) -> Iterator[Stack]:
    """Give the running system on these data; the sample is played first where it was not yet.

    Raises UnavailableError when the sample does not come to its end.
    """
    if not (data / PLAYED).exists():
        ended = duban("demo", "--data", data, "--broker", broker, within=PLAYED_WITHIN)
        if ended.code:
            raise UnavailableError(f"the sample was not played: {ended.stderr[-600:]}")
        (data / PLAYED).touch()
    with Stack(data, broker_kind=broker) as stack:
        yield stack
