"""The plan Third Party-Initiated Login."""

from tests.conformance import checks
from tests.conformance.suite import Suite


def test_oidcc_3rd_party_init_login(logout: Suite) -> None:
    """Registered, told in the answer, and told again when the client asks (RFC 7592)."""
    uri = logout.url("/initiate_login")
    party = logout.register(initiate_login_uri=uri)
    assert party.registered["initiate_login_uri"] == uri
    answer = logout.manage("GET", party)
    assert (answer.status, checks.content_type(answer)) == (200, "application/json")
    assert answer.json["initiate_login_uri"] == uri


def test_oidcc_3rd_party_init_login_nohttps(logout: Suite) -> None:
    plain = logout.url("/initiate_login").replace("https://", "http://")
    answer = logout.post_registration(logout.registration(initiate_login_uri=plain))
    checks.json_error(answer, "invalid_client_metadata")
