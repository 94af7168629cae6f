"""FAPI 2.0 Security Profile (final), by private_key_jwt and DPoP, with OpenID Connect."""

from typing import Any

import pytest
from joserfc import jwk

from tests.conformance import checks
from tests.conformance.fapi import Fapi, refused
from tests.conformance.suite import text
from tests.support.applications.prover import digest

EITHER = ("invalid_request", "invalid_grant", "invalid_dpop_proof")


# -- the whole way


def test_fapi2_security_profile_final_discovery_end_point_verification(fapi: Fapi) -> None:
    found = fapi.metadata
    assert "code" in found["response_types_supported"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert found["pushed_authorization_request_endpoint"].startswith("https://")
    assert found["code_challenge_methods_supported"] == ["S256"]
    strong = {"PS256", "ES256", "EdDSA"}
    for name in (
        "dpop_signing_alg_values_supported",
        "id_token_signing_alg_values_supported",
        "token_endpoint_auth_signing_alg_values_supported",
    ):
        assert strong & {*found[name]}, name
    assert "RS256" not in found["dpop_signing_alg_values_supported"]
    assert "private_key_jwt" in found["token_endpoint_auth_methods_supported"]


def test_fapi2_security_profile_final_happy_flow(fapi: Fapi) -> None:
    one, two = fapi.holder("first"), fapi.holder("second")
    for holder in (one, two):
        prover = fapi.prover()
        found = fapi.tokens(holder, prover)
        answer = prover.open(found["access_token"])
        assert answer.status == 200
        assert answer.headers["Date"]


def test_fapi2_security_profile_final_user_rejects_authentication(fapi: Fapi) -> None:
    holder, who = fapi.holder("one"), fapi.visitor()
    asked: dict[str, Any] = fapi.request(holder)
    uri = fapi.pushed(holder, **asked)
    who.first_page(fapi.metadata["authorization_endpoint"], fapi.sent(holder, uri))
    who.browser.sign_in("alice")
    answer = who.browser.submit("/consent", decision="deny")
    error = checks.error_redirect(answer.query, state=asked["state"], issuer=fapi.provider.issuer)
    assert error == "access_denied"


def test_fapi2_security_profile_final_test_claims_parameter_identity_claims(fapi: Fapi) -> None:
    holder, prover = fapi.holder("one"), fapi.prover()
    found = fapi.tokens(holder, prover, claims='{"userinfo": {"name": {"essential": true}}}')
    assert prover.open(found["access_token"]).json["name"] == "Alice Hinemoa Tāmaki"


def test_fapi2_security_profile_final_ensure_other_scope_order_succeeds(fapi: Fapi) -> None:
    fapi.tokens(fapi.holder("one"), fapi.prover(), scope="email openid")


def test_fapi2_security_profile_final_refresh_token(fapi: Fapi) -> None:
    holder, other, prover = fapi.holder("one"), fapi.holder("other"), fapi.prover()
    token = fapi.tokens(holder, prover, scope="openid offline_access")["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    refused(fapi.token(other, prover, **form), "invalid_grant")
    for _ in range(2):
        answer = fapi.token(holder, prover, **form)
        assert (answer.status, answer.json["token_type"]) == (200, "DPoP")
        # Section 5.3.2.1: they are not rotated.
        assert answer.json["refresh_token"] == token
        assert prover.open(answer.json["access_token"]).status == 200


# -- state and nonce


def test_fapi2_security_profile_final_ensure_authorization_request_without_state_success(
    fapi: Fapi,
) -> None:
    holder = fapi.holder("one")
    assert "state" not in fapi.arrives(holder, fapi.pushed(holder, state=None)).fields


def test_fapi2_security_profile_final_ensure_authorization_request_without_nonce_success(
    fapi: Fapi,
) -> None:
    fapi.tokens(fapi.holder("one"), fapi.prover(), nonce=None)


def test_fapi2_security_profile_final_ensure_authorization_request_with_64_char_nonce_success(
    fapi: Fapi,
) -> None:
    fapi.tokens(fapi.holder("one"), fapi.prover(), nonce=text(64))


def test_fapi2_security_profile_final_ensure_authorization_request_with_long_nonce(
    fapi: Fapi,
) -> None:
    fapi.tokens(fapi.holder("one"), fapi.prover(), nonce=text(384))


def test_fapi2_security_profile_final_ensure_authorization_request_with_long_state(
    fapi: Fapi,
) -> None:
    holder, state = fapi.holder("one"), text(384)
    assert fapi.arrives(holder, fapi.pushed(holder, state=state)).fields["state"] == state


# -- what is pushed


def test_fapi2_security_profile_final_ensure_unsigned_authorization_request_without_using_par_fails(
    fapi: Fapi,
) -> None:
    holder = fapi.holder("one")
    asked = fapi.request(holder)
    end = fapi.visitor().arrives(fapi.metadata["authorization_endpoint"], asked)
    error = checks.error_redirect(end.fields, state=asked["state"], issuer=fapi.provider.issuer)
    assert error == "invalid_request"


def test_fapi2_security_profile_final_par_without_duplicate_parameters(fapi: Fapi) -> None:
    holder = fapi.holder("one")
    assert "code" in fapi.arrives(holder, fapi.pushed(holder)).fields


def test_fapi2_security_profile_final_par_attempt_invalid_http_method(fapi: Fapi) -> None:
    holder = fapi.holder("one")
    form = fapi.request(holder) | fapi.assertion(holder)
    endpoint = fapi.metadata["pushed_authorization_request_endpoint"]
    assert fapi.call("PUT", endpoint, form).status in (400, 404, 405)


def test_fapi2_security_profile_final_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(  # noqa: E501
    fapi: Fapi,
) -> None:
    holder, who = fapi.holder("one"), fapi.visitor()
    uri = fapi.pushed(holder)
    endpoint = fapi.metadata["authorization_endpoint"]
    who.first_page(endpoint, fapi.sent(holder, uri))
    assert "code" in fapi.arrives(holder, uri, who).fields
    assert fapi.stays(holder, uri).status == 400


def test_fapi2_security_profile_final_par_ensure_pkce_required(fapi: Fapi) -> None:
    answer = fapi.push(fapi.holder("one"), code_challenge=None, code_challenge_method=None)
    refused(answer, "invalid_request")


def test_fapi2_security_profile_final_par_plain_pkce_rejected(fapi: Fapi) -> None:
    refused(fapi.push(fapi.holder("one"), code_challenge_method="plain"), "invalid_request")


def test_fapi2_security_profile_final_ensure_redirect_uri_in_authorization_request(
    fapi: Fapi,
) -> None:
    refused(fapi.push(fapi.holder("one"), redirect_uri=None), "invalid_request")


def test_fapi2_security_profile_final_ensure_registered_redirect_uri(fapi: Fapi) -> None:
    answer = fapi.push(fapi.holder("one"), redirect_uri="https://evil.example/callback")
    refused(answer, "invalid_request", "invalid_redirect_uri")


def test_fapi2_security_profile_final_ensure_response_type_code_idtoken_fails(fapi: Fapi) -> None:
    answer = fapi.push(fapi.holder("one"), response_type="code id_token")
    refused(answer, "unsupported_response_type", "invalid_request", "unauthorized_client")


def test_fapi2_security_profile_final_ensure_response_type_token_fails(fapi: Fapi) -> None:
    answer = fapi.push(fapi.holder("one"), response_type="token")
    refused(answer, "unsupported_response_type", "invalid_request", "unauthorized_client")


def _par_with(fapi: Fapi, **claims: Any) -> Any:
    holder = fapi.holder("one")
    return fapi.push(holder, assertion=fapi.assertion(holder, **claims))


def test_fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(  # noqa: E501
    fapi: Fapi,
) -> None:
    soon = fapi.provider.now() + 8
    assert _par_with(fapi, nbf=soon, iat=soon).status == 201


def test_fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(  # noqa: E501
    fapi: Fapi,
) -> None:
    later = fapi.provider.now() + 75
    refused(_par_with(fapi, nbf=later, exp=later + 60), "invalid_client", status=401)


def test_fapi2_security_profile_final_par_test_array_as_audience_fails(fapi: Fapi) -> None:
    refused(_par_with(fapi, aud=[fapi.provider.issuer]), "invalid_client", status=401)


def test_fapi2_security_profile_final_par_test_par_endpoint_url_as_audience_fails(
    fapi: Fapi,
) -> None:
    endpoint = fapi.metadata["pushed_authorization_request_endpoint"]
    refused(_par_with(fapi, aud=endpoint), "invalid_client", status=401)


def test_fapi2_security_profile_final_par_test_token_endpoint_url_as_audience_fails(
    fapi: Fapi,
) -> None:
    refused(_par_with(fapi, aud=fapi.metadata["token_endpoint"]), "invalid_client", status=401)


# -- codes


def test_fapi2_security_profile_final_ensure_authorization_code_is_bound_to_client(
    fapi: Fapi,
) -> None:
    holder, other, prover = fapi.holder("one"), fapi.holder("other"), fapi.prover()
    refused(fapi.redeem(other, prover, fapi.code(holder)), "invalid_grant")


def test_fapi2_security_profile_final_attempt_reuse_authorization_code_after_one_second(
    fapi: Fapi,
) -> None:
    holder, prover = fapi.holder("one"), fapi.prover()
    code = fapi.code(holder)
    token = fapi.redeem(holder, prover, code).json["access_token"]
    assert prover.open(token).status == 200
    fapi.provider.advance(1)
    prover_again = fapi.prover()
    refused(fapi.redeem(holder, prover_again, code), "invalid_grant")


def test_fapi2_security_profile_final_ensure_pkce_code_verifier_required(fapi: Fapi) -> None:
    holder, prover = fapi.holder("one"), fapi.prover()
    answer = fapi.redeem(holder, prover, fapi.code(holder), code_verifier=None)
    refused(answer, "invalid_grant", "invalid_request")


def test_fapi2_security_profile_final_incorrect_pkce_code_verifier_rejected(fapi: Fapi) -> None:
    holder, prover = fapi.holder("one"), fapi.prover()
    refused(fapi.redeem(holder, prover, fapi.code(holder), code_verifier="x" * 50), "invalid_grant")


def test_fapi2_security_profile_final_ensure_client_assertion_in_token_endpoint(
    fapi: Fapi,
) -> None:
    holder, prover = fapi.holder("one"), fapi.prover()
    without = {"client_id": holder.client_id}
    answer = fapi.redeem(holder, prover, fapi.code(holder), assertion=without)
    refused(answer, "invalid_client", status=401)


def test_fapi2_security_profile_final_ensure_client_id_in_token_endpoint(fapi: Fapi) -> None:
    holder, other, prover = fapi.holder("one"), fapi.holder("other"), fapi.prover()
    answer = fapi.redeem(holder, prover, fapi.code(holder), client_id=other.client_id)
    refused(answer, "invalid_client", status=401)


def _token_with(fapi: Fapi, **claims: Any) -> None:
    holder, prover = fapi.holder("one"), fapi.prover()
    assert fapi.push(holder, prover).status == 201, "the nonce is known then"
    answer = fapi.redeem(
        holder, prover, fapi.code(holder), assertion=fapi.assertion(holder, **claims)
    )
    refused(answer, "invalid_client", status=401)


def test_fapi2_security_profile_final_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(
    fapi: Fapi,
) -> None:
    now = fapi.provider.now()
    _token_with(fapi, exp=now - 300, iat=now - 360, nbf=now - 360)


def test_fapi2_security_profile_final_ensure_client_assertion_with_no_sub_fails(
    fapi: Fapi,
) -> None:
    _token_with(fapi, sub=None)


def test_fapi2_security_profile_final_ensure_client_assertion_with_wrong_aud_fails(
    fapi: Fapi,
) -> None:
    _token_with(fapi, aud="https://op.example.org/token")


# -- proofs


def test_fapi2_security_profile_final_ensure_holder_of_key_required(fapi: Fapi) -> None:
    holder = fapi.holder("one")
    refused(fapi.redeem(holder, None, fapi.code(holder)), *EITHER)


def test_fapi2_security_profile_final_ensure_dpop_auth_code_binding_success(fapi: Fapi) -> None:
    holder, prover = fapi.holder("one"), fapi.prover()
    assert fapi.redeem(holder, prover, fapi.code(holder, dpop_jkt=prover.jkt)).status == 200


def test_fapi2_security_profile_final_ensure_dpopproof_at_par_endpoint_binding_success(
    fapi: Fapi,
) -> None:
    holder, prover = fapi.holder("one"), fapi.prover()
    assert fapi.redeem(holder, prover, fapi.code(holder, prover)).status == 200


def test_fapi2_security_profile_final_ensure_mismatched_dpop_jkt_fails(fapi: Fapi) -> None:
    holder, prover, other = fapi.holder("one"), fapi.prover(), fapi.prover()
    refused(fapi.push(holder, prover, dpop_jkt=other.jkt), *EITHER)


def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(
    fapi: Fapi,
) -> None:
    holder, prover, other = fapi.holder("one"), fapi.prover(), fapi.prover()
    refused(fapi.redeem(holder, other, fapi.code(holder, dpop_jkt=prover.jkt)), *EITHER)


def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(
    fapi: Fapi,
) -> None:
    holder, prover, other = fapi.holder("one"), fapi.prover(), fapi.prover()
    refused(fapi.redeem(holder, other, fapi.code(holder, prover)), *EITHER)


@pytest.mark.parametrize("alg", ["ES256", "PS256", "EdDSA"])
def test_fapi2_security_profile_final_access_token_type_header_case_sensitivity(
    fapi: Fapi, alg: str
) -> None:
    holder, prover = fapi.holder("one"), fapi.prover(alg)
    token = fapi.tokens(holder, prover)["access_token"]
    for scheme in ("DPoP", "dpop", "DPOP"):
        assert prover.open(token, scheme=scheme).status == 200


def _opened(fapi: Fapi, **claims: Any) -> int:
    holder, prover = fapi.holder("one"), fapi.prover()
    token = fapi.tokens(holder, prover)["access_token"]
    assert prover.open(token).status == 200
    headers = {"Authorization": f"DPoP {token}"}
    return prover._send("GET", "/userinfo", None, headers, {"ath": digest(token), **claims}).status


def test_fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_before_succeeds(
    fapi: Fapi,
) -> None:
    assert _opened(fapi, iat=fapi.provider.now() - 10) == 200


def test_fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_after_succeeds(
    fapi: Fapi,
) -> None:
    assert _opened(fapi, iat=fapi.provider.now() + 10) == 200


def test_fapi2_security_profile_final_check_dpop_proof_nbf_exp(fapi: Fapi) -> None:
    now = fapi.provider.now()
    assert _opened(fapi, nbf=now - 5, exp=now + 60) == 200
    assert _opened(fapi, exp=now - 120) == 401
    assert _opened(fapi, nbf=now + 120) == 401


def test_fapi2_security_profile_final_dpop_negative_tests(fapi: Fapi) -> None:
    """A few of them over TLS; all of them: `tests/security/oidc/test_forged_proofs.py`."""
    for claims in (
        {"htm": "POST"},
        {"htu": "https://evil.example/userinfo"},
        {"ath": digest("another")},
        {"jti": None},
        {"iat": fapi.provider.now() - 3600},
    ):
        assert _opened(fapi, **claims) == 401, claims
    assert _opened(fapi, htu=f"{fapi.provider.issuer}/userinfo?x=1#y", shoe_size=44) == 200
    rs256 = fapi.prover("RS256")
    holder = fapi.holder("one")
    refused(fapi.redeem(holder, rs256, fapi.code(holder)), "invalid_dpop_proof")


def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_expired_auth_code(
    fapi: Fapi,
) -> None:
    holder = fapi.holder("one")
    code = fapi.code(holder)
    fapi.provider.advance(61)
    refused(fapi.redeem(holder, fapi.prover(), code), "invalid_grant")


def test_an_assertion_by_rs256_is_refused_for_such_a_client(fapi: Fapi) -> None:
    key = jwk.RSAKey.generate_key(2048)
    holder = fapi.holder("rsa")
    answer = fapi.push(holder, assertion=fapi.assertion(holder, "RS256", key))
    refused(answer, "invalid_client", status=401)
