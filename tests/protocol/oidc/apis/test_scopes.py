"""Scopes of an operator's APIs: in words where people are asked, and for their API alone."""

from typing import Any

import pytest

from tests.protocol.endpoints import ask, introspect, robot
from tests.protocol.oidc.apis.payroll import (
    AUDIENCE,
    DATA,
    OTHER,
    READ,
    TIMES,
    agreed,
    clerk,
    plain,
)
from tests.protocol.oidc.token_endpoint.test_token_exchange import exchange, service
from tests.protocol.sign_ins import assert_redirect_error, assert_token_error, jose_payload
from tests.support.site import Site

BOTH = f"openid profile {READ} {TIMES}"


@pytest.mark.parametrize("kind", ["opaque", "jwt"])
def test_a_scope_is_asked_for_in_words_and_is_for_its_api(site: Site, kind: str) -> None:
    app = clerk(site, first_party=False, access_token_format=kind)
    asked: dict[str, Any] = {"authorization_details": None, "scope": f"{BOTH} pay:everything"}
    page = agreed(site, app, ui_locales="de", stop=True, **asked)
    assert "Gehaltsläufe sehen" in page.text
    # One without words goes by its name.
    assert TIMES in plain(page.text)
    browser = site.browser()
    token = site.redeem(app, agreed(site, app, browser, **asked).query["code"]).json
    assert token["scope"] == BOTH
    known = introspect(site, app, token["access_token"]).json
    assert sorted(known["aud"]) == sorted([AUDIENCE, OTHER])
    own = browser.authorize(app, scope=BOTH, resource=AUDIENCE)
    narrow = site.redeem(app, own.query["code"]).json
    assert narrow["scope"] == f"openid profile {READ}"
    known = introspect(site, app, narrow["access_token"]).json
    assert (known["aud"], known["scope"]) == (AUDIENCE, f"openid profile {READ}")
    if kind == "jwt":
        assert jose_payload(narrow["access_token"])["aud"] == AUDIENCE
    # What was allowed stands in the same words on the account's page.
    assert "See pay runs" in browser.open("/account/applications").text


def test_a_scope_that_was_not_given_is_ignored_as_an_unknown_one(small_site: Site) -> None:
    site = small_site
    app = clerk(site, resource_scopes={OTHER: [TIMES]}, first_party=True)
    code = agreed(site, app, scope=BOTH, authorization_details=None).query["code"]
    token = site.redeem(app, code).json
    assert token["scope"] == f"openid profile {TIMES}"
    answer = site.browser().authorize(app, resource=AUDIENCE)
    assert_redirect_error(site, answer, "invalid_target")
    machine = robot(site, resource_scopes={AUDIENCE: [READ]})
    form = {"grant_type": "client_credentials", "scope": TIMES}
    assert_token_error(ask(site, "/token", machine, form), "invalid_scope")
    own = ask(site, "/token", machine, {"grant_type": "client_credentials"}).json
    assert own["scope"] == f"read write {READ}"


def test_a_service_passes_on_what_is_for_the_next_api_alone(small_site: Site) -> None:
    site = small_site
    app = clerk(site, first_party=True, audience=["orders"])
    service(site, "orders", exchange_from=["clerk"])
    passing = service(site, "passing", exchange_from=["clerk"])
    code = agreed(site, app, scope=BOTH, authorization_details=None).query["code"]
    token = site.redeem(app, code).json["access_token"]
    assert_token_error(exchange(site, passing, token, audience=AUDIENCE), "invalid_request")
    pay = service(site, "pay", exchange_from=["clerk"], speaks_for=[AUDIENCE])
    passed = exchange(site, pay, token, audience=OTHER).json
    assert passed["scope"] == f"profile {TIMES}"
    assert_token_error(exchange(site, pay, token, audience=OTHER, scope=READ), "invalid_scope")


def test_the_metadata_tells_of_them_where_an_operator_says_so(site: Site) -> None:
    def told() -> tuple[object, object]:
        found = site.client().send("GET", "/.well-known/openid-configuration").json
        return READ in found["scopes_supported"], found.get("authorization_details_types_supported")

    assert told() == (False, None)
    clerk(site)
    site.advance(60)
    assert told() == (False, None)
    site.begin_anew()
    clerk(site, published=True)
    assert told() == (True, ["pay_run", "report"])
    assert DATA["name"] == "Payroll"
