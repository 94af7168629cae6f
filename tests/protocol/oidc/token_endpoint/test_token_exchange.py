"""Token exchange (RFC 8693): a service passes on whom it acts for, and never more than that."""

import json
from typing import Any

import pytest

from idp.store.oidc import clients
from tests.protocol.endpoints import active, ask, introspect, own_token, revoke, robot
from tests.protocol.sign_ins import (
    assert_token_error,
    bearer,
    jose_header,
    jose_payload,
    signed_in,
    tokens,
    userinfo,
)
from tests.support.applications.prover import Prover
from tests.support.site import MFA, Answer, Application, Site

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
APIS = ["orders", "stock", "ledger"]


def web(site: Site, client_id: str = "web", **data: Any) -> Application:
    """Register an application whose access tokens are for three APIs."""
    return site.application(client_id, audience=APIS, **data)


def service(site: Site, client_id: str = "orders", **data: Any) -> Application:
    """Register an API that may exchange what it is given for another one's."""
    data = {"grant_types": [GRANT], "exchange_from": ["web"], **data}
    return site.application(client_id, **data)


def exchange(site: Site, app: Application, token: str, **changes: Any) -> Answer:
    form = {
        "grant_type": GRANT,
        "subject_token": token,
        "subject_token_type": ACCESS,
        "audience": "stock",
        **changes,
    }
    return ask(site, "/token", app, {name: one for name, one in form.items() if one is not None})


def given(site: Site, app: Application, **changes: Any) -> str:
    """Return the access token of a new sign-in."""
    site.person()
    return str(tokens(site, app, **changes)["access_token"])


def test_a_service_gets_a_token_for_the_next_one_with_the_sign_in_of_the_first(site: Site) -> None:
    app, orders = web(site), service(site)
    stock = site.application("stock")
    token = given(site, app, scope="openid profile email")
    before = introspect(site, orders, token).json
    answer = exchange(site, orders, token, scope="email")
    assert answer.status == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.json
    assert (found["issued_token_type"], found["token_type"]) == (ACCESS, "Bearer")
    assert found["scope"] == "email"
    assert "refresh_token" not in found
    assert "id_token" not in found
    told = introspect(site, stock, found["access_token"]).json
    assert (told["aud"], told["scope"], told["client_id"]) == ("stock", "email", "orders")
    assert told["act"] == {"sub": "orders"}
    for claim in ("sub", "acr", "amr", "auth_time", "sid", "iss"):
        assert told[claim] == before[claim], claim


def test_a_signed_one_says_the_same(small_site: Site) -> None:
    site = small_site
    app = web(site, access_token_format="jwt")
    orders = service(site, access_token_format="jwt")
    token = given(site, app)
    made = exchange(site, orders, token).json["access_token"]
    assert jose_header(made)["typ"] == "at+jwt"
    before, after = jose_payload(token), jose_payload(made)
    assert after["act"] == {"sub": "orders"}
    assert (after["aud"], after["client_id"]) == ("stock", "orders")
    for claim in ("sub", "acr", "amr", "auth_time", "iss"):
        assert after[claim] == before[claim], claim
    assert after["exp"] <= before["exp"]


