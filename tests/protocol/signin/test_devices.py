"""The kind of browser a session was begun with, and the mail about one that is new."""

from pathlib import Path

import pytest

from idp import caller
from idp.store.db.statements import Statement
from idp.store.service import cleaning
from tests.protocol.sign_ins import signed_in
from tests.support.letters import delivered, kinds, newest
from tests.support.site import MFA, PASSWORD, Browser, Site

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
MOZILLA = "Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) %s"
NEW = "person:device:new"
DAY = 86400


def visit(site: Site, browser: Browser, user_agent: str = FIREFOX, name: str = "tane") -> str:
    """Sign in to the account page, after signing out if need be; return the page's heading."""
    browser.http.call_itself(user_agent)
    browser.http.set_cookie("")
    browser.open("/account/places")
    return browser.sign_in(name).heading


def counted(site: Site) -> int:
    with site.work() as work:
        return len(work.all(Statement("SELECT digest FROM device")))


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (FIREFOX, "Firefox on Windows"),
        (MOZILLA % ("X11; Linux x86_64", "Chrome/140.0.0.0 Safari/537.36"), "Chrome on Linux"),
        (
            MOZILLA % ("Windows NT 10.0", "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"),
            "Edge on Windows",
        ),
        (
            MOZILLA % ("Linux; Android 15; SM-S9", "SamsungBrowser/28 Chrome/130 Safari/537.36"),
            "Samsung Internet on Android",
        ),
        (
            MOZILLA % ("iPhone; CPU iPhone OS 18_5 like Mac OS X", "Version/18.5 Safari/604.1"),
            "Safari on iPhone",
        ),
        (
            MOZILLA % ("Macintosh; Intel Mac OS X 10_15_7", "Version/18.5 Safari/605.1.15"),
            "Safari on macOS",
        ),
        (MOZILLA % ("X11; CrOS x86_64 14541.0.0", "Chrome/140 Safari/537"), "Chrome on ChromeOS"),
        ("SomeApp/1.0 (Android 15)", "A browser on Android"),
        ("curl/8.9.1", None),
        ("<script>alert(1)</script>", None),
        ("", None),
    ],
)
def test_a_browser_is_called_what_people_call_it(user_agent: str, expected: str | None) -> None:
    assert caller.words(user_agent) == expected


def test_the_page_of_sessions_says_what_browser_and_from_where(site: Site) -> None:
    site.person("tane")
    browser = site.browser()
    assert visit(site, browser) == "Where you are signed in"
    text = browser.open("/account/places").text
    assert "Firefox on Windows" in text
    assert "127.0.0.1" in text


def test_a_session_keeps_the_words_it_began_with(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("tane", totp=secret)
    app = small_site.application()
    browser = small_site.browser()
    browser.http.call_itself(FIREFOX)
    browser.authorize(app)
    browser.sign_in("tane")
    if "/totp" in browser.at.url:
        browser.totp(secret)
    browser.http.call_itself(MOZILLA % ("Macintosh", "Safari/605.1.15"))
    browser.authorize(app, acr_values=MFA, max_age=0)
    browser.submit("/password", password=PASSWORD)
    assert "code" in browser.totp(secret).query
    assert "Firefox on Windows" in browser.open("/account/places").text


def test_what_a_browser_says_of_itself_is_shown_to_nobody(small_site: Site) -> None:
    small_site.person("tane")
    browser = small_site.browser()
    visit(small_site, browser, "Kākāpō/1 <b>Safari/1</b> Windows NT\u00a0")
    assert "Safari on Windows" in browser.open("/account/places").text
    assert "p\u014d" not in browser.at.text
    assert "<b>" not in browser.at.text


def test_the_first_sign_in_of_all_is_told_to_nobody(site: Site) -> None:
    site.person("tane")
    visit(site, site.browser())
    assert kinds(site) == []
    assert site.events(kind=NEW) == []
    assert counted(site) == 1


@pytest.mark.slow
def test_a_new_browser_is_told_to_the_person_once(site: Site) -> None:
    sub = site.person("tane")
    visit(site, site.browser())
    another = site.browser()
    visit(site, another)
    visit(site, another)
    assert kinds(site) == ["new-device"]
    body = newest(site, "new-device")["body"]
    assert "Where: Firefox on Windows, 127.0.0.1" in body
    (event,) = site.events(kind=NEW)
    assert (event.person_id, event.reason) == (sub, "Firefox on Windows")
    assert event.sid


def test_the_mail_names_the_application(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application("payroll")
    signed_in(small_site, app)
    signed_in(small_site, app)
    assert "Payroll" in newest(small_site, "new-device")["body"]
    assert small_site.events(kind=NEW)[0].client_id == "payroll"


def test_whoever_shares_a_browser_is_known_there_each_alone(small_site: Site) -> None:
    for name in ("tane", "mere"):
        small_site.person(name)
        visit(small_site, small_site.browser(), name=name)
    shared = small_site.browser()
    visit(small_site, shared, name="tane")
    visit(small_site, shared, name="mere")
    assert [mail["to"] for mail in delivered(small_site)] == [
        "tane@example.org",
        "mere@example.org",
    ]
    assert counted(small_site) == 4


def test_an_attempt_that_fails_makes_no_browser_known(small_site: Site) -> None:
    small_site.person("tane")
    browser = small_site.browser()
    browser.open("/account/")
    browser.sign_in("tane", "wrong")
    assert counted(small_site) == 0
    assert browser.http.device() is None


def test_the_cookie_is_only_for_this_and_its_value_is_not_stored(small_site: Site) -> None:
    small_site.person("tane")
    browser = small_site.browser()
    visit(small_site, browser)
    cookie = browser.http.device()
    assert cookie is not None
    assert len(cookie) == 22
    with small_site.work() as work:
        stored = work.all(Statement("SELECT digest FROM device"))
    assert cookie not in stored[0][0]
    browser.http.set_cookie("")
    assert browser.open("/account/").heading == "Sign in"


def test_a_cookie_of_somebody_elses_making_is_replaced(small_site: Site) -> None:
    small_site.person("tane")
    for value in ("x", "short", "é" * 22, "a" * 5000):
        answer = small_site.app.test_client().get(
            "/account/", headers={"Cookie": f"acrux-device={value}"}
        )
        assert answer.status_code == 303, value
    browser = small_site.browser()
    visit(small_site, browser)
    visit(small_site, browser)
    assert kinds(small_site) == []


@pytest.mark.slow
def test_a_browser_is_forgotten_after_400_days_without_use(site: Site) -> None:
    site.person("tane")
    used, unused = site.browser(), site.browser()
    visit(site, unused)
    visit(site, used)
    site.advance(399 * DAY)
    visit(site, used)
    site.advance(2 * DAY)
    with site.work() as work:
        while cleaning.clean(work, DAY):
            work.commit()
    assert counted(site) == 1
    before = len(site.events(kind=NEW))
    visit(site, used)
    assert len(site.events(kind=NEW)) == before
    visit(site, unused)
    assert len(site.events(kind=NEW)) == before + 1


def test_a_new_browser_is_noted_where_mail_is_off(tmp_path: Path) -> None:
    off = {"mail__backend": "off", "enrolment__proof": "none"}
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **off)
    site.person("tane")
    visit(site, site.browser())
    assert visit(site, site.browser()) == "Where you are signed in"
    assert len(site.events(kind=NEW)) == 1
    site.close()
