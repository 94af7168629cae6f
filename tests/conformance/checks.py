"""What the suite checks of every answer. Whatever it would only warn of is wrong here."""

import base64
import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwk, jws, jwt

from tests.support.browser import Answer

DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+\Z")
"""What an error_description may hold (RFC 6749 sections 4.1.2.1 and 5.2)."""
TOKEN = re.compile(r"[\x20-\x7e]+\Z")
"""What a token may hold (RFC 6749 appendix A.12 and A.17)."""
CODE_BITS = 128
ENTROPY = 96
"""Bits by Shannon's measure: 128 are demanded, and measuring is not exact."""
SKEW = 10
"""Seconds. A real suite allows for clocks that differ; here there is one clock."""
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
NEEDS_THE_PERSON = {
    "login_required",
    "interaction_required",
    "account_selection_required",
    "consent_required",
}
SCOPE_CLAIMS: dict[str, tuple[str, ...]] = {
    "openid": ("sub",),
    "profile": (
        *("name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture"),
        *("website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"),
        "preferred_username",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
    "offline_access": (),
}
ADDRESS_MEMBERS = {*("formatted", "street_address", "locality", "region", "postal_code", "country")}
ID_TOKEN_CLAIMS = {
    *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp"),
    *("at_hash", "c_hash", "s_hash", "nbf", "jti", "sid"),
}
OLDEST_BIRTH = 1850
EARLIEST_UPDATE = 631_152_000
"""1990: before that, `updated_at` counts something else than seconds."""


def enough_entropy(value: str) -> bool:
    """Return True if `value` is random enough by Shannon's measure over its characters."""
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares) * len(value) > ENTROPY


def left_half(value: str) -> str:
    """Return at_hash, c_hash or s_hash for the algorithms of 256 bits (OIDC Core 3.1.3.6)."""
    digest = hashlib.sha256(value.encode("ascii")).digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def published_keys(document: Mapping[str, Any]) -> jwk.KeySet:
    """Check a JWK set: public keys alone, each readable, each with a kid of its own (RFC 7517)."""
    members = document["keys"]
    assert members
    for key in members:
        assert not PRIVATE_MEMBERS & key.keys(), key.keys()
        assert key["kty"] in ("RSA", "EC"), key["kty"]
        assert isinstance(key["kid"], str)
    assert len({key["kid"] for key in members}) == len(members)
    return jwk.KeySet.import_key_set({"keys": members})


# -- errors


def error_redirect(fields: Mapping[str, str], *, state: str | None, issuer: str) -> str:
    """Check an error of the authorization endpoint (OIDC Core 3.1.2.6); return its code."""
    allowed = {"error", "error_description", "error_uri", "state", "session_state", "iss"}
    assert "error" in fields, fields
    assert fields.keys() <= allowed, fields
    assert fields.get("state") == state
    assert fields["iss"] == issuer
    assert DESCRIPTION.match(fields.get("error_description", "-")), fields
    if "error_uri" in fields:
        assert urlsplit(fields["error_uri"]).scheme == "https"
    return fields["error"]


def json_error(answer: Answer, *errors: str, status: int = 400) -> None:
    """Check an error in JSON (RFC 6749 section 5.2, RFC 7591 section 3.2.2)."""
    assert answer.status == status, answer.text
    assert content_type(answer) == "application/json"
    assert answer.json["error"] in errors, answer.text
    assert DESCRIPTION.match(answer.json.get("error_description", "-")), answer.text


