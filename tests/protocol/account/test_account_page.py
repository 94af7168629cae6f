"""The account page: one's own account in plain words, and the way out."""

import re
from html import unescape

import pytest

from idp import audit
from idp.audit import Event
from tests.protocol.command import Acrux
from tests.support.site import Answer, Site


def words(answer: Answer) -> str:
    """Return what a page says, without its markup."""
    main = answer.text.partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


@pytest.mark.slow
def test_a_password_alone_is_said_to_be_weak(site: Site) -> None:
    site.person("aroha")
    browser = site.browser()
    browser.open("/account/")
    page = browser.sign_in("aroha")
    assert page.heading == "Your account"
    assert "Your account is protected by your password alone." in words(page)
    assert "Aroha" in words(page)
    assert "aroha@example.org" in words(page)
    assert "02*******" in words(page)
    assert "+64211234567" not in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_what_is_set_up_is_listed(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret, sms=True)
    browser = site.browser()
    browser.open("/account/")
    browser.sign_in("tane")
    page = browser.totp(secret)
    said = words(page)
    assert "by your password and a second step: an authenticator app or text messages." in said
    for title in ("Password", "Authenticator app", "Text message"):
        assert f"{title} Last used" in said or f"{title} Not used yet" in said
    assert secret not in page.text


@pytest.mark.slow
def test_activity_is_told_in_plain_words_and_is_ones_own(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("aroha")
    site.person("tane")
    app = site.application("payroll")
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("aroha", "not the password of aroha")
    site.claims(app, browser.sign_in("aroha"))
    other = site.browser()
    other.open("/account/")
    other.sign_in("tane", "not the password of tane")
    acrux("user", "enrol-totp", "tane")
    said = words(browser.open("/account/"))
    activity = said.partition("Recent activity")[2]
    assert "You signed in: Payroll" in activity
    assert "A password or code did not match: Payroll" in activity
    assert activity.count("A password or code") == 1
    assert "A way to sign in was added" not in activity
    assert ":sign-in:" not in said
    assert "token" not in activity


def test_only_the_last_ten_are_shown(small_site: Site) -> None:
    sub = small_site.person("aroha")
    browser = small_site.browser()
    browser.open("/account/")
    browser.sign_in("aroha")
    with small_site.work() as work:
        for _ in range(12):
            audit.record(work, Event.CONSENT_GIVEN, person=sub)
            audit.record(work, Event.TOKEN_REFRESHED, person=sub)
    page = browser.open("/account/")
    assert page.text.count('<li class="happened">') == 10
    assert "You signed in" not in words(page)


@pytest.mark.slow
def test_signing_out_ends_the_session_and_what_was_authorized_in_it(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    token = site.redeem(app, browser.sign_in("aroha").query["code"]).json["access_token"]
    cookie = browser.http.cookies()["acrux"]
    browser.open("/account/")
    out = browser.submit("/end_session")
    assert (out.url, out.heading) == ("/end_session", "Signed out")
    assert browser.http.cookies().get("acrux", "") == ""
    header = {"Authorization": f"Bearer {token}"}
    assert site.client().send("GET", "/userinfo", headers=header).status == 401
    thief = site.browser()
    thief.http.set_cookie(cookie)
    assert thief.open("/account/").heading == "Sign in"
    assert len(site.events(kind="person:session:ended")) == 1


def test_a_foreign_page_cannot_sign_anybody_out(small_site: Site) -> None:
    small_site.person("aroha")
    browser = small_site.browser()
    browser.open("/account/")
    browser.sign_in("aroha")
    for form in ({}, {"csrf_token": ""}, {"csrf_token": "x" * 43}):
        answer = browser.http.send("POST", "/end_session", form)
        assert "logout-confirm" in answer.text, "it asks"
    assert browser.open("/account/").heading == "Your account"
