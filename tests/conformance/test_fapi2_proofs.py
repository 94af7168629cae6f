"""FAPI 2.0 Security Profile (final): what only clients with keys have, proofs and assertions.

In the variants of `plans_of_fapi`: by private_key_jwt and DPoP, plain and signed.
"""

from typing import Any

import pytest
from joserfc import jwk

from tests.conformance.fapi import Fapi, refused
from tests.support.applications.prover import digest

EITHER = ("invalid_request", "invalid_grant", "invalid_dpop_proof")

# -- proofs


def test_fapi2_security_profile_final_ensure_dpop_auth_code_binding_success(fapi: Fapi) -> None:
    holder, prover = fapi.pair()
    assert fapi.redeem(holder, prover, fapi.code(holder, dpop_jkt=prover.jkt)).status == 200


def test_fapi2_security_profile_final_ensure_dpopproof_at_par_endpoint_binding_success(
    fapi: Fapi,
) -> None:
    holder, prover = fapi.pair()
    assert fapi.redeem(holder, prover, fapi.code(holder, prover)).status == 200


def test_fapi2_security_profile_final_ensure_mismatched_dpop_jkt_fails(fapi: Fapi) -> None:
    holder, prover = fapi.pair()
    other = fapi.prover(holder)
    refused(fapi.push(holder, prover, dpop_jkt=other.jkt), *EITHER)


def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(
    fapi: Fapi,
) -> None:
    holder, prover = fapi.pair()
    other = fapi.prover(holder)
    refused(fapi.redeem(holder, other, fapi.code(holder, dpop_jkt=prover.jkt)), *EITHER)


def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(
    fapi: Fapi,
) -> None:
    holder, prover = fapi.pair()
    other = fapi.prover(holder)
    refused(fapi.redeem(holder, other, fapi.code(holder, prover)), *EITHER)


def _opened(fapi: Fapi, **claims: Any) -> int:
    holder, prover = fapi.pair()
    token = fapi.tokens(holder, prover)["access_token"]
    assert prover.open(token).status == 200
    headers = {"Authorization": f"DPoP {token}"}
    answer = prover._send("GET", "/userinfo", None, headers, {"ath": digest(token), **claims})
    return int(answer.status)


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
    holder = fapi.holder("one")
    rs256 = fapi.prover(holder, "RS256")
    refused(fapi.redeem(holder, rs256, fapi.code(holder)), "invalid_dpop_proof")


# -- assertions


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


def test_fapi2_security_profile_final_ensure_client_assertion_in_token_endpoint(
    fapi: Fapi,
) -> None:
    holder, prover = fapi.pair()
    without = {"client_id": holder.client_id}
    answer = fapi.redeem(holder, prover, fapi.code(holder), assertion=without)
    refused(answer, "invalid_client", status=401)


def _token_with(fapi: Fapi, **claims: Any) -> None:
    holder, prover = fapi.pair()
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


def test_fapi2_security_profile_final_ensure_signed_client_assertion_with_RS256_fails(
    fapi: Fapi,
) -> None:
    key = jwk.RSAKey.generate_key(2048)
    holder = fapi.holder("rsa", also=key)
    for alg, status in (("PS256", 201), ("RS256", 401)):
        assert fapi.push(holder, assertion=fapi.assertion(holder, alg, key)).status == status
    # The suite does so at the token endpoint, which asks before it looks at the code.
    answer = fapi.redeem(holder, None, "any", assertion=fapi.assertion(holder, "RS256", key))
    refused(answer, "invalid_client", status=401)


@pytest.mark.parametrize("alg", ["PS256", "EdDSA"])
def test_proofs_are_taken_by_each_algorithm_of_the_profile(fapi: Fapi, alg: str) -> None:
    holder = fapi.holder("one")
    prover = fapi.prover(holder, alg)
    assert prover.open(fapi.tokens(holder, prover)["access_token"]).status == 200
