"""Who is calling: a JWT bearer token (RFC 7519), verified against the issuer's keys."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import Key, OKPKey

from shared.http.keys import KeyCache
from shared.kernel.actor import Role
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import UnauthenticatedError
from shared.telemetry.logs import logger

ALGORITHMS = ("Ed25519", "EdDSA", "ES256", "ES384", "PS256", "RS256")
"""Signatures of a key pair only: `none` and shared secrets (HS*) are never accepted."""

LEEWAY_S = 30
MAX_TOKEN = 8_192
REMEMBERED_FOR = timedelta(minutes=1)
"""How long a signature need not be verified again: a withdrawn key ends so much later."""
REMEMBERED_AT_MOST = 10_000

_REFERENCE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,119}$")


@dataclass(frozen=True)
class Principal:
    """A person (as a pseudonym) or a service, its organisation and the roles it holds."""

    person_ref: str
    org: str
    roles: frozenset[Role]


@dataclass(frozen=True)
class _Verified:
    """A token whose signature was found genuine, and when."""

    principal: Principal
    claims: dict[str, Any]
    at: datetime


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class TokenVerifier:
    """Decides whether a token is genuine, for us, and in time."""

    def __init__(
        self,
        jwks: str | KeyCache,
        *,
        issuer: str,
        audience: str,
        clock: Clock | None = None,
        algorithms: tuple[str, ...] = ALGORITHMS,
    ) -> None:
        self._clock = clock or SystemClock()
        self._keys = jwks if isinstance(jwks, KeyCache) else KeyCache(jwks, self._clock)
        self._algorithms = algorithms
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock.now().timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
        )
        self._verified: dict[bytes, _Verified] = {}

    def verify(self, token: str) -> Principal:
        """Return whose token this is; raises UnauthenticatedError."""
        if len(token) > MAX_TOKEN:
            raise UnauthenticatedError("the token is too long")
        claims = self._valid_claims(lambda: self._signed_claims(token))
        found = _Verified(principal_from(claims), claims, self._clock.now())
        if len(self._verified) >= REMEMBERED_AT_MOST:
            self._verified.clear()
        self._verified[_digest(token)] = found
        return found.principal

    def recently_verified(self, token: str) -> Principal | None:
        """Return whose token this is if its signature was verified within the last minute.

        Its times are checked again; raises UnauthenticatedError when it has expired.
        """
        found = self._verified.get(_digest(token))
        if found is None or self._clock.now() - found.at >= REMEMBERED_FOR:
            return None
        self._valid_claims(lambda: found.claims)
        return found.principal

    def _signed_claims(self, token: str) -> dict[str, Any]:
        return jwt.decode(token, self._key_of, list(self._algorithms)).claims

    def _valid_claims(self, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            claims = read()
            self._claims.validate(claims)
        except ExpiredTokenError:
            raise UnauthenticatedError("the token has expired") from None
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            logger("http").info("token_refused", exc_info=error)
            raise UnauthenticatedError(_what_is_wrong(error)) from None
        return claims

    def _key_of(self, signed: Any) -> Key:
        kid = signed.headers().get("kid")
        return self._keys.find(kid if isinstance(kid, str) else None)


def _what_is_wrong(error: Exception) -> str:
    if isinstance(error, InvalidClaimError) and error.claim in ("iat", "nbf"):
        return f"the token is not valid yet: see its {error.claim} and this server's clock"
    return "the token is not valid"


def principal_from(claims: dict[str, Any]) -> Principal:
    """Return the principal in verified claims; raises UnauthenticatedError if it is incomplete.

    Roles that are not ours are left out: an issuer may know more roles than Duban.
    """
    listed = claims.get("roles", [])
    named = listed.split() if isinstance(listed, str) else listed
    if not isinstance(named, list):
        raise UnauthenticatedError("the claim roles is not a list")
    known = frozenset(Role(role) for role in named if role in Role.__members__)
    person = claims.get("person_ref", claims.get("sub"))
    return Principal(_reference("person_ref", person), _reference("org", claims.get("org")), known)


def _reference(claim: str, value: Any) -> str:
    if not isinstance(value, str) or not _REFERENCE.match(value):
        raise UnauthenticatedError(f"the claim {claim} is missing or malformed")
    return value


class LocalIssuer:
    """Issues tokens from a key of its own: for one machine and for tests, never for production.

    The directory gets `key.json` (private, readable by its owner only) and `jwks.json`.
    """

    ALGORITHM = "Ed25519"

    def __init__(
        self,
        directory: Path,
        *,
        issuer: str = "urn:duban:local",
        audience: str = "duban",
        clock: Clock | None = None,
    ) -> None:
        self.issuer = issuer
        self.audience = audience
        self.jwks = directory / "jwks.json"
        self._clock = clock or SystemClock()
        self._key = _local_key(directory)
        public = {**self._key.as_dict(private=False), "use": "sig", "alg": self.ALGORITHM}
        _write(self.jwks, {"keys": [public]})

    def issue(
        self, person_ref: str, org: str, *roles: Role, lifetime: timedelta = timedelta(hours=12)
    ) -> str:
        """Return a token for this person in this organisation with these roles."""
        now = self._clock.now()
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": person_ref,
            "person_ref": person_ref,
            "org": org,
            "roles": [role.value for role in roles],
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
        }
        header = {"alg": self.ALGORITHM, "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, [self.ALGORITHM])


def _local_key(directory: Path) -> OKPKey:
    """Return the key of this directory, made at the first use; two processes agree on one."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory / "key.json"
    if not path.exists():
        fresh = OKPKey.generate_key("Ed25519", auto_kid=True)
        _write(path, dict(fresh.as_dict(private=True)), once=True)
    return OKPKey.import_key(json.loads(path.read_text(encoding="utf-8")))


def _write(path: Path, value: dict[str, Any], once: bool = False) -> None:
    """Write the file whole and for its owner only; with `once`, the first writer wins."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(value, file)
    try:
        path.hardlink_to(draft) if once else draft.replace(path)
    except FileExistsError:
        logger("http").info("local_key_already_made")
    finally:
        draft.unlink(missing_ok=True)
