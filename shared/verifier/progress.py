"""A line on the terminal that tells how much is read."""

from typing import TextIO

_STEP = 8 * 2**20


class ProgressBar:
    """Counts bytes; writes a line over itself when somebody watches."""

    def __init__(self, out: TextIO, *, is_shown: bool) -> None:
        self._out, self._is_shown = out, is_shown
        self._total, self._done, self._told = 0, 0, 0

    def advance(self, count: int, total: int) -> None:
        """Count bytes that were read and checked, of so many in all."""
        self._done, self._total = self._done + count, total
        if self._is_shown and self._done - self._told >= _STEP:
            self._told = self._done
            self._out.write(f"\r{self._line()}")
            self._out.flush()

    def close(self) -> None:
        """Leave the terminal clean."""
        if self._told:
            self._out.write("\r" + " " * len(self._line()) + "\r")
            self._out.flush()

    def _line(self) -> str:
        megabytes = f"{self._done / 2**20:,.0f} MB"
        if not self._total:
            return megabytes
        share = min(1.0, self._done / self._total)
        return f"[{'#' * round(share * 40):<40}] {share:4.0%}  {megabytes}"
