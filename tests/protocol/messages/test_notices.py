"""Notices: what, when and where, to the right people, with a way to say that it was not oneself."""

import re
from pathlib import Path
from typing import Any

import pytest

from idp import clock, moments
from idp.caller import Caller
from idp.messages import notices
from idp.messages.notices import Notice
from idp.store import people
from idp.store.db import Work
from tests.protocol.sign_ins import signed_in
from tests.protocol.signin.test_devices import FIREFOX
from tests.support.letters import choose, delivered, forget, kinds, link, mailed_link, newest
from tests.support.site import MFA, PASSWORD, Browser, Site, by_keyword
from tests.support.stand_ins.smtp import mail_server

NEW = "four quite unrelated walnut words"


def tell(
    site: Site,
    person_id: str,
    kind: Notice,
    *,
    address: str = "203.0.113.7",
    browser: str | None = None,
    **what: Any,
) -> Any:
    """Tell of something as the code that does it would."""
    with site.work() as work:
        work.caller = Caller(address=address, browser=browser)
        person = people.by_id(work, person_id)
        assert person
        return notices.tell(
            work, site.installation.post, site.installation.settings, person, kind, **what
        )


KINDS: dict[Notice, dict[str, Any]] = {
    Notice.FACTOR_ADDED: {"method_text": "passkey"},
    Notice.FACTOR_REMOVED: {"method_text": "passkey"},
    Notice.FACTOR_RENAMED: {"label": "blue key"},
    Notice.PASSWORD_CHANGED: {},
    Notice.PASSWORD_RESET: {},
    Notice.PHONE_CHANGED: {"old": "02*******", "new": ""},
    Notice.ADDRESS_CHANGED: {"old": "t***@example.org", "new": "r***@example.org"},
    Notice.RECOVERY_USED: {"left": 9},
    Notice.RECOVERY_MADE: {},
    Notice.SECOND_STEP_FAILED: {"client": "Payroll"},
    Notice.NEW_DEVICE: {"client": None},
    Notice.CHANGE_WAITS: {"removes": True, "method_text": "Passkey", "due_text": "tomorrow"},
    Notice.CHANGE_OPEN: {"method_text": "Passkey", "until_text": "Friday"},
    Notice.CHANGE_REFUSED: {"method_text": "Passkey"},
    Notice.DENIED: {"demanded": True, "outcome": ["Something was taken back."]},
}


@pytest.mark.slow
def test_every_kind_says_when_and_where_and_carries_a_link(small_site: Site) -> None:
    assert set(KINDS) == set(Notice)
    person = small_site.person("tane")
    for kind, what in KINDS.items():
        tell(small_site, person, kind, browser="Firefox on Windows", **what)
        mail = newest(small_site, kind)
        assert mail["to"] == "tane@example.org"
        assert "Hello Tane," in mail["body"]
        assert "\nWhere: Firefox on Windows, 203.0.113.7\n" in mail["body"]
        assert " UTC\n" in mail["body"]
        page = small_site.browser().open(link(small_site, mail["body"], "/n/"))
        assert page.heading == "Was this not you?"


@pytest.mark.slow
def test_a_change_by_an_operator_says_so(small_site: Site) -> None:
    person = small_site.person("tane")
    tell(small_site, person, Notice.PASSWORD_CHANGED, address="cli:root")
    body = delivered(small_site)[0]["body"]
    assert "Where: by the people who look after your account" in body
    assert "If you expected this, there is nothing to do." in body
    assert "If you did not expect this, someone else may" in body
    assert "was you" not in body, "it cannot have been the person"


def test_a_changed_number_is_told_to_both_numbers_and_by_mail(small_site: Site) -> None:
    person = small_site.person("tane")
    numbers = ("+64211234567", "+64217654321", "+64211234567")
    tell(
        small_site, person, Notice.PHONE_CHANGED, old="02*******", new="02*******", numbers=numbers
    )
    assert kinds(small_site) == ["phone-changed"]
    texts = delivered(small_site, "sms")
    assert {text["to"] for text in texts} == {"+64211234567", "+64217654321"}
    assert len(texts) == 2
    paths = {link(small_site, text["body"], "/n/") for text in texts}
    assert len(paths) == 2, "each has a link of its own"
    assert all(len(text["body"]) <= 160 for text in texts)


