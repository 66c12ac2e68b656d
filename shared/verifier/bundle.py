"""The bundle: a ZIP file that nobody trusts (V0).

Every name, size and ratio is checked before anything is read, and every read is bounded.
MANIFEST.json, README.txt and verify.pyz are never read: they are no evidence.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from shared.verifier.errors import BrokenError

MAX_NAMES = 500_000
MAX_TOTAL = 64 * 2**30
MAX_RATIO = 200
RATIO_COUNTS_FROM = 2**20
MAX_TEXT = 2**20
MAX_ENTRIES = 256 * (2 + 65_535)
MAX_BLOB = 2**30
_CHUNK = 2**20
_HEADER = 30
_ENCRYPTED = 0x1
_NAME = re.compile(r"[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*(/[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*)*")
_MAX_NAME = 1000
_BUNDLE = re.compile(r"tile/entries/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
WIDTH = 256
_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError,
    OverflowError,
)  # fmt: skip
"""All that the standard library raises about a ZIP file that is damaged, or made to look so."""


class Bundle:
    """What can be read of a bundle, by name."""

    def __init__(self, path: Path) -> None:
        """Open the ZIP; raises BrokenError when it is none, or is made to do harm."""
        try:
            self._zip = zipfile.ZipFile(path)
        except _ZIP_ERRORS as error:
            raise BrokenError("not-a-zip", f"the bundle cannot be opened: {error}") from None
        self._infos = _checked(self._zip.infolist())

    def close(self) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def names(self, prefix: str = "") -> list[str]:
        """Return the names that begin so, sorted."""
        return sorted(name for name in self._infos if name.startswith(prefix))

    def size(self, name: str) -> int:
        return self._infos[name].file_size

    def read(self, name: str, limit: int = MAX_TEXT) -> bytes:
        """Return a file's bytes; raises BrokenError when it is absent, damaged or too large."""
        if name not in self._infos:
            raise BrokenError("missing-file", f"{name} is missing")
        if self._infos[name].file_size > limit:
            raise BrokenError("too-large", f"{name} is larger than {limit} bytes")
        return self._guarded(name, lambda file: file.read(limit))

    def digest(self, name: str, update: Callable[[bytes], None]) -> None:
        """Feed a file piece by piece; raises BrokenError."""
        if self._infos[name].file_size > MAX_BLOB:
            raise BrokenError("too-large", f"{name} is larger than {MAX_BLOB} bytes")

        def fed(file: BinaryIO) -> bytes:
            while piece := file.read(_CHUNK):
                update(piece)
            return b""

        self._guarded(name, fed)

    def _guarded(self, name: str, use: Callable[[BinaryIO], bytes]) -> bytes:
        try:
            with self._zip.open(self._infos[name]) as file:
                return use(file)  # type: ignore[arg-type]  # IO[bytes] is what it is
        except _ZIP_ERRORS as error:
            raise BrokenError("damaged-file", f"{name} is damaged: {error}") from None

    def services(self) -> list[str]:
        """Return the services with a checkpoint."""
        found = (re.fullmatch(r"logs/([a-z][a-z0-9-]*)/checkpoint", name) for name in self._infos)
        return sorted(match[1] for match in found if match)

    def entries(self, service: str) -> list["EntryBundle"]:
        """Return the entry bundles of a log by number; raises BrokenError for one given twice."""
        start = f"logs/{service}/"
        found = [
            _entry_bundle(name, name.removeprefix(start))
            for name in self._infos
            if name.startswith(f"{start}tile/entries/")
        ]
        found.sort(key=lambda entry: entry.number)
        for one, other in pairwise(found):
            if one.number == other.number:
                raise BrokenError("entries-twice", f"{one.name} and {other.name} overlap")
        return found


class EntryBundle:
    """The name of up to 256 records: `number` counts bundles, `width` records."""

    __slots__ = ("name", "number", "width")

    def __init__(self, name: str, number: int, width: int) -> None:
        self.name, self.number, self.width = name, number, width

    @property
    def first(self) -> int:
        """The index of its first record."""
        return self.number * WIDTH


def split(raw: bytes) -> Iterator[bytes]:
    """Yield the records of an entry bundle; raises BrokenError when it is cut."""
    at, end = 0, len(raw)
    while at < end:
        start = at + 2
        at = start + int.from_bytes(raw[at:start], "big")
        if at > end or start > end:
            raise BrokenError("entries-cut", "an entry bundle is cut within a record")
        yield raw[start:at]


def path_of(number: int) -> str:
    """Return the C2SP path of a number, such as `x001/234`."""
    text = str(number)
    text = text.zfill(-(-len(text) // 3) * 3)
    groups = [text[at : at + 3] for at in range(0, len(text), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def _entry_bundle(name: str, path: str) -> EntryBundle:
    match = _BUNDLE.fullmatch(path)
    number = int(match[1].replace("x", "").replace("/", "")) if match else -1
    if match is None or path_of(number) != match[1] or int(match[2] or 1) >= WIDTH:
        raise BrokenError("odd-name", f"{name} is not the name of an entry bundle")
    return EntryBundle(name, number, int(match[2] or WIDTH))


def _checked(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > MAX_NAMES or sum(info.file_size for info in infos) > MAX_TOTAL:
        raise BrokenError("zip-bomb", "the bundle holds more than any export does")
    for info in infos:
        _require_plain(info)
    found = {info.filename: info for info in infos}
    if len(found) != len(infos):
        raise BrokenError("name-twice", "a name stands twice in the bundle")
    _require_apart(infos)
    return found


def _require_plain(info: zipfile.ZipInfo) -> None:
    name, mode = info.orig_filename, info.external_attr >> 16
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name) or name != info.filename:
        raise BrokenError("path-trick", f"the name {name[:80]!r} is not allowed in a bundle")
    if stat.S_ISLNK(mode) or (mode and not (stat.S_ISREG(mode) or stat.S_IFMT(mode) == 0)):
        raise BrokenError("path-trick", f"{name} is not a plain file")
    if info.flag_bits & _ENCRYPTED or info.compress_type not in (0, zipfile.ZIP_DEFLATED):
        raise BrokenError("not-a-zip", f"{name} is encrypted or packed in an unusual way")
    if info.file_size > max(RATIO_COUNTS_FROM, info.compress_size * MAX_RATIO):
        raise BrokenError("zip-bomb", f"{name} would swell to {info.file_size} bytes")


def _require_apart(infos: list[zipfile.ZipInfo]) -> None:
    """Refuse files that share bytes (an overlapping bomb), and anything before the first one."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end or (end == 0 and info.header_offset != 0):
            raise BrokenError("zip-bomb", f"{info.filename} overlaps another file of the bundle")
        end = info.header_offset + _HEADER + len(info.orig_filename) + info.compress_size
