"""Sessions and applications on the account page."""

import json
import re

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
    assert page.text.count("Sign out this device") == 1
    about = re.findall(r'aria-describedby="(place-\d)"', page.text)
    assert [page.text.count(f'id="{ident}"') for ident in about] == [1], "of which it is said"
    assert 'class="tag">Here<' in page.text.replace("\n", "")
    assert here.submit("/end").text.count("Sign out this device") == 0
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


@pytest.mark.slow
def test_all_others_are_ended_at_once_and_this_one_goes_on(site: Site) -> None:
    site.person("mere")
    stranger = site.browser()
    stranger.open("/account/places")
    stranger.sign_in("mere")
    elsewhere, here = [signed_in(site) for _ in range(3)], signed_in(site)
    page = here.open("/account/places")
    assert page.text.count("Sign out this device") == 3
    page = here.submit("/places/end-others")
    assert page.heading == "Where you are signed in"
    assert page.text.count("Sign out this device") == 0
    assert [b.open("/account/places").heading for b in elsewhere] == ["Sign in"] * 3
    assert here.open("/account/places").heading == "Where you are signed in"
    assert stranger.open("/account/places").heading == "Where you are signed in"
    [ended] = site.events(kind="person:session:ended")
    assert ended.reason == "signed out everywhere else"
    assert json.loads(ended.data or "")["sessions"] == 3


def seen_by(browser: Browser) -> dict[str, list[str]]:
    """Return what the page says that each application was allowed."""
    page = browser.open("/account/applications").text.partition('<ul class="rows">')[2]
    found = {}
    for part in page.split("<strong>")[1:]:
        row = part.partition("</form>")[0]
        found[row.partition("<")[0]] = re.findall(r"<li>([^<]*)</li>", row)
        assert ("You allowed it to:" in row) == ("<li>" in row)
    return found


def allow(site: Site, browser: Browser, name: str, **asked: str) -> Browser:
    """Let an application have what it asks for."""
    browser.authorize(site.application(name, first_party=False), **asked)
    if browser.at.heading == "Sign in":
        browser.sign_in("tane")
    assert "code" in browser.submit("/consent", decision="allow").query
    return browser


@pytest.mark.slow
def test_each_application_is_shown_with_what_it_was_allowed_and_nothing_else(site: Site) -> None:
    browser = allow(site, site.browser(), "board", scope="openid email offline_access")
    allow(site, browser, "crew", scope="openid profile phone")
    allow(site, browser, "dock", scope="openid")
    single = json.dumps({"userinfo": {"birthdate": None}, "id_token": {"email_verified": None}})
    allow(site, browser, "ease", scope="openid address", claims=single)
    assert seen_by(browser) == {
        "Board": ["See your e-mail address", "Stay connected when you are not there"],
        "Crew": ["See your name and profile", "See your phone number"],
        "Dock": [],
        "Ease": [
            "See your postal address",
            "See your date of birth",
            "See whether your e-mail address is confirmed",
        ],
    }
