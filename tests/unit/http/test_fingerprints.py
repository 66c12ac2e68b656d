"""What the idempotency table keeps of a request tells nothing about it."""

from types import SimpleNamespace
from typing import Any

from shared.http.commands import _fingerprint, fingerprint_key


def request(key: bytes) -> Any:
    state = SimpleNamespace(commands=SimpleNamespace(fingerprint_key=key))
    return SimpleNamespace(
        scope={"path": "/v1/x", "query_string": b""},
        headers={"idempotency-key": "the-same-key"},
        method="POST",
        app=SimpleNamespace(state=state),
    )


def test_is_keyed_by_the_services_secret() -> None:
    body = b'{"approves": true}'
    keys = [fingerprint_key(""), fingerprint_key("secret-1"), fingerprint_key("secret-2")]
    assert len({_fingerprint(request(key), body) for key in keys}) == 3


def test_is_the_same_for_the_same_request_however_it_is_spaced() -> None:
    key = fingerprint_key("secret-1")
    spaced, plain = b'{"b": 1,  "a": 2}', b'{"a":2,"b":1}'
    assert _fingerprint(request(key), spaced) == _fingerprint(request(key), plain)


def test_the_key_is_derived_and_not_the_secret_itself() -> None:
    assert b"secret-1" not in fingerprint_key("secret-1")
    assert fingerprint_key("") == b""
