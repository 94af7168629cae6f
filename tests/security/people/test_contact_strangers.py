"""What strangers and their counters could make of another's address or number: nothing."""

import re

from tests.protocol.account.details import EMAIL, PHONE, change, signed_in, wish
from tests.protocol.messages.verified import small, with_code
from tests.security.people.test_contact_abuse import (
    NUMBER,
    ask_forgot,
)
from tests.support.letters import kinds, newest
from tests.support.site import Site
from tests.support.stand_ins.twilio import FakeTwilio

__all__ = ["small"]


def test_a_wish_does_not_tell_whether_an_address_has_an_account(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("mere", totp=secret)
    small_site.person("victim")
    per_hour = small_site.installation.settings.mail.per_hour
    seen = []
    for address in ("victim@example.org", "nobody@example.org"):
        ask_forgot(small_site, address, per_hour)
        browser = signed_in(small_site, secret)
        wish(browser, EMAIL, address)
        seen.append(browser.submit("/contact/send").heading)
    assert seen[0] == seen[1]


def test_wishes_for_anothers_number_or_address_use_up_none_of_their_messages(
    small_site: Site,
) -> None:
    secret = small_site.secret()
    small_site.person("mere", totp=secret)
    small_site.person("victim", sms=True, phone=NUMBER)
    for what, to in ((PHONE, NUMBER), (EMAIL, "victim@example.org")):
        answers_ = []
        for _ in range(6):
            browser = signed_in(small_site, secret)
            wish(browser, what, to)
            answers_.append(browser.submit("/contact/send").status)
        assert answers_.count(200) <= 3, "three in an hour, whoever wishes"
    victim = small_site.browser()
    victim.open("/account/details")
    victim.sign_in("victim")
    assert victim.submit("/sms/send").status == 200
    ask_forgot(small_site, "victim")
    assert kinds(small_site).count("reset-link") == 1


def test_a_wish_never_calls_off_the_verification_of_somebody_else(
    small: Site, twilio: FakeTwilio
) -> None:
    secret = small.secret()
    small.person("mere", totp=secret)
    small.person("victim", sms=True, phone=NUMBER)
    victim = with_code(small, small.application(), "victim")
    right = twilio.verify.newest_code()
    browser = signed_in(small, secret)
    wish(browser, PHONE, NUMBER)
    page = browser.submit("/contact/send")
    assert page.status == 400
    assert re.search(r"You can try again at \d\d:\d\d UTC\.", page.text)
    assert "code" in victim.submit("/sms", code=right).query


def test_ones_own_address_forgives_no_guesses_at_anothers(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("mere", totp=secret)
    browser = signed_in(small_site, secret)
    wish(browser, EMAIL, "boss@corp.example")
    browser.submit("/contact/send")
    for number in range(5):
        browser.submit("/contact", code=f"{number:06d}")
    small_site.advance(120)
    browser = signed_in(small_site, secret)
    assert change(small_site, browser, EMAIL, "own@example.org")
    browser = signed_in(small_site, secret, "own@example.org")
    wish(browser, EMAIL, "boss@corp.example")
    browser.submit("/contact/send")
    browser.submit("/contact", code="000006")
    assert "Too many tries" in browser.submit("/contact", code="000007").text


def test_a_mail_to_a_stranger_has_no_words_of_the_sender(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("mere", totp=secret)
    browser = signed_in(small_site, secret)
    prize = "your prize waits at https://evil.example/win"
    browser.submit("/account/details", name=prize, language="")
    wish(browser, EMAIL, "stranger@elsewhere.example")
    browser.submit("/contact/send")
    body = newest(small_site, "new-address-code")["body"]
    assert body.startswith("Hello,\n")
    assert "evil" not in body
