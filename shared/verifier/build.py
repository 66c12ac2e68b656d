"""Packs the verifier into one file, byte for byte the same wherever it is built.

    python -m shared.verifier.build verify.pyz

Sorted names, fixed times, no compression (whose bytes depend on the zlib at hand).
"""

import sys
import zipfile
from pathlib import Path

from shared.reducers import SOURCES

MADE_AT = (1980, 1, 1, 0, 0, 0)
SHEBANG = b"#!/usr/bin/env -S python3 -I -S\n"
START = b'''\
"""Starts the verifier that lies in this file."""

import sys

if sys.version_info < (3, 11):
    sys.exit("verify.pyz needs Python 3.11 or later")

from shared.verifier.__main__ import main

sys.exit(main())
'''
_SHARED = Path(__file__).parents[1]
_LEFT_OUT = {"build.py"}


def contents() -> dict[str, bytes]:
    """Return the files of the archive by name."""
    verifier = [p.name for p in (_SHARED / "verifier").glob("*.py") if p.name not in _LEFT_OUT]
    names = ["__init__.py", *(f"verifier/{name}" for name in verifier)]
    names += [f"reducers/{name}" for name in SOURCES]
    found = {f"shared/{name}": (_SHARED / name).read_bytes() for name in names}
    return {"__main__.py": START, **found}


def build(target: Path) -> None:
    """Write the archive."""
    with target.open("wb") as file:
        file.write(SHEBANG)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, raw in sorted(contents().items()):
                info = zipfile.ZipInfo(name, MADE_AT)
                info.create_system, info.external_attr = 3, 0o644 << 16
                archive.writestr(info, raw)
    target.chmod(0o755)


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "verify.pyz"))
