"""The keys of the local system's sealed logs, and the trust note that names them.

keys/root.key, root.vkey         signs trust notes; in production offline, held by people
keys/log/<service>/log.key       signs that service's checkpoints; log.mark remembers the last;
                                 renamed to log.previous.key, it is replaced at the next start
keys/log/audit/witness.key       cosigns the others' checkpoints
keys/trust/1.note, 2.note …      which keys count, each naming the one before
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from shared.reducers import REDUCER
from shared.tlog.checkpoints import DEFAULT_ORIGIN, origin_of
from shared.tlog.notes import COSIGNATURE, VerifierKey
from shared.tlog.signer import FileSigner, HighWaterMark, write_durably
from shared.tlog.trust import LogKey, Reducer, Trust, chain, following

WITNESS = "audit"


def log_directory(keys: Path, service: str) -> Path:
    """Return where a service's signing key lies."""
    return keys / "log" / service


def prepare(keys: Path, tenant: str, services: Sequence[str]) -> None:
    """Draw the keys that are missing; write a trust note when the last one says otherwise."""
    root = FileSigner.create(keys / "root.key", origin_of(DEFAULT_ORIGIN, tenant, "root"))
    notes = trust_notes(keys)
    last = chain(notes, root.vkey)[-1] if notes else None
    logs = tuple(one for service in services for one in _log_keys(keys, tenant, service, last))
    witnesses = ((WITNESS, _witness_key(keys, tenant)),) if WITNESS in services else ()
    reducer = Reducer(REDUCER["name"], REDUCER["version"], REDUCER["digest"])
    trust = Trust(tenant, 1, "-", logs, witnesses, len(witnesses), (reducer,))
    if last is not None and last.says_the_same_as(trust):
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


def _log_keys(keys: Path, tenant: str, service: str, trust: Trust | None) -> Sequence[LogKey]:
    """Return the keys of a log and their sizes; a replaced key ends where it has signed last."""
    present = _log_key(keys, tenant, service)
    known = [one for one in trust.logs if one.service == service] if trust else []
    if not known or known[-1].key == present:
        return known or [LogKey(service, present)]
    mark = HighWaterMark(log_directory(keys, service) / "log.mark").last()
    size = mark.size if mark else -1
    used = [one for one in known if one.first <= size]
    retired = [replace(one, last=size) if one.last is None else one for one in used]
    return [*retired, LogKey(service, present, size + 1)]


def _log_key(keys: Path, tenant: str, service: str) -> VerifierKey:
    path = log_directory(keys, service) / "log.key"
    return FileSigner.create(path, origin_of(DEFAULT_ORIGIN, tenant, service)).vkey


def _witness_key(keys: Path, tenant: str) -> VerifierKey:
    path = log_directory(keys, WITNESS) / "witness.key"
    name = origin_of(DEFAULT_ORIGIN, tenant, f"witness/{WITNESS}")
    return FileSigner.create(path, name, COSIGNATURE).vkey
