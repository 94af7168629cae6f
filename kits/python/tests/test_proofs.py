"""Which proofs of a key are believed (RFC 9449 sections 4.3 and 7.1)."""

import base64
import hashlib
import time
from typing import Any

import pytest
from acrux_step_up.proofs import Proofs
from acrux_step_up.values import Presented
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

URL = "https://pay.example.org/pay"
TOKEN = "the-token"
KEY = ECKey.generate_key("P-256")
ATH = base64.urlsafe_b64encode(hashlib.sha256(TOKEN.encode()).digest()).rstrip(b"=").decode()


def proof(head: dict[str, Any] | None = None, key: Any = KEY, **changes: Any) -> str:
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.as_dict(private=False)} | (head or {})
    claims = {"htm": "POST", "htu": URL, "iat": int(time.time()), "jti": str(time.time_ns())}
    claims |= {"ath": ATH} | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(header, kept, key, algorithms=[header["alg"]])


def good(*proofs: str, url: str = URL, method: str = "POST") -> bool:
    presented = Presented(f"DPoP {TOKEN}", method, url, proofs)
    return Proofs().good(presented, TOKEN, KEY.thumbprint())


def test_a_proof_of_the_key_for_this_request_is_good() -> None:
    assert good(proof())
    assert good(proof(htu="HTTPS://PAY.example.org:443/pay?x=1#y"))
    assert good(proof(iat=int(time.time()) + 8))
    assert good(proof(iat=int(time.time()) - 50))
    assert good(proof(unknown="x"))


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "GET"},
        {"htm": None},
        {"htu": "https://pay.example.org/other"},
        {"htu": "https://evil.example/pay"},
        {"htu": "http://pay.example.org/pay"},
        {"htu": "https://pay.example.org:8443/pay"},
        {"htu": "https://pay.example.org:x/pay"},
        {"htu": None},
        {"ath": None},
        {"ath": "x"},
        {"iat": int(time.time()) - 120},
        {"iat": int(time.time()) + 120},
        {"iat": None},
        {"iat": "now"},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 300},
        {"jti": 1},
    ],
)
def test_a_proof_for_something_else_is_none(changes: dict[str, Any]) -> None:
    assert not good(proof(**changes))


@pytest.mark.parametrize(
    "head",
    [
        {"typ": "JWT"},
        {"jwk": ECKey.generate_key("P-256").as_dict(private=False)},
        {"jwk": KEY.as_dict(private=True)},
        {"jwk": {"kty": "EC"}},
        {"jwk": {"kty": "RSA", "n": "x", "e": "AQAB"}},
    ],
)
def test_a_proof_by_another_key_or_of_another_type_is_none(head: dict[str, Any]) -> None:
    assert not good(proof(head))


def test_a_proof_with_a_shared_secret_is_none() -> None:
    key = OctKey.generate_key(256)
    assert not good(proof({"alg": "HS256", "jwk": key.as_dict()}, key))


def test_a_proof_is_good_once_and_only_one_is_brought() -> None:
    one, proofs = proof(), Proofs()
    presented = Presented(f"DPoP {TOKEN}", "POST", URL, (one,))
    assert proofs.good(presented, TOKEN, KEY.thumbprint())
    assert not proofs.good(presented, TOKEN, KEY.thumbprint())
    assert not good()
    assert not good(proof(), proof())
    assert not good("x")
    assert not good("x" * 9000)
