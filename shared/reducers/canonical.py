"""The canonical bytes of what was parsed from canonical bytes, and the hash of a log's leaf.

Whether a record may exist at all is decided where it is written and where it is verified; here
its values are only written down again, always in the same way.
"""

import hashlib
import json
from typing import Any

_encoder = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def canonical(value: Any) -> bytes:
    """Return the one written form of a JSON value: sorted keys, no spaces, UTF-8."""
    return _encoder.encode(value).encode()


def leaf_hash(raw: bytes) -> bytes:
    """Return the hash of a leaf of a Merkle tree (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + raw).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node of a Merkle tree (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()
