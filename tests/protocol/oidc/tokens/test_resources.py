"""Resource indicators (RFC 8707): a token is for the API that was named, and for no other."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.protocol.endpoints import ask, introspect, own_token, robot
from tests.protocol.sign_ins import (
    assert_redirect_error,
    assert_token_error,
    jose_payload,
    signed_in,
    userinfo,
)
from tests.support.site import Answer, Application, Site

ORDERS, STOCK = "https://api.example.org/orders", "https://api.example.org/stock"
OFFLINE = "openid profile offline_access"


def shop(site: Site, **data: Any) -> Application:
    """Register an application that has two APIs."""
    return site.application(audience=[ORDERS, STOCK], **data)


def redeemed(site: Site, app: Application, asked: str | None = None, **more: str) -> Answer:
    """Sign tane in, with a resource if one is asked for, and redeem the code."""
    browser = signed_in(site, app, scope=OFFLINE, resource=asked)
    return site.redeem(app, browser.at.query["code"], **more)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["opaque", "jwt"])
def test_a_token_is_for_the_api_that_was_named(site: Site, kind: str) -> None:
    site.person("tane")
    app = shop(site, access_token_format=kind)
    token = redeemed(site, app, ORDERS).json
    assert introspect(site, app, token["access_token"]).json["aud"] == ORDERS
    if kind == "jwt":
        assert jose_payload(token["access_token"])["aud"] == ORDERS
    assert site.id_token(token["id_token"])["aud"] == app.client_id
    assert userinfo(site, token["access_token"]).status == 200
    again = site.refresh(app, token["refresh_token"]).json
    assert introspect(site, app, again["access_token"]).json["aud"] == ORDERS


def test_a_token_for_which_nothing_is_named_is_for_all_that_are_registered(site: Site) -> None:
    site.person("tane")
    app = shop(site)
    token = redeemed(site, app).json["access_token"]
    assert introspect(site, app, token).json["aud"] == [ORDERS, STOCK]


def test_a_token_request_narrows_what_the_sign_in_was_for(site: Site) -> None:
    site.person("tane")
    app = shop(site)
    browser = site.browser()
    query = urlencode([*app.request(scope=OFFLINE).items(), ("resource", ORDERS)])
    browser.open(f"/authorize?{query}&{urlencode({'resource': STOCK})}")
    code = browser.sign_in("tane").query["code"]
    token = site.redeem(app, code, resource=STOCK).json
    assert introspect(site, app, token["access_token"]).json["aud"] == STOCK
    wide = site.refresh(app, token["refresh_token"]).json
    assert introspect(site, app, wide["access_token"]).json["aud"] == [ORDERS, STOCK]
    other = site.refresh(app, wide["refresh_token"], resource=ORDERS).json
    assert introspect(site, app, other["access_token"]).json["aud"] == ORDERS


def test_what_was_not_granted_is_refused_and_nothing_is_used_up(site: Site) -> None:
    site.person("tane")
    app = shop(site)
    browser = signed_in(site, app, scope=OFFLINE, resource=ORDERS)
    code = browser.at.query["code"]
    assert_token_error(site.redeem(app, code, resource=STOCK), "invalid_target")
    token = site.redeem(app, code)
    assert token.status == 200
    refresh = token.json["refresh_token"]
    assert_token_error(site.refresh(app, refresh, resource=STOCK), "invalid_target")
    assert site.refresh(app, refresh).status == 200


@pytest.mark.parametrize(
    "resource",
    [
        "https://api.example.org/",
        ORDERS + "/1",
        ORDERS + "#part",
        ORDERS.upper(),
        f"{ORDERS} https://evil.example/",
        "app",
        "orders",
        "http://[",
        "urn:x",
    ],
)
def test_an_unknown_resource_is_an_error_everywhere(small_site: Site, resource: str) -> None:
    site = small_site
    app = shop(site, grant_types=["authorization_code", "client_credentials"])
    answer = site.browser().authorize(app, resource=resource)
    assert_redirect_error(site, answer, "invalid_target")
    form = app.request(client_id=None, resource=resource)
    assert_token_error(ask(site, "/par", app, form), "invalid_target")
    own = {"grant_type": "client_credentials", "resource": resource}
    assert_token_error(ask(site, "/token", app, own), "invalid_target")


def test_a_name_that_is_no_address_is_no_resource(small_site: Site) -> None:
    app = small_site.application(audience=["orders"])
    answer = small_site.browser().authorize(app, resource="orders")
    assert_redirect_error(small_site, answer, "invalid_target")


def test_a_client_asks_for_itself_for_one_api(site: Site) -> None:
    app = robot(site, audience=[ORDERS, STOCK])
    form = {"grant_type": "client_credentials", "resource": STOCK}
    token = ask(site, "/token", app, form).json["access_token"]
    assert introspect(site, app, token).json["aud"] == STOCK
    wide = own_token(site, app).json["access_token"]
    assert introspect(site, app, wide).json["aud"] == [ORDERS, STOCK]


def test_what_opens_the_provider_goes_to_no_other_api(site: Site) -> None:
    people = "acrux:people:read"
    app = robot(site, audience=[ORDERS], api_scopes=[people])
    form = {"grant_type": "client_credentials", "scope": f"read {people}"}
    other = ask(site, "/token", app, {**form, "resource": ORDERS}).json
    assert other["scope"] == "read"
    assert introspect(site, app, other["access_token"]).json["aud"] == ORDERS
    own = ask(site, "/token", app, {**form, "resource": f"{site.issuer}/api/v1"}).json
    assert people in own["scope"].split()
    bearer = {"Authorization": f"Bearer {own['access_token']}"}
    assert site.client().send("GET", "/api/v1/people", None, bearer).status == 200
    both = {**form, "resource": f"{ORDERS} {site.issuer}/api/v1"}
    assert_token_error(ask(site, "/token", app, both), "invalid_target")


def test_an_api_is_told_nothing_of_a_token_for_another(site: Site) -> None:
    site.person("tane")
    stock = site.application("urn:stock")
    app = site.application(audience=[ORDERS, "urn:stock"])
    other = redeemed(site, app, ORDERS).json["access_token"]
    assert _asks(site, stock, other) == {"active": False}
    code = signed_in(site, app, resource="urn:stock").at.query["code"]
    own = site.redeem(app, code).json["access_token"]
    assert _asks(site, stock, own)["aud"] == "urn:stock"


def _asks(site: Site, api: Application, token: str) -> Any:
    form = {"client_id": api.client_id, "client_secret": api.secret, "token": token}
    return site.client().send("POST", "/introspect", form).json
