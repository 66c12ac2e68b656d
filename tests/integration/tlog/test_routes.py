"""The sealed log over HTTP: what another organisation fetches suffices to check everything."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.http.app import create_app
from shared.http.commands import Commands
from shared.http.identity import LocalIssuer, TokenVerifier
from shared.kernel.actor import Role
from shared.kernel.ids import CountingIds
from shared.tlog import merkle
from shared.tlog.api import log_routes
from shared.tlog.checkpoints import Checkpoint, opened
from shared.tlog.cosignatures import cosign, cosignatures
from shared.tlog.notes import Note, verified
from shared.tlog.proofs import RecordProof, decode_hashes
from shared.tlog.tiles import ENTRIES, Tile, decode_bundle, tiles_of
from tests.integration.eventstore.drafts import SERVICE
from tests.integration.http.small_service import served
from tests.integration.tlog.archive import ORIGIN, TENANT, Archive
from tests.support.signers import witness_signer

WITNESS = witness_signer("duban.invalid/city.yunlan/witness/audit")


@pytest.fixture
def issuer(tmp_path: Path, archive: Archive) -> LocalIssuer:
    return LocalIssuer(tmp_path / "issuer", clock=archive.clock)


@pytest.fixture
def http(archive: Archive, issuer: LocalIssuer) -> Iterator[httpx.Client]:
    """A client signed in as an auditor, at a service whose log has 300 records."""
    archive.batch = 200
    archive.send_back("D1", 300)
    archive.sealer.seal_all()
    tokens = TokenVerifier(
        str(issuer.jwks), issuer=issuer.issuer, audience=issuer.audience, clock=archive.clock
    )
    app = create_app(
        SERVICE,
        store=archive.store,
        commands=Commands(archive.store, TENANT, archive.clock, CountingIds("command")),
        routers=[log_routes(archive.tlog, archive.states, [str(WITNESS.vkey)], seals=False)],
        tokens=tokens,
        ready=lambda: {"database": True},
    )
    headers = {"Authorization": f"Bearer {issuer.issue('p-auditor', 'o-audit', Role.AUD)}"}
    with (
        served(app) as base,
        httpx.Client(base_url=f"{base}/v1/log", headers=headers, timeout=20) as client,
    ):
        yield client


def last(http: httpx.Client, archive: Archive) -> Checkpoint:
    found, _ = opened(http.get("/checkpoint").content, ORIGIN, [archive.signer.vkey])
    return found


def test_records_hashes_and_proofs(http: httpx.Client, archive: Archive) -> None:
    answer = http.get("/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    checkpoint = last(http, archive)
    assert checkpoint == archive.signed_checkpoint()

    bundles = [http.get(f"/{tile.path}") for tile in tiles_of(checkpoint.size, ENTRIES)]
    assert {one.headers["content-type"] for one in bundles} == {"application/octet-stream"}
    records = [record for one in bundles for record in decode_bundle(one.content)]
    assert merkle.root_of([merkle.leaf_hash(one) for one in records]) == checkpoint.root

    tiles = [http.get(f"/{tile.path}").content for tile in tiles_of(checkpoint.size, 0)]
    assert b"".join(tiles) == b"".join(map(merkle.leaf_hash, records))

    event = archive.store.read(41, 1)[0]
    proof = RecordProof.parse(http.get("/proof", params={"position": event.position}).content)
    verified(proof.checkpoint, [archive.signer.vkey])
    assert proof.proves(event.raw)
    assert not proof.proves(records[0])

    old = Checkpoint.parse(Note.parse(http.get("/checkpoint?size=200").content).text)
    hashes = decode_hashes(http.get("/proof", params={"size": 200}).content)
    assert merkle.verify_consistency(200, 300, hashes, old.root, checkpoint.root)


def test_what_is_not_there(http: httpx.Client) -> None:
    paths = [
        "/checkpoint?size=7", f"/{Tile(0, 1).path}", f"/{Tile(0, 1, 45).path}", "/tile/0/1",
        f"/{Tile(ENTRIES, 2, 1).path}", "/tile/entries/x000/000", "/proof?position=999",
        "/proof?size=301",
    ]  # fmt: skip
    assert [http.get(path).status_code for path in paths] == [404] * len(paths)
    assert http.get("/proof").status_code == 422
    assert http.get("/proof?size=1&position=1").status_code == 422


def test_records_are_for_those_who_read_the_feed(http: httpx.Client, issuer: LocalIssuer) -> None:
    handler = {"Authorization": f"Bearer {issuer.issue('p-handler', 'o-unit', Role.UH)}"}
    asked = ["/checkpoint", "/tile/0/000", "/proof?position=1", "/tile/entries/000"]
    assert [http.get(path, headers=handler).status_code for path in asked] == [200, 200, 200, 403]
    nobody = {"Authorization": ""}
    assert {http.get(path, headers=nobody).status_code for path in asked} == {401}


def test_cosignatures_of_known_witnesses_are_kept(http: httpx.Client, archive: Archive) -> None:
    text = archive.note(300).text
    line = cosign(text, 1_770_000_000, WITNESS)
    for number in range(2):
        kept = http.post(
            "/cosignatures?size=300",
            json=[f"{line}\n"],
            headers={"Idempotency-Key": f"cosignature-{number}"},
        )
        assert (kept.status_code, kept.json()) == (200, {"size": 300, "kept": [WITNESS.name]})
    note = Note.parse(http.get("/checkpoint").content)
    assert len(note.signatures) == 2
    assert [one.key for one in cosignatures(note, [WITNESS.vkey])] == [WITNESS.vkey]
    assert last(http, archive).size == 300


@pytest.mark.parametrize("lines", [[], ["x"], ["of another size"], ["of a stranger"]])
def test_other_cosignatures_are_refused(
    http: httpx.Client, archive: Archive, lines: list[str]
) -> None:
    made = {
        "of another size": cosign(archive.note(200).text, 1, WITNESS),
        "of a stranger": cosign(archive.note(300).text, 1, witness_signer("stranger")),
    }
    body = [str(made.get(line, line)) for line in lines]
    headers = {"Idempotency-Key": "cosignature-x"}
    refused = http.post("/cosignatures?size=300", json=body, headers=headers)
    assert refused.status_code == 422
    assert len(Note.parse(http.get("/checkpoint").content).signatures) == 1


def test_without_a_sealer_no_state_can_be_asked_for(http: httpx.Client) -> None:
    refused = http.post("/record-state", headers={"Idempotency-Key": "record-state"})
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
