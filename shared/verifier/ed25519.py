"""Verification of Ed25519 signatures (RFC 8032, 5.1.7) in plain Python; nothing here is secret."""

import hashlib
from functools import lru_cache

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_BYTES = 32

Point = tuple[int, int, int, int]
"""Extended coordinates: x = X/Z, y = Y/Z, x·y = T/Z."""

_NEUTRAL: Point = (0, 1, 1, 0)


@lru_cache(maxsize=256)
def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether the holder of this public key signed these bytes."""
    if len(public) != _BYTES or len(signature) != 2 * _BYTES:
        return False
    key = _decoded(public)
    scalar = int.from_bytes(signature[_BYTES:], "little")
    if key is None or scalar >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:_BYTES] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % _ORDER
    expected = _summed(scalar, _BASE, challenge, _negated(key))
    return _encoded(expected) == signature[:_BYTES]


def _added(one: Point, other: Point) -> Point:
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = 2 * t1 * t2 * _D % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _doubled(one: Point) -> Point:
    x, y, z, _ = one
    a, b, c = x * x, y * y, 2 * z * z
    h = a + b
    e, g = h - (x + y) * (x + y), a - b
    f = c + g
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _summed(scalar: int, point: Point, other_scalar: int, other: Point) -> Point:
    """Return scalar · point + other_scalar · other, both in one go."""
    found, both = _NEUTRAL, _added(point, other)
    for at in range(max(scalar, other_scalar).bit_length() - 1, -1, -1):
        found = _doubled(found)
        match scalar >> at & 1, other_scalar >> at & 1:
            case 1, 1:
                found = _added(found, both)
            case 1, 0:
                found = _added(found, point)
            case 0, 1:
                found = _added(found, other)
    return found


def _negated(point: Point) -> Point:
    x, y, z, t = point
    return _P - x, y, z, _P - t


def _encoded(point: Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, _P - 2, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(_BYTES, "little")


def _decoded(raw: bytes) -> Point | None:
    """Return the point of 32 bytes, None when there is none (5.1.3)."""
    number = int.from_bytes(raw, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if y >= _P:
        return None
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % _P)


def _x_of(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    return x if x & 1 == sign else _P - x


def _base() -> Point:
    point = _decoded((4 * pow(5, _P - 2, _P) % _P).to_bytes(_BYTES, "little"))
    assert point is not None
    return point


_BASE = _base()
