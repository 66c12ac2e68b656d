"""Tokens: genuine, for us, in time; everything else is refused."""

import base64
import hashlib
import hmac
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from shared.http.identity import REMEMBERED_FOR, LocalIssuer, Principal, TokenVerifier
from shared.http.keys import KeyCache
from shared.kernel.actor import Role
from shared.kernel.clock import SettableClock
from shared.kernel.errors import UnauthenticatedError, UnavailableError

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LI = Principal("p-li", "o-office", frozenset({Role.OFF, Role.TL}))


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOON)


@pytest.fixture
def issuer(tmp_path: Path, clock: SettableClock) -> LocalIssuer:
    return LocalIssuer(tmp_path / "keys", clock=clock)


@pytest.fixture
def verifier(issuer: LocalIssuer, clock: SettableClock) -> TokenVerifier:
    return verifier_of(issuer, clock)


def verifier_of(issuer: LocalIssuer, clock: SettableClock) -> TokenVerifier:
    return TokenVerifier(
        str(issuer.jwks), issuer=issuer.issuer, audience=issuer.audience, clock=clock
    )


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def claims_of(token: str) -> dict[str, Any]:
    middle = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * 3))
    return found


class TestLocalIssuer:
    def test_issues_what_the_verifier_accepts(
        self, issuer: LocalIssuer, verifier: TokenVerifier
    ) -> None:
        assert verifier.verify(issuer.issue("p-li", "o-office", Role.OFF, Role.TL)) == LI

    def test_keeps_its_key_to_the_owner(self, issuer: LocalIssuer) -> None:
        for name in ("key.json", "jwks.json"):
            assert stat.S_IMODE((issuer.jwks.parent / name).stat().st_mode) == 0o600
        assert "d" not in json.loads(issuer.jwks.read_text())["keys"][0]

    def test_finds_its_key_again(
        self, issuer: LocalIssuer, verifier: TokenVerifier, clock: SettableClock
    ) -> None:
        again = LocalIssuer(issuer.jwks.parent, clock=clock)

        assert verifier.verify(again.issue("p-li", "o-office", Role.OFF, Role.TL)) == LI


class TestRecentlyVerified:
    def test_knows_a_token_for_a_minute(
        self, issuer: LocalIssuer, verifier: TokenVerifier, clock: SettableClock
    ) -> None:
        token = issuer.issue("p-wang", "office", Role.OFF)
        assert verifier.recently_verified(token) is None
        principal = verifier.verify(token)
        assert verifier.recently_verified(token) == principal
        clock.advance(REMEMBERED_FOR)
        assert verifier.recently_verified(token) is None

    def test_still_refuses_it_when_it_has_expired(
        self, issuer: LocalIssuer, verifier: TokenVerifier, clock: SettableClock
    ) -> None:
        token = issuer.issue("p-wang", "office", Role.OFF, lifetime=timedelta(seconds=10))
        verifier.verify(token)
        clock.advance(timedelta(seconds=50))
        with pytest.raises(UnauthenticatedError):
            verifier.recently_verified(token)

    def test_does_not_know_a_token_that_was_changed(
        self, issuer: LocalIssuer, verifier: TokenVerifier
    ) -> None:
        token = issuer.issue("p-wang", "office", Role.OFF)
        verifier.verify(token)
        assert verifier.recently_verified(f"{token}A") is None


