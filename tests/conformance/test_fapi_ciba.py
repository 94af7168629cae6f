"""FAPI-CIBA, poll and ping, by private_key_jwt; tokens are held to their holder by DPoP."""

import base64
import json
from typing import Any

from joserfc import jwk

from tests.conformance import checks
from tests.conformance.ciba import Ciba
from tests.conformance.fapi import refused
from tests.support.programs.https import Answer as Said

MINUTE = 60


def _bad(ciba: Ciba, **changes: Any) -> None:
    refused(ciba.ask(ciba.asker(), **changes), "invalid_request")


# -- the whole way


def test_fapi_ciba_id1(ciba: Ciba) -> None:
    asker, prover = ciba.asker(person=True), ciba.prover()
    code = ciba.taken(asker)
    refused(ciba.poll(asker, prover, code), "authorization_pending")
    ciba.answers(asker)
    answer = ciba.poll(asker, prover, code)
    assert answer.status == 200, answer.text
    claims = checks.signed_claims(answer.json["id_token"], ciba.keys, "ES256")
    assert (claims["aud"], claims["iss"]) == (asker.client_id, ciba.provider.issuer)
    assert claims["acr"]
    opened = prover.open(answer.json["access_token"])
    assert opened.json["sub"] == claims["sub"]


def test_fapi_ciba_id1_auth_req_id_expired(ciba: Ciba) -> None:
    asker = ciba.asker()
    code = ciba.taken(asker, requested_expiry=10)
    ciba.provider.advance(12)
    refused(ciba.poll(asker, ciba.prover(), code), "expired_token")


def test_fapi_ciba_id1_discovery_end_point_verification(ciba: Ciba) -> None:
    found = ciba.metadata
    assert found["backchannel_authentication_endpoint"].startswith("https://")
    assert ciba.variant.name in found["backchannel_token_delivery_modes_supported"]
    assert "push" not in found["backchannel_token_delivery_modes_supported"]
    algs = set(found["backchannel_authentication_request_signing_alg_values_supported"])
    assert {"PS256", "ES256"} <= algs
    assert "none" not in algs
    assert "urn:openid:params:grant-type:ciba" in found["grant_types_supported"]
    assert "private_key_jwt" in found["token_endpoint_auth_methods_supported"]


def test_fapi_ciba_id1_ensure_other_scope_order_succeeds(ciba: Ciba) -> None:
    ciba.flow(ciba.asker(person=True), ciba.prover(), scope="email openid")


