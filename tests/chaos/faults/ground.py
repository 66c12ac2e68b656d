"""Faults of the ground: a full disk, a clock that jumps, an effect that cannot be stored."""

import errno
from pathlib import Path
from random import Random

import psycopg

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

    Finds: that the users do not get on while they are parked, or that a redrive does not heal.
    """
    service = random.choice(FOLLOWERS)
    _run(field, service, REFUSE % random.randrange(3))
    try:
        is_parked = field.until(lambda: bool(_parked(field, service)), 20)
        told = len(field.player.journal.acknowledged)
        goes_on = field.until(lambda: len(field.player.journal.acknowledged) > told + 3, 30)
    finally:
        _run(field, service, ALLOW)
    if is_parked and not goes_on and not field.stopping.is_set():
        field.findings.append(broken("parked", service, "nobody got on beside parked streams"))
    if not field.until(lambda: _healed(field, service), 60):
        field.findings.append(broken("parked", service, "a redrive did not heal its streams"))


def _healed(field: Battlefield, service: str) -> bool:
    field.operators.redrive(service)
    return not _parked(field, service)


def _parked(field: Battlefield, service: str) -> list[str]:
    try:
        found = field.operators.parked(service)
    except UnavailableError:
        return ["?"]
    return [one["stream"] for one in found if one["error_code"] == "unexpected-error"]


def _run(field: Battlefield, service: str, statement: str) -> None:
    address = field.stack.postgres.administrator_uri(service)
    with psycopg.connect(address, autocommit=True, connect_timeout=10) as connection:
        connection.execute(statement.encode())
