"""Loaded by schemathesis inside its own process: what else must hold, and calls that come far.

The environment says where the service is (`FUZZ_URL`), its database (`FUZZ_DATABASE`), and the
token that is spoken with (`FUZZ_TOKEN`).
"""

import os
import re
from itertools import count
from typing import Any

import httpx
import psycopg
import schemathesis

MEDIA_TYPE = "application/problem+json"
MEMBERS = {"type", "title", "status", "detail", "code"}
WAITED_FOR = "not-yet-projected"
"""The one honest 503: the caller names a position that the read model never reaches."""

NEWEST = "SELECT coalesce(max(notification_id), 0) FROM stored_events"
COMMANDED = (
    "SELECT count(*) FROM stored_events WHERE notification_id > %s"
    " AND convert_from(state, 'UTF8') LIKE '%%\"via\":\"http\"%%'"
)
BESIDES = (
    "SELECT (SELECT count(*) FROM idempotency) + (SELECT count(*) FROM person_vault)"
    " + (SELECT count(*) FROM subject_keys) + (SELECT count(*) FROM sealed_values)"
)
"""What only commands write beside the log: first answers, names, keys and sealed values."""

KEY = re.compile(r"[\x20-\x7e]{8,120}")
TAG = re.compile(r'"[1-9][0-9]{0,9}"')
_numbers = count(1)


class Log:
    """What commands have left in the service's store up to the call before, at `position`."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self.look()

    def look(self) -> None:
        """Take what stands there now as known."""
        self.position, self._besides = self._one(NEWEST), self._one(BESIDES)

    def grew(self) -> int:
        """Return how many events of commands, and rows that stand beside them, are new."""
        return self._one(COMMANDED, self.position) + abs(self._one(BESIDES) - self._besides)

    def _one(self, query: str, *values: int) -> int:
        row = self._connection.execute(query.encode(), values or None).fetchone()
        return int(row[0]) if row else 0


log = Log(os.environ["FUZZ_DATABASE"])
service = httpx.Client(base_url=os.environ["FUZZ_URL"], timeout=30, trust_env=False)
speaking = {"Authorization": f"Bearer {os.environ['FUZZ_TOKEN']}"}


def refusals_are_told(_: Any, response: Any, case: Any) -> None:
    """A refusal is a problem (RFC 9457) with all its members; a 5xx is never one."""
    if response.status_code < 400 or case.method == "HEAD":
        return
    where = f"{response.status_code} of {case.operation.label}"
    assert response.headers["content-type"] == [MEDIA_TYPE], f"{where} is no {MEDIA_TYPE}"
    told = response.json()
    assert told.keys() >= MEMBERS and told["status"] == response.status_code, where
    assert told["type"] == f"/problems/{told['code']}", where
    assert "Traceback" not in str(told) and ".py" not in str(told["detail"]), where
    assert response.status_code < 500 or told["code"] == WAITED_FOR, f"{where}: {told['code']}"


def refusals_write_nothing(_: Any, response: Any, case: Any) -> None:
    """No event of a command, and no row beside it, stands after a refused call."""
    if response.status_code < 400:
        log.look()
        return
    grown = log.grew()
    log.look()
    assert not grown, f"{case.operation.label} was refused and wrote {grown} rows"


def before_call(_: Any, case: Any, __: Any) -> None:
    """Give what is well-formed a chance to be carried out; leave alone what is not."""
    headers, number = case.headers or {}, next(_numbers)
    query = case.query if isinstance(case.query, dict) else {}
    if is_above(query.get("wait"), 0.05):
        query["wait"] = 0.05
    if number % 50 and is_above(query.get("min_position"), log.position):
        query["min_position"] = 0  # what is never reached is waited for in vain
    if number % 10 and KEY.fullmatch(str(headers.get("idempotency-key", ""))):
        headers["idempotency-key"] = f"fuzz-{os.getpid()}-{number}"
    if number % 3 and TAG.fullmatch(str(headers.get("if-match", ""))):
        headers["if-match"] = present_version(case) or headers["if-match"]


def is_above(value: Any, least: float) -> bool:
    return isinstance(value, int | float) and value > least


def present_version(case: Any) -> str | None:
    """Return the ETag of the thing that the command is about, if it can be asked for."""
    template, brace, _ = case.operation.path.partition("}")
    known = case.path_parameters or {}
    if not brace or not all(isinstance(value, str) for value in known.values()):
        return None
    path = (template + brace).format(**known)
    try:
        tag = service.get(path, headers=speaking).headers.get("etag")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    return str(tag) if tag else None


schemathesis.check(refusals_are_told)
schemathesis.check(refusals_write_nothing)
schemathesis.hook(before_call)