class TestVerify:
    def test_refuses_a_token_that_has_expired(
        self, issuer: LocalIssuer, verifier: TokenVerifier, clock: SettableClock
    ) -> None:
        token = issuer.issue("p-li", "o-office", Role.OFF, lifetime=timedelta(minutes=5))
        clock.advance(timedelta(minutes=5, seconds=20))
        verifier.verify(token)  # clocks may differ a little
        clock.advance(timedelta(seconds=20))

        with pytest.raises(UnauthenticatedError, match="expired"):
            verifier.verify(token)

    def test_names_the_clock_when_a_token_is_dated_ahead_of_it(
        self, issuer: LocalIssuer, verifier: TokenVerifier, clock: SettableClock
    ) -> None:
        clock.advance(timedelta(minutes=10))
        token = issuer.issue("p-li", "o-office", Role.OFF)
        clock.advance(timedelta(minutes=-10))

        with pytest.raises(UnauthenticatedError, match="iat and this server's clock"):
            verifier.verify(token)

    def test_refuses_a_token_of_another_key_with_the_same_id(
        self, issuer: LocalIssuer, verifier: TokenVerifier
    ) -> None:
        genuine = issuer.issue("p-li", "o-office", Role.OFF)
        kid = json.loads(issuer.jwks.read_text())["keys"][0]["kid"]
        forged = jwt.encode(
            {"alg": "Ed25519", "kid": kid},
            claims_of(genuine),
            OKPKey.generate_key("Ed25519"),
            ["Ed25519"],
        )

        with pytest.raises(UnauthenticatedError):
            verifier.verify(forged)

    def test_refuses_changed_claims(self, issuer: LocalIssuer, verifier: TokenVerifier) -> None:
        head, middle, signature = issuer.issue("p-li", "o-office", Role.UH).split(".")
        claims = claims_of(f"{head}.{middle}.{signature}") | {"roles": ["OFF"]}

        with pytest.raises(UnauthenticatedError):
            verifier.verify(f"{head}.{part(claims)}.{signature}")

    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
    def test_refuses_a_token_without_a_signature(
        self, issuer: LocalIssuer, verifier: TokenVerifier, algorithm: str
    ) -> None:
        claims = claims_of(issuer.issue("p-li", "o-office", Role.OFF))

        for signature in ("", "AAAA"):
            with pytest.raises(UnauthenticatedError):
                verifier.verify(f"{part({'alg': algorithm})}.{part(claims)}.{signature}")

    def test_refuses_a_shared_secret_made_of_the_public_key(
        self, issuer: LocalIssuer, verifier: TokenVerifier
    ) -> None:
        public = json.loads(issuer.jwks.read_text())["keys"][0]
        claims = claims_of(issuer.issue("p-li", "o-office", Role.OFF))
        signed = f"{part({'alg': 'HS256', 'kid': public['kid']})}.{part(claims)}"
        digest = hmac.new(public["x"].encode(), signed.encode(), hashlib.sha256).digest()
        signature = base64.urlsafe_b64encode(digest).decode().rstrip("=")

        with pytest.raises(UnauthenticatedError):
            verifier.verify(f"{signed}.{signature}")

    @pytest.mark.parametrize(
        "changed",
        [
            {"aud": "somebody-else"},
            {"aud": None},
            {"iss": "urn:elsewhere"},
            {"exp": None},
            {"exp": "tomorrow"},
            {"nbf": int(NOON.timestamp()) + 3600},
            {"org": None},
            {"org": "张三的单位"},
            {"person_ref": "li si"},
            {"roles": {"OFF": True}},
        ],
    )
    def test_refuses_wrong_or_missing_claims(
        self, issuer: LocalIssuer, verifier: TokenVerifier, changed: dict[str, Any]
    ) -> None:
        claims = claims_of(issuer.issue("p-li", "o-office", Role.OFF)) | changed
        claims = {name: value for name, value in claims.items() if value is not None}
        key = OKPKey.import_key(json.loads((issuer.jwks.parent / "key.json").read_text()))

        with pytest.raises(UnauthenticatedError):
            verifier.verify(jwt.encode({"alg": "Ed25519"}, claims, key, ["Ed25519"]))

    @pytest.mark.parametrize(
        "token", ["", ".", "..", "a.b", "a.b.c", "a.b.c.d.e", "\u00e9.\u00e9.\u00e9", "x" * 9000]
    )
    def test_refuses_what_is_no_token(self, verifier: TokenVerifier, token: str) -> None:
        with pytest.raises(UnauthenticatedError):
            verifier.verify(token)

    def test_leaves_out_roles_that_are_not_ours(
        self, issuer: LocalIssuer, verifier: TokenVerifier
    ) -> None:
        claims = claims_of(issuer.issue("p-li", "o-office")) | {"roles": ["OFF", "TL", "root", 7]}
        key = OKPKey.import_key(json.loads((issuer.jwks.parent / "key.json").read_text()))

        assert verifier.verify(jwt.encode({"alg": "Ed25519"}, claims, key, ["Ed25519"])) == LI

    @pytest.mark.parametrize(
        ("algorithm", "key"),
        [
            ("ES256", ECKey.generate_key("P-256", auto_kid=True)),
            ("RS256", RSAKey.generate_key(2048, auto_kid=True)),
            ("PS256", RSAKey.generate_key(2048, auto_kid=True)),
            pytest.param(
                "EdDSA",
                OKPKey.generate_key("Ed25519", auto_kid=True),
                # Issuers still write the older name of the algorithm.
                marks=pytest.mark.filterwarnings("ignore:EdDSA is deprecated"),
            ),
        ],
    )
    def test_accepts_the_usual_algorithms_of_issuers(
        self, issuer: LocalIssuer, clock: SettableClock, tmp_path: Path, algorithm: str, key: Key
    ) -> None:
        place = tmp_path / "jwks.json"
        place.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
        claims = claims_of(issuer.issue("p-li", "o-office", Role.OFF, Role.TL))
        token = jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, [algorithm])
        verifier = TokenVerifier(str(place), issuer=issuer.issuer, audience="duban", clock=clock)

        assert verifier.verify(token) == LI

    def test_never_uses_a_secret_that_stands_in_the_key_set(
        self, issuer: LocalIssuer, clock: SettableClock, tmp_path: Path
    ) -> None:
        secret = OctKey.generate_key(256, auto_kid=True)
        place = tmp_path / "jwks.json"
        place.write_text(json.dumps({"keys": [secret.as_dict(private=True)]}))
        claims = claims_of(issuer.issue("p-li", "o-office", Role.OFF))
        token = jwt.encode({"alg": "HS256", "kid": secret.kid}, claims, secret, ["HS256"])
        verifier = TokenVerifier(str(place), issuer=issuer.issuer, audience="duban", clock=clock)

        with pytest.raises(UnauthenticatedError):
            verifier.verify(token)


