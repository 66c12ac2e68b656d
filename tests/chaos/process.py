"""`python -m tests.chaos.process CLOCK SERVICE ROLE`: a service whose clock may be set wrong.

The file CLOCK holds the seconds by which the process's clock is off. Everything else is the
service's own process, as `python -m services.SERVICE ROLE` runs it.
"""

import runpy
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.kernel.clock import SystemClock


def off_by(file: Path) -> timedelta:
    """Return how far off the clock is; it is right when nothing can be read."""
    try:
        return timedelta(seconds=float(file.read_text(encoding="ascii")))
    except (OSError, ValueError):
        return timedelta()


def main() -> None:
    """Run the service's own main module, its clock off by what the file says."""
    clock, service, role = Path(sys.argv[1]), sys.argv[2], sys.argv[3]

    def wrong(self: SystemClock) -> datetime:
        return datetime.now(UTC) + off_by(clock)

    # The one place where Duban reads the machine's clock: so this is the machine's clock to it.
    SystemClock.now = wrong  # type: ignore[method-assign]
    sys.argv = [f"services.{service}", role]
    runpy.run_module(f"services.{service}", run_name="__main__")


if __name__ == "__main__":
    main()
