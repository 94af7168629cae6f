"""Public keys of passkeys: what can be one is taken, and nothing else."""

from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from idp.authenticators.passkeys import passkey_keys

ES256, EDDSA, RS256 = -7, -8, -257
EC2, OKP, RSA = 2, 1, 3
P256, P384, ED25519 = 1, 2, 6
POINT = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
X, Y = POINT.x.to_bytes(32), POINT.y.to_bytes(32)
EDWARDS = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
MODULUS = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n


def elliptic(x: bytes = X, y: bytes = Y, *, alg: int = ES256, curve: int = P256) -> dict[int, Any]:
    return {1: EC2, 3: alg, -1: curve, -2: x, -3: y}


def edwards(x: bytes = EDWARDS, *, alg: int = EDDSA, curve: int = ED25519) -> dict[int, Any]:
    return {1: OKP, 3: alg, -1: curve, -2: x}


def rivest(n: int = MODULUS, e: int = 65537) -> dict[int, Any]:
    size = (n.bit_length() + 7) // 8
    return {1: RSA, 3: RS256, -1: n.to_bytes(size), -2: e.to_bytes((e.bit_length() + 7) // 8 or 1)}


@pytest.mark.parametrize("key", [elliptic(), edwards(), rivest()])
def test_what_authenticators_make_is_taken(key: dict[int, Any]) -> None:
    assert passkey_keys.problem(cbor2.dumps(key)) is None


SMALL = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
]
IMPOSSIBLE: dict[str, dict[int, Any]] = {
    "a point off the curve": elliptic(y=Y[:-1] + bytes([Y[-1] ^ 1])),
    "the point nought": elliptic(bytes(32), bytes(32)),
    "another curve than the algorithm's": elliptic(curve=P384),
    "the coordinates of another curve": elliptic(bytes(16) + X, bytes(16) + Y),
    "a short coordinate": elliptic(X[:-1]),
    "an algorithm that was not offered": elliptic(alg=-36),
    "an RSA key of 128 bits": rivest(MODULUS >> 1920 | 1),
    "an RSA key of 2047 bits": rivest(MODULUS >> 1 | 1),
    "an even modulus": rivest(MODULUS - 1),
    "the exponent one": rivest(e=1),
    "the exponent three": rivest(e=3),
    "an even exponent": rivest(e=65538),
    "an Ed25519 key of eight bytes": edwards(EDWARDS[:8]),
    "an Ed25519 key on another curve": edwards(curve=7),
    "an Ed25519 key off the curve": edwards((2).to_bytes(32, "little")),
    **{f"the Edwards point {text}": edwards(bytes.fromhex(text)) for text in SMALL},
}


@pytest.mark.parametrize("key", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_what_can_be_no_key_is_refused(key: dict[int, Any]) -> None:
    assert passkey_keys.problem(cbor2.dumps(key))
