"""What a browser was used for before is quicker the next time; it proves and decides nothing."""

import re

import pytest

from idp.store import people
from tests.protocol.command import Acrux
from tests.protocol.sign_ins import assert_redirect_error, signed_in
from tests.support.site import MFA, PASSWORD, Answer, Application, Browser, Site


def begin(site: Site, browser: Browser, app: Application) -> Answer:
    """Sign in again by password, up to the second step."""
    browser.authorize(app, prompt="login")
    return browser.sign_in("mere")


@pytest.mark.slow
def test_the_second_step_used_last_in_a_browser_comes_first_there(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret, sms=True)
    site.person("kiri", totp=site.secret(), sms=True)
    app = site.application()
    browser = site.browser()
    assert begin(site, browser, app).heading == "Enter the code from your app"
    browser.open(browser.at.url.replace("totp", "sms"))
    browser.submit("/sms/send")
    assert browser.submit("/sms", code=site.texted_code()).query["code"]
    browser.http.forget_session()
    assert begin(site, browser, app).heading == "Get a code by text message"
    assert "Use your authenticator app instead" in browser.at.text
    browser.open(browser.at.url.replace("sms", "totp"))
    assert browser.totp(secret).query["code"]
    browser.http.forget_session()
    assert begin(site, browser, app).heading == "Enter the code from your app"
    assert begin(site, site.browser(), app).heading == "Enter the code from your app"


def test_a_way_that_is_gone_or_made_up_is_not_come_first(site: Site) -> None:
    site.person("mere", totp=site.secret())
    app = site.application()
    browser = site.browser()
    browser.open("/forgot")
    assert begin(site, browser, app).heading == "Enter the code from your app"
    for value in ("x", "AAAA", "é", "{}"):
        browser.http.send("GET", "/forgot", headers={"Cookie": f"acrux-usual={value}"})
        answer = browser.http.send("GET", "/", headers={"Cookie": f"acrux-usual={value}"})
        assert answer.status == 303


@pytest.mark.slow
def test_a_user_name_is_remembered_only_where_somebody_asks_for_it(site: Site) -> None:
    site.person("mere")
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    assert 'id="remember"' in browser.at.text
    browser.sign_in("mere")
    browser.http.forget_session()
    assert 'value="mere"' not in browser.authorize(app).text
    answer = browser.submit("/password", username="Mere", password="wrong", remember="yes")
    assert answer.status == 400
    browser.http.forget_session()
    assert 'value="Mere"' not in browser.authorize(app).text, "nobody signed in"
    assert browser.submit("/password", username="mere", password=PASSWORD, remember="yes").query[
        "code"
    ]
    browser.http.forget_session()
    page = browser.authorize(app)
    assert re.search(r'value="mere"', page.text)
    assert re.search(r'id="remember"[^>]*checked', page.text)
    assert 'value="mere"' not in site.browser().authorize(app).text
    assert browser.sign_in("mere").query["code"], "and stays"
    browser.http.forget_session()
    browser.authorize(app)
    forms = dict(browser.at.form("/password")[1])
    forms.pop("remember")
    form = forms | {"username": "mere", "password": PASSWORD}
    assert browser.http.send("POST", browser.at.form("/password")[0], form).status == 303
    browser.http.forget_session()
    assert 'value="mere"' not in browser.authorize(app).text, "no longer wanted"


@pytest.mark.slow
def test_a_denied_consent_keeps_the_finished_sign_in(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    kiosk = site.application("kiosk", first_party=False)
    rms = site.application("rms")
    browser = site.browser()
    browser.authorize(kiosk, acr_values=MFA)
    browser.sign_in("mere")
    assert browser.totp(secret).heading.startswith("Let")
    assert_redirect_error(site, browser.submit("/consent", decision="deny"), "access_denied")
    answer = browser.authorize(rms, acr_values=MFA)
    assert site.claims(rms, answer)["acr"] == MFA
    assert browser.open("/account/").heading == "Your account"
    assert_redirect_error(site, browser.authorize(kiosk, prompt="none"), "consent_required")
    [denied] = site.events(kind="person:consent:denied")
    assert denied.client_id == "kiosk"
    assert not site.events(kind="client:code:issued", client="kiosk")
    [finished] = site.events(kind="person:sign-in:finished")
    assert finished.amr == ("pwd", "otp", "mfa")


def test_a_cancelled_sign_in_is_kept_for_nobody(site: Site) -> None:
    site.person("mere")
    kiosk = site.application("kiosk", first_party=False)
    browser = site.browser()
    browser.authorize(kiosk)
    assert browser.sign_in("mere").heading.startswith("Let")
    assert_redirect_error(site, browser.submit("/cancel"), "access_denied")
    assert browser.open("/account/").heading == "Sign in"


def test_a_person_who_is_switched_off_reads_so_and_whom_to_ask(site: Site) -> None:
    mere = site.person("mere")
    app = site.application()
    with site.work() as work:
        people.set_disabled(work, mere, True)
    browser = site.browser()
    browser.authorize(app)
    page = browser.sign_in("mere")
    assert page.heading == "Your account is switched off"
    reference = re.search(r'id="help-reference">([^<]+)<', page.text)
    assert reference
    assert "cannot sign in: disabled" in Acrux(site.environ)("user", "why", reference[1])
    assert_redirect_error(site, browser.submit("/leave"), "access_denied")
    assert "Your account is switched off" not in site.browser().authorize(app).text
    unknown = site.browser()
    unknown.authorize(app)
    assert unknown.sign_in("mere", "wrong").heading == "Sign in", "no stranger learns of it"


def test_whoever_can_reach_no_second_step_reads_why(site: Site) -> None:
    site.person("mere", verified=False, phone=None)
    site.stage("user", MFA, -1)
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    page = browser.sign_in("mere")
    assert page.heading == "You cannot sign in yet"
    assert "Acrux needs a second step when you sign in." in page.text
    assert "a code by e-mail shows that it is you, and your address m***" in page.text
    assert "was never confirmed." in page.text
    answer = browser.submit("/leave")
    assert_redirect_error(site, answer, "unmet_authentication_requirements")


@pytest.mark.slow
def test_places_are_told_apart_by_what_was_used_there(site: Site) -> None:
    site.person("mere")
    rms, payroll = site.application("rms"), site.application("payroll")
    browser = signed_in(site, rms, "mere")
    browser.authorize(payroll)
    signed_in(site, rms, "mere")
    page = browser.open("/account/places").text
    assert "Applications: Payroll, Rms" in page
    assert page.count("Applications: Rms") == 1
