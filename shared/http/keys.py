"""The issuer's public keys (JWKS, RFC 7517): cached, refreshed when a key id is unknown."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

import httpx
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet

from shared.kernel.clock import Clock
from shared.kernel.errors import UnauthenticatedError, UnavailableError
from shared.telemetry.logs import logger

REFRESH_AT_MOST_EVERY = timedelta(seconds=30)
MAX_AGE = timedelta(minutes=10)
FETCH_TIMEOUT_S = 3.0
MAX_BYTES = 262_144

Fetch = Callable[[str], str]


class KeyCache:
    """The key set at one place, a file or a URL.

    A key id that is not known makes it read again, at most every 30 seconds, so that strangers
    with invented key ids cannot make us hammer the issuer. A set older than ten minutes is read
    again, so that a withdrawn key ends; if the issuer does not answer, the old set still holds.
    """

    def __init__(self, location: str, clock: Clock, fetch: Fetch | None = None) -> None:
        self._location = location
        self._clock = clock
        self._fetch = fetch or read_text
        self._keys: KeySet | None = None
        self._tried: datetime | None = None
        self._lock = Lock()

    def find(self, kid: str | None) -> Key:
        """Return the key with this id; without an id, the only key there is.

        Raises UnauthenticatedError if there is none, UnavailableError if no set was ever read.
        """
        found = self._lookup(self._current(), kid) or self._lookup(self._newer(), kid)
        if found is None:
            raise UnauthenticatedError("the token is signed with an unknown key")
        return found

    def _current(self) -> KeySet:
        if self._keys is None or self._is_older_than(MAX_AGE):
            return self._newer()
        return self._keys

    def _newer(self) -> KeySet:
        with self._lock:
            if self._keys is None or self._is_older_than(REFRESH_AT_MOST_EVERY):
                self._read()
            if self._keys is None:
                raise UnavailableError("the issuer's keys cannot be read")
            return self._keys

    def _is_older_than(self, age: timedelta) -> bool:
        return self._tried is None or self._clock.now() - self._tried >= age

    def _read(self) -> None:
        self._tried = self._clock.now()
        try:
            self._keys = KeySet.import_key_set(json.loads(self._fetch(self._location)))
        except (OSError, httpx.HTTPError, ValueError, KeyError, TypeError, JoseError) as error:
            logger("http").warning("keys_not_read", kept=self._keys is not None, exc_info=error)

    @staticmethod
    def _lookup(keys: KeySet, kid: str | None) -> Key | None:
        try:
            return keys.get_by_kid(kid)
        except InvalidKeyIdError:
            return None


def read_text(location: str) -> str:
    """Return what stands at a file path or an http(s) URL."""
    if not location.startswith(("http://", "https://")):
        return Path(location).read_text(encoding="utf-8")
    answer = httpx.get(location, timeout=FETCH_TIMEOUT_S, follow_redirects=False)
    answer.raise_for_status()
    if len(answer.content) > MAX_BYTES:
        raise ValueError("the key set is too large")
    return answer.text
