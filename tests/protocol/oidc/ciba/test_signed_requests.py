"""What an application asks behind the browser is signed where it says so (CIBA 7.1.1)."""

import secrets
import time
from typing import Any

import pytest

from tests.protocol.ciba import bank, begin
from tests.protocol.sign_ins import assert_token_error
from tests.support.applications.signed_requests import STRANGER, public_keys, sign
from tests.support.site import Answer, Application, Site

BARE: dict[str, Any] = {"scope": None, "login_hint": None}


def _members(site: Site, app: Application, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    found = {
        "iss": app.client_id,
        "aud": site.issuer,
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "jti": secrets.token_urlsafe(12),
        "scope": "openid",
        "login_hint": "tane",
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def _sent(site: Site, app: Application, token: str, **beside: Any) -> Answer:
    return begin(site, app, request=token, **{**BARE, **beside})


def test_it_is_used_once_and_nothing_stands_beside_it(site: Site) -> None:
    app = bank(site, jwks=public_keys())
    token = sign(_members(site, app, requested_expiry=60, claims={"id_token": {"acr": None}}))
    assert_token_error(_sent(site, app, token, scope="openid"), "invalid_request")
    answer = _sent(site, app, token)
    assert (answer.status, answer.json["expires_in"]) == (200, 60), answer.text
    assert_token_error(_sent(site, app, token), "invalid_request")
    # Of another application it never was one.
    other = bank(site, "other", jwks=public_keys())
    fresh = sign(_members(site, app))
    assert_token_error(_sent(site, other, fresh), "invalid_request")


def test_who_registered_how_it_signs_sends_nothing_else(small_site: Site) -> None:
    site = small_site
    app = bank(site, jwks=public_keys(), backchannel_authentication_request_signing_alg="PS256")
    assert_token_error(begin(site, app), "invalid_request")
    assert_token_error(_sent(site, app, sign(_members(site, app), "ES256")), "invalid_request")
    assert _sent(site, app, sign(_members(site, app), "PS256")).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"jti": 5},
        {"jti": "x" * 513},
        {"exp": "soon"},
        {"nbf": True},
        {"exp": 1e300},
        {"login_hint": 5},
        {"scope": ["openid"]},
        {"request": "x"},
        {"binding_message": "\ud800"},
        {"aud": [5]},
    ],
)
def test_odd_members_are_refused(small_site: Site, changes: dict[str, Any]) -> None:
    app = bank(small_site, jwks=public_keys())
    token = sign(_members(small_site, app, **changes))
    answer = _sent(small_site, app, token)
    assert answer.status == 400, answer.text
    assert answer.json["error"] in ("invalid_request", "invalid_binding_message")


@pytest.mark.parametrize("header", [{"typ": "JOSE"}, {"typ": "dpop+jwt"}, {"kid": "nobody"}])
def test_what_is_signed_as_something_else_is_refused(
    small_site: Site, header: dict[str, str]
) -> None:
    app = bank(small_site, jwks=public_keys())
    members = _members(small_site, app)
    key = STRANGER if "kid" in header else None
    assert_token_error(_sent(small_site, app, sign(members, key=key, **header)), "invalid_request")
