"""Basic and Form Post Basic, second half: the parameters of an authorization request."""

from tests.conformance import checks
from tests.conformance.suite import LONG, Flow, Suite, text

UNKNOWN_LOCALE = "se"


def same_authentication(first: Flow, second: Flow) -> None:
    """Check that the second flow asked no one anything and tells of the same sign-in."""
    assert second.pages == ()
    assert second.claims["sub"] == first.claims["sub"]
    assert second.claims.get("auth_time") == first.claims.get("auth_time")


def new_authentication(first: Flow, second: Flow, now: int) -> None:
    """Check that the second flow asked for the password, and says when."""
    assert "login-page" in second.pages
    assert second.claims["sub"] == first.claims["sub"]
    assert first.claims["iat"] < second.claims["auth_time"] <= now


def test_oidcc_response_type_missing(suite: Suite) -> None:
    """The error comes by the query, or in the mode that was asked for."""
    party = suite.party()
    request = suite.request(party, response_type=None)
    end = suite.visitor().arrives(suite.metadata["authorization_endpoint"], request)
    assert suite.refused(end, request) in ("invalid_request", "unsupported_response_type")


def test_oidcc_display_page(suite: Suite) -> None:
    suite.flow(suite.party(), display="page")


def test_oidcc_display_popup(suite: Suite) -> None:
    suite.flow(suite.party(), display="popup")


def test_oidcc_prompt_login(suite: Suite) -> None:
    first = suite.flow(suite.party())
    suite.provider.advance(1)
    again = suite.flow(first.party, first.visitor, prompt="login", max_age="10000")
    new_authentication(first, again, suite.provider.now())


def test_oidcc_prompt_none_not_logged_in(suite: Suite) -> None:
    party = suite.party()
    request = suite.request(party, prompt="none", state=text(LONG))
    end = suite.visitor().arrives(suite.metadata["authorization_endpoint"], request)
    assert end.pages == ()
    assert suite.refused(end, request) in checks.NEEDS_THE_PERSON


def test_oidcc_prompt_none_logged_in(suite: Suite) -> None:
    first = suite.flow(suite.party())
    same_authentication(first, suite.flow(first.party, first.visitor, prompt="none"))


def test_oidcc_max_age_1(suite: Suite) -> None:
    first = suite.flow(suite.party())
    suite.provider.advance(2)
    again = suite.flow(first.party, first.visitor, max_age="1")
    new_authentication(first, again, suite.provider.now())
    assert suite.provider.now() - again.claims["auth_time"] <= checks.SKEW


def test_oidcc_max_age_10000(suite: Suite) -> None:
    first = suite.flow(suite.party(), max_age="15000")
    again = suite.flow(first.party, first.visitor, max_age="10000")
    same_authentication(first, again)
    assert again.claims["auth_time"] == first.claims["auth_time"]


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(suite: Suite) -> None:
    suite.flow(suite.party(), extra="foobar")


def test_oidcc_id_token_hint(suite: Suite) -> None:
    first = suite.flow(suite.party())
    again = suite.flow(first.party, first.visitor, prompt="none", id_token_hint=first.id_token)
    same_authentication(first, again)


def test_oidcc_login_hint(suite: Suite) -> None:
    """No one here is called so; someone else may still sign in."""
    suite.flow(suite.party(), login_hint="buffy@localhost")


def test_oidcc_ui_locales(suite: Suite) -> None:
    suite.flow(suite.party(), ui_locales=UNKNOWN_LOCALE)


def test_oidcc_claims_locales(suite: Suite) -> None:
    suite.flow(suite.party(), claims_locales=UNKNOWN_LOCALE)


def test_oidcc_ensure_request_with_acr_values_succeeds(suite: Suite) -> None:
    values = suite.metadata["acr_values_supported"]
    flow = suite.flow(suite.party(), acr_values=" ".join(values))
    assert flow.claims["acr"] in values


def test_oidcc_ensure_post_request_succeeds(suite: Suite) -> None:
    suite.flow(suite.party(), post=True)