def content_type(answer: Answer) -> str:
    """Return the type of an answer without its parameters."""
    return str(answer.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


# -- tokens


def token_answer(answer: Answer) -> dict[str, Any]:
    """Check a successful token response (RFC 6749 section 5.1)."""
    assert answer.status == 200, answer.text
    assert content_type(answer) == "application/json"
    assert "no-store" in answer.headers["Cache-Control"]
    found: dict[str, Any] = answer.json
    assert found["token_type"].lower() == "bearer"
    assert isinstance(found["expires_in"], int)
    assert found["expires_in"] > 0
    for name in ("access_token", "refresh_token"):
        if name in found:
            assert TOKEN.match(found[name])
            assert enough_entropy(found[name])
    return found


def signed_claims(token: str, keys: jwk.KeySet, alg: str) -> dict[str, Any]:
    """Return the claims of a token that a published key signed with `alg`; it names the key."""
    header = jws.extract_compact(token.encode()).headers()
    assert header["alg"] == alg, header
    assert any(key.kid == header["kid"] for key in keys.keys), header
    claims: dict[str, Any] = jwt.decode(token, keys, algorithms=[alg]).claims
    return claims


def id_token_claims(
    claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str | None, now: int
) -> None:
    """Check the claims of an ID token in the order of OIDC Core section 2."""
    assert claims["iss"] == issuer
    assert isinstance(claims["sub"], str)
    assert 0 < len(claims["sub"]) <= 255
    assert claims["sub"].isascii()
    assert claims["aud"] in (client_id, [client_id])
    assert isinstance(claims["exp"], int)
    assert now < claims["exp"] < now + 86_400
    assert abs(claims["iat"] - now) <= SKEW
    if "auth_time" in claims:
        assert isinstance(claims["auth_time"], int)
        assert now - 365 * 86_400 < claims["auth_time"] <= now + 1
    assert claims.get("nonce") == nonce
    assert isinstance(claims["acr"], str)
    assert claims["acr"]
    assert all(isinstance(method, str) for method in claims.get("amr", []))
    assert claims.get("azp", client_id) == client_id
    # Scopes say what userinfo tells; nothing of it belongs here when there is an access token.
    assert claims.keys() <= ID_TOKEN_CLAIMS, claims.keys() - ID_TOKEN_CLAIMS
    assert None not in claims.values()


def id_token_hashes(
    claims: Mapping[str, Any], *, access_token: str, code: str, state: str | None
) -> None:
    """Check those hashes that are there (OIDC Core 3.1.3.6, 3.3.2.11; FAPI 1.0 part 2)."""
    for name, value in (("at_hash", access_token), ("c_hash", code), ("s_hash", state)):
        if name in claims:
            assert value is not None
            assert claims[name] == left_half(value), name


# -- userinfo


def userinfo_claims(claims: Mapping[str, Any], *, sub: str, now: int) -> None:
    """Check types and sense of standard claims; nothing null, nothing empty (OIDC Core 5.1)."""
    assert claims["sub"] == sub
    for name, value in claims.items():
        if name.endswith("_verified"):
            assert isinstance(value, bool), name
        elif name == "updated_at":
            assert type(value) in (int, float)
            assert EARLIEST_UPDATE < value <= now + 1
        elif name == "address":
            assert isinstance(value, dict)
            assert value.keys() <= ADDRESS_MEMBERS
            assert value
            assert all(_says_something(part) for part in value.values())
        elif name == "birthdate":
            assert _says_something(value)
            assert _is_birthdate(value, now)
        else:
            assert _says_something(value), name


def scope_claims(claims: Mapping[str, Any], scope: str) -> None:
    """Check that userinfo has all that the scopes stand for, and nothing else (OIDC Core 5.4)."""
    wanted = {name for one in scope.split() for name in SCOPE_CLAIMS[one]}
    assert wanted == claims.keys(), wanted ^ claims.keys()


def _says_something(value: object) -> bool:
    return isinstance(value, str) and value.strip() != "" and value.lower() != "null"


def _is_birthdate(text: str, now: int) -> bool:
    """YYYY, YYYY-MM-DD, or 0000-MM-DD where the year is no one's business."""
    newest = 1970 + now // (365 * 86_400) + 1
    if re.fullmatch(r"\d{4}", text):
        return OLDEST_BIRTH <= int(text) <= newest
    if text.startswith("0000-"):
        # A leap year, so that every day exists.
        return bool(date.fromisoformat("2000" + text[4:]))
    return OLDEST_BIRTH <= date.fromisoformat(text).year <= newest
