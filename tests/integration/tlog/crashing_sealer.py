"""A sealer that kills itself with SIGKILL at a step: see test_crashes.py.

Arguments: database address, directory of keys, step, at which time it is reached.
"""

import os
import signal
import sys
from pathlib import Path

from tests.integration.messaging.harbour import crash_at
from tests.integration.tlog.archive import Archive


def main() -> None:
    url, keys, step, time = sys.argv[1:]
    at = crash_at(step, int(time), lambda: os.kill(os.getpid(), signal.SIGKILL))
    Archive(url, Path(keys), at, batch=4).sealer.record_state()


if __name__ == "__main__":
    main()
