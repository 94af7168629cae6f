"""FAPI-CIBA: the whole way, who asks, and the pings, in the variants of `plans_of_fapi`."""

from joserfc import jwk

from tests.conformance import checks
from tests.conformance.certified import Certified
from tests.conformance.ciba import Asker, Ciba
from tests.conformance.fapi import refused
from tests.support.programs.https import Answer as Said

# -- the whole way


def test_fapi_ciba_id1(ciba: Ciba) -> None:
    asker, prover = ciba.asks(person=True)
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
    refused(ciba.poll(asker, ciba.prover(asker), code), "expired_token")


def test_fapi_ciba_id1_discovery_end_point_verification(ciba: Ciba) -> None:
    found = ciba.metadata
    assert found["backchannel_authentication_endpoint"].startswith("https://")
    assert ("ping" if ciba.pinged else "poll") in found[
        "backchannel_token_delivery_modes_supported"
    ]
    assert "push" not in found["backchannel_token_delivery_modes_supported"]
    algs = set(found["backchannel_authentication_request_signing_alg_values_supported"])
    assert {"PS256", "ES256"} <= algs
    assert "none" not in algs
    assert "urn:openid:params:grant-type:ciba" in found["grant_types_supported"]
    by_certificate = isinstance(ciba, Certified)
    method = "tls_client_auth" if by_certificate else "private_key_jwt"
    assert method in found["token_endpoint_auth_methods_supported"]
    assert found.get("tls_client_certificate_bound_access_tokens", False) is by_certificate


def test_fapi_ciba_id1_ensure_other_scope_order_succeeds(ciba: Ciba) -> None:
    ciba.flow(*ciba.asks(person=True), scope="email openid")


