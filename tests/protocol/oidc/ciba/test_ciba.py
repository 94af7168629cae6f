"""Client-initiated backchannel authentication, as an application and a person meet it."""

import json

import pytest

from tests.protocol.ciba import GRANT, PATH, WAIT, allow, answer, asked, bank, begin, link, poll
from tests.protocol.endpoints import ask
from tests.protocol.sign_ins import assert_token_error, userinfo
from tests.support.site import MFA, ONE, Site

OVER = "This question is over"


@pytest.mark.slow
def test_an_application_waits_and_then_has_tokens_of_who_said_yes(site: Site) -> None:
    person = site.person(name="Tane Mahuta")
    app = bank(site)
    given = begin(site, app, scope="openid offline_access", binding_message="W4SCT \u202e x. 3.50")
    assert (given.status, given.headers["Cache-Control"]) == (200, "no-store"), given.text
    assert {**given.json, "auth_req_id": ""} == {
        "auth_req_id": "",
        "expires_in": 300,
        "interval": WAIT,
    }
    code = given.json["auth_req_id"]
    site.work_off()
    assert_token_error(poll(site, app, code), "authorization_pending")
    assert_token_error(poll(site, app, code, waits=False), "slow_down")
    [mail] = site.messages("mail")
    assert mail["to"] == "tane@example.org"
    assert "Bank waits for your answer" in mail["subject"]
    assert "W4SCT x. 3.50" in mail["body"]
    browser = site.browser()
    page = browser.open(link(site))
    assert (page.heading, "W4SCT x. 3.50" in page.text) == ("Did you start this?", True)
    browser.submit(link(site), decision="yes")
    assert browser.sign_in("tane").heading == "Go back to where you started"
    site.advance(2 * WAIT)
    told = poll(site, app, code)
    assert told.status == 200, told.text
    claims = site.id_token(told.json["id_token"])
    assert (claims["acr"], claims["amr"], claims["sub"]) == (ONE, ["pwd"], person)
    assert "nonce" not in claims
    assert site.refresh(app, told.json["refresh_token"]).status == 200
    # It works once. An application may be told twice, and asks twice: what it has goes on.
    site.advance(WAIT)
    assert_token_error(poll(site, app, code), "invalid_grant")
    assert userinfo(site, told.json["access_token"]).status == 200
    assert browser.open(link(site)).heading == OVER
    [allowed] = site.events(kinds=("client:ciba:allowed",))
    assert (allowed.person_id, allowed.client_id, allowed.acr) == (person, "bank", ONE)
    [issued] = site.events(kinds=("client:token:issued",))
    assert json.loads(issued.data or "{}")["grant"] == GRANT


@pytest.mark.slow
def test_the_level_that_is_asked_for_is_proved_by_the_person_who_is_meant(site: Site) -> None:
    """Whoever else signs in by the link is asked to be the other one."""
    secret = site.secret()
    site.person(totp=secret)
    site.person("aroha")
    app = bank(site)
    code = asked(site, app, acr_values=MFA, login_hint="TANE@example.org")
    browser = site.browser()
    answer(browser, link(site), "yes")
    assert 'value="tane"' in browser.at.text
    assert browser.sign_in("aroha").url.endswith("/login")
    assert browser.sign_in("tane").url.endswith("/totp")
    assert browser.totp(secret).heading == "Go back to where you started"
    told = poll(site, app, code)
    claims = site.id_token(told.json["id_token"])
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "otp", "mfa"])
    # By an ID token, and in a browser where that person is signed in: no page but the question.
    again = asked(site, app, login_hint=None, id_token_hint=told.json["id_token"], acr_values=MFA)
    page = browser.open("/account/requests")
    assert "Bank" in page.text
    [path] = {
        part.split('"')[0] for part in page.text.split('href="')[1:] if "/requests/" in part[:15]
    }
    assert answer(browser, path, "yes").heading == "Go back to where you started"
    assert site.id_token(poll(site, app, again).json["id_token"])["acr"] == MFA
    assert "No application waits" in browser.open("/account/requests").text


@pytest.mark.parametrize("decision", ["no", "not-me", "given up"])
def test_what_ends_it(small_site: Site, decision: str) -> None:
    site = small_site
    site.person()
    app, other = bank(site), bank(site, "other")
    code = asked(site, app)
    browser = site.browser()
    if decision == "given up":
        answer(browser, link(site), "yes")
        page = browser.submit("/cancel")
    else:
        page = answer(browser, link(site), decision)
    assert page.heading == "You answered No"
    assert_token_error(poll(site, app, code), "access_denied")
    assert browser.open(link(site)).heading == OVER
    before = len(site.messages("mail"))
    asked(site, app)
    asked(site, other)
    # Of an application that was disowned nothing is heard for a day; others are not concerned.
    assert len(site.messages("mail")) - before == (1 if decision == "not-me" else 2)


