"""What may befall a city between two commands; afterwards everything must still hold."""

from contextlib import suppress
from dataclasses import replace

import pytest

from shared.embedded.log_keys import log_directory, trust_notes
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.actor import system_actor
from shared.kernel.errors import UnavailableError
from shared.tlog import trust
from shared.tlog.log_book import LogBook
from shared.tlog.signer import FileSigner, StaleTreeError, write_durably
from shared.tlog.trust import LogKey
from tests.integration.messaging.harbour import crash_at
from tests.property.city import City, Command
from tests.property.ground import Ground
from tests.property.main_line import advance
from tests.property.offices import ALL


def kill_postgresql(ground: Ground, city: City, problem_no: str, step: str) -> None:
    """Kill the server while a command is at this step; start it, and the services, again."""
    city.at = crash_at(step, 1, ground.kill_the_server)
    with suppress(UnavailableError):
        advance(city, problem_no, 1)
    city.at = lambda _: None
    if ground.server.is_running:  # the command was refused before it came so far
        ground.kill_the_server()
    ground.server.start()
    city.start_again()


def restore_the_latest(ground: Ground, city: City, problem_no: str, lost: int) -> None:
    """Restore the backup of the latest sealed state; what was recorded after it is lost."""
    for service in ALL:
        city[service].sealer.seal_all()
    positions = {service: city.memory.position(service) for service in ALL}
    dumps = ground.dump(city)
    advance(city, problem_no, lost)
    former = dict(city.urls)
    city.close()
    city.urls = ground.restored(dumps)
    city.memory = city.memory.up_to(positions)
    city.open()
    ground.drop(former)
    city.learn()


def restore_an_old_one(ground: Ground, city: City, problem_no: str, service: str) -> None:
    """Restore a backup that is older than what was signed: this service's sealer must refuse.

    However much is written on it afterwards; then the true databases come back.
    """
    dumps = ground.dump(city)
    before = city[service].sealer.seal_all()
    advance(city, problem_no, 3)
    signed = city[service].sealer.record_state()
    assert signed.size > before.size
    old = City(ground.restored(dumps), city.keys, city.clock)
    old.learn()
    _require_refusal(old, service, signed.size)
    advance(old, problem_no, 6)
    _require_refusal(old, service, signed.size)
    ground.raze(old)
    city.learn()


def _require_refusal(old: City, service: str, signed: int) -> None:
    """Fail unless the sealer says why it refuses, and neither sealed nor signed anything."""
    present = old[service].tlog.present()
    for refuse in (old[service].sealer.seal, old[service].sealer.record_state):
        with pytest.raises(StaleTreeError) as refused:
            refuse()
        assert f"{signed} were signed: it was restored from an old backup" in refused.value.detail
        assert "Restore a newer one; nothing is signed." in refused.value.detail
    assert old[service].tlog.present() == present


def rotate_the_key(city: City, service: str) -> None:
    """Replace the key of a log as docs/operations.md says: the former signs beside it for now."""
    size = city[service].sealer.seal_all().size
    keys = log_directory(city.keys, service)
    (keys / "log.key").replace(keys / "log.previous.key")
    new = FileSigner.create(keys / "log.key", city[service].tlog.origin)
    digest = _publish(city, service, LogKey(service, new.vkey, size + 1), size)
    city.close()
    city.open()
    city.give(_noted(service, len(trust_notes(city.keys)), digest))


def end_the_rotation(city: City, service: str) -> None:
    """Take the previous key away, once a checkpoint has both signatures."""
    city[service].sealer.record_state()
    (log_directory(city.keys, service) / "log.previous.key").unlink(missing_ok=True)
    city.close()
    city.open()


def _publish(city: City, service: str, new: LogKey, size: int) -> str:
    """Publish the next trust note: the key that counted ends here. Return the note's digest."""
    root, notes = FileSigner(city.keys / "root.key"), trust_notes(city.keys)
    newest = trust.chain(notes, root.vkey)[-1]
    logs = tuple(
        LogKey(one.service, one.key, one.first, size)
        if one.service == service and one.last is None
        else one
        for one in newest.logs
    )
    note = trust.following(replace(newest, logs=(*logs, new)), notes, root).encode()
    write_durably(city.keys / "trust" / f"{len(notes) + 1}.note", note)
    return trust.digest(note)


def _noted(service: str, version: int, digest: str) -> Command:
    """Return the command that records the new trust note in the log, unless it stands there."""

    def note(_: object, uow: UnitOfWork) -> None:
        book = uow.find(LogBook, service) or uow.create(LogBook, service)
        if book.trust_version < version:
            book.change_trust(version, digest)
            uow.save(book)

    return Command(service, "ChangeTrust", system_actor(service, "sealer"), note)
