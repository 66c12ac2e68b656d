"""Trust notes: a chain that only the root key continues."""

from dataclasses import replace

import pytest

from shared.tlog.checkpoints import Checkpoint, signed
from shared.tlog.cosignatures import cosign
from shared.tlog.merkle import EMPTY_ROOT
from shared.tlog.notes import NoteError
from shared.tlog.trust import LogKey, Reducer, Trust, chain, following
from tests.support.signers import WordSigner, witness_signer

ROOT = WordSigner("duban.invalid/city.yunlan/root")
LOG = WordSigner("duban.invalid/city.yunlan/feedback")
NEXT = WordSigner(LOG.name, word="the next key")
AUDIT, UPPER = witness_signer("duban.invalid/witness/audit"), witness_signer("upper.invalid/w1")
FIRST = Trust(
    "city:yunlan",
    1,
    "-",
    (LogKey("feedback", LOG.vkey),),
    (("audit", AUDIT.vkey), ("upper", UPPER.vkey)),
    2,
    (Reducer("duban-reducers", "1.0.0", "ab" * 32),),
)
ROTATED = replace(
    FIRST,
    logs=(LogKey("feedback", LOG.vkey, 0, 812_345), LogKey("feedback", NEXT.vkey, 812_346)),
)


def two_notes() -> list[bytes]:
    notes = [following(FIRST, [], ROOT).encode()]
    return [*notes, following(ROTATED, notes, ROOT).encode()]


def test_the_chain_is_read_in_order() -> None:
    first, second = chain(two_notes(), ROOT.vkey)
    assert (first, second.version, second.says_the_same_as(ROTATED)) == (FIRST, 2, True)


def test_a_key_counts_for_its_sizes_only() -> None:
    second = chain(two_notes(), ROOT.vkey)[-1]
    assert second.keys_for("feedback", 812_345) == [LOG.vkey]
    assert second.keys_for("feedback", 812_346) == [NEXT.vkey]
    assert second.keys_for("supervision", 1) == []


def test_a_note_signed_by_another_key_is_refused() -> None:
    with pytest.raises(NoteError, match="no known key"):
        chain([following(FIRST, [], LOG).encode()], ROOT.vkey)


@pytest.mark.parametrize("order", [[], [1], [1, 0], [0, 0]])
def test_a_chain_with_a_gap_is_refused(order: list[int]) -> None:
    notes = two_notes()
    with pytest.raises(NoteError):
        chain([notes[number] for number in order], ROOT.vkey)


def test_a_chain_over_another_first_note_is_refused() -> None:
    swapped = following(replace(FIRST, quorum=1), [], ROOT).encode()
    with pytest.raises(NoteError, match="does not follow"):
        chain([swapped, two_notes()[1]], ROOT.vkey)


def test_a_chain_of_two_tenants_is_refused() -> None:
    first = two_notes()[0]
    other = following(replace(FIRST, tenant="city:other"), [first], ROOT).encode()
    with pytest.raises(NoteError, match="another tenant"):
        chain([first, other], ROOT.vkey)


def test_witnesses_are_counted_once() -> None:
    checkpoint = Checkpoint(LOG.name, 0, EMPTY_ROOT)
    note = signed(checkpoint, LOG)
    for time in (1, 2):
        note = note.adding(cosign(note.text, time, AUDIT))
    (found,) = FIRST.witnessed(note)
    assert (found.key, found.time) == (AUDIT.vkey, 2)


@pytest.mark.parametrize(
    "change",
    [
        ("quorum 2", "quorum 3"),
        ("quorum 2\n", ""),
        ("quorum 2", "quorum two"),
        (" 0-\n", " 00-\n"),
        (" 0-\n", "\n"),
        ("duban-trust/1", "duban-trust/2"),
        ("prev -", "prev AB"),
        ("witness audit ", "witness "),
        ("log feedback", "observer feedback"),
        ("sha256:", "md5:"),
        (str(AUDIT.vkey), str(LOG.vkey)),
        ("city:yunlan\n", "city:yunlan\n\n"),
    ],
)
def test_a_trust_note_has_one_written_form(change: tuple[str, str]) -> None:
    assert change[0] in FIRST.text()
    with pytest.raises(NoteError):
        Trust.parse(FIRST.text().replace(*change, 1))


def test_a_log_is_not_its_own_witness() -> None:
    itself = witness_signer(LOG.name)
    with pytest.raises(NoteError, match="own witness"):
        Trust.parse(replace(FIRST, witnesses=(("self", itself.vkey),), quorum=1).text())
