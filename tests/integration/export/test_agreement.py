"""Whatever is done to a bundle, both verifiers answer the same."""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.verifier.checkpoints import parse_checkpoint
from shared.verifier.notes import parse_key
from shared.verifier.verify import Wanted, verify
from tests.attacks.agreement import require_agreement, second_opinion
from tests.attacks.make_bundle import (
    ROOT,
    Files,
    case,
    feedback_log,
    full,
    incremental,
    rectification_log,
    write,
)

SMALL = rectification_log()
BUNDLES: list[Files] = [
    full(SMALL), incremental(feedback_log(), 270), case(SMALL, "problem/P1"),
]  # fmt: skip
COUNTED = ("logs/", "cases/", "trust/", "sealed/")


@dataclass(frozen=True)
class Damaged:
    """A bundle with one file changed; it shows only what was done to it."""

    files: Files = field(repr=False)
    name: str
    start: int
    end: int
    put_in: bytes


@st.composite
def damaged(draw: st.DrawFn) -> Damaged:
    """A bundle with some bytes of one file changed, cut out or put in, or the file dropped."""
    files = dict(draw(st.sampled_from(BUNDLES)))
    name = draw(st.sampled_from(sorted(name for name in files if name.startswith(COUNTED))))
    raw = files.pop(name)
    start = draw(st.integers(0, len(raw)))
    end = min(len(raw), start + draw(st.integers(0, 4)))
    put_in = draw(st.binary(max_size=4) | st.sampled_from([raw[end : end + 9], b" ", b"\n", b"0"]))
    changed = raw[:start] + put_in + raw[end:]
    if draw(st.integers(0, 9)):
        files[name] = changed
    return Damaged(files, name, start, end, put_in)


@settings(max_examples=150)
@given(damage=damaged(), with_memory=st.booleans())
def test_both_verifiers_answer_the_same(damage: Damaged, with_memory: bool) -> None:
    seen = [SMALL.checkpoint(size=3)] if with_memory else []
    remembered = tuple(map(parse_checkpoint, seen))
    wanted = Wanted(roots=(parse_key(ROOT.vkey),), seen=remembered)
    with TemporaryDirectory() as directory:
        bundle = write(damage.files, Path(directory) / "x.zip")
        require_agreement(verify(bundle, wanted), second_opinion(bundle, wanted, seen))
