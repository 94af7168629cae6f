"""The device authorization grant, as a device meets it (RFC 8628)."""

import json
import re

import pytest

from tests.protocol.devices import GRANT, WAIT, allow, answer, begin, codes, enter, poll, television
from tests.protocol.endpoints import active, ask
from tests.protocol.sign_ins import assert_token_error, userinfo
from tests.support.site import MFA, ONE, Site


def test_a_device_is_given_what_it_shows(site: Site) -> None:
    given = begin(site, television(site))
    assert given.status == 200, given.text
    assert given.headers["Cache-Control"] == "no-store"
    found = given.json
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", found["user_code"])
    assert found["verification_uri"] == f"{site.issuer}/device"
    assert found["verification_uri_complete"].endswith(f"/device?user_code={found['user_code']}")
    assert (found["expires_in"], found["interval"]) == (900, WAIT)
    assert len(found["device_code"]) >= 43


@pytest.mark.slow
def test_a_device_waits_and_then_has_tokens_of_who_let_it_in(site: Site) -> None:
    site.person()
    app = television(site)
    given = codes(site, app, scope="openid profile offline_access")
    assert_token_error(poll(site, app, given["device_code"]), "authorization_pending")
    browser = site.browser()
    assert allow(browser, given["user_code"]).heading == "Go back to your device"
    told = poll(site, app, given["device_code"])
    assert told.status == 200, told.text
    claims = site.id_token(told.json["id_token"])
    assert (claims["acr"], claims["amr"], claims["aud"]) == (ONE, ["pwd"], app.client_id)
    assert "nonce" not in claims
    assert userinfo(site, told.json["access_token"]).json["preferred_username"] == "tane"
    assert site.refresh(app, told.json["refresh_token"]).status == 200


@pytest.mark.slow
def test_the_level_that_a_device_asks_for_is_proved(site: Site) -> None:
    secret = site.secret()
    site.person(totp=secret)
    app = television(site)
    given = codes(site, app, acr_values=MFA, max_age="0")
    browser = site.browser()
    assert allow(browser, given["user_code"]).url.endswith("/totp")
    assert browser.totp(secret).heading == "Go back to your device"
    claims = site.id_token(poll(site, app, given["device_code"]).json["id_token"])
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "otp", "mfa"])
    assert claims["auth_time"]


def test_who_is_signed_in_already_is_asked_all_the_same_and_no_more(site: Site) -> None:
    site.person(name="Tane Mahuta")
    app = television(site)
    browser = site.browser()
    allow(browser, codes(site, app)["user_code"])
    again = codes(site, app)
    page = enter(browser, again["user_code"])
    assert "Tane Mahuta" in page.text
    assert_token_error(poll(site, app, again["device_code"]), "authorization_pending")
    assert answer(browser, "yes").heading == "Go back to your device"
    assert poll(site, app, again["device_code"]).status == 200


@pytest.mark.slow
def test_another_account_can_be_chosen(site: Site) -> None:
    site.person()
    site.person("aroha")
    app = television(site)
    browser = site.browser()
    allow(browser, codes(site, app)["user_code"])
    given = codes(site, app)
    enter(browser, given["user_code"])
    answer(browser, "other")
    browser.sign_in("aroha")
    told = poll(site, app, given["device_code"])
    assert userinfo(site, told.json["access_token"]).json["preferred_username"] == "aroha"


def test_what_a_no_ends(site: Site) -> None:
    app = television(site)
    given = codes(site, app)
    browser = site.browser()
    enter(browser, given["user_code"])
    assert answer(browser, "no").heading == "The device was not signed in"
    assert_token_error(poll(site, app, given["device_code"]), "access_denied")
    assert enter(site.browser(), given["user_code"]).status == 400


def test_a_sign_in_that_is_given_up_is_a_no(site: Site) -> None:
    app = television(site)
    given = codes(site, app)
    browser = site.browser()
    enter(browser, given["user_code"])
    answer(browser, "yes")
    assert browser.submit("/cancel").heading == "The device was not signed in"
    assert_token_error(poll(site, app, given["device_code"]), "access_denied")


def test_who_does_not_wait_waits_longer_and_longer(site: Site) -> None:
    app = television(site)
    given = codes(site, app)
    assert_token_error(poll(site, app, given["device_code"]), "authorization_pending")
    assert_token_error(poll(site, app, given["device_code"], waits=False), "slow_down")
    # Ten seconds from now on, counted from the last question that was answered.
    assert_token_error(poll(site, app, given["device_code"]), "slow_down")
    site.advance(3 * WAIT)
    assert_token_error(poll(site, app, given["device_code"], waits=False), "authorization_pending")
    assert site.times(kinds=("client:token:refused",)) == 0