def test_fapi_ciba_id1_refresh_token(ciba: Ciba) -> None:
    asker, other, prover = ciba.asker(person=True), ciba.asker(), ciba.prover()
    token = ciba.flow(asker, prover, scope="openid offline_access")["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    refused(ciba.token(other, prover, **form), "invalid_grant")
    answer = ciba.token(asker, prover, **form)
    assert (answer.status, answer.json["token_type"]) == (200, "DPoP")


def test_fapi_ciba_id1_user_rejects_authentication(ciba: Ciba) -> None:
    asker = ciba.asker(person=True)
    code = ciba.taken(asker)
    ciba.answers(asker, "no")
    refused(ciba.poll(asker, ciba.prover(), code), "access_denied")


def test_fapi_ciba_id1_multiple_call_to_token_endpoint(ciba: Ciba) -> None:
    asker, prover = ciba.asker(), ciba.prover()
    code = ciba.taken(asker)
    refused(ciba.poll(asker, prover, code), "authorization_pending")
    for _ in range(3):
        refused(ciba.poll(asker, prover, code, waits=False), "slow_down", "authorization_pending")


def test_fapi_ciba_id1_ensure_mtls_holder_of_key_required(ciba: Ciba) -> None:
    """By DPoP here. By certificates it needs a proxy that shows them (docs/connect.md)."""
    asker = ciba.asker(person=True)
    code = ciba.taken(asker)
    ciba.answers(asker)
    refused(ciba.poll(asker, None, code), "invalid_dpop_proof")


# -- what is asked


def test_fapi_ciba_id1_ensure_authorization_request_with_binding_message_succeeds(
    ciba: Ciba,
) -> None:
    ciba.flow(ciba.asker(person=True), ciba.prover(), binding_message="9876")


def test_fapi_ciba_id1_ensure_authorization_request_with_potentially_bad_binding_message(
    ciba: Ciba,
) -> None:
    message = "1234 \U0001f44d\U0001f3ff \u54c1\u5ddd Lor3m"
    ciba.flow(ciba.asker(person=True), ciba.prover(), binding_message=message)


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
    """Not RS256, whatever key there is for it."""
    asker = ciba.asker()
    token = asker.signed(ciba.asked(asker), "RS256", jwk.RSAKey.generate_key(2048))
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


# -- who asks


def test_fapi_ciba_id1_ensure_client_assertion_with_iss_aud_to_token_endpoint_succeeds(
    ciba: Ciba,
) -> None:
    asker = ciba.asker(person=True)
    code = ciba.taken(asker)
    ciba.answers(asker)
    proof = ciba.assertion(asker, aud=ciba.provider.issuer)
    prover = ciba.prover()
    refused(ciba.poll(asker, prover, "unknown"), "invalid_grant")
    assert ciba.poll(asker, prover, code, proof).status == 200


def test_fapi_ciba_id1_ensure_different_client_id_and_issuer_in_backchannel_authorization_request(
    ciba: Ciba,
) -> None:
    asker, other = ciba.asker(), ciba.asker()
    refused(ciba.ask(asker, iss=other.client_id), "invalid_request")


def test_fapi_ciba_id1_ensure_without_client_assertion_in_backchannel_authorization_request(
    ciba: Ciba,
) -> None:
    asker = ciba.asker()
    refused(ciba.ask(asker, proof={"client_id": asker.client_id}), "invalid_client", status=401)


def test_fapi_ciba_id1_ensure_without_client_assertion_in_token_endpoint_request(
    ciba: Ciba,
) -> None:
    asker = ciba.asker()
    code, named = ciba.taken(asker), {"client_id": asker.client_id}
    refused(ciba.poll(asker, ciba.prover(), code, named), "invalid_client", status=401)


def test_fapi_ciba_id1_ensure_wrong_auth_req_id_in_token_endpoint_request(ciba: Ciba) -> None:
    asker, other = ciba.asker(), ciba.asker()
    code = ciba.taken(other)
    refused(ciba.poll(asker, ciba.prover(), code), "invalid_grant")


def test_fapi_ciba_id1_ensure_wrong_client_id_in_backchannel_authorization_request(
    ciba: Ciba,
) -> None:
    asker, other = ciba.asker(), ciba.asker()
    proof = {**ciba.assertion(asker), "client_id": other.client_id}
    refused(ciba.ask(asker, proof=proof), "invalid_client", status=401)


def test_fapi_ciba_id1_ensure_wrong_client_id_in_token_endpoint_request(ciba: Ciba) -> None:
    asker, other = ciba.asker(), ciba.asker()
    code = ciba.taken(asker)
    proof = {**ciba.assertion(asker), "client_id": other.client_id}
    refused(ciba.poll(asker, ciba.prover(), code, proof), "invalid_client", status=401)


# -- what its endpoint says to a ping


def _pinged(ciba: Ciba, said: Said) -> None:
    """Whatever it says, the tokens are there to be fetched."""
    asker = ciba.asker(person=True, said=said)
    code = ciba.taken(asker)
    ciba.answers(asker)
    assert ciba.poll(asker, ciba.prover(), code).status == 200


def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_401(pinged: Ciba) -> None:
    _pinged(pinged, Said(status=401))


def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_403(pinged: Ciba) -> None:
    _pinged(pinged, Said(status=403))


def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_has_body(
    pinged: Ciba,
) -> None:
    _pinged(pinged, Said(b'{"some": "body"}'))


def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_return_redirect_request(
    pinged: Ciba,
) -> None:
    to = pinged.publish("/followed", Said())
    _pinged(pinged, Said(status=307, headers={"Location": to}))
    assert not any(one.path.endswith("/followed") for one in pinged.endpoints.requests)
