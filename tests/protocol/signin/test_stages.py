"""The rollout: announced before its date, enforced from it, and only for those it names."""

from dataclasses import replace

import pytest

from idp import clock, moments
from idp.store.rollout import stages
from tests.protocol.sign_ins import assert_redirect_error, signed_in
from tests.support.site import MFA, MFA_APP, ONE, Application, Browser, Site

DAY = 86400
COMING, DUE, PROTECT = (
    "A second step is coming",
    "First we check that it is you",
    "Protect your account",
)
UNMET = "unmet_authentication_requirements"


@pytest.fixture
def app(site: Site) -> Application:
    site.person("aroha", user_type="staff")
    site.person("wiremu", user_type="patient")
    return site.application()


def at_sign_in(site: Site, app: Application, name: str) -> tuple[Browser, str]:
    """Give the password in a new browser; return it and the heading that follows ("" for none)."""
    browser = site.browser()
    browser.authorize(app)
    answer = browser.sign_in(name)
    return browser, answer.heading


@pytest.mark.slow
def test_before_its_date_a_stage_is_announced_and_later_is_an_answer(
    site: Site, app: Application
) -> None:
    site.stage("staff", MFA, 10 * DAY)
    browser, heading = at_sign_in(site, app, "aroha")
    assert heading == COMING
    date = moments.weekday(clock.now() + 10 * DAY)
    assert f"From {date}, Acrux needs a second step when you sign in." in browser.at.text
    claims = site.claims(app, browser.submit("/announce", decision="later"))
    assert (claims["acr"], claims["amr"]) == (ONE, ["pwd"])
    assert browser.authorize(app).query["code"]
    assert at_sign_in(site, app, "aroha")[1] == ""
    site.advance(DAY + 60)
    assert at_sign_in(site, app, "aroha")[1] == COMING
    assert site.events(kind="person:stage:announced")[0].reason == "later"


@pytest.mark.slow
def test_before_its_date_one_may_set_it_up_at_once(site: Site, app: Application) -> None:
    site.stage("staff", MFA, 10 * DAY)
    browser, _ = at_sign_in(site, app, "aroha")
    assert browser.submit("/announce", decision="now").heading == DUE
    assert site.claims(app, browser.enrol_totp())["acr"] == MFA_APP
    site.advance(DAY + 60)
    browser, heading = at_sign_in(site, app, "aroha")
    assert heading == "Enter the code from your app"


def test_who_began_to_set_it_up_may_still_say_not_now(site: Site, app: Application) -> None:
    site.stage("staff", MFA, 10 * DAY)
    browser, _ = at_sign_in(site, app, "aroha")
    browser.submit("/announce", decision="now")
    page = browser.submit("/enrol/proof", code=site.mailed_code())
    assert page.heading == "Set up a second step"
    claims = site.claims(app, browser.submit("/enrol/later"))
    assert claims["acr"] == ONE


@pytest.mark.slow
def test_from_its_date_setting_up_comes_before_the_application_gets_anything(
    site: Site, app: Application
) -> None:
    site.stage("staff", MFA, 10 * DAY)
    site.advance(10 * DAY)
    browser, heading = at_sign_in(site, app, "aroha")
    assert heading == DUE
    base = browser.at.url.removesuffix("/enrol/proof")
    for path in ("/enrol/later", "/announce", "/consent"):
        assert browser.post(base + path, decision="later").status == 303
        assert browser.open(base).heading == DUE
    assert browser.open(base.replace("interaction", "authorize/resume")).heading == DUE
    claims = site.claims(app, browser.enrol_totp())
    assert claims["amr"] == ["pwd", "otp", "mfa"]


def test_choosing_a_way_has_no_not_now_once_it_is_enforced(site: Site, app: Application) -> None:
    site.stage("staff", MFA, -1)
    browser, _ = at_sign_in(site, app, "aroha")
    page = browser.submit("/enrol/proof", code=site.mailed_code())
    assert page.heading == "Set up a second step"
    assert "From today, Acrux needs a second step when you sign in." in page.text
    assert "Not now" not in page.text
    assert "Authenticator app" in page.text
    assert "Text message" in page.text


def test_other_kinds_of_people_are_untouched(site: Site, app: Application) -> None:
    site.stage("staff", MFA, -1)
    assert at_sign_in(site, app, "wiremu")[1] == ""
    site.stage("patient", MFA, DAY)
    assert at_sign_in(site, app, "wiremu")[1] == COMING
    site.stage("*", MFA, -1)
    assert at_sign_in(site, app, "wiremu")[1] == DUE


def test_a_recommendation_is_shown_and_never_enforced(site: Site, app: Application) -> None:
    site.stage("staff", MFA, None, required=False)
    browser, heading = at_sign_in(site, app, "aroha")
    assert heading == PROTECT
    assert "We recommend signing in with a second step." in browser.at.text
    assert site.claims(app, browser.submit("/announce", decision="later"))["acr"] == ONE
    site.advance(400 * DAY)
    browser, heading = at_sign_in(site, app, "aroha")
    assert heading == PROTECT
    assert site.claims(app, browser.submit("/announce", decision="later"))["acr"] == ONE


