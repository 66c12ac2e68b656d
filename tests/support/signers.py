"""Keys for tests: drawn from a word, so that the same word always signs alike."""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.tlog.notes import COSIGNATURE, ED25519, VerifierKey


@dataclass(frozen=True)
class WordSigner:
    """Signs under a name with a key made from it (or from another word)."""

    name: str
    kind: int = ED25519
    word: str = ""

    @property
    def vkey(self) -> VerifierKey:
        return VerifierKey(self.name, self.kind, self._key().public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return self._key().sign(message)

    def _key(self) -> Ed25519PrivateKey:
        seed = hashlib.sha256((self.word or self.name).encode()).digest()
        return Ed25519PrivateKey.from_private_bytes(seed)


def witness_signer(name: str) -> WordSigner:
    return WordSigner(name, COSIGNATURE)