class Place:
    """Where an issuer publishes its keys; counts who asks."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.asked = 0
        self.answers = True

    def publish(self) -> str:
        key = OKPKey.generate_key("Ed25519", auto_kid=True)
        self.keys.append(dict(key.as_dict(private=False)))
        return str(key.kid)

    def __call__(self, location: str) -> str:
        self.asked += 1
        if not self.answers:
            raise OSError("no route")
        return json.dumps({"keys": self.keys})


class TestKeyCache:
    def test_asks_again_for_an_unknown_key_but_not_too_often(self, clock: SettableClock) -> None:
        place = Place()
        first = place.publish()
        cache = KeyCache("https://issuer/jwks", clock, place)
        cache.find(first)
        second = place.publish()
        for _ in range(50):
            with pytest.raises(UnauthenticatedError):
                cache.find("invented")
        assert place.asked == 1

        clock.advance(timedelta(seconds=30))

        assert cache.find(second).kid == second
        assert place.asked == 2

    def test_forgets_a_withdrawn_key(self, clock: SettableClock) -> None:
        place = Place()
        withdrawn, kept = place.publish(), place.publish()
        cache = KeyCache("https://issuer/jwks", clock, place)
        cache.find(withdrawn)
        place.keys = [key for key in place.keys if key["kid"] == kept]
        clock.advance(timedelta(minutes=10))

        with pytest.raises(UnauthenticatedError):
            cache.find(withdrawn)

    def test_keeps_the_keys_while_the_issuer_is_silent(self, clock: SettableClock) -> None:
        place = Place()
        kid = place.publish()
        cache = KeyCache("https://issuer/jwks", clock, place)
        cache.find(kid)
        place.answers = False
        clock.advance(timedelta(hours=1))

        assert cache.find(kid).kid == kid

    def test_says_that_it_never_had_any(self, clock: SettableClock) -> None:
        place = Place()
        place.answers = False

        with pytest.raises(UnavailableError):
            KeyCache("https://issuer/jwks", clock, place).find("any")
