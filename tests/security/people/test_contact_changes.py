"""No one moves another's address or number; no code counts for what it was not sent for."""

import re

import pytest

from tests.protocol.account.details import (
    DETAILS,
    EMAIL,
    NEW_EMAIL,
    NEW_PHONE,
    PHONE,
    PROVE_NUMBER,
    SHOWN,
    change,
    changed,
    code,
    profile,
    signed_in,
    wish,
)
from tests.protocol.account.test_account_details import words
from tests.protocol.command import Acrux
from tests.security.serving.crowd import base
from tests.support.letters import delivered, kinds, mailed_link, newest
from tests.support.site import Site


@pytest.fixture
def secret(site: Site) -> str:
    found = site.secret()
    site.person("mere", totp=found)
    return found


def unchanged(site: Site, name: str = "mere") -> None:
    person = profile(site, name)
    assert (person.email, person.phone) == (f"{name}@example.org", "+64211234567")
    assert not changed(site, "address")
    assert not changed(site, "number")


# -- anyone who has only the password, or only an open browser


@pytest.mark.parametrize("path", [EMAIL, PHONE])
def test_a_password_alone_moves_nothing(site: Site, path: str) -> None:
    site.person("mere")
    thief = signed_in(site)
    thief.open(path)
    thief.submit(path, value=NEW_EMAIL if path == EMAIL else NEW_PHONE)
    assert thief.at.heading == "First we check that it is you"
    where = base(thief)
    assert thief.get(f"{where}/contact").location == where
    assert thief.post(f"{where}/contact/send").location == where
    assert thief.post(f"{where}/contact", code="123456").location == where
    assert [m["to"] for m in delivered(site)] == ["mere@example.org"]
    assert not delivered(site, "sms")
    unchanged(site)


@pytest.mark.parametrize("path", [EMAIL, PHONE])
def test_a_password_moves_nothing_where_there_is_a_second_step(
    site: Site, secret: str, path: str
) -> None:
    browser = signed_in(site, secret)
    site.advance(301)
    browser.open(DETAILS)
    browser._follow(browser.post(path, value=NEW_EMAIL if path == EMAIL else NEW_PHONE))
    assert browser.sign_in("mere").heading == "Enter the code from your app"
    where = base(browser)
    assert browser.post(f"{where}/contact/send").location == where
    assert not delivered(site)
    unchanged(site)


