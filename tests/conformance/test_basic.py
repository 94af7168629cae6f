"""Basic and Form Post Basic, first half: tokens, userinfo, scopes, codes, clients.

Each module runs for the plan Basic with clients that the operator registered and with clients
that register themselves, and for Form Post Basic.
"""

import base64
import hashlib
import secrets

from tests.conformance import checks, refreshing, request_objects
from tests.conformance.suite import Suite, text


def scope_is_told(suite: Suite, scope: str) -> None:
    """Check that userinfo has every claim of the scopes, and nothing else."""
    assert set(scope.split()) <= set(suite.metadata["scopes_supported"])
    flow = suite.flow(suite.party(), scope=scope)
    found = suite.userinfo(flow.access_token).json
    checks.scope_claims(found, scope)
    assert set(found) <= set(suite.metadata["claims_supported"])


def test_oidcc_server(suite: Suite) -> None:
    flow = suite.flow(suite.party())
    assert flow.pages[0] == "login-page"


def test_oidcc_idtoken_signature(registering: Suite) -> None:
    """No algorithm is registered: RS256 (OIDC Registration section 2)."""
    party = registering.register()
    assert party.registered.get("id_token_signed_response_alg", "RS256") == "RS256"
    flow = registering.flow(party)
    assert checks.signed_claims(flow.id_token, registering.keys, "RS256") == flow.claims


def test_oidcc_idtoken_unsigned(registering: Suite) -> None:
    """Skipped by the suite, for `none` is not advertised; nor can it be registered."""
    assert "none" not in registering.metadata["id_token_signing_alg_values_supported"]
    request = registering.registration(id_token_signed_response_alg="none")
    checks.json_error(registering.post_registration(request), "invalid_client_metadata")


def test_oidcc_userinfo_get(suite: Suite) -> None:
    flow = suite.flow(suite.party())
    answer = suite.userinfo(flow.access_token)
    assert checks.content_type(answer) == "application/json"
    assert answer.json == {"sub": flow.claims["sub"]}


def test_oidcc_userinfo_post_header(suite: Suite) -> None:
    flow = suite.flow(suite.party())
    answer = suite.userinfo(flow.access_token, "POST")
    assert (answer.status, checks.content_type(answer)) == (200, "application/json")
    assert answer.json == {"sub": flow.claims["sub"]}


def test_oidcc_userinfo_post_body(suite: Suite) -> None:
    flow = suite.flow(suite.party())
    answer = suite.userinfo("", "POST", {"access_token": flow.access_token})
    assert (answer.status, checks.content_type(answer)) == (200, "application/json")
    assert answer.json == {"sub": flow.claims["sub"]}


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(suite: Suite) -> None:
    flow = suite.flow(suite.party(), nonce=None)
    assert "nonce" not in flow.claims


def test_oidcc_scope_profile(suite: Suite) -> None:
    scope_is_told(suite, "openid profile")


def test_oidcc_scope_email(suite: Suite) -> None:
    scope_is_told(suite, "openid email")


def test_oidcc_scope_address(suite: Suite) -> None:
    scope_is_told(suite, "openid address")


def test_oidcc_scope_phone(suite: Suite) -> None:
    scope_is_told(suite, "openid phone")


def test_oidcc_scope_all(suite: Suite) -> None:
    scope_is_told(suite, "openid email phone address profile")


def test_oidcc_alternate_happy_flow(suite: Suite) -> None:
    """Scopes and parameters the other way round."""
    party = suite.party()
    request = suite.request(party, scope="email openid")
    flow = suite.flow(party, request=dict(sorted(request.items(), reverse=True)))
    checks.scope_claims(suite.userinfo(flow.access_token).json, "openid email")


def test_oidcc_claims_essential(suite: Suite) -> None:
    flow = suite.flow(suite.party(), claims='{"userinfo":{"name":{"essential":true}}}')
    assert suite.userinfo(flow.access_token).json.keys() == {"sub", "name"}
    assert "name" not in flow.claims


# -- codes and refresh tokens


def test_oidcc_codereuse(suite: Suite) -> None:
    flow = suite.flow(suite.party())
    checks.json_error(suite.redeem(flow.party, flow.code), "invalid_grant")


def test_oidcc_codereuse_30seconds(suite: Suite) -> None:
    flow = suite.flow(suite.party())
    suite.provider.advance(30)
    checks.json_error(suite.redeem(flow.party, flow.code), "invalid_grant")
    assert suite.userinfo(flow.access_token).status == 401


def test_oidcc_refresh_token(suite: Suite) -> None:
    refreshing.two_clients_refresh(suite)


def test_oidcc_ensure_request_with_valid_pkce_succeeds(suite: Suite) -> None:
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    suite.flow(
        suite.party(),
        redemption={"code_verifier": verifier},
        code_challenge=challenge,
        code_challenge_method="S256",
    )


# -- clients and their addresses


def test_oidcc_server_client_secret_post(suite: Suite) -> None:
    flow = suite.flow(suite.party("client_secret_post"))
    assert flow.party.method == "client_secret_post"


def test_oidcc_ensure_registered_redirect_uri(suite: Suite) -> None:
    party = suite.party()
    request = suite.request(party, redirect_uri=f"{party.redirect_uri}/{text(10)}")
    page = suite.visitor().stays(suite.metadata["authorization_endpoint"], request)
    assert page.has("error-page")
    assert page.status == 400


def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    registering: Suite,
) -> None:
    request_objects.unsigned_by_reference(registering, f"/requests/{text(10)}")


def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    suite: Suite,
) -> None:
    request_objects.unsigned_by_value(suite, suite.party())


def test_oidcc_ensure_request_object_with_redirect_uri(suite: Suite) -> None:
    request_objects.redirect_uri_inside(suite, suite.party())
