"""Faults of the ground: a full disk, a clock that jumps, an effect that cannot be stored."""

import errno
from pathlib import Path
from random import Random

import psycopg

from shared.cli.sample.verdict import Unread, unread_by
from shared.embedded.system_map import SERVICES
from shared.kernel.errors import UnavailableError
from tests.chaos.battlefield import Battlefield
from tests.chaos.findings import broken

CHUNK = b"\0" * (1 << 20)
REFUSE = """
CREATE OR REPLACE FUNCTION chaos_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.originator_id ~ '-U[0-9]+-[0-9]+$' AND abs(hashtext(NEW.originator_id)) %% 3 = %d
        AND convert_from(NEW.state, 'UTF8') LIKE '%%"via":"policy"%%'
    THEN RAISE EXCEPTION 'a fault of the storm' USING ERRCODE = 'data_exception'; END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER chaos_refuse BEFORE INSERT ON stored_events
    FOR EACH ROW EXECUTE FUNCTION chaos_refuse();
"""
ALLOW = "DROP TRIGGER IF EXISTS chaos_refuse ON stored_events"
FOLLOWERS = ("rectification", "supervision")
UNEXPECTED = "unexpected-error"
Stream = tuple[str, str]
"""A followed service, and a stream of it."""


def full_disk(field: Battlefield, random: Random) -> None:
    """PostgreSQL has no room left, for data or for its write-ahead log; then it has again."""
    assert field.stack.disk is not None
    ballast = field.stack.disk / "ballast"
    try:
        _fill(ballast)
        field.last(random.uniform(5, 9))
    finally:
        ballast.unlink(missing_ok=True)


def _fill(ballast: Path) -> None:
    with ballast.open("wb") as file:
        try:
            while True:
                file.write(CHUNK)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def clock_jump(field: Battlefield, random: Random) -> None:
    """The clock of one service is minutes or hours off, ahead or behind; then it is right again."""
    service = random.choice(SERVICES)
    field.stack.set_clock(service, random.choice((-1, 1)) * random.choice((90, 600, 7200)))
    field.last(random.uniform(4, 8))
    field.stack.set_clock(service, 0)


def parked_stream(field: Battlefield, random: Random) -> None:
    """A third of a follower's problems cannot be stored: they park; a redrive heals them.

    Finds: that other streams are not followed meanwhile, or that a redrive does not heal.
    """
    service = random.choice(FOLLOWERS)
    _run(field, service, REFUSE % random.randrange(3))
    try:
        field.until(lambda: _refused(field, service), 20)
        begun = _unread(field, service)
        goes_on = field.until(lambda: not _held_up(field, service, begun), 60)
    finally:
        _run(field, service, ALLOW)
    if not goes_on and not field.stopping.is_set():
        field.findings.append(broken("parked", service, "parked streams hold up others"))
    if not field.until(lambda: _healed(field, service), 60):
        field.findings.append(broken("parked", service, "a redrive did not heal its streams"))


def _held_up(field: Battlefield, service: str, begun: dict[Stream, Unread]) -> bool:
    """Whether a stream that is not parked still stands where it stood, short of its end then."""
    parked, now = _parked(field, service), _unread(field, service)
    waiting = [now[key] for key, one in begun.items() if key in now and now[key].mark < one.head]
    return any(one.stream not in parked for one in waiting)


def _unread(field: Battlefield, service: str) -> dict[Stream, Unread]:
    databases = {name: field.stack.postgres.uri(name) for name in SERVICES}
    return {(one.source, one.stream): one for one in unread_by(service, databases)}


def _healed(field: Battlefield, service: str) -> bool:
    field.operators.redrive(service)
    return not _refused(field, service)


def _refused(field: Battlefield, service: str) -> bool:
    """Whether a stream is parked by this fault, and not by another one's poison."""
    return UNEXPECTED in _parked(field, service).values()


def _parked(field: Battlefield, service: str) -> dict[str, str]:
    """Return the error of each parked stream; a service that is silent may have some."""
    try:
        return {one["stream"]: one["error_code"] for one in field.operators.parked(service)}
    except UnavailableError:
        return {"?": UNEXPECTED}


def _run(field: Battlefield, service: str, statement: str) -> None:
    address = field.stack.postgres.administrator_uri(service)
    with psycopg.connect(address, autocommit=True, connect_timeout=10) as connection:
        connection.execute(statement.encode())
