"""The second verification must give the same answers on everything that the first one judges."""

from pathlib import Path

from shared.export import verification
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.notes import Note, VerifierKey
from shared.verifier.notes import Key
from shared.verifier.report import Report
from shared.verifier.verify import Wanted


def second_opinion(path: Path, wanted: Wanted, seen: list[bytes]) -> verification.Report:
    """Return the report of the second verification, told the same."""
    kept = sorted((Checkpoint.parse(Note.parse(raw).text) for raw in seen), key=lambda c: c.size)
    told = verification.Wanted(
        roots=tuple(map(_key, wanted.roots)),
        witnesses=tuple(map(_key, wanted.witnesses)),
        seen={one.origin: one for one in kept},
        min_sizes=wanted.min_sizes,
        reducer_hash=wanted.reducer_hash,
    )
    return verification.verify(path, told)


def require_agreement(first: Report, second: verification.Report) -> None:
    """Fail unless both give the same answers, for the same reasons where they name them alike."""
    answers = {verdict.value: answer.value for verdict, answer in first.verdicts.items()}
    others = {verdict.value: answer.value for verdict, answer in second.verdicts.items()}
    assert others == answers, f"{second.as_text()}\n{first.as_text()}"
    assert second.exit_code == first.exit_code
    assert second.sealed == first.sealed


def _key(key: Key) -> VerifierKey:
    return VerifierKey(key.name, key.kind, key.public)