def test_a_changed_address_is_told_to_the_old_one_and_the_new(small_site: Site) -> None:
    person = small_site.person("tane")
    what = KINDS[Notice.ADDRESS_CHANGED]
    to = ("old@example.org", "new@example.org")
    tell(small_site, person, Notice.ADDRESS_CHANGED, addresses=to, **what)
    assert {mail["to"] for mail in delivered(small_site)} == set(to)


def test_nothing_is_told_of_a_change_that_was_undone(small_site: Site) -> None:
    person_id = small_site.person("tane")

    def change(work: Work) -> None:
        person = people.by_id(work, person_id)
        assert person
        notices.tell(
            *(work, small_site.installation.post, small_site.installation.settings, person),
            Notice.PASSWORD_CHANGED,
        )
        raise RuntimeError("undone")

    with pytest.raises(RuntimeError), small_site.work() as work:
        change(work)
    assert kinds(small_site) == []


def test_a_name_cannot_write_headers_or_paragraphs_of_its_own(tmp_path: Path) -> None:
    evil = "Tane\r\nBcc: all@evil.example\r\n\r\nOpen https://evil.example/ now"
    with mail_server() as server:
        settings = by_keyword(server.settings())
        settings["brand__name"] = "Acrux"
        site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **settings)
        try:
            with site.work() as work:
                person = people.add(work, username="tane", email="t@example.org", name=evil)
            tell(site, person, Notice.FACTOR_RENAMED, label=evil, browser=evil)
            assert site.installation.post.settle(30)
            [mail] = server.mails
            assert mail.recipients == ("t@example.org",)
            assert mail.message["Bcc"] is None
            assert mail.text.startswith("Hello Tane Bcc: all@evil.example Open https://evil")
            assert mail.html.count("<a ") == 1, "nothing of a name becomes a link"
            assert f'href="{site.issuer}/n/' in mail.html
        finally:
            site.close()


# -- a second step that failed


def at_second_step(site: Site) -> Any:
    browser = site.browser()
    browser.authorize(site.application())
    browser.sign_in("tane")
    return browser


def test_the_third_wrong_second_step_is_told_once(site: Site) -> None:
    site.person("tane", totp=site.secret())
    browser = at_second_step(site)
    for expected in (0, 0, 1, 1, 1, 1, 1):
        browser.submit("/totp", code="000000")
        assert kinds(site).count("sign-in-failed-second") == expected
    assert "Signing in to: App" in newest(site, "sign-in-failed-second")["body"]


