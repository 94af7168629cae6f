"""FAPI-CIBA: what is asked, and how it is signed, in the variants of `plans_of_fapi`."""

import base64
import json
from typing import Any

from joserfc import jwk

from tests.conformance.ciba import Ciba
from tests.conformance.fapi import refused

MINUTE = 60


def _bad(ciba: Ciba, **changes: Any) -> None:
    refused(ciba.ask(ciba.asker(), **changes), "invalid_request")


# -- what is asked


def test_fapi_ciba_id1_ensure_authorization_request_with_binding_message_succeeds(
    ciba: Ciba,
) -> None:
    ciba.flow(*ciba.asks(person=True), binding_message="9876")


def test_fapi_ciba_id1_ensure_authorization_request_with_potentially_bad_binding_message(
    ciba: Ciba,
) -> None:
    message = "1234 \U0001f44d\U0001f3ff \u54c1\u5ddd Lor3m"
    ciba.flow(*ciba.asks(person=True), binding_message=message)


def test_fapi_ciba_id1_ensure_authorization_request_with_multiple_hints_fails(ciba: Ciba) -> None:
    _bad(ciba, login_hint_token="x", id_token_hint="x")


def test_fapi_ciba_id1_ensure_requested_expiry_as_string_succeeds(ciba: Ciba) -> None:
    answer = ciba.ask(ciba.asker(), requested_expiry="30")
    assert (answer.status, answer.json["expires_in"]) == (200, 30)


# -- the signed request


def test_fapi_ciba_id1_ensure_request_object_bad_aud_fails(ciba: Ciba) -> None:
    _bad(ciba, aud="https://other1.example.com/invalid")


def test_fapi_ciba_id1_ensure_request_object_bad_iss_fails(ciba: Ciba) -> None:
    _bad(ciba, iss="https://other1.example.com")


def test_fapi_ciba_id1_ensure_request_object_exp_is_70_minutes_in_future_fails(
    ciba: Ciba,
) -> None:
    _bad(ciba, exp=ciba.provider.now() + 70 * MINUTE)


def test_fapi_ciba_id1_ensure_request_object_expired_exp_fails(ciba: Ciba) -> None:
    now = ciba.provider.now()
    _bad(ciba, exp=now - 5 * MINUTE, nbf=now - 10 * MINUTE, iat=now - 10 * MINUTE)


def test_fapi_ciba_id1_ensure_request_object_missing_aud_fails(ciba: Ciba) -> None:
    _bad(ciba, aud=None)


def test_fapi_ciba_id1_ensure_request_object_missing_exp_fails(ciba: Ciba) -> None:
    _bad(ciba, exp=None)


def test_fapi_ciba_id1_ensure_request_object_missing_iat_fails(ciba: Ciba) -> None:
    _bad(ciba, iat=None)


def test_fapi_ciba_id1_ensure_request_object_missing_iss_fails(ciba: Ciba) -> None:
    _bad(ciba, iss=None)


def test_fapi_ciba_id1_ensure_request_object_missing_jti_fails(ciba: Ciba) -> None:
    _bad(ciba, jti=None)


def test_fapi_ciba_id1_ensure_request_object_missing_nbf_fails(ciba: Ciba) -> None:
    _bad(ciba, nbf=None)


def test_fapi_ciba_id1_ensure_request_object_nbf_is_10_minutes_in_future_fails(
    ciba: Ciba,
) -> None:
    now = ciba.provider.now()
    _bad(ciba, nbf=now + 10 * MINUTE, exp=now + 15 * MINUTE)


def test_fapi_ciba_id1_ensure_request_object_nbf_is_70_minutes_in_past_fails(ciba: Ciba) -> None:
    _bad(ciba, nbf=ciba.provider.now() - 70 * MINUTE)


def test_fapi_ciba_id1_ensure_request_object_signature_algorithm_is_bad_fails(
    ciba: Ciba,
) -> None:
    asker = ciba.asker()
    said, _, signature = asker.signed(ciba.asked(asker)).rpartition(".")
    refused(ciba.ask(asker, f"{said}.{signature[::-1]}"), "invalid_request")


def test_fapi_ciba_id1_ensure_request_object_signature_algorithm_is_RS256_fails(
    ciba: Ciba,
) -> None:
    """By a key that is the client's own."""
    key = jwk.RSAKey.generate_key(2048)
    asker = ciba.asker(also=key)
    token = asker.signed(ciba.asked(asker), "RS256", key)
    refused(ciba.ask(asker, token), "invalid_request")


def test_fapi_ciba_id1_ensure_request_object_signature_algorithm_is_none_fails(
    ciba: Ciba,
) -> None:
    asker = ciba.asker()
    parts = ({"alg": "none"}, ciba.asked(asker))
    coded = (base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in parts)
    refused(ciba.ask(asker, b".".join(coded).decode() + "."), "invalid_request")


def test_fapi_ciba_id1_ensure_request_object_signed_by_other_client_fails(ciba: Ciba) -> None:
    asker, other = ciba.asker(), ciba.asker()
    refused(ciba.ask(asker, other.signed(ciba.asked(asker))), "invalid_request")


def test_fapi_ciba_id1_ensure_unsigned_backchannel_authorization_request_fails(
    ciba: Ciba,
) -> None:
    beside = {"scope": "openid", "login_hint": "alice", "binding_message": "1234"}
    refused(ciba.ask(ciba.asker(), "", beside=beside), "invalid_request")
