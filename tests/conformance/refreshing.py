"""Refresh tokens as the suite uses them, for the plans Basic, Form Post Basic and Dynamic."""

from collections.abc import Mapping
from typing import Any

from tests.conformance import checks
from tests.conformance.party import Party
from tests.conformance.suite import Flow, Suite, text

GRANTS = ["authorization_code", "refresh_token"]


def offline_flow(suite: Suite, party: Party, nonce: str | None = None) -> Flow:
    """Return a flow with offline access; consent is asked for by name (OIDC Core 11)."""
    flow = suite.flow(
        party, scope="openid offline_access", prompt="consent", nonce=nonce or text(10)
    )
    assert "consent-allow" in flow.pages
    assert "refresh_token" in flow.tokens, "advertised, so it is given"
    return flow


def refreshed(suite: Suite, flow: Flow, *, scope: str | None = None) -> Mapping[str, Any]:
    """Refresh a second later; check the answer and its ID token (OIDC Core 12.2)."""
    assert "refresh_token" in suite.metadata["grant_types_supported"]
    suite.provider.advance(1)
    more = {} if scope is None else {"scope": scope}
    tokens = checks.token_answer(suite.refresh(flow.party, flow.tokens["refresh_token"], **more))
    assert tokens["access_token"] != flow.access_token
    # A nonce may be left out, but not be another one (OIDC Core 12.2).
    claims = checks.signed_claims(tokens["id_token"], suite.keys, "RS256")
    assert claims.get("nonce", flow.request["nonce"]) == flow.request["nonce"]
    suite.id_token(flow.party, tokens["id_token"], claims.get("nonce"))
    for name in ("iss", "sub", "aud", "azp", "auth_time", "acr", "amr", "sid"):
        assert claims.get(name) == flow.claims.get(name), name
    assert claims["iat"] > flow.claims["iat"]
    assert suite.userinfo(tokens["access_token"]).status == 200
    return tokens


def two_clients_refresh(suite: Suite) -> None:
    """Two clients refresh; the first cannot use what the second was given."""
    first = suite.party("first", grant_types=GRANTS)
    refreshed(suite, offline_flow(suite, first), scope="openid offline_access")
    second = suite.party("second", grant_types=GRANTS)
    newest = refreshed(suite, offline_flow(suite, second, text(43)))
    checks.json_error(suite.refresh(first, newest["refresh_token"]), "invalid_grant")
