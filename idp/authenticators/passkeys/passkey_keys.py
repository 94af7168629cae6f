"""Whether a public key of a passkey can be one: a point on its curve, of the strength we ask for.

The library reads the key and, without attestation, uses it only when someone signs in. A key that
can never verify anything, or that anyone can sign for, must not count as a factor that a person has
(RFC 9053 sections 2.1, 2.2 and 7; FIPS 186-5 sections 5.1 and 7.8; Web Authentication Level 3
section 5.8.5).
"""

from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import decode_credential_public_key
from webauthn.helpers.decode_credential_public_key import (
    DecodedEC2PublicKey,
    DecodedOKPPublicKey,
    DecodedRSAPublicKey,
)

_ES256, _P256 = -7, 1
_EDDSA, _ED25519 = -8, 6
_SIZE = 32
"""Bytes of a coordinate, on both curves."""
_RSA_BITS = (2048, 8192)
_LEAST_EXPONENT = 65537
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
# Points of order 8 have one of these two as y; those of order 1, 2 and 4 have 0, 1 or -1.
_ORDER_8 = (
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
)
_SMALL_ORDER = (0, 1, _P - 1, *_ORDER_8)


def problem(public_key: bytes) -> str | None:
    """Return why a COSE key cannot be a passkey's, for the auditor; None when it can.

    Raises:
        WebAuthnException: the library cannot read it at all.
    """
    key = decode_credential_public_key(public_key)
    if isinstance(key, DecodedEC2PublicKey):
        return _elliptic(key)
    if isinstance(key, DecodedRSAPublicKey):
        return _rsa(int.from_bytes(key.n), int.from_bytes(key.e))
    if isinstance(key, DecodedOKPPublicKey):
        return _edwards(key)
    return "a key of an unknown kind"


def _elliptic(key: DecodedEC2PublicKey) -> str | None:
    if (int(key.alg), int(key.crv)) != (_ES256, _P256):
        return "the curve is not that of the algorithm"
    if (len(key.x), len(key.y)) != (_SIZE, _SIZE):
        return "a coordinate has the wrong length"
    x, y = int.from_bytes(key.x), int.from_bytes(key.y)
    try:
        ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        return "the point is not on the curve"
    return None


def _rsa(modulus: int, exponent: int) -> str | None:
    least, most = _RSA_BITS
    if not least <= modulus.bit_length() <= most or modulus % 2 == 0:
        return f"the modulus has not {least} to {most} bits, or is even"
    if exponent < _LEAST_EXPONENT or exponent % 2 == 0 or exponent >= modulus:
        return "the exponent is none that signatures are safe with"
    return None


def _edwards(key: DecodedOKPPublicKey) -> str | None:
    if (int(key.alg), int(key.crv)) != (_EDDSA, _ED25519):
        return "the curve is not that of the algorithm"
    if len(key.x) != _SIZE:
        return "a coordinate has the wrong length"
    y = int.from_bytes(key.x, "little") & (2**255 - 1)
    if y >= _P or y in _SMALL_ORDER:
        return "the point has a small order"
    squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if pow(squared, (_P - 1) // 2, _P) != 1:
        return "the point is not on the curve"
    return None