def test_who_has_set_up_enough_hears_nothing_of_it(site: Site, app: Application) -> None:
    secret = site.secret()
    site.person("tane", user_type="staff", totp=secret)
    site.stage("staff", MFA, DAY)
    browser, heading = at_sign_in(site, app, "tane")
    assert heading == "Enter the code from your app"
    assert browser.totp(secret).query["code"]
    site.advance(2 * DAY)
    browser, _ = at_sign_in(site, app, "tane")
    assert browser.totp(secret).query["code"]


def test_a_stage_that_wants_more_than_text_messages_says_so_to_who_has_those(
    site: Site, app: Application
) -> None:
    site.person("mere", user_type="staff", sms=True)
    site.stage("staff", MFA_APP, -1)
    browser, _ = at_sign_in(site, app, "mere")
    assert browser.at.url.endswith("/sms")
    browser.submit("/sms/send")
    page = browser.submit("/sms", code=site.texted_code())
    assert page.heading == "Set up a second step"
    assert "Authenticator app" in page.text
    assert "Text message" not in page.text


def test_a_silent_request_is_not_told_what_is_coming_but_fails_once_it_is_due(
    site: Site, app: Application
) -> None:
    browser = signed_in(site, app, "aroha")
    site.stage("staff", MFA, 600)
    assert browser.authorize(app, prompt="none").query["code"]
    site.advance(600)
    answer = browser.authorize(app, prompt="none")
    assert_redirect_error(site, answer, "interaction_required")
    assert browser.authorize(app).heading == DUE


def test_a_date_that_moves_holds_at_once(site: Site, app: Application) -> None:
    site.stage("staff", MFA, -1)
    with site.work() as work:
        (stage,) = stages.everything(work)
        assert stages.claim_change(work, replace(stage, enforce_at=clock.now() + 5 * DAY))
    assert at_sign_in(site, app, "aroha")[1] == COMING
    with site.work() as work:
        (stage,) = stages.everything(work)
        assert stages.claim_removal(work, stage)
    assert at_sign_in(site, app, "aroha")[1] == ""


@pytest.mark.slow
def test_who_cannot_set_anything_up_is_told_before_the_date_and_refused_when_it_is_due(
    site: Site, app: Application
) -> None:
    site.person("hemi", user_type="staff", verified=False)
    site.stage("staff", MFA, 600)
    browser, heading = at_sign_in(site, app, "hemi")
    assert heading == COMING
    assert "was never confirmed." in browser.at.text
    assert "Set it up now" not in browser.at.text
    assert browser.submit("/announce", decision="now").heading == COMING
    assert site.claims(app, browser.submit("/announce", decision="later"))["acr"] == ONE
    site.advance(600)
    assert browser.authorize(app).heading == "You cannot sign in yet"
    assert_redirect_error(site, browser.submit("/leave"), UNMET)


def test_the_first_page_of_the_set_up_says_who_needs_it_and_since_today(
    site: Site, app: Application
) -> None:
    site.stage("staff", MFA, DAY)
    site.advance(DAY)
    browser, heading = at_sign_in(site, app, "aroha")
    assert heading == DUE
    assert "From today, Acrux needs a second step when you sign in." in browser.at.text
    site.advance(DAY)
    browser, _ = at_sign_in(site, app, "aroha")
    assert "Acrux needs a second step when you sign in." in browser.at.text
    assert "From today" not in browser.at.text


def test_a_stage_gives_its_reason_in_the_language_spoken_and_a_link(
    site: Site, app: Application
) -> None:
    why = {"en": "Administrators have deeper access.", "de": "Verwalter dürfen mehr."}
    site.stage("staff", MFA, DAY, why=why, guidance="https://help.example.org/mfa")
    browser, _ = at_sign_in(site, app, "aroha")
    assert why["en"] in browser.at.text
    assert 'href="https://help.example.org/mfa"' in browser.at.text
    browser.http.wish_for("de")
    assert why["de"] in browser.open(browser.at.url).text


def test_administrators_are_told_why_it_matters_most_for_them(site: Site, app: Application) -> None:
    site.person("rangi", user_type="staff", roles=frozenset({"admin"}))
    site.stage("staff", MFA, DAY)
    reason = "You can change what other people see and do"
    assert reason in at_sign_in(site, app, "rangi")[0].at.text
    assert reason not in at_sign_in(site, app, "aroha")[0].at.text


@pytest.mark.slow
def test_a_recommendation_may_be_put_off_for_a_week_and_a_date_may_not(
    site: Site, app: Application
) -> None:
    site.stage("staff", MFA, None, required=False)
    browser, _ = at_sign_in(site, app, "aroha")
    assert "Ask me in a week" in browser.at.text
    assert browser.submit("/announce", decision="week").query["code"]
    site.advance(6 * DAY)
    assert at_sign_in(site, app, "aroha")[1] == ""
    site.stage("staff", MFA, 10 * DAY)
    browser, heading = at_sign_in(site, app, "aroha")
    assert heading == COMING
    assert "Ask me in a week" not in browser.at.text
    assert browser.submit("/announce", decision="week").heading == COMING
    browser.submit("/announce", decision="later")
    site.advance(DAY + 60)
    assert at_sign_in(site, app, "aroha")[1] == COMING
