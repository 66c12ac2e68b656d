"""The ZIP file of an export: the same files give the same bytes, whenever and wherever written.

Fixed times and modes; the directory is sorted by name. MANIFEST.json lists names, lengths and
digests: a convenience, no evidence.
"""

import hashlib
import json
import zipfile
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.kernel.errors import InvalidValueError

MADE_AT = (1980, 1, 1, 0, 0, 0)
LEVEL = 6
MANIFEST = "MANIFEST.json"
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


class Archive:
    """Writes a bundle beside its place; only a complete one is put there."""

    def __init__(self, target: Path) -> None:
        if target.is_dir() or not target.parent.is_dir():
            raise InvalidValueError(f"{target} is no place for a file")
        self._target = target
        self._beside = target.with_name(f"{target.name}.part")
        self._listed: dict[str, dict[str, object]] = {}

    def __enter__(self) -> Self:
        self._zip = zipfile.ZipFile(self._beside, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        if kind is None:
            self._finish()
            self._beside.replace(self._target)
        else:
            self._zip.close()
            self._beside.unlink(missing_ok=True)

    def add(self, name: str, content: bytes) -> None:
        """Write a file; each name once."""
        if name in self._listed:
            raise InvalidValueError(f"{name} stands in the bundle already")
        digest = hashlib.sha256(content).hexdigest()
        self._listed[name] = {"bytes": len(content), "sha256": digest}
        self._write(name, content)

    def _finish(self) -> None:
        manifest = json.dumps(self._listed, indent=1, sort_keys=True).encode() + b"\n"
        self._write(MANIFEST, manifest)
        self._zip.filelist.sort(key=lambda info: info.filename)
        self._zip.close()

    def _write(self, name: str, content: bytes) -> None:
        info = zipfile.ZipInfo(name, MADE_AT)
        info.create_system, info.external_attr = _UNIX, _PLAIN_FILE
        info.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(info, content, compresslevel=LEVEL)