def test_nobody_answers_in_time(small_site: Site) -> None:
    site = small_site
    site.person()
    app = bank(site)
    given = begin(site, app, requested_expiry="30")
    site.work_off()
    assert given.json["expires_in"] == 30
    code, browser = given.json["auth_req_id"], site.browser()
    answer(browser, link(site), "yes")
    site.advance(31)
    assert_token_error(poll(site, app, code), "expired_token")
    assert browser.sign_in("tane").heading == OVER
    assert_token_error(poll(site, app, code), "expired_token")


def test_a_yes_of_the_last_moment_is_fetched(small_site: Site) -> None:
    """By who has to wait for a minute between two questions, and longer than that is left."""
    site = small_site
    site.person()
    app = bank(site)
    given = begin(site, app, requested_expiry="30")
    site.work_off()
    site.advance(28)
    assert allow(site, site.browser()).heading == "Go back to where you started"
    site.advance(60)
    assert poll(site, app, given.json["auth_req_id"]).status == 200


def test_an_auth_req_id_is_of_its_own_client_and_no_other_code(small_site: Site) -> None:
    site = small_site
    site.person()
    app, other = bank(site), bank(site, "other")
    code = asked(site, app)
    allow(site, site.browser())
    assert_token_error(poll(site, other, code), "invalid_grant")
    form = {"grant_type": "authorization_code", "code": code}
    web = site.application("web")
    assert_token_error(ask(site, "/token", web, form), "invalid_grant")
    assert_token_error(poll(site, app, "nothing-of-ours"), "invalid_grant")
    assert_token_error(ask(site, "/token", app, {"grant_type": GRANT}), "invalid_request")
    assert poll(site, app, code).status == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "profile"}, "invalid_scope"),
        ({"login_hint": None}, "invalid_request"),
        ({"id_token_hint": "x"}, "invalid_request"),
        ({"login_hint": None, "id_token_hint": "x.y.z"}, "invalid_request"),
        ({"login_hint": None, "login_hint_token": "x"}, "invalid_request"),
        ({"user_code": "1234"}, "invalid_request"),
        ({"requested_expiry": "0"}, "invalid_request"),
        ({"requested_expiry": "soon"}, "invalid_request"),
        ({"requested_expiry": "9" * 4000}, "invalid_request"),
        ({"binding_message": "x" * 101}, "invalid_binding_message"),
        ({"binding_message": "\u202e\u200b"}, "invalid_binding_message"),
        ({"binding_message": "see https://evil.example"}, "invalid_binding_message"),
        ({"binding_message": "pay at evil.example/p"}, "invalid_binding_message"),
        ({"binding_message": "evil.\u200dexample"}, "invalid_binding_message"),
        ({"binding_message": "evil\uff0e\uff45xample"}, "invalid_binding_message"),
        ({"claims": '{"id_token": {"sub": {"value": "somebody-else"}}}'}, "invalid_request"),
        ({"acr_values": "\x07"}, "invalid_request"),
        ({"request": "x.y.z", "scope": None, "login_hint": None}, "invalid_request"),
    ],
)
def test_what_cannot_be_had_is_said_in_the_words_of_the_standard(
    small_site: Site, changes: dict[str, str | None], error: str
) -> None:
    small_site.person()
    assert_token_error(begin(small_site, bank(small_site), **changes), error)


def test_who_may_not_ask_is_refused(small_site: Site) -> None:
    site = small_site
    assert_token_error(begin(site, site.application("web")), "unauthorized_client")
    assert_token_error(begin(site, bank(site, "new", self_registered=True)), "unauthorized_client")
    wrong = bank(site, "wrong")
    wrong.secret = "not-the-secret"
    assert_token_error(begin(site, wrong), "invalid_client", 401)
    assert site.client().send("GET", PATH).status == 405


def test_it_is_advertised(small_site: Site) -> None:
    found = small_site.client().send("GET", "/.well-known/openid-configuration").json
    assert found["backchannel_authentication_endpoint"] == f"{small_site.issuer}{PATH}"
    assert found["backchannel_token_delivery_modes_supported"] == ["poll", "ping"]
    assert found["backchannel_user_code_parameter_supported"] is False
    assert GRANT in found["grant_types_supported"]
