"""A password changed with the present one, and one that is demanded in a sign-in."""

from typing import Any

import pytest

from idp.authenticators.base import Rejected
from idp.language import english
from idp.store import next_sign_in, people
from tests.protocol.sign_ins import authorized, signed_in
from tests.support.letters import choose, kinds, mailed_link
from tests.support.site import PASSWORD, Browser, Site

NEW = "harbour lantern sixpence moss"


def change(site: Site, browser: Browser, current: str, new: str) -> Rejected | None:
    """Change a password as the account page does, in a browser that is signed in."""
    who = authorized(site, browser)
    with site.work() as work:
        return site.installation.passwords.change(work, who, current, new)


def at_the_account(site: Site) -> Browser:
    browser = site.browser()
    browser.open("/account/")
    assert browser.sign_in("tane").heading == "Your account"
    return browser


def demand(site: Site, person_id: str) -> None:
    """Have a new password demanded, as an operator does."""
    with site.work() as work:
        person = people.by_id(work, person_id)
        assert person
        assert site.installation.passwords.demand(work, person, "demanded by an operator")


# -- changed


def test_the_present_password_changes_it_and_the_person_is_told(site: Site) -> None:
    person = site.person("tane")
    app = site.application()
    browser = signed_in(site, app)
    assert change(site, browser, PASSWORD, NEW) is None
    assert kinds(site) == ["password-changed"]
    [event] = site.events(kind="person:password:changed")
    assert (event.person_id, event.reason) == (person, "with the current one")
    assert "code" in browser.authorize(app, prompt="none").query, "one's own session goes on"
    assert "code" not in site.browser().authorize(app).query
    other = site.browser()
    other.authorize(app)
    other.sign_in("tane", PASSWORD)
    assert "code" in other.sign_in("tane", NEW).query


@pytest.mark.parametrize(
    ("current", "new", "says"),
    [
        ("", NEW, "Type the password you have now"),
        ("wrong guess", NEW, "not the password you have now"),
        (PASSWORD, PASSWORD, "That is the password you have now"),
        (PASSWORD, "short", "Use at least 15"),
        (PASSWORD, "", "Use at least 15"),
    ],
)
def test_a_change_that_cannot_be_is_explained_and_changes_nothing(
    small_site: Site, current: str, new: str, says: str
) -> None:
    small_site.person("tane")
    rejected = change(small_site, at_the_account(small_site), current, new)
    assert rejected is not None
    assert says in english(rejected.message)
    assert kinds(small_site) == []
    assert signed_in(small_site, small_site.application())


@pytest.mark.slow
def test_guesses_at_the_present_password_are_counted_with_those_at_the_sign_in(
    small_site: Site,
) -> None:
    small_site.person("tane")
    owner = at_the_account(small_site)
    for _ in range(5):
        change(small_site, owner, "wrong guess", NEW)
    held = change(small_site, owner, PASSWORD, NEW)
    assert held is not None
    assert "Too many tries" in english(held.message)
    browser = small_site.browser()
    browser.authorize(small_site.application())
    assert "Too many tries" in browser.sign_in("tane").text


@pytest.mark.slow
def test_a_success_forgets_the_guesses_before_it(small_site: Site) -> None:
    small_site.person("tane")
    owner = at_the_account(small_site)
    for _ in range(4):
        change(small_site, owner, "wrong guess", NEW)
    assert change(small_site, owner, PASSWORD, NEW) is None
    for _ in range(4):
        rejected = change(small_site, owner, "wrong guess", NEW)
        assert rejected
        assert "Too many" not in english(rejected.message)


# -- demanded


@pytest.mark.slow
def test_a_demanded_password_is_chosen_after_all_factors(site: Site) -> None:
    secret = site.secret()
    person = site.person("tane", totp=secret)
    app = site.application()
    before = signed_out(site, app, secret)
    demand(site, person)
    assert before.authorize(app, prompt="none").query["error"] == "login_required"
    browser = site.browser()
    browser.authorize(app)
    assert browser.sign_in("tane").heading.startswith("Enter the code")
    page = browser.totp(secret)
    assert page.heading == "Choose a new password"
    assert page.url.endswith("/renew")
    same = browser.submit("/renew", password=PASSWORD)
    assert (same.status, "the password you have now" in same.text) == (400, True)
    assert browser.submit("/renew", password="short").status == 400
    assert browser.submit("/renew", password="").status == 400
    assert "code" in browser.submit("/renew", password=NEW).query
    assert "password-changed" in kinds(site)
    again = site.browser()
    again.authorize(app)
    again.sign_in("tane", NEW)
    assert "code" in again.totp(secret).query, "it is demanded once"


def signed_out(site: Site, app: Any, secret: str) -> Any:
    """Return a browser in which tane has signed in with both steps."""
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    assert "code" in browser.totp(secret).query
    return browser


@pytest.mark.slow
def test_whoever_knows_nothing_but_the_old_password_cannot_choose_the_new_one(
    site: Site,
) -> None:
    person = site.person("tane")
    demand(site, person)
    app = site.application()
    thief = site.browser()
    thief.authorize(app)
    page = thief.sign_in("tane")
    assert page.heading == "Choose a new password"
    assert 'name="password"' not in page.text
    refused = thief.post(page.url, password="a password of the thief himself")
    assert refused.status == 400
    sent = thief.submit("/renew/send")
    assert "We sent a link to t***@example.org" in sent.text
    owner = site.browser()
    choose(site, mailed_link(site, "reset-link"), NEW, owner)
    assert thief.authorize(app).heading == "Sign in"
    owner.authorize(app)
    assert "code" in owner.sign_in("tane", NEW).query


@pytest.mark.slow
def test_mails_of_a_demanded_password_are_few(small_site: Site) -> None:
    person = small_site.person("tane")
    demand(small_site, person)
    browser = small_site.browser()
    browser.authorize(small_site.application())
    browser.sign_in("tane")
    for _ in range(6):
        assert browser.submit("/renew/send").status == 200
    held = browser.submit("/renew/send")
    assert (held.status, "Use the newest one" in held.text) == (400, True)


def test_the_page_of_a_new_password_shows_only_when_one_is_demanded(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    browser = small_site.browser()
    at = browser.authorize(small_site.application()).url.removesuffix("/login")
    for path in ("/renew", "/renew/sent"):
        assert browser.open(at + path).heading == "Sign in"
    browser.sign_in("tane")
    answer = browser.post(at + "/renew", password=NEW)
    assert answer.status == 303
    answer = browser.post(at + "/renew/send")
    assert answer.status == 303
    assert not small_site.events(kind="person:password:changed")
    assert kinds(small_site) == []


def test_without_a_confirmed_address_the_new_one_is_chosen_in_the_sign_in(
    small_site: Site,
) -> None:
    person = small_site.person("tane", verified=False)
    demand(small_site, person)
    browser = small_site.browser()
    browser.authorize(small_site.application())
    browser.sign_in("tane")
    assert "code" in browser.submit("/renew", password=NEW).query


def test_silent_sign_in_tells_that_a_page_is_needed(small_site: Site) -> None:
    secret = small_site.secret()
    person = small_site.person("tane", totp=secret)
    app = small_site.application()
    browser = signed_out(small_site, app, secret)
    with small_site.work() as work:
        next_sign_in.demand_password(work, person, True)
    error = browser.authorize(app, prompt="none").query["error"]
    assert error in ("interaction_required", "login_required")