def test_an_open_browser_moves_nothing_after_five_minutes(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    wish(browser, PHONE, NEW_PHONE)
    browser.submit("/contact/send")
    right = code(site, "sms")
    site.advance(301)
    assert browser.submit("/contact", code=right).heading == "Sign in"
    unchanged(site)


# -- codes


def test_a_code_counts_once_and_in_its_own_sign_in_alone(site: Site, secret: str) -> None:
    first, second = signed_in(site, secret), signed_in(site, secret)
    wish(first, EMAIL, NEW_EMAIL)
    first.submit("/contact/send")
    right = code(site, "mail")
    wish(second, EMAIL, NEW_EMAIL)
    site.advance(61)
    second.submit("/contact/send")
    assert second.submit("/contact", code=right).status == 400
    unchanged(site)
    page = first.at.url
    first.submit("/contact", code=right)
    assert profile(site).email == NEW_EMAIL
    assert first.post(page, code=right).status == 400
    assert len(changed(site, "address")) == 1


def test_two_tabs_with_two_wishes_do_not_mix(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    wish(browser, PHONE, NEW_PHONE)
    browser.submit("/contact/send")
    number = browser.at
    right = code(site, "sms")
    wish(browser, EMAIL, NEW_EMAIL)
    assert (
        browser.submit("/contact", code=right).status == 400 if "otp" in browser.at.text else True
    )
    browser.submit("/contact/send")
    assert browser.submit("/contact", code=right).status == 400, "it went to the number"
    browser.submit("/contact", code=code(site, "mail"))
    assert (profile(site).email, profile(site).phone) == (NEW_EMAIL, "+64211234567")
    browser.at = number
    browser.submit("/contact", code=right)
    assert profile(site).phone == NEW_PHONE


def test_a_code_to_the_new_number_does_not_stand_for_the_old(site: Site) -> None:
    """The thief has the password and a phone of their own; the owner's number is set up."""
    site.person("mere", sms=True)
    browser = signed_in(site)
    wish(browser, PHONE, NEW_PHONE)
    browser.submit("/contact/send")
    right = code(site, "sms")
    where = base(browser)
    assert browser.post(f"{where}/sms", code=right).location == where
    thief = site.browser()
    thief.open("/account/")
    thief.sign_in("mere")
    assert thief.submit("/sms/send").status == 200
    assert thief.submit("/sms", code=right).status == 400
    old = site.texted_code()
    assert browser.submit("/contact", code=old).status == 400
    unchanged(site)


def test_a_code_that_was_on_its_way_to_the_old_number_is_worth_nothing_afterwards(
    site: Site,
) -> None:
    """The phone was stolen, and a sign-in waits with it when the owner takes another number."""
    site.person("mere", sms=True)
    owner = signed_in(site)
    thief = site.browser()
    thief.open("/account/")
    thief.sign_in("mere")
    site.advance(61)
    thief.submit("/sms/send")
    stolen = site.texted_code()
    change(site, owner, PHONE, NEW_PHONE)
    assert thief.submit("/sms", code=stolen).status == 400


def test_wrong_codes_are_held_back(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    wish(browser, EMAIL, NEW_EMAIL)
    browser.submit("/contact/send")
    right = code(site, "mail")
    for number in range(5):
        assert (
            browser.submit("/contact", code=f"{(int(right) + 1 + number) % 10**6:06d}").status
            == 400
        )
    answer = browser.submit("/contact", code=right)
    assert "Too many tries" in words(answer)
    unchanged(site)
    held = site.events(kind="person:factor:held-back")[0]
    assert (held.reason or "").startswith("new-address-code")
    other = signed_in(site, secret)
    assert other.at.heading == SHOWN, "it holds back nothing else"
    assert "new-address-code" in Acrux(site.environ)("user", "release", "mere")
    assert browser.submit("/contact", code=right).heading in (SHOWN, "Sign out everywhere else?")


def test_junk_is_no_guess_and_no_fault(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    wish(browser, EMAIL, NEW_EMAIL)
    browser.submit("/contact/send")
    for junk in ("", "12345", "１２３４５６", "a" * 5000, "12\x0034", "12\r\n3456x"):
        assert browser.submit("/contact", code=junk).status == 400, junk
    assert browser.submit("/contact", code=code(site, "mail")).status == 200
    assert profile(site).email == NEW_EMAIL


# -- other people


def without_seconds(text: str) -> str:
    """Return a page's words but for how long it is until the next code: that runs meanwhile."""
    return re.sub(r"\d+ seconds?", "some seconds", text)


def test_nothing_tells_that_an_address_is_anothers_but_its_owner_hears_of_it(
    site: Site, secret: str
) -> None:
    site.person("tane")
    browser = signed_in(site, secret)
    free = words(wish(browser, EMAIL, "free@example.org"))
    free_sent = words(browser.submit("/contact/send"))
    site.advance(61)
    taken = words(wish(browser, EMAIL, "tane@example.org"))
    taken_sent = words(browser.submit("/contact/send"))
    assert taken == free.replace("free@", "tane@")
    assert without_seconds(taken_sent) == without_seconds(free_sent.replace("free@", "tane@"))
    letter = newest(site, "address-taken")
    assert letter["to"] == "tane@example.org"
    assert "It is yours already, so nothing has changed" in letter["body"]
    assert "mere" not in letter["body"].lower()
    assert "http" not in letter["body"]
    assert "new-address-code" not in [m["kind"] for m in delivered(site) if m["to"] == letter["to"]]
    for guess in ("000000", "123456"):
        answer = browser.submit("/contact", code=guess)
        assert "didn't match" in words(answer)
    assert profile(site).email == "mere@example.org"
    assert profile(site, "tane").email == "tane@example.org"


def test_a_wish_is_its_own_persons_and_no_others(site: Site, secret: str) -> None:
    """The browser is handed to someone else half-way: what was wished there is not theirs."""
    other = site.secret()
    site.person("tane", totp=other)
    browser = signed_in(site, secret)
    wish(browser, PHONE, NEW_PHONE)
    browser.submit("/contact/send")
    right = code(site, "sms")
    where = base(browser)
    browser._follow(browser.post(f"{where}/switch"))
    browser.sign_in("tane")
    assert browser.at.heading == "Sign in", "for another account than tane's"
    assert browser.post(f"{where}/contact", code=right).location == where
    assert browser.post(f"{where}/contact/send").location == where
    browser.open(where)
    assert browser.sign_in("mere").heading == PROVE_NUMBER
    answer = browser.post(f"{where}/contact", code=right)
    assert answer.status == 400, "what was sent before the switch is dropped"
    unchanged(site)
    assert profile(site, "tane").phone == "+64211234567"


def test_another_browser_cannot_use_the_page(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    wish(browser, EMAIL, NEW_EMAIL)
    browser.submit("/contact/send")
    stranger = site.browser()
    stranger.open("/account/")
    for tail in ("/contact", "/contact/send"):
        assert stranger.post(base(browser) + tail, code=code(site, "mail")).status == 400
    foreign = browser.http.send("POST", base(browser) + "/contact", {"code": code(site, "mail")})
    assert foreign.status in (400, 403), "without the page's own token"
    unchanged(site)


# -- half-way


def test_somebody_who_is_switched_off_half_way_changes_nothing(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    wish(browser, EMAIL, NEW_EMAIL)
    browser.submit("/contact/send")
    page, right = browser.at.url, code(site, "mail")
    Acrux(site.environ)("user", "disable", "mere")
    assert browser.post(page, code=right).status < 500
    assert profile(site).email == "mere@example.org"
    assert not changed(site, "address")


def test_whoever_says_not_me_in_a_code_ends_the_change(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    wish(browser, EMAIL, NEW_EMAIL)
    browser.submit("/contact/send")
    page, right = browser.at.url, code(site, "mail")
    path = mailed_link(site, "new-address-code", "/n/")
    owner = site.browser()
    owner.open(path)
    owner.submit(path)
    assert browser.post(page, code=right).status < 500
    unchanged(site)


def test_a_factor_taken_away_half_way_is_missed(site: Site) -> None:
    site.person("mere", sms=True)
    browser = signed_in(site)
    wish(browser, PHONE, NEW_PHONE)
    browser.submit("/contact/send")
    page, right = browser.at.url, code(site, "sms")
    Acrux(site.environ)("user", "reset-factor", "mere", "sms")
    browser.post(page, code=right)
    unchanged(site)


def test_the_old_mailbox_may_still_say_not_me(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    change(site, browser, EMAIL, NEW_EMAIL)
    told = [m for m in delivered(site) if m["kind"] == "address-changed"]
    old = next(m for m in told if m["to"] == "mere@example.org")
    path = "/n/" + old["body"].partition("/n/")[2].split()[0]
    owner = site.browser()
    owner.open(path)
    owner.submit(path)
    assert browser.open(DETAILS).heading == "Sign in"
    assert kinds(site).count("denied") == 1