def test_guesses_that_are_held_back_are_told_at_once(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    first = at_second_step(small_site)
    for _ in range(5):
        first.submit("/totp", code="000000")
    assert kinds(small_site) == ["sign-in-failed-second"]
    second = small_site.browser()
    second.authorize(small_site.application("other"))
    second.sign_in("tane")
    assert "Too many tries" in second.submit("/totp", code="000000").text
    assert kinds(small_site) == ["sign-in-failed-second"] * 2


def test_typing_errors_and_wrong_passwords_are_told_to_nobody(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("tane", totp=secret)
    browser = at_second_step(small_site)
    for _ in range(5):
        browser.submit("/totp", code="12345")
    browser.submit("/totp", code="000000")
    assert "code" in browser.totp(secret).query
    guesser = small_site.browser()
    guesser.authorize(small_site.application("other"))
    for _ in range(6):
        guesser.sign_in("tane", "wrong guess")
    assert kinds(small_site) == []


@pytest.mark.slow
def test_a_guesser_cannot_fill_a_mailbox(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    app = small_site.application()
    for number in range(6):
        small_site.advance(20 if number else 0)
        browser = small_site.browser()
        browser.authorize(app)
        browser.sign_in("tane")
        for _ in range(3):
            browser.submit("/totp", code="000000")
    found = kinds(small_site)
    assert set(found) == {"sign-in-failed-second"}
    assert len(found) <= 3


def test_a_factor_that_is_set_up_is_told_with_a_link(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application()
    browser = signed_in(small_site, app)
    browser.authorize(app, claims=app.essential(MFA))
    browser.enrol_totp()
    body = newest(small_site, "factor-added")["body"]
    assert "Added: Authenticator app" in body
    assert link(small_site, body, "/n/")


# -- where: which browser, and from what address


def browser_of(site: Site) -> Browser:
    """Return one that says what it is."""
    browser = site.browser()
    browser.http.call_itself(FIREFOX)
    return browser


def when_and_where(site: Site, kind: str) -> None:
    """Check that the newest mail of a kind says both."""
    body = newest(site, kind)["body"]
    assert f"\nWhen: {moments.minute(clock.now())}\n" in body
    assert "\nWhere: Firefox on Windows, 127.0.0.1\n" in body


@pytest.mark.parametrize("way", ["wrong", "cancel", "switch"])
def test_a_failed_second_step_is_told_with_browser_and_address(small_site: Site, way: str) -> None:
    small_site.person("tane", totp=small_site.secret())
    browser = browser_of(small_site)
    browser.authorize(small_site.application("payroll"))
    browser.sign_in("tane")
    if way == "wrong":
        for _ in range(3):
            browser.submit("/totp", code="000000")
    else:
        browser.post(browser.at.url.replace("/totp", f"/{way}"))
    when_and_where(small_site, "sign-in-failed-second")
    assert "\nSigning in to: Payroll\n" in newest(small_site, "sign-in-failed-second")["body"]


def test_a_factor_that_is_set_up_is_told_with_browser_and_address(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application()
    browser = browser_of(small_site)
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("tane")
    browser.enrol_totp()
    when_and_where(small_site, "factor-added")


@pytest.mark.slow
def test_a_changed_password_is_told_with_browser_and_address(small_site: Site) -> None:
    small_site.person("tane")
    browser = browser_of(small_site)
    browser.open("/account/password")
    browser.sign_in("tane")
    browser.submit("/password", current=PASSWORD, password=NEW)
    when_and_where(small_site, "password-changed")


def test_a_password_chosen_by_a_link_is_told_with_browser_and_address(small_site: Site) -> None:
    small_site.person("tane")
    forget(small_site, "tane")
    choose(small_site, mailed_link(small_site, "reset-link"), NEW, browser_of(small_site))
    when_and_where(small_site, "password-reset")


def test_a_demanded_password_is_told_with_browser_and_address(small_site: Site) -> None:
    secret = small_site.secret()
    person_id = small_site.person("tane", totp=secret)
    with small_site.work() as work:
        person = people.by_id(work, person_id)
        assert person
        assert small_site.installation.passwords.demand(work, person, "a test")
    browser = browser_of(small_site)
    browser.authorize(small_site.application())
    browser.sign_in("tane")
    assert browser.totp(secret).heading == "Choose a new password"
    browser.submit("/renew", password=NEW)
    when_and_where(small_site, "password-changed")


def test_a_factor_that_is_removed_is_told_with_when_and_from_where(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("tane", totp=secret, sms=True)
    browser = browser_of(small_site)
    browser.open("/account/ways")
    browser.sign_in("tane")
    page = browser.totp(secret)
    found = re.search(r'href="([^"]+)"\s+aria-label="Change or remove Text message"', page.text)
    assert found
    browser.open(found.group(1))
    browser.submit("/remove")
    body = newest(small_site, "factor-removed")["body"]
    assert "\nRemoved: Text message\n" in body
    assert f"\nWhen: {moments.minute(clock.now())}\n" in body
    assert re.search(r"\nWhere: \w+ on \w+, 127\.0\.0\.1\n", body)
