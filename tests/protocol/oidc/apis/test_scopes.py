"""Scopes of an operator's APIs: in words where people are asked, and for their API alone."""

from typing import Any

import pytest

from idp.operating import cases
from idp.operating.actor import OPERATOR
from idp.store.db.statements import Statement
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
from tests.support.site import Answer, Application, Site

BOTH = f"openid profile {READ} {TIMES}"


@pytest.mark.slow
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


def _refresh(site: Site, app: Application, token: str, **form: str) -> Answer:
    asked = {"grant_type": "refresh_token", "refresh_token": token, **form}
    return site.client().send("POST", "/token", asked, app.authentication())


def test_a_scope_that_is_taken_from_an_application_is_in_no_token_of_a_refresh(
    small_site: Site,
) -> None:
    site, known = small_site, cases.of(small_site.installation).clients
    app, asked = clerk(site), f"openid offline_access {READ} {TIMES}"
    code = agreed(site, app, scope=asked, authorization_details=None).query["code"]
    token = site.redeem(app, code).json["refresh_token"]
    for given, left in (({OTHER: [TIMES]}, f" {TIMES}"), (None, "")):
        with site.work() as work:
            known.change(work, OPERATOR, "clerk", {"resource_scopes": given})
        site.advance(60)
        assert_token_error(_refresh(site, app, token, scope=f"openid {READ}"), "invalid_scope")
        assert_token_error(_refresh(site, app, token, scope=READ), "invalid_scope")
        answer = _refresh(site, app, token).json
        assert answer["scope"] == f"openid offline_access{left}"
        token = answer["refresh_token"]


@pytest.mark.slow
@pytest.mark.parametrize("left_over", [False, True])
def test_a_scope_of_another_api_is_asked_about_anew_though_it_is_called_the_same(
    site: Site, left_over: bool
) -> None:
    app, browser = clerk(site, first_party=False), site.browser()
    machine = robot(site, resource_scopes={AUDIENCE: [READ]})
    asked: dict[str, Any] = {"scope": f"openid offline_access {READ} {TIMES}"}
    code = agreed(site, app, browser, authorization_details=None, **asked).query["code"]
    token = site.redeem(app, code).json
    alone = browser.authorize(app, scope=f"openid {TIMES}")
    other = site.redeem(app, alone.query["code"]).json["access_token"]
    own = ask(site, "/token", machine, {"grant_type": "client_credentials", "scope": READ}).json
    known = cases.of(site.installation)
    bare: dict[str, Any] = {"redirect_uris": None, "response_types": []}
    with site.work() as work:
        rest = {"resource_scopes": {OTHER: [TIMES]}, "authorization_details_types": None}
        known.clients.change(work, OPERATOR, "clerk", rest)
        known.clients.change(work, OPERATOR, machine.client_id, bare | {"resource_scopes": None})
        if not left_over:
            known.apis.change(work, OPERATOR, "payroll", {"scopes": {}})
    if left_over:  # Taken away before what holds it was looked for.
        with site.work() as work:
            work.run(Statement("DELETE FROM api WHERE id = 'payroll'"))
    with site.work() as work:
        scopes = {TIMES: {}, READ: {"en": "Pay anybody anything"}}
        known.apis.change(work, OPERATOR, "times", {"scopes": scopes})
        moved = {"resource_scopes": {OTHER: [TIMES, READ]}}
        for client_id in ("clerk", machine.client_id):
            known.clients.change(work, OPERATOR, client_id, moved)
    site.advance(60)
    assert_token_error(_refresh(site, app, token["refresh_token"]), "invalid_grant")
    for mine in (token, own):
        assert introspect(site, app, mine["access_token"]).json == {"active": False}
    # What held nothing of it goes on, and so does the consent to all the rest.
    assert introspect(site, app, other).json["active"]
    assert "code" in browser.authorize(app, scope=f"openid offline_access {TIMES}").query
    assert "Pay anybody anything" in browser.authorize(app, **asked).text


@pytest.mark.slow
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
