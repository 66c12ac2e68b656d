"""Ed25519 verification against the vectors of RFC 8032, 7.1, and against another library."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.verifier.ed25519 import verifies
from tests.attacks.make_bundle import SigningKey

ORDER = 2**252 + 27742317777372353535851937790883648493

VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
class TestVectors:
    def test_verifies(self, public: str, message: str, signature: str) -> None:
        assert verifies(*map(bytes.fromhex, (public, message, signature)))

    def test_refuses_any_change(self, public: str, message: str, signature: str) -> None:
        key, text, signed = map(bytes.fromhex, (public, message, signature))
        assert not verifies(key, text + b"x", signed)
        for at in (0, 31, 32, 63):
            broken = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
            assert not verifies(key, text, broken)
        assert not verifies(bytes([key[0] ^ 1]) + key[1:], text, signed)

    def test_refuses_a_scalar_beyond_the_order(
        self, public: str, message: str, signature: str
    ) -> None:
        key, text, signed = map(bytes.fromhex, (public, message, signature))
        scalar = int.from_bytes(signed[32:], "little") + ORDER
        assert not verifies(key, text, signed[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize(
    ("public", "signature"),
    [(b"", b""), (bytes(31), bytes(64)), (bytes(32), bytes(63)), (b"\xff" * 32, bytes(64))],
)
def test_refuses_what_is_no_key_or_signature(public: bytes, signature: bytes) -> None:
    assert not verifies(public, b"", signature)


@settings(max_examples=8, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_agrees_with_another_library(seed: bytes, message: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    assert verifies(public, message, key.sign(message))
    assert not verifies(public, message + b"!", key.sign(message))


def test_keys_of_the_sample_have_ids() -> None:
    assert len(SigningKey("a").key_id) == 4
