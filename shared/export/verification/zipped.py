"""The ZIP of a bundle, opened without trust: names, sizes and ratios are checked first."""

import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from shared.export.verification.findings import BrokenError
from shared.tlog.tiles import MAX_RECORD, WIDTH, Tile, TileError

MOST_NAMES = 500_000
MOST_BYTES = 64 * 2**30
LARGEST_TEXT = 2**20
LARGEST_ENTRIES = WIDTH * (2 + MAX_RECORD)
LARGEST_BLOB = 2**30
RATIO = 200
LOCAL_HEADER = 30
LONGEST_NAME = 1000
PIECE = 2**20

_PART = r"[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*", re.ASCII)
_CHECKPOINT = re.compile(r"logs/([a-z][a-z0-9-]*)/checkpoint")
# zipfile raises the last two for a compression it does not know, and for an encrypted file.
_DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError)


class Bundle:
    """The files of a bundle by name. Raises BrokenError wherever one cannot be read."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (*_DAMAGE, ValueError) as error:
            raise BrokenError("not-a-zip", f"the bundle cannot be opened: {error}") from None
        infos = self._zip.infolist()
        _require_bounded(infos)
        self._infos = {info.filename: info for info in infos}
        if len(self._infos) != len(infos):
            raise BrokenError("name-twice", "a name stands twice in the bundle")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def names(self, start: str) -> list[str]:
        """Return the names that begin so, sorted."""
        return sorted(name for name in self._infos if name.startswith(start))

    def read(self, name: str, most: int = LARGEST_TEXT) -> bytes:
        """Return the bytes of a file that is at most so long."""
        with self._opened(name, most) as file:
            return file.read(most)

    def feed(self, name: str, update: Callable[[bytes], object]) -> None:
        """Give a large file away piece by piece."""
        with self._opened(name, LARGEST_BLOB) as file:
            while piece := file.read(PIECE):
                update(piece)

    @contextmanager
    def _opened(self, name: str, most: int) -> Iterator[IO[bytes]]:
        info = self._infos.get(name)
        if info is None:
            raise BrokenError("missing-file", f"{name} is missing")
        if info.file_size > most:
            raise BrokenError("too-large", f"{name} is larger than {most} bytes")
        try:
            with self._zip.open(info) as file:
                yield file
        except _DAMAGE as error:
            raise BrokenError("damaged-file", f"{name} is damaged: {error}") from None

    @property
    def services(self) -> list[str]:
        """The services whose checkpoint is here."""
        found = (_CHECKPOINT.fullmatch(name) for name in self._infos)
        return sorted(match[1] for match in found if match)

    def entries(self, service: str) -> list[tuple[str, Tile]]:
        """Return the entry bundles of a log by number."""
        start = f"logs/{service}/"
        names = self.names(f"{start}tile/entries/")
        try:
            found = [(name, Tile.parse(name.removeprefix(start))) for name in names]
        except TileError as error:
            raise BrokenError("odd-name", f"an entry bundle: {error.detail}") from None
        found.sort(key=lambda entry: entry[1].number)
        if len({tile.number for _, tile in found}) != len(found):
            raise BrokenError("entries-twice", "two entry bundles hold the same records")
        return found

    def weight(self, service: str) -> int:
        """Return how many bytes of records a log has here."""
        return sum(self._infos[name].file_size for name in self.names(f"logs/{service}/tile/"))


def _require_bounded(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MOST_NAMES or sum(info.file_size for info in infos) > MOST_BYTES:
        raise BrokenError("zip-bomb", "the bundle holds more than any export does")
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        _require_harmless(info)
        if info.header_offset < end or (not end and info.header_offset):
            raise BrokenError("zip-bomb", f"{info.filename} lies over another file")
        end = info.header_offset + LOCAL_HEADER + len(info.orig_filename) + info.compress_size


def _require_harmless(info: zipfile.ZipInfo) -> None:
    name, kind = info.orig_filename, stat.S_IFMT(info.external_attr >> 16)
    is_name = name == info.filename and len(name) <= LONGEST_NAME and _NAME.fullmatch(name)
    if not is_name or kind not in (0, stat.S_IFREG):
        raise BrokenError("path-trick", f"{name[:80]!r} is not the name of a plain file")
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BrokenError("not-a-zip", f"{name} is encrypted or packed in an unusual way")
    if info.file_size > max(2**20, info.compress_size * RATIO):
        raise BrokenError("zip-bomb", f"{name} would swell to {info.file_size} bytes")
