"""The plan Back-Channel Logout."""

import threading
from urllib.parse import urlsplit

from tests.conformance import checks
from tests.conformance.logout import signing_out
from tests.conformance.suite import Suite
from tests.support.programs.https import Answer, Received

TOLD_SECONDS = 10
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def test_oidcc_backchannel_logout_discovery_endpoint_verification(logout: Suite) -> None:
    assert logout.metadata["backchannel_logout_supported"] is True
    assert logout.metadata["backchannel_logout_session_supported"] is True
    assert urlsplit(logout.metadata["end_session_endpoint"]).scheme == "https"


def test_oidcc_backchannel_rp_initiated_logout(logout: Suite) -> None:
    """The provider posts a logout token to the application; the browser comes back."""
    received: list[Received] = []
    told = threading.Event()

    def route(request: Received) -> Answer:
        received.append(request)
        told.set()
        return Answer(headers={"Cache-Control": "no-store"})

    uri = logout.publish("/backchannel_logout", route)
    module = signing_out.begin(
        logout, backchannel_logout_uri=uri, backchannel_logout_session_required=True
    )
    module.is_back(module.go(), module.request["state"])
    assert told.wait(TOLD_SECONDS), "no logout token came"
    module.nobody_is_signed_in()
    (request,) = received
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    form = signing_out.form_of(request.body)
    assert form.keys() == {"logout_token"}
    is_logout_token(logout, form["logout_token"], module)


def is_logout_token(suite: Suite, token: str, module: signing_out.SigningOut) -> None:
    """Check a logout token (Back-Channel Logout 1.0 section 2.4)."""
    claims = checks.signed_claims(token, suite.keys, "RS256")
    assert claims["iss"] == suite.metadata["issuer"]
    assert claims["aud"] in (module.flow.party.client_id, [module.flow.party.client_id])
    assert abs(claims["iat"] - suite.provider.now()) <= checks.SKEW
    assert claims["exp"] > suite.provider.now()
    assert isinstance(claims["jti"], str)
    assert claims["jti"]
    assert claims["events"] == {EVENT: {}}
    assert claims["sub"] == module.flow.claims["sub"]
    assert claims["sid"] == module.flow.claims["sid"]
    assert "nonce" not in claims
    assert claims.keys() == {"iss", "aud", "iat", "exp", "jti", "events", "sub", "sid"}
