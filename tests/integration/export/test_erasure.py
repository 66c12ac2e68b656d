"""Erasure: what was sealed is gone everywhere, and every proof still holds."""

import asyncio
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from shared.embedded.broker import EmbeddedBroker
from shared.embedded.postgres import EmbeddedPostgres
from shared.export.exporter import Wanted, export
from shared.export.sources import HttpLogs
from shared.kernel.actor import Role
from shared.kernel.ids import RandomIds
from shared.messaging.brokers import Broker
from shared.messaging.relay import Relay
from shared.messaging.topics import ensure_topics, topic_of
from shared.tlog import merkle
from tests.integration.eventstore.drafts import SERVICE
from tests.integration.export.conftest import Judge
from tests.integration.export.feedback_office import ROOT, Office, opened_office
from tests.integration.export.memory_logs import AT_ONCE
from tests.integration.messaging.harbour import PARTITIONS, running
from tests.integration.messaging.topics import records_in
from tests.integration.tlog.archive import Archive
from tests.support.eventually import eventually

SECRET = "举报内容:水利局二〇二五年工程款一千三百万元去向不明"
OTHER = "另一条线索:林业局"
LEAD, OTHER_LEAD = "L-T1R1-0007", "L-T1R1-0008"
ERASURE = {"legal_ground": "PIPL 47 (1) 1", "approved_by": "p-lg-feng"}


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    archive = Archive.founded(database_url, tmp_path / "keys")
    with opened_office(archive, tmp_path / "issuer") as opened:
        archive.send_back("D1", 20)
        yield opened
    archive.close()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of this test alone: the topic of feedback is not left to other tests."""
    server = EmbeddedBroker(tmp_path / "broker.log")
    server.start()
    yield Broker(server.bootstrap, server.kind)
    server.stop()


@contextmanager
def sealing(archive: Archive) -> Iterator[None]:
    """Let the sealer run, as it does in the worker."""
    stop = threading.Event()
    thread = threading.Thread(target=archive.sealer.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=20)


def exported(office: Office, target: Path) -> Path:
    """Export the log over HTTP."""
    with sealing(office.archive), office.client(Role.AUD) as client:
        logs = HttpLogs({SERVICE: client})
        return export(logs, office.trust, target, patience=AT_ONCE).path


def read(office: Office, lead_no: str, commitment: str, role: Role) -> tuple[int, dict[str, Any]]:
    body = {"purpose": "初核", "values": [{"commitment": commitment, "subject": lead_no}]}
    answer = office.post("/v1/sealed-values/read", body, role)
    return answer.status_code, answer.json()


def destroy(office: Office, lead_no: str, role: Role = Role.LG, **changed: str) -> int:
    path = f"/v1/sealed-subjects/{lead_no}/destroy-key"
    return office.post(path, {**ERASURE, **changed}, role).status_code


def root_at(archive: Archive, size: int) -> bytes:
    """Return the root over the records as they stand in the database now."""
    return merkle.root_of([merkle.leaf_hash(raw) for raw in archive.records()[:size]])


def everything_in(database_url: str) -> bytes:
    """Return every value of every table, as bytes."""
    found = []
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for table in tables:
            for row in connection.execute(SQL("SELECT * FROM {}").format(Identifier(*table))):
                found += [one if isinstance(one, bytes) else str(one).encode() for one in row]
    return b"\n".join(found)


def everything_on_disk(postgres: EmbeddedPostgres) -> Iterator[bytes]:
    """Yield the server's own files, its write-ahead log too, after all is written out."""
    with psycopg.connect(postgres.administrator_uri(), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    for path in postgres.data_dir.rglob("*"):
        if path.is_file():
            yield path.read_bytes()


def test_reading_needs_a_role_and_is_itself_recorded(office: Office) -> None:
    sealed = office.offer(LEAD, SECRET).sealed
    assert read(office, LEAD, sealed.c, Role.AUD)[0] == 403
    status, told = read(office, LEAD, sealed.c, Role.DCI)
    assert (status, told["disclosures"][sealed.c][1:]) == (200, ["content", SECRET])
    last = json.loads(office.archive.records()[-1])
    assert (last["type"], last["actor"]["person_ref"]) == ("log.sealed-values-read", "p-handler")
    assert last["data"] == {"subjects": [LEAD], "values": 1, "purpose": "初核"}
    assert SECRET.encode() not in everything_in(office.archive.database_url)
    assert read(office, "L-NONE", sealed.c, Role.DCI)[0] == 404


@pytest.mark.parametrize(("roles", "disclosed"), [((Role.AUD,), 0), ((Role.AUD, Role.DCI), 1)])
def test_an_export_shows_sealed_values_to_those_who_may_read_them(
    office: Office, tmp_path: Path, judged: Judge, roles: tuple[Role, ...], disclosed: int
) -> None:
    office.offer(LEAD, SECRET)
    told = Wanted(disclose=True, purpose="核对")
    with sealing(office.archive), office.client(*roles) as client:
        logs = HttpLogs({SERVICE: client})
        found = export(logs, office.trust, tmp_path / "x.zip", told, patience=AT_ONCE)
    assert found.disclosed == disclosed
    assert judged(found.path, root=str(ROOT.vkey))["INTACT"] == "yes"


def test_destroying_needs_a_role_a_ground_and_a_second_person(office: Office) -> None:
    office.offer(LEAD, SECRET)
    assert destroy(office, LEAD, Role.OFF) == 403
    assert destroy(office, LEAD, approved_by="p-handler") == 409
    assert destroy(office, LEAD, legal_ground="") == 422
    assert destroy(office, "L-UNKNOWN") == 404
    assert destroy(office, LEAD) == 200
    assert destroy(office, LEAD) == 409
    types = [json.loads(raw)["type"] for raw in office.archive.records()]
    assert types.count("log.subject-key-destroyed") == 1


def test_log_state_and_proofs_stay_the_same(office: Office, tmp_path: Path, judged: Judge) -> None:
    archive = office.archive
    sealed = office.offer(LEAD, SECRET).sealed
    kept = office.offer(OTHER_LEAD, OTHER).sealed
    before = exported(office, tmp_path / "before.zip")
    at, note = archive.signed_checkpoint(), archive.note().encode()
    state = archive.states.last()
    assert destroy(office, LEAD) == 200

    assert read(office, LEAD, sealed.c, Role.DCI)[0] == 404
    assert read(office, OTHER_LEAD, kept.c, Role.DCI)[0] == 200
    assert root_at(archive, at.size) == at.root
    after = exported(office, tmp_path / "after.zip")
    assert archive.states.last().size > state.size
    yes = {"INTACT", "AUTHENTIC", "CONSISTENT-WITH-SEEN", "REPRODUCED", "COMPLETE"}
    for bundle in (before, after):
        told = judged(bundle, seen=[note], root=str(ROOT.vkey))
        assert {verdict for verdict, answer in told.items() if answer == "yes"} == yes


def test_no_plain_text_is_left_anywhere(
    office: Office,
    postgres: EmbeddedPostgres,
    own_broker: Broker,
    tmp_path: Path,
) -> None:
    archive = office.archive
    sealed = office.offer(LEAD, SECRET).sealed
    office.offer(OTHER_LEAD, OTHER)
    assert read(office, LEAD, sealed.c, Role.DCI)[0] == 200
    assert destroy(office, LEAD) == 200
    bundle = exported(office, tmp_path / "after.zip")

    asyncio.run(ensure_topics(own_broker, [topic_of(SERVICE)], PARTITIONS))
    with running(Relay(archive.store, own_broker, RandomIds(), PARTITIONS)):
        eventually(lambda: _published(own_broker) >= len(archive.records()), within=30)
    topic = b"\n".join(record.value for record in records_in(own_broker, topic_of(SERVICE)))
    assert LEAD.encode() in topic

    needles = [SECRET.encode(), json.dumps(SECRET).encode()]
    database = everything_in(archive.database_url)
    places = [database, topic, *_contents(bundle), *everything_on_disk(postgres)]
    assert not any(needle in place for place in places for needle in needles)
    assert LEAD.encode() in database


def _published(broker: Broker) -> int:
    return len(records_in(broker, topic_of(SERVICE)))


def _contents(bundle: Path) -> list[bytes]:
    with zipfile.ZipFile(bundle) as archive:
        return [archive.read(name) for name in archive.namelist()]
