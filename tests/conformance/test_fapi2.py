"""FAPI 2.0 Security Profile (final) with OpenID Connect: the whole way, state and nonce, codes.

Each module runs in the variants that have it (`plans_of_fapi`): by private_key_jwt and DPoP, the
same with signed requests and answers, and by mutual TLS.
"""

from typing import Any

from tests.conformance import checks
from tests.conformance.certified import Certified
from tests.conformance.fapi import Fapi, refused
from tests.conformance.message_signing import STRONG, Signing
from tests.conformance.suite import text
from tests.conformance.visitor import Callback

# -- the whole way


def test_fapi2_security_profile_final_discovery_end_point_verification(fapi: Fapi) -> None:
    found = fapi.metadata
    assert "code" in found["response_types_supported"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert found["pushed_authorization_request_endpoint"].startswith("https://")
    assert found["code_challenge_methods_supported"] == ["S256"]
    strong = ["id_token", "token_endpoint_auth", "dpop"]
    if isinstance(fapi, Signing):
        assert "jwt" in found["response_modes_supported"]
        strong += ["request_object", "authorization"]
        for part in ("alg", "enc"):
            assert found[f"authorization_encryption_{part}_values_supported"]
    for name in strong:
        assert STRONG & {*found[f"{name}_signing_alg_values_supported"]}, name
    assert "RS256" not in found["dpop_signing_alg_values_supported"]
    method = "tls_client_auth" if isinstance(fapi, Certified) else "private_key_jwt"
    assert method in found["token_endpoint_auth_methods_supported"]
    if isinstance(fapi, Certified):
        assert found["tls_client_certificate_bound_access_tokens"] is True


def test_fapi2_security_profile_final_happy_flow(fapi: Fapi) -> None:
    first, prover = fapi.pair("first")
    token = fapi.tokens(first, prover)["access_token"]
    answer = prover.open(token)
    assert answer.status == 200
    assert answer.headers["Date"]
    second, other = fapi.pair("second")
    token = fapi.tokens(second, other, state=text(128), nonce=text(43))["access_token"]
    assert other.open(token).status == 200
    assert prover.open(token).status == 401, "what the first client shows opens no other's token"


def test_fapi2_security_profile_final_user_rejects_authentication(fapi: Fapi) -> None:
    holder, who = fapi.holder("one"), fapi.visitor()
    asked: dict[str, Any] = fapi.request(holder)
    uri = fapi.pushed(holder, **asked)
    who.first_page(fapi.metadata["authorization_endpoint"], fapi.sent(holder, uri))
    who.browser.sign_in("alice")
    answer = who.browser.submit("/consent", decision="deny")
    fields = fapi.fields(holder, Callback("GET", answer.location))
    error = checks.error_redirect(fields, state=asked["state"], issuer=fapi.provider.issuer)
    assert error == "access_denied"


def test_fapi2_security_profile_final_test_claims_parameter_identity_claims(fapi: Fapi) -> None:
    holder, prover = fapi.pair()
    found = fapi.tokens(holder, prover, claims='{"userinfo": {"name": {"essential": true}}}')
    assert prover.open(found["access_token"]).json["name"] == "Alice Hinemoa Tāmaki"


def test_fapi2_security_profile_final_ensure_other_scope_order_succeeds(fapi: Fapi) -> None:
    fapi.tokens(*fapi.pair(), scope="email openid")


def test_fapi2_security_profile_final_refresh_token(fapi: Fapi) -> None:
    (holder, prover), (other, its) = fapi.pair(), fapi.pair("other")
    token = fapi.tokens(holder, prover, scope="openid offline_access")["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    refused(fapi.token(other, its, **form), "invalid_grant")
    for _ in range(2):
        answer = fapi.token(holder, prover, **form)
        assert (answer.status, answer.json["token_type"].lower()) == (200, fapi.bound)
        # Section 5.3.2.1: they are not rotated.
        assert answer.json["refresh_token"] == token
        assert prover.open(answer.json["access_token"]).status == 200


def test_fapi2_security_profile_final_access_token_type_header_case_sensitivity(
    fapi: Fapi,
) -> None:
    holder, prover = fapi.pair()
    token = fapi.tokens(holder, prover)["access_token"]
    for scheme in (fapi.bound, fapi.bound.upper(), fapi.bound.title()):
        assert prover.open(token, scheme=scheme).status == 200


# -- state and nonce


def test_fapi2_security_profile_final_ensure_authorization_request_without_state_success(
    fapi: Fapi,
) -> None:
    holder = fapi.holder("one")
    assert "state" not in fapi.arrives(holder, fapi.pushed(holder, state=None))


def test_fapi2_security_profile_final_ensure_authorization_request_without_nonce_success(
    fapi: Fapi,
) -> None:
    fapi.tokens(*fapi.pair(), nonce=None)


def test_fapi2_security_profile_final_ensure_authorization_request_with_64_char_nonce_success(
    fapi: Fapi,
) -> None:
    fapi.tokens(*fapi.pair(), nonce=text(64))


def test_fapi2_security_profile_final_ensure_authorization_request_with_long_nonce(
    fapi: Fapi,
) -> None:
    fapi.tokens(*fapi.pair(), nonce=text(384))


def test_fapi2_security_profile_final_ensure_authorization_request_with_long_state(
    fapi: Fapi,
) -> None:
    holder, state = fapi.holder("one"), text(384)
    assert fapi.arrives(holder, fapi.pushed(holder, state=state))["state"] == state


def test_fapi2_security_profile_final_ensure_different_nonce_inside_and_outside_request_object(
    fapi: Fapi,
) -> None:
    holder, prover = fapi.pair()
    uri = fapi.pushed(holder, nonce="inside")
    code = fapi.arrives(holder, uri, nonce="outside")["code"]
    fapi.checked(holder, fapi.redeem(holder, prover, code), "inside")


def test_fapi2_security_profile_final_ensure_different_state_inside_and_outside_request_object(
    fapi: Fapi,
) -> None:
    holder = fapi.holder("one")
    uri = fapi.pushed(holder, state="inside")
    assert fapi.arrives(holder, uri, state="outside")["state"] == "inside"


def test_fapi2_security_profile_final_state_only_outside_request_object_not_used(
    fapi: Fapi,
) -> None:
    holder = fapi.holder("one")
    uri = fapi.pushed(holder, state=None)
    assert "state" not in fapi.arrives(holder, uri, state="outside")


# -- codes


def test_fapi2_security_profile_final_ensure_authorization_code_is_bound_to_client(
    fapi: Fapi,
) -> None:
    (holder, prover), other = fapi.pair(), fapi.holder("other")
    refused(fapi.redeem(other, prover, fapi.code(holder)), "invalid_grant")


def test_fapi2_security_profile_final_attempt_reuse_authorization_code_after_one_second(
    fapi: Fapi,
) -> None:
    holder, prover = fapi.pair()
    code = fapi.code(holder)
    token = fapi.redeem(holder, prover, code).json["access_token"]
    assert prover.open(token).status == 200
    fapi.provider.advance(1)
    prover_again = fapi.prover(holder)
    refused(fapi.redeem(holder, prover_again, code), "invalid_grant")


def test_fapi2_security_profile_final_ensure_pkce_code_verifier_required(fapi: Fapi) -> None:
    holder, prover = fapi.pair()
    answer = fapi.redeem(holder, prover, fapi.code(holder), code_verifier=None)
    refused(answer, "invalid_grant", "invalid_request")


def test_fapi2_security_profile_final_incorrect_pkce_code_verifier_rejected(fapi: Fapi) -> None:
    holder, prover = fapi.pair()
    refused(fapi.redeem(holder, prover, fapi.code(holder), code_verifier="x" * 50), "invalid_grant")


def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_expired_auth_code(
    fapi: Fapi,
) -> None:
    holder = fapi.holder("one")
    code = fapi.code(holder)
    fapi.provider.advance(61)
    refused(fapi.redeem(holder, fapi.prover(holder), code), "invalid_grant")


def test_fapi2_security_profile_final_ensure_holder_of_key_required(fapi: Fapi) -> None:
    holder = fapi.holder("one")
    answer = fapi.redeem(holder, None, fapi.code(holder))
    refused(answer, *fapi.unheld, status=fapi.unheld_status)


def test_fapi2_security_profile_final_ensure_client_id_in_token_endpoint(fapi: Fapi) -> None:
    (holder, prover), other = fapi.pair(), fapi.holder("other")
    answer = fapi.redeem(holder, prover, fapi.code(holder), client_id=other.client_id)
    refused(answer, "invalid_client", status=401)
