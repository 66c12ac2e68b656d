"""What a bundle carries besides evidence: an explanation, reducers, schemas, the verifier."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from shared import contracts
from shared.reducers.identity import source_files
from shared.verifier.build import build

README = """\
This is an export of Duban (督办): sealed logs of events, with the means to check them offline.

Check it with a verifier that you got on another way than this file, and with the root's public
key that you got on another way:

    python3 -I -S verify.pyz THIS-FILE --root KEY --seen A-CHECKPOINT-THAT-YOU-KEPT

It answers six questions, each for itself: INTACT, AUTHENTIC, WITNESSED, CONSISTENT-WITH-SEEN,
REPRODUCED, COMPLETE. Keep the checkpoints (logs/*/checkpoint): the next export must continue them.

trust/       which keys count, signed by the root key
logs/        per service: its signed checkpoint; its records (tile/entries) or proofs
cases/       in an export of single cases: each record with its proof, and that none is left out
sealed/      values that the reader of this export may see, each committed to in a record
reducer/     the program that computes states from records (shown, not run)
schemas/     what the facts of each event look like
verify.pyz   a copy of the verifier; MANIFEST.json: names and digests. Neither is evidence.
"""


@cache
def extras() -> dict[str, bytes]:
    """Return these files by name; they depend on this Duban only."""
    schemas = sorted((Path(contracts.__file__).parent / "schemas").glob("*.json"))
    return {
        "README.txt": README.encode(),
        "verify.pyz": _verifier(),
        **{f"reducer/{name}": raw for name, raw in source_files().items()},
        **{f"schemas/{path.name}": path.read_bytes() for path in schemas},
    }


def _verifier() -> bytes:
    with TemporaryDirectory() as directory:
        target = Path(directory) / "verify.pyz"
        build(target)
        return target.read_bytes()
