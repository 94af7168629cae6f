"""Sessions and applications on the account page."""

import re
from html import unescape

import pytest

from tests.support.site import Browser, Site


@pytest.fixture(autouse=True)
def tane(site: Site) -> str:
    return site.person("tane")


def signed_in(site: Site) -> Browser:
    browser = site.browser()
    browser.open("/account/places")
    assert browser.sign_in("tane").heading == "Where you are signed in"
    return browser


def test_another_session_is_ended_from_here_and_never_this_one(site: Site) -> None:
    elsewhere, here = signed_in(site), signed_in(site)
    page = here.open("/account/places")
    assert page.text.count("Sign out there") == 1
    assert 'class="tag">Here<' in page.text.replace("\n", "")
    assert here.submit("/end").text.count("Sign out there") == 0
    assert elsewhere.open("/account/places").heading == "Sign in"
    assert here.open("/account/places").heading == "Where you are signed in"


def test_nobody_ends_the_session_of_another(site: Site) -> None:
    site.person("mere")
    other = site.browser()
    other.open("/account/places")
    other.sign_in("mere")
    here, elsewhere = signed_in(site), signed_in(site)
    action, _ = here.open("/account/places").form("/end")
    other.post(action)
    assert elsewhere.open("/account/places").heading == "Where you are signed in"
    assert here.open("/account/places").heading == "Where you are signed in"


def test_a_consent_is_withdrawn_with_all_that_came_of_it(site: Site) -> None:
    app = site.application("board", first_party=False)
    browser = site.browser()
    browser.authorize(app, scope="openid email offline_access", prompt="consent")
    browser.sign_in("tane")
    code = browser.submit("/consent", decision="allow").query["code"]
    token = site.redeem(app, code).json
    page = browser.open("/account/applications")
    assert "Board" in page.text
    assert "See your e-mail address" in page.text
    assert "See your name" not in page.text
    assert "Board" not in browser.submit("/withdraw").text.partition("</h1>")[2]
    assert site.refresh(app, token["refresh_token"]).status == 400
    assert browser.authorize(app).heading.startswith("Let Board in")
    assert site.events(kind="person:consent:withdrawn")[0].client_id == "board"


def test_all_others_are_ended_at_once_and_this_one_goes_on(site: Site) -> None:
    site.person("mere")
    stranger = site.browser()
    stranger.open("/account/places")
    stranger.sign_in("mere")
    elsewhere, here = [signed_in(site) for _ in range(3)], signed_in(site)
    page = here.open("/account/places")
    assert page.text.count("Sign out there") == 3
    page = here.submit("/places/end-others")
    assert page.heading == "Where you are signed in"
    assert page.text.count("Sign out there") == 0
    assert [b.open("/account/places").heading for b in elsewhere] == ["Sign in"] * 3
    assert here.open("/account/places").heading == "Where you are signed in"
    assert stranger.open("/account/places").heading == "Where you are signed in"
    ended = site.events(kind="person:session:ended")
    assert [event.reason for event in ended] == ["signed out from elsewhere"] * 3


def seen_by(browser: Browser) -> dict[str, str]:
    """Return what the page says that each application sees."""
    page = browser.open("/account/applications")
    rows = re.findall(r"<li>\s*<p><strong>([^<]*)</strong>(.*?)</li>", page.text, re.S)
    told = {name: " ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for name, row in rows}
    return {
        name: text.partition(" · sees ")[2].partition(" Withdraw from ")[0]
        for name, text in told.items()
    }


def allow(site: Site, browser: Browser, name: str, **asked: str) -> Browser:
    """Let an application have what it asks for."""
    browser.authorize(site.application(name, first_party=False), **asked)
    if browser.at.heading == "Sign in":
        browser.sign_in("tane")
    assert "code" in browser.submit("/consent", decision="allow").query
    return browser


def test_each_application_is_shown_with_what_it_was_allowed_and_nothing_else(site: Site) -> None:
    browser = allow(site, site.browser(), "board", scope="openid email offline_access")
    allow(site, browser, "crew", scope="openid profile phone")
    allow(site, browser, "dock", scope="openid")
    assert seen_by(browser) == {
        "Board": "your e-mail address, all of this also when you are not there",
        "Crew": "your name and profile, your phone number",
        "Dock": "",
    }