def test_fapi_ciba_id1_refresh_token(ciba: Ciba) -> None:
    (asker, prover), other = ciba.asks(person=True), ciba.asker()
    token = ciba.flow(asker, prover, scope="openid offline_access")["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    refused(ciba.token(other, prover, **form), "invalid_grant")
    answer = ciba.token(asker, prover, **form)
    assert (answer.status, answer.json["token_type"].lower()) == (200, ciba.bound)


def test_fapi_ciba_id1_user_rejects_authentication(ciba: Ciba) -> None:
    asker = ciba.asker(person=True)
    code = ciba.taken(asker)
    ciba.answers(asker, "no")
    refused(ciba.poll(asker, ciba.prover(asker), code), "access_denied")


def test_fapi_ciba_id1_multiple_call_to_token_endpoint(ciba: Ciba) -> None:
    asker, prover = ciba.asks()
    code = ciba.taken(asker)
    refused(ciba.poll(asker, prover, code), "authorization_pending")
    for _ in range(3):
        refused(ciba.poll(asker, prover, code, waits=False), "slow_down", "authorization_pending")


def test_fapi_ciba_id1_ensure_mtls_holder_of_key_required(ciba: Ciba) -> None:
    """Or a proof, where tokens are held by DPoP."""
    asker = ciba.asker(person=True)
    code = ciba.taken(asker)
    ciba.answers(asker)
    refused(ciba.poll(asker, None, code), *ciba.unheld, status=ciba.unheld_status)


# -- who asks


def test_fapi_ciba_id1_ensure_client_assertion_with_iss_aud_to_token_endpoint_succeeds(
    ciba: Ciba,
) -> None:
    asker = ciba.asker(person=True)
    code = ciba.taken(asker)
    ciba.answers(asker)
    proof = ciba.assertion(asker, aud=ciba.provider.issuer)
    prover = ciba.prover(asker)
    refused(ciba.poll(asker, prover, "unknown"), "invalid_grant")
    assert ciba.poll(asker, prover, code, proof).status == 200


def test_fapi_ciba_id1_ensure_different_client_id_and_issuer_in_backchannel_authorization_request(
    ciba: Ciba,
) -> None:
    asker, other = ciba.asker(), ciba.asker()
    proof = {**ciba.proof(asker), "client_id": other.client_id}
    refused(ciba.ask(asker, proof=proof), "invalid_client", status=401)


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
    refused(ciba.poll(asker, ciba.prover(asker), code, named), "invalid_client", status=401)


def test_fapi_ciba_id1_ensure_wrong_auth_req_id_in_token_endpoint_request(ciba: Ciba) -> None:
    asker, other = ciba.asker(), ciba.asker()
    code = ciba.taken(other)
    refused(ciba.poll(asker, ciba.prover(asker), code), "invalid_grant")


def test_fapi_ciba_id1_ensure_wrong_client_id_in_backchannel_authorization_request(
    ciba: Ciba,
) -> None:
    """Inside as well as beside what was signed, the name is of one, the proof of another."""
    asker, other = ciba.asker(), ciba.asker()
    proof = {**ciba.proof(asker), "client_id": other.client_id}
    answer = ciba.ask(asker, proof=proof, iss=other.client_id)
    refused(answer, "invalid_client", status=401)


def test_fapi_ciba_id1_ensure_wrong_client_id_in_token_endpoint_request(ciba: Ciba) -> None:
    asker, other = ciba.asker(), ciba.asker()
    code = ciba.taken(asker)
    proof = {**ciba.proof(asker), "client_id": other.client_id}
    refused(ciba.poll(asker, ciba.prover(asker), code, proof), "invalid_client", status=401)


def _by_rsa(ciba: Ciba) -> tuple[Asker, jwk.RSAKey]:
    key = jwk.RSAKey.generate_key(2048)
    return ciba.asker(also=key), key


def test_fapi_ciba_id1_ensure_client_assertion_signature_algorithm_in_backchannel_authorization_request_is_RS256_fails(  # noqa: E501
    ciba: Ciba,
) -> None:
    asker, key = _by_rsa(ciba)
    assert ciba.ask(asker, proof=ciba.assertion(asker, "PS256", key)).status == 200
    answer = ciba.ask(asker, proof=ciba.assertion(asker, "RS256", key))
    refused(answer, "invalid_client", status=401)


def test_fapi_ciba_id1_ensure_client_assertion_signature_algorithm_in_token_endpoint_request_is_RS256_fails(  # noqa: E501
    ciba: Ciba,
) -> None:
    asker, key = _by_rsa(ciba)
    proof = ciba.assertion(asker, "RS256", key)
    answer = ciba.poll(asker, ciba.prover(asker), "unknown", proof)
    refused(answer, "invalid_client", status=401)


# -- what its endpoint says to a ping


def _pinged(ciba: Ciba, said: Said) -> None:
    """Whatever it says, the tokens are there to be fetched."""
    asker = ciba.asker(person=True, said=said)
    code = ciba.taken(asker)
    ciba.answers(asker)
    assert ciba.poll(asker, ciba.prover(asker), code).status == 200


def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_401(ciba: Ciba) -> None:
    _pinged(ciba, Said(status=401))


def test_fapi_ciba_id1_ping_with_mtls_ciba_notification_endpoint_response_401_and_require_server_does_not_retry(  # noqa: E501
    ciba: Ciba,
) -> None:
    asker = ciba.asker(person=True, said=Said(status=401))
    ciba.taken(asker)
    ciba.answers(asker)
    for _ in range(2):
        ciba.work_off()
        ciba.provider.advance(600)
    assert len(ciba.pings) == 1


def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_403(ciba: Ciba) -> None:
    _pinged(ciba, Said(status=403))


def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_has_body(
    ciba: Ciba,
) -> None:
    _pinged(ciba, Said(b'{"some": "body"}'))


def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_return_redirect_request(
    ciba: Ciba,
) -> None:
    to = ciba.publish("/followed", Said())
    _pinged(ciba, Said(status=307, headers={"Location": to}))
    assert not any(one.path.endswith("/followed") for one in ciba.endpoints.requests)
