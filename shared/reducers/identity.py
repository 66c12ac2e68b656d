"""Which reducers these are: name, version, and the digest of their source as it runs here."""

import hashlib
import pkgutil
from collections.abc import Mapping

NAME = "duban-reducers"
VERSION = "1.1.0"

SOURCES = (
    "__init__.py",
    "canonical.py",
    "identity.py",
    "life_cycles.py",
    "replay.py",
    "state.py",
    "state_map.py",
)
"""The files of this package, sorted by name."""


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return SHA-256 over names, lengths and bytes of source files, in the order of their names."""
    whole = hashlib.sha256(b"duban-reducers/1\n")
    for name in sorted(files):
        whole.update(f"{name}\n{len(files[name])}\n".encode() + files[name])
    return whole.hexdigest()


def source_files() -> dict[str, bytes]:
    """Return the source of this package by file name, from a folder or from `verify.pyz`."""
    return {name: pkgutil.get_data(__package__, name) or b"" for name in SOURCES}


IDENTITY = {"name": NAME, "version": VERSION, "digest": digest_of(source_files())}
