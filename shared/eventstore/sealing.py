"""Sealed values: the event keeps a salted commitment, the value lies encrypted outside.

Commitment: `c = base64(SHA-256("sealed/v1" 0x00 canonical([salt, name, value])))`, with 16 random
bytes of salt, so that nothing can be guessed from it. The value, its name and its salt are
encrypted with AES-256-GCM under a key of their subject (NIST SP 800-38D), which is itself
encrypted under the service's vault key. Destroying a subject's key makes all its values
unreadable for ever; the events stay as they are and every replay counts the same.
"""

import base64
import binascii
import hashlib
import json
import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Cursor
from psycopg.rows import DictRow

from shared.contracts.base import Commitment, Sealed
from shared.eventstore import canonical
from shared.eventstore.recorder import Participant
from shared.eventstore.store import EventStore
from shared.kernel.errors import (
    ContractError,
    InvalidValueError,
    NotCanonicalError,
    NotFoundError,
    RefusedError,
)

KEY_BYTES, SALT_BYTES, NONCE_BYTES = 32, 16, 12
_DOMAIN = b"sealed/v1\0"

RandomBytes = Callable[[int], bytes]


class VaultKeyError(InvalidValueError):
    """The vault key is missing or is not the base64 text of 32 bytes."""

    code = "vault-key"
    title = "The vault key is not usable"


class SubjectKeyDestroyedError(RefusedError):
    code = "subject-key-destroyed"
    title = "The key of this subject was destroyed; its values are gone"


class SealBrokenError(ContractError):
    code = "seal-broken"
    title = "A sealed value does not match its commitment or its key"


@dataclass(frozen=True)
class Disclosure:
    """What a commitment stands for. Its text never shows in a repr, a log line or an error."""

    salt: str = field(repr=False)
    name: str
    value: str = field(repr=False)

    @property
    def commitment(self) -> str:
        """Return `c` of the sealed value; raises NotCanonicalError for unusual characters."""
        listed = canonical.encode({"v": [self.salt, self.name, self.value]})
        digest = hashlib.sha256(_DOMAIN + listed[len(b'{"v":') : -len(b"}")]).digest()
        return base64.b64encode(digest).decode()

    def as_bytes(self) -> bytes:
        return json.dumps([self.salt, self.name, self.value], ensure_ascii=False).encode()


@dataclass(frozen=True)
class SealedValue:
    """A sealed value on its way: `sealed` goes into the event, `keep` into its transaction."""

    sealed: Sealed
    keep: Participant = field(repr=False)


