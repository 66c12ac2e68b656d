"""The keys of the local system's sealed logs, and the trust note that names them.

keys/root.key, root.vkey         signs trust notes; in production offline, held by people
keys/log/<service>/log.key       signs that service's checkpoints; log.mark remembers the last
keys/log/audit/witness.key       cosigns the others' checkpoints
keys/trust/1.note, 2.note …      which keys count, each naming the one before
"""

from collections.abc import Sequence
from pathlib import Path

from shared.reducers import REDUCER
from shared.tlog.checkpoints import DEFAULT_ORIGIN, origin_of
from shared.tlog.notes import COSIGNATURE, VerifierKey
from shared.tlog.signer import FileSigner, write_durably
from shared.tlog.trust import LogKey, Reducer, Trust, chain, following

WITNESS = "audit"


def log_directory(keys: Path, service: str) -> Path:
    """Return where a service's signing key lies."""
    return keys / "log" / service


def prepare(keys: Path, tenant: str, services: Sequence[str]) -> None:
    """Draw the keys that are missing; write a trust note when the last one says otherwise."""
    root = FileSigner.create(keys / "root.key", origin_of(DEFAULT_ORIGIN, tenant, "root"))
    logs = tuple(LogKey(service, _log_key(keys, tenant, service)) for service in services)
    witnesses = ((WITNESS, _witness_key(keys, tenant)),) if WITNESS in services else ()
    reducer = Reducer(REDUCER["name"], REDUCER["version"], REDUCER["digest"])
    trust = Trust(tenant, 1, "-", logs, witnesses, len(witnesses), (reducer,))
    notes = trust_notes(keys)
    if notes and chain(notes, root.vkey)[-1].says_the_same_as(trust):
        return
    directory = keys / "trust"
    directory.mkdir(exist_ok=True)
    note = following(trust, notes, root).encode()
    write_durably(directory / f"{len(notes) + 1}.note", note)


def trust_notes(keys: Path) -> list[bytes]:
    """Return the trust notes, the first first."""
    found = sorted((keys / "trust").glob("*.note"), key=lambda path: int(path.stem))
    return [path.read_bytes() for path in found]


def witness_vkeys(keys: Path) -> list[str]:
    """Return the public keys of this system's witnesses."""
    path = log_directory(keys, WITNESS) / "witness.vkey"
    return [path.read_text(encoding="utf-8").strip()] if path.exists() else []


def _log_key(keys: Path, tenant: str, service: str) -> VerifierKey:
    path = log_directory(keys, service) / "log.key"
    return FileSigner.create(path, origin_of(DEFAULT_ORIGIN, tenant, service)).vkey


def _witness_key(keys: Path, tenant: str) -> VerifierKey:
    path = log_directory(keys, WITNESS) / "witness.key"
    name = origin_of(DEFAULT_ORIGIN, tenant, f"witness/{WITNESS}")
    return FileSigner.create(path, name, COSIGNATURE).vkey
