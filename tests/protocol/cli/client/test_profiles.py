"""A stricter profile is one word; it switches all of it on, or is refused with what is missing."""

import json
from typing import Any

import pytest
from joserfc import jwk

from tests.protocol.command import Acrux
from tests.support.applications.application import OWNED_URI

KEY = jwk.ECKey.generate_key("P-256").as_dict(private=False)
RIGHT = {
    "profile": "fapi2",
    "token_endpoint_auth_method": "private_key_jwt",
    "jwks": json.dumps({"keys": [KEY]}),
    "id_token_signed_response_alg": "ES256",
}
ADD = ("client", "add", "Bank", "--id", "bank", "--redirect-uri", OWNED_URI)


def written(members: dict[str, Any]) -> list[str]:
    return [f"{name}={value}" for name, value in members.items()]


def test_one_word_switches_all_of_fapi_2_on_and_off(small_acrux: Acrux) -> None:
    small_acrux(*ADD)
    shown = small_acrux.json("client", "set", "bank", *written(RIGHT | {"pkce": "optional"}))
    assert shown["require_pushed_authorization_requests"] is True
    assert shown["dpop_bound_access_tokens"] is True
    assert shown["assertion_audience"] == "issuer"
    assert shown["pkce"] == "required"
    assert shown["rotate_refresh_tokens"] is False
    shown = small_acrux.json("client", "set", "bank", "profile=")
    assert shown["dpop_bound_access_tokens"] is False


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"profile": "fapi3"}, "profile must be one of fapi2"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "needs token_endpoint_auth_method"),
        ({"token_endpoint_auth_method": "none"}, "needs token_endpoint_auth_method"),
        ({"id_token_signed_response_alg": "RS256"}, "needs id_token_signed_response_alg"),
        ({"token_endpoint_auth_signing_alg": "RS256"}, "needs token_endpoint_auth_signing_alg"),
        ({"request_object_signing_alg": "RS256"}, "needs request_object_signing_alg"),
        ({"userinfo_signed_response_alg": "RS256"}, "needs userinfo_signed_response_alg"),
        (
            {"profile": "", "token_endpoint_auth_method": "none", "rotate_refresh_tokens": "no"},
            "refresh tokens of a public or native client work once each",
        ),
        (
            {"profile": "", "application_type": "native", "rotate_refresh_tokens": "no"},
            "refresh tokens of a public or native client work once each",
        ),
        ({"access_token_format": "jwt"}, "needs PS256 or ES256 or EdDSA"),
        ({"redirect_uris": "http://localhost:5999/callback"}, "redirect URIs of https"),
        (
            {"profile": "fapi-ciba"},
            "fapi-ciba needs backchannel_authentication_request_signing_alg",
        ),
    ],
)
def test_a_client_that_cannot_hold_it_is_refused(
    small_acrux: Acrux, changes: dict[str, str], says: str
) -> None:
    small_acrux(*ADD)
    line = small_acrux.refused("client", "set", "bank", *written(RIGHT | changes))
    assert says in line