@dataclass(frozen=True)
class Vault:
    """Seals, opens and destroys values under one vault key of 32 bytes."""

    vault_key: bytes = field(repr=False)
    random: RandomBytes = field(default=os.urandom, repr=False)

    @classmethod
    def from_text(cls, vault_key: str) -> "Vault":
        """Return the vault under a key written in base64; raises VaultKeyError."""
        try:
            raw = base64.b64decode(vault_key, validate=True)
        except (binascii.Error, ValueError):
            raise VaultKeyError("the vault key is not base64") from None
        if len(raw) != KEY_BYTES:
            raise VaultKeyError(f"the vault key must have {KEY_BYTES} bytes (DUBAN_VAULT_KEY)")
        return cls(raw)

    def seal(self, subject: str, name: str, value: str) -> SealedValue:
        """Seal `value`, known as `name`, under the key of `subject` (a code, such as a lead_no).

        Raises InvalidValueError for a character that no record may hold; the participant raises
        SubjectKeyDestroyedError when the subject's key is gone.
        """
        salt = base64.b64encode(self.random(SALT_BYTES)).decode()
        disclosure = Disclosure(salt, name, unicodedata.normalize("NFC", value))
        commitment = Commitment(c=_sealable(disclosure), s=subject)

        def keep(cursor: Cursor[DictRow]) -> None:
            key = self._key_for_writing(cursor, subject)
            cursor.execute(
                "INSERT INTO sealed_values (commitment, subject, ciphertext) VALUES (%s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                (commitment.c, subject, self._encrypt(key, disclosure, commitment)),
            )

        return SealedValue(Sealed(sealed=commitment), keep)

    def open(self, store: EventStore, sealed: Sealed) -> Disclosure:
        """Return what a sealed value says, checked against its commitment.

        Raises NotFoundError, SubjectKeyDestroyedError, or SealBrokenError when what is stored is
        not what was committed to.
        """
        told = sealed.sealed
        with store.connection() as connection:
            row = connection.execute(
                "SELECT v.ciphertext, k.wrapped_key FROM sealed_values v"
                " JOIN subject_keys k USING (subject) WHERE v.commitment = %s AND v.subject = %s",
                (told.c, told.s),
            ).fetchone()
        if row is None:
            raise NotFoundError("the vault has no such value", subject=told.s)
        key = self._unwrap(row["wrapped_key"], told.s)
        return _checked(self._decrypt(key, row["ciphertext"], told), told)

    def destroying(self, subject: str) -> Participant:
        """Return the participant that destroys the key of `subject`, and so all its values.

        It raises NotFoundError when there never was one, SubjectKeyDestroyedError when it is gone.
        """

        def destroy(cursor: Cursor[DictRow]) -> None:
            row = cursor.execute(
                "SELECT wrapped_key IS NULL AS is_gone FROM subject_keys WHERE subject = %s"
                " FOR UPDATE",
                (subject,),
            ).fetchone()
            if row is None:
                raise NotFoundError("the vault has no key of this subject", subject=subject)
            if row["is_gone"]:
                raise SubjectKeyDestroyedError("the key was destroyed before", subject=subject)
            cursor.execute(
                "UPDATE subject_keys SET wrapped_key = NULL, destroyed_at = now()"
                " WHERE subject = %s",
                (subject,),
            )
            cursor.execute("DELETE FROM sealed_values WHERE subject = %s", (subject,))

        return destroy

    def _key_for_writing(self, cursor: Cursor[DictRow], subject: str) -> bytes:
        """Return the subject's key, made when it is the first value; locked against destroying."""
        cursor.execute(
            "INSERT INTO subject_keys (subject, wrapped_key) VALUES (%s, %s)"
            " ON CONFLICT DO NOTHING",
            (subject, self._wrap(self.random(KEY_BYTES), subject)),
        )
        row = cursor.execute(
            "SELECT wrapped_key FROM subject_keys WHERE subject = %s FOR SHARE", (subject,)
        ).fetchone()
        return self._unwrap(row["wrapped_key"] if row else None, subject)

    def _wrap(self, key: bytes, subject: str) -> bytes:
        nonce = self.random(NONCE_BYTES)
        return nonce + AESGCM(self.vault_key).encrypt(nonce, key, _wrapping(subject))

    def _unwrap(self, wrapped: bytes | None, subject: str) -> bytes:
        if wrapped is None:
            raise SubjectKeyDestroyedError("the key was destroyed", subject=subject)
        return _decrypted(self.vault_key, bytes(wrapped), _wrapping(subject), subject)

    def _encrypt(self, key: bytes, disclosure: Disclosure, to: Commitment) -> bytes:
        nonce = self.random(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, disclosure.as_bytes(), to.c.encode())

    def _decrypt(self, key: bytes, ciphertext: bytes, to: Commitment) -> Disclosure:
        plain = _decrypted(key, bytes(ciphertext), to.c.encode(), to.s)
        return Disclosure(*json.loads(plain))


def _wrapping(subject: str) -> bytes:
    """Bind a wrapped key to its subject: moved to another row, it does not open."""
    return b"subject-key/v1\0" + subject.encode()


def _decrypted(key: bytes, sealed: bytes, bound_to: bytes, subject: str) -> bytes:
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, bound_to)
    except InvalidTag:
        raise SealBrokenError(
            "what is stored was not sealed with this key", subject=subject
        ) from None


def _sealable(disclosure: Disclosure) -> str:
    try:
        return disclosure.commitment
    except NotCanonicalError:
        raise InvalidValueError(
            "the value holds a character that is not allowed, or is too long", name=disclosure.name
        ) from None


def _checked(disclosure: Disclosure, told: Commitment) -> Disclosure:
    if disclosure.commitment != told.c:
        raise SealBrokenError("the value is not what was committed to", subject=told.s)
    return disclosure