def test_services_one_behind_the_other_all_stay_visible(site: Site) -> None:
    app, orders = web(site), service(site)
    stock = service(site, "stock", exchange_from=["orders"])
    token = given(site, app)
    first = exchange(site, orders, token, audience="stock", resource="ledger").json["access_token"]
    second = exchange(site, stock, first, audience="ledger")
    assert second.status == 200, second.text
    ledger = site.application("ledger")
    told = introspect(site, ledger, second.json["access_token"]).json
    assert told["act"] == {"sub": "stock", "act": {"sub": "orders"}}
    assert told["aud"] == "ledger"
    # The one in the middle gave its own back; what it passed on ends with it, the first goes on.
    assert revoke(site, orders, first).status == 200
    assert not active(site, ledger, second.json["access_token"])
    assert active(site, app, token)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"audience": "payroll"}, "invalid_target"),
        ({"audience": "stock", "resource": "https://elsewhere.example"}, "invalid_target"),
        ({"audience": None}, "invalid_request"),
        ({"scope": "address"}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": "acrux:people:read"}, "invalid_scope"),
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token": "nothing-of-ours"}, "invalid_request"),
        ({"subject_token_type": None}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        (
            {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
            "invalid_request",
        ),
        ({"actor_token": "somebody", "actor_token_type": ACCESS}, "invalid_request"),
        ({"actor_token": "somebody"}, "invalid_request"),
    ],
)
def test_more_than_the_token_has_is_refused(
    small_site: Site, changes: dict[str, Any], error: str
) -> None:
    app, orders = web(small_site), service(small_site)
    token = given(small_site, app)
    assert_token_error(exchange(small_site, orders, token, **changes), error)


def test_what_was_narrowed_does_not_grow_again(small_site: Site) -> None:
    site = small_site
    app, orders = web(site), service(site, exchange_from=["web", "orders"])
    token = given(site, app)
    narrow = exchange(site, orders, token, scope="email").json["access_token"]
    assert_token_error(exchange(site, orders, narrow, scope="profile"), "invalid_scope")
    assert_token_error(exchange(site, orders, narrow, audience="ledger"), "invalid_target")
    assert exchange(site, orders, narrow).json["scope"] == "email"


def test_who_was_not_named_exchanges_nothing(small_site: Site) -> None:
    """By default no service may, and each is told what it would be told of a token of nobody's."""
    site = small_site
    app = web(site)
    token = given(site, app)
    no_grant = site.application("ledger")
    assert_token_error(exchange(site, no_grant, token), "unauthorized_client")
    unnamed = service(site, "stock", exchange_from=[])
    stranger = service(site, "stranger")
    of_nobody = exchange(site, unnamed, "nothing-of-ours").json
    for one in (unnamed, stranger):
        assert exchange(site, one, token).json == of_nobody
    public = service(site, "public", public=True)
    assert_token_error(exchange(site, public, token), "invalid_client", 401)
    reasons = {event.reason for event in site.events(kind="client:token:refused")}
    assert any("is not among exchange_from" in str(reason) for reason in reasons)
    assert any("is not for this client" in str(reason) for reason in reasons)


def test_only_an_access_token_of_a_person_is_exchanged(small_site: Site) -> None:
    site = small_site
    app, orders = web(site), service(site, exchange_from=["web", "robot"])
    site.person()
    found = tokens(site, app, scope="openid email offline_access")
    for name in ("refresh_token", "id_token"):
        assert_token_error(exchange(site, orders, found[name]), "invalid_request")
    program = robot(site, audience=["orders"])
    token = own_token(site, program).json["access_token"]
    assert_token_error(exchange(site, orders, token), "invalid_request")


def test_it_opens_nothing_of_ours(small_site: Site) -> None:
    site = small_site
    app, orders = web(site), service(site)
    made = exchange(site, orders, given(site, app)).json["access_token"]
    assert userinfo(site, made).status == 403
    api = site.client().send("GET", "/api/v1/people", headers=bearer(made))
    assert api.status in (401, 403), api.text
    assert_token_error(site.refresh(orders, made), "unauthorized_client")


def test_it_ends_no_later_than_what_it_was_got_for(site: Site) -> None:
    app, orders = web(site), service(site, access_token_lifetime=3600)
    stock = site.application("stock")
    token = given(site, app)
    site.advance(590)
    made = exchange(site, orders, token).json
    assert made["expires_in"] <= 10
    assert active(site, stock, made["access_token"])
    site.advance(11)
    assert not active(site, stock, made["access_token"])
    assert_token_error(exchange(site, orders, token), "invalid_request")


def _signed_out(site: Site, _app: Application, _token: str, browser: Any) -> None:
    browser.open("/end_session")
    browser.submit("/end_session")


def _given_back(site: Site, app: Application, token: str, _browser: Any) -> None:
    assert revoke(site, app, token).status == 200


def _switched_off(site: Site, app: Application, _token: str, _browser: Any) -> None:
    with site.work() as work:
        row = clients.find(work, app.client_id)
        assert row
        data = json.dumps({**json.loads(row.data), "switched_off": True})
        clients.change(work, app.client_id, row.name, data)


def _deleted(site: Site, app: Application, _token: str, _browser: Any) -> None:
    with site.work() as work:
        clients.delete(work, app.client_id)


@pytest.mark.parametrize("end", [_signed_out, _given_back, _switched_off, _deleted])
def test_what_ends_the_token_before_ends_it_too(site: Site, end: Any) -> None:
    app, orders = web(site), service(site)
    stock = site.application("stock")
    site.person()
    browser = signed_in(site, app)
    token = site.redeem(app, browser.at.query["code"]).json["access_token"]
    made = exchange(site, orders, token).json["access_token"]
    assert active(site, stock, made)
    end(site, app, token, browser)
    assert not active(site, stock, made)
    assert_token_error(exchange(site, orders, token), "invalid_request")


def test_the_level_of_the_first_sign_in_is_what_it_says(small_site: Site) -> None:
    site = small_site
    secret = site.secret()
    site.person(totp=secret)
    app, orders = web(site), service(site)
    browser = site.browser()
    browser.authorize(app, claims=Application.essential(MFA))
    browser.sign_in("tane")
    code = browser.totp(secret).query["code"]
    token = site.redeem(app, code).json["access_token"]
    stock = site.application("stock")
    made = exchange(site, orders, token).json["access_token"]
    told = introspect(site, stock, made).json
    assert (told["acr"], told["amr"]) == (MFA, ["pwd", "otp", "mfa"])
    [event] = site.events(kind="client:token:exchanged")
    assert (event.acr, event.client_id) == (MFA, "orders")
    assert json.loads(event.data or "{}")["act"] == {"sub": "orders"}


def test_it_is_bound_to_the_key_that_the_service_shows(site: Site) -> None:
    app, orders, prover = web(site), service(site), Prover(site)
    stock = site.application("stock")
    form = {"grant_type": GRANT, "subject_token": given(site, app), "subject_token_type": ACCESS}
    found = prover.ask("/token", orders, {**form, "audience": "stock"})
    assert found.status == 200, found.text
    assert found.json["token_type"] == "DPoP"
    told = introspect(site, stock, found.json["access_token"]).json
    assert (told["token_type"], told["cnf"]) == ("DPoP", {"jkt": prover.jkt})


def test_a_token_that_is_bound_to_another_key_is_not_passed_on(small_site: Site) -> None:
    site = small_site
    site.person()
    app, orders, prover = web(site), service(site), Prover(site)
    browser = signed_in(site, app)
    token = prover.redeem(app, browser.at.query["code"]).json["access_token"]
    assert_token_error(exchange(site, orders, token), "invalid_request")


def test_it_is_nobodys_business_but_of_whom_it_is_for(small_site: Site) -> None:
    site = small_site
    app, orders = web(site), service(site)
    made = exchange(site, orders, given(site, app)).json["access_token"]
    assert active(site, orders, made)
    assert not active(site, app, made)
    assert not active(site, site.application("ledger"), made)
    assert active(site, site.application("gateway", resource_server=True), made)


def test_a_chain_does_not_grow_without_end(small_site: Site) -> None:
    site = small_site
    app, orders = web(site), service(site, exchange_from=["web", "orders"])
    token = given(site, app)
    for _ in range(5):
        answer = exchange(site, orders, token, audience="orders")
        assert answer.status == 200, answer.text
        token = answer.json["access_token"]
    assert_token_error(exchange(site, orders, token, audience="orders"), "invalid_request")