def test_nobody_answers_in_time(site: Site) -> None:
    site.person()
    app = television(site)
    given = codes(site, app)
    browser = site.browser()
    enter(browser, given["user_code"])
    answer(browser, "yes")
    site.advance(901)
    assert_token_error(poll(site, app, given["device_code"], waits=False), "expired_token")
    assert browser.sign_in("tane").heading == "This code does not work any more"
    assert_token_error(poll(site, app, given["device_code"]), "expired_token")
    assert enter(site.browser(), given["user_code"]).status == 400


@pytest.mark.slow
def test_a_device_code_works_once_and_its_second_use_ends_what_it_gave(site: Site) -> None:
    site.person()
    app = television(site)
    given = codes(site, app)
    allow(site.browser(), given["user_code"])
    token = poll(site, app, given["device_code"]).json["access_token"]
    assert userinfo(site, token).status == 200
    assert_token_error(poll(site, app, given["device_code"]), "invalid_grant")
    assert userinfo(site, token).status == 401


@pytest.mark.slow
def test_a_device_code_is_of_its_own_client_and_no_other_code(site: Site) -> None:
    site.person()
    app = television(site)
    other = television(site, "other")
    browsers = site.application("both", grant_types=["authorization_code", GRANT])
    given, own = codes(site, app), codes(site, browsers)
    allow(site.browser(), given["user_code"])
    allow(site.browser(), own["user_code"])
    assert_token_error(poll(site, other, given["device_code"]), "invalid_grant")
    form = {"grant_type": "authorization_code", "code": own["device_code"]}
    assert_token_error(ask(site, "/token", browsers, form), "invalid_grant")
    assert_token_error(poll(site, app, "nothing-of-ours"), "invalid_grant")
    assert_token_error(ask(site, "/token", app, {"grant_type": GRANT}), "invalid_request")
    assert poll(site, app, given["device_code"]).status == 200


def test_the_end_of_the_session_ends_what_it_let_in(site: Site) -> None:
    site.person()
    app = television(site)
    given = codes(site, app)
    browser = site.browser()
    allow(browser, given["user_code"])
    token = poll(site, app, given["device_code"]).json["access_token"]
    browser.open("/end_session")
    browser.submit("/end_session")
    assert userinfo(site, token).status == 401


def test_a_session_that_ends_before_the_device_asks_gives_it_nothing(site: Site) -> None:
    site.person()
    app = television(site)
    given = codes(site, app)
    browser = site.browser()
    allow(browser, given["user_code"])
    browser.open("/end_session")
    browser.submit("/end_session")
    assert_token_error(poll(site, app, given["device_code"]), "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"claims": '{"id_token": {"sub": {"value": "somebody"}}}'}, "invalid_request"),
        ({"acr_values": "\x07"}, "invalid_request"),
    ],
)
def test_what_cannot_be_had_is_said_in_the_words_of_the_standard(
    small_site: Site, changes: dict[str, str], error: str
) -> None:
    assert_token_error(begin(small_site, television(small_site), **changes), error)


def test_who_may_not_ask_is_refused(small_site: Site) -> None:
    site = small_site
    assert_token_error(begin(site, site.application("web")), "unauthorized_client")
    registered = television(site, "stranger", self_registered=True)
    assert_token_error(begin(site, registered), "unauthorized_client")
    secret = television(site, "box", public=False)
    secret.secret = "not-the-secret"
    assert_token_error(begin(site, secret), "invalid_client", 401)
    assert site.client().send("GET", "/device_authorization").status == 405


@pytest.mark.slow
def test_a_client_with_a_secret_proves_itself_at_both_ends(small_site: Site) -> None:
    site = small_site
    site.person()
    app = television(site, "box", public=False)
    given = codes(site, app)
    allow(site.browser(), given["user_code"])
    app.secret, kept = None, app.secret
    assert_token_error(poll(site, app, given["device_code"]), "invalid_client", 401)
    app.secret = kept
    token = poll(site, app, given["device_code"]).json["access_token"]
    assert active(site, app, token)


def test_it_is_advertised(small_site: Site) -> None:
    found = small_site.client().send("GET", "/.well-known/openid-configuration").json
    assert found["device_authorization_endpoint"] == f"{small_site.issuer}/device_authorization"
    assert GRANT in found["grant_types_supported"]


def test_what_happened_is_on_record(small_site: Site) -> None:
    site = small_site
    person = site.person()
    app = television(site)
    given = codes(site, app)
    allow(site.browser(), given["user_code"])
    poll(site, app, given["device_code"])
    [allowed] = site.events(kinds=("client:device:allowed",))
    assert (allowed.person_id, allowed.client_id, allowed.acr) == (person, app.client_id, ONE)
    [issued] = site.events(kinds=("client:token:issued",))
    assert json.loads(issued.data or "{}")["grant"] == GRANT
