"""A certificate for the loopback, made on the spot with nothing but the standard library.

ECDSA on P-256 (FIPS 186-4, D.1.2.3) in plain integers: 10 ms, and good for a server that lives
for seconds. The arithmetic takes no care of timing and must never guard anything.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import UTC, datetime, timedelta

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int] | None
"""A point of the curve; None is the one at infinity."""

_SHA256_WITH_ECDSA = b"\x2a\x86\x48\xce\x3d\x04\x03\x02"
_PUBLIC_KEY = b"\x2a\x86\x48\xce\x3d\x02\x01"
_P256 = b"\x2a\x86\x48\xce\x3d\x03\x01\x07"
_COMMON_NAME = b"\x55\x04\x03"


def self_signed(now: datetime | None = None) -> str:
    """Give a certificate for 127.0.0.1 and localhost, and its key, as PEM: valid for a day."""
    now = now or datetime.now(UTC)
    secret = _secret()
    x, y = _times(secret, _G) or (0, 0)
    public = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")
    algorithm = _sequence(_oid(_SHA256_WITH_ECDSA))
    name = _sequence(_tag(0x31, _sequence(_oid(_COMMON_NAME), _tag(0x0C, b"versect study"))))
    body = _sequence(
        _tag(0xA0, _integer(2)),
        _integer(secrets.randbits(63)),
        algorithm,
        name,
        _sequence(_time(now - timedelta(hours=1)), _time(now + timedelta(days=1))),
        name,
        _sequence(_sequence(_oid(_PUBLIC_KEY), _oid(_P256)), _bits(public)),
        _tag(0xA3, _extensions(hashlib.sha1(public).digest())),  # noqa: S324 - RFC 5280, 4.2.1.2
    )
    signed = _sequence(body, algorithm, _bits(_signature(body, secret)))
    key = _sequence(
        _integer(1),
        _tag(0x04, secret.to_bytes(32, "big")),
        _tag(0xA0, _oid(_P256)),
        _tag(0xA1, _bits(public)),
    )
    return _pem("CERTIFICATE", signed) + _pem("EC PRIVATE KEY", key)


def _extensions(key: bytes) -> bytes:
    """Give what OpenSSL's strict checks, Python's default from 3.13 on, ask of an authority."""
    yes = _tag(0x01, b"\xff")
    names = _sequence(_tag(0x87, b"\x7f\x00\x00\x01"), _tag(0x82, b"localhost"))
    return _sequence(
        _extension(b"\x55\x1d\x13", yes, _sequence(yes)),  # basicConstraints: an authority
        _extension(b"\x55\x1d\x0f", yes, _tag(0x03, b"\x02\x84")),  # keyUsage: sign
        _extension(b"\x55\x1d\x0e", b"", _tag(0x04, key)),  # subjectKeyIdentifier
        _extension(b"\x55\x1d\x23", b"", _sequence(_tag(0x80, key))),  # authorityKeyIdentifier
        _extension(b"\x55\x1d\x11", b"", names),  # subjectAltName
    )


def _extension(oid: bytes, critical: bytes, value: bytes) -> bytes:
    return _sequence(_oid(oid), critical, _tag(0x04, value))


def _signature(message: bytes, secret: int) -> bytes:
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    nonce = _secret()
    x, _ = _times(nonce, _G) or (0, 0)
    r = x % _N
    return _sequence(_integer(r), _integer(pow(nonce, -1, _N) * (digest + r * secret) % _N))


def _secret() -> int:
    return secrets.randbelow(_N - 1) + 1


def _times(factor: int, point: Point) -> Point:
    found: Point = None
    while factor:
        if factor & 1:
            found = _plus(found, point)
        point = _plus(point, point)
        factor >>= 1
    return found


def _plus(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2:
        if (y1 + y2) % _P == 0:
            return None
        slope = 3 * (x1 * x1 - 1) * pow(2 * y1, -1, _P)  # a = -3
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, _P)
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P


def _tag(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _sequence(*parts: bytes) -> bytes:
    return _tag(0x30, b"".join(parts))


def _integer(number: int) -> bytes:
    return _tag(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _bits(content: bytes) -> bytes:
    return _tag(0x03, b"\x00" + content)


def _oid(content: bytes) -> bytes:
    return _tag(0x06, content)


def _time(moment: datetime) -> bytes:
    return _tag(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())


def _pem(kind: str, content: bytes) -> str:
    text = base64.encodebytes(content).decode()
    return f"-----BEGIN {kind}-----\n{text}-----END {kind}-----\n"
