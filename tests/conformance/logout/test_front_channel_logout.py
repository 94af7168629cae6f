"""The plan Front-Channel Logout."""

from urllib.parse import parse_qsl, urlsplit

from tests.conformance.logout import signing_out
from tests.conformance.suite import Suite
from tests.conformance.visitor import Page


def test_oidcc_frontchannel_logout_discovery_endpoint_verification(logout: Suite) -> None:
    assert logout.metadata["frontchannel_logout_supported"] is True
    assert logout.metadata["frontchannel_logout_session_supported"] is True
    assert urlsplit(logout.metadata["end_session_endpoint"]).scheme == "https"


def test_oidcc_frontchannel_rp_initiated_logout(logout: Suite) -> None:
    """A frame tells the application `iss` and `sid`; then the browser comes back."""
    uri = logout.url("/frontchannel_logout")
    module = signing_out.begin(
        logout, frontchannel_logout_uri=uri, frontchannel_logout_session_required=True
    )
    page = module.go()
    assert isinstance(page, Page), f"sent to {page} at once"
    (frame,) = signing_out.frames(page)
    assert frame.partition("?")[0] == uri
    told = parse_qsl(urlsplit(frame).query, strict_parsing=True)
    assert sorted(told) == [
        ("iss", logout.metadata["issuer"]),
        ("sid", module.flow.claims["sid"]),
    ]
    back = module.request["post_logout_redirect_uri"]
    signing_out.came_back(signing_out.goes_on_to(page), back, module.request["state"])
    module.nobody_is_signed_in()
