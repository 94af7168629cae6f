"""The plan RP-Initiated Logout."""

import base64
from urllib.parse import urlsplit

from tests.conformance.logout import signing_out
from tests.conformance.party import rsa_key, sign
from tests.conformance.suite import Suite, text


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(logout: Suite) -> None:
    assert urlsplit(logout.metadata["end_session_endpoint"]).scheme == "https"


def test_oidcc_rp_initiated_logout(logout: Suite) -> None:
    module = signing_out.begin(logout)
    module.is_back(module.go(), module.request["state"])
    module.nobody_is_signed_in()


def test_oidcc_rp_initiated_logout_no_state(logout: Suite) -> None:
    module = signing_out.begin(logout)
    module.is_back(module.go(state=None), None)
    module.nobody_is_signed_in()


# -- never back to the application


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(logout: Suite) -> None:
    module = signing_out.begin(logout)
    bad = f"{module.request['post_logout_redirect_uri']}/{text(10)}"
    module.is_refused(module.go(post_logout_redirect_uri=bad))


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(logout: Suite) -> None:
    module = signing_out.begin(logout)
    longer = f"{module.request['post_logout_redirect_uri']}?foo=bar"
    module.is_refused(module.go(post_logout_redirect_uri=longer))


def test_oidcc_rp_initiated_logout_modified_id_token_hint(logout: Suite) -> None:
    """The same ID token with the algorithm `none` and no signature."""
    module = signing_out.begin(logout)
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    payload = module.flow.id_token.split(".")[1]
    module.is_refused(module.go(id_token_hint=f"{header}.{payload}."))


def test_oidcc_rp_initiated_logout_bad_id_token_hint(logout: Suite) -> None:
    """An ID token that the suite has signed itself."""
    module = signing_out.begin(logout)
    forged = sign(dict(module.flow.claims), rsa_key("client"))
    module.is_refused(module.go(id_token_hint=forged))


def test_oidcc_rp_initiated_logout_no_id_token_hint(logout: Suite) -> None:
    module = signing_out.begin(logout)
    module.is_refused(module.go(id_token_hint=None))


# -- signed out, and nowhere to go


def test_oidcc_rp_initiated_logout_no_params(logout: Suite) -> None:
    module = signing_out.begin(logout)
    end = module.go(id_token_hint=None, post_logout_redirect_uri=None, state=None)
    module.shows_signed_out(end)


def test_oidcc_rp_initiated_logout_only_state(logout: Suite) -> None:
    module = signing_out.begin(logout)
    module.shows_signed_out(module.go(id_token_hint=None, post_logout_redirect_uri=None))


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(logout: Suite) -> None:
    module = signing_out.begin(logout)
    module.shows_signed_out(module.go(post_logout_redirect_uri=None))
