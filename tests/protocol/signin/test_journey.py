"""The main job, without a browser: an application delegates its sign-in and gets a truthful acr."""

import pytest

from tests.support.site import MFA, MFA_APP, ONE, PASSWORD, Site


def test_a_password_alone_gives_1fa(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    claims = site.claims(app, browser.sign_in("aroha"))
    assert claims["acr"] == ONE
    assert claims["amr"] == ["pwd"]
    assert claims["aud"] == app.client_id
    assert claims["nonce"] == "the-nonce"


@pytest.mark.slow
def test_an_essential_mfa_request_leads_through_enrolment(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("aroha")
    claims = site.claims(app, browser.enrol_totp())
    assert claims["acr"] == MFA
    assert claims["amr"] == ["pwd", "otp", "mfa"]


def test_a_live_session_signs_in_without_a_page_and_only_the_missing_factor_is_asked(
    site: Site,
) -> None:
    site.person("aroha", sms=True)
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("aroha")
    assert browser.at.heading == "Get a code by text message"
    browser.submit("/sms/send")
    first = site.claims(app, browser.submit("/sms", code=site.texted_code()))
    assert first["amr"] == ["pwd", "sms", "mfa"]
    again = browser.authorize(app)
    assert site.claims(app, again)["sid"] == first["sid"]
    stronger = browser.authorize(app, claims=app.essential(MFA_APP))
    assert stronger.heading == "Set up a second step"


def test_each_right_answer_leads_straight_to_the_next_page_and_the_last_to_the_application(
    site: Site,
) -> None:
    secret = site.secret()
    site.person("aroha", totp=secret)
    app = site.application()
    browser = site.browser()
    page = browser.authorize(app)
    base = page.url.removesuffix("/login")
    next_page = browser.post(base + "/password", username="aroha", password=PASSWORD).location
    assert next_page == base + "/totp"
    browser.open(next_page)
    finished = browser.post(next_page, code=site.code(secret)).location
    assert finished == base.replace("/interaction/", "/authorize/resume/")
    assert site.claims(app, browser.open(finished))["acr"] == MFA_APP
