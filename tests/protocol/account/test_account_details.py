"""A person's details: name and language at once, an address once a code proved it."""

import re
from pathlib import Path

import pytest

from tests.protocol.account.details import (
    DETAILS,
    EMAIL,
    NEW_EMAIL,
    PHONE,
    PROVE_ADDRESS,
    SHOWN,
    change,
    changed,
    chosen_here,
    code,
    profile,
    signed_in,
    wish,
)
from tests.protocol.account.test_account_page import words
from tests.protocol.people.factors.setting_up import secret_of, step_note
from tests.support.letters import delivered, kinds, mailed_link, newest
from tests.support.site import MFA, Site

# -- name and language


@pytest.mark.slow
def test_name_and_language_change_at_once_and_are_recorded(site: Site) -> None:
    site.person("mere")
    browser = signed_in(site)
    page = browser.submit(DETAILS, name="  Mere   Te Rangi ", language="mi")
    assert page.status == 200
    person = profile(site)
    assert (person.name, person.locale) == ("Mere Te Rangi", "mi")
    assert chosen_here(browser) == "mi"
    assert page.headers["Content-Language"] == "mi"
    (event,) = changed(site, "profile")
    assert event.reason == "name and language, by the person"
    browser.submit(DETAILS, name="Mere Te Rangi", language="mi")
    assert len(changed(site, "profile")) == 1, "nothing was changed"
    browser.submit(DETAILS, name="Mere Te Rangi", language="")
    assert profile(site).locale is None
    assert chosen_here(browser) is None
    assert browser.open(DETAILS).headers["Content-Language"] == "en-NZ"
    assert not delivered(site)


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 201, "Mere\x1b[2J", "Mere\u202egnahc", "Mere\x00", "null"]
)
def test_a_name_that_cannot_be_is_refused_and_shown_again(small_site: Site, name: str) -> None:
    small_site.person("mere")
    browser = signed_in(small_site)
    answer = browser.submit(DETAILS, name=name, language="de")
    assert answer.status == 400
    chosen = re.findall(r'<option value="(\w*)"[^>]*\bselected', answer.text)
    assert chosen == ["de"], "what was chosen stays"
    assert "Type the name that pages and messages are to call you" in words(answer)
    assert profile(small_site).name == "Mere"


def test_a_name_with_line_breaks_is_one_line_in_every_mail(small_site: Site) -> None:
    small_site.person("mere")
    browser = signed_in(small_site)
    browser.submit(DETAILS, name="Mere\r\nBcc: tane@example.org\r\n\r\nPay me", language="")
    assert profile(small_site).name == "Mere Bcc: tane@example.org Pay me"
    wish(browser, EMAIL, NEW_EMAIL)
    mail = newest(small_site, "address-code")
    assert mail["to"] == "mere@example.org"
    assert "\n" not in mail["subject"]
    assert "Hello Mere Bcc: tane@example.org Pay me,\n" in mail["body"]


def test_an_unknown_language_is_refused(small_site: Site) -> None:
    small_site.person("mere")
    answer = signed_in(small_site).submit(DETAILS, name="Mere", language="tlh")
    assert answer.status == 400
    assert profile(small_site).locale == "en"


# -- the address


@pytest.mark.slow
def test_an_address_changes_with_the_code_sent_to_it_and_both_addresses_are_told(
    site: Site,
) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    browser = signed_in(site, secret)
    assert "mere@example.org Confirmed" in words(browser.at)
    page = wish(browser, EMAIL, " New@Example.org ")
    assert page.heading == PROVE_ADDRESS
    assert not delivered(site), "nothing is sent before it is asked for"
    browser.submit("/contact/send")
    assert newest(site, "new-address-code")["to"] == NEW_EMAIL
    assert profile(site).email == "mere@example.org", "nothing changes before the code is right"
    page = browser.submit("/contact", code=code(site, "mail"))
    assert page.heading == SHOWN
    assert f"{NEW_EMAIL} Confirmed" in words(page)
    person = profile(site)
    assert (person.email, person.email_verified) == (NEW_EMAIL, True)
    told = [m for m in delivered(site) if m["kind"] == "address-changed"]
    assert {m["to"] for m in told} == {"mere@example.org", NEW_EMAIL}
    assert all("m***@example.org" in m["body"] and NEW_EMAIL not in m["body"] for m in told)
    (event,) = changed(site, "address")
    assert event.reason == "by the person, with a code"
    assert NEW_EMAIL not in str(event)
    assert "mere@example.org" not in event.data
    assert "Your e-mail address was changed" in words(browser.open("/account/"))


@pytest.mark.slow
def test_one_signs_in_with_the_new_address_and_no_longer_with_the_old(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    change(site, signed_in(site, secret), EMAIL, NEW_EMAIL)
    fresh = site.browser()
    fresh.open("/account/")
    assert fresh.sign_in("mere@example.org").status == 400
    assert fresh.sign_in(NEW_EMAIL).heading == "Enter the code from your app"


@pytest.mark.slow
def test_links_that_were_mailed_to_the_old_address_die(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    browser = signed_in(site, secret)
    forgetful = site.browser()
    forgetful.open("/forgot")
    forgetful.submit("/forgot", username="mere")
    path = mailed_link(site, "reset-link")
    assert site.browser().open(path).status == 200
    change(site, browser, EMAIL, NEW_EMAIL)
    assert site.browser().open(path).status == 410


@pytest.mark.slow
def test_an_address_that_is_none_is_refused_and_shown_again(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("mere", totp=secret)
    browser = signed_in(small_site, secret)
    for junk in ("", "mere", "mere@", "a b@example.org", "x" * 300 + "@example.org", "ß" * 126):
        answer = wish(browser, EMAIL, junk)
        assert answer.status == 400, junk
        assert "Type an e-mail address, such as name@example.org." in words(answer)
    assert "already" in words(wish(browser, EMAIL, "MERE@example.org"))
    assert not small_site.events(kind="person:code:sent")


@pytest.mark.slow
def test_without_a_second_step_a_code_to_the_old_address_comes_first(site: Site) -> None:
    site.person("mere")
    browser = signed_in(site)
    page = wish(browser, EMAIL, NEW_EMAIL)
    assert page.heading == "First we check that it is you"
    assert "Before your details change" in words(page)
    assert step_note(page) == "Step 1 of 2"
    mail = newest(site, "address-code")
    assert mail["to"] == "mere@example.org"
    assert "You are changing the e-mail address or the mobile number" in mail["body"]
    page = browser.submit("/enrol/proof", code=site.mailed_code())
    assert (page.heading, step_note(page)) == (PROVE_ADDRESS, "Step 2 of 2")
    browser.submit("/contact/send")
    assert browser.submit("/contact", code=code(site, "mail")).heading == SHOWN
    assert profile(site).email == NEW_EMAIL


def test_an_unconfirmed_address_is_confirmed_by_a_code_and_moved_by_nobody_before(
    site: Site,
) -> None:
    site.person("mere", verified=False)
    browser = signed_in(site)
    said = words(browser.at)
    assert "mere@example.org Not confirmed yet" in said
    assert (
        "Your address was never confirmed, so we cannot check that it is you before a change."
        " Confirm it first." in said
    )
    assert "Change e-mail address" not in said
    assert browser.open(EMAIL).heading == SHOWN
    assert browser.post(EMAIL, value=NEW_EMAIL).location == DETAILS
    browser.submit("/email/confirm")
    assert browser.at.heading == PROVE_ADDRESS
    browser.submit("/contact/send")
    assert newest(site, "new-address-code")["to"] == "mere@example.org"
    browser.submit("/contact", code=code(site, "mail"))
    assert profile(site).email_verified
    assert not changed(site, "address")
    confirmed = site.events(kind="person:address:confirmed")[0]
    assert confirmed.reason == "mail, by the person, with a code"
    assert "address-changed" not in kinds(site)
    assert "Change e-mail address" in words(browser.at)


def test_where_the_operator_asks_no_such_code_it_is_not_asked(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", enrolment__proof="none")
    try:
        site.person("mere", verified=False)
        assert change(site, signed_in(site), EMAIL, NEW_EMAIL).heading == SHOWN
        assert profile(site).email == NEW_EMAIL
    finally:
        site.close()


@pytest.mark.slow
def test_other_sessions_may_be_ended_afterwards(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    other, browser = signed_in(site, secret), signed_in(site, secret)
    assert change(site, browser, EMAIL, NEW_EMAIL).heading == "Sign out everywhere else?"
    page = browser.submit("/account/ways/others", end="yes")
    assert page.heading == SHOWN
    assert other.open(DETAILS).heading == "Sign in"


def test_giving_up_changes_nothing_and_leads_back(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    browser = signed_in(site, secret)
    wish(browser, EMAIL, NEW_EMAIL)
    browser.submit("/contact/send")
    address, right = browser.at.url, code(site, "mail")
    assert browser.submit("/cancel").heading == SHOWN
    assert browser.post(address, code=right).status == 400
    assert profile(site).email == "mere@example.org"


# -- both


def test_the_form_asks_for_the_strongest_proof_of_the_last_five_minutes(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret, sms=True)
    browser = signed_in(site, secret)
    site.advance(301)
    for path in (EMAIL, PHONE):
        assert browser.open(path).heading == "Sign in"
    browser.sign_in("mere")
    assert browser.at.heading == "Enter the code from your app"
    assert browser.totp(secret).heading == "Change your mobile number"


def test_a_form_that_lay_around_is_sent_after_the_proofs_are_given_again(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    browser = signed_in(site, secret)
    browser.open(EMAIL)
    site.advance(301)
    assert browser.submit(EMAIL, value=NEW_EMAIL).heading == "Sign in"
    browser.sign_in("mere")
    assert browser.totp(secret).heading == PROVE_ADDRESS


@pytest.mark.slow
def test_what_waits_dies_with_its_sign_in(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    browser = signed_in(site, secret)
    wish(browser, EMAIL, NEW_EMAIL)
    browser.submit("/contact/send")
    site.advance(601)
    assert browser.submit("/contact", code=code(site, "mail")).heading == "Sign in"
    site.advance(site.installation.settings.interaction.lifetime)
    assert browser.open("/".join(browser.at.url.split("/")[:3])).status == 400
    assert profile(site).email == "mere@example.org"


@pytest.mark.slow
def test_new_codes_wait_and_are_capped_as_everywhere(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    browser = signed_in(site, secret)
    wish(browser, EMAIL, NEW_EMAIL)
    browser.submit("/contact/send")
    assert re.search(r"Wait (30|2\d) seconds", words(browser.submit("/contact/send")))
    for _ in range(3):
        site.advance(61)
        page = browser.submit("/contact/send")
    assert "Too many codes" in words(page)
    assert kinds(site).count("new-address-code") == 3


@pytest.mark.slow
def test_somebody_may_set_up_a_first_app_only_by_the_new_address_afterwards(site: Site) -> None:
    """Another sign-in that the old mailbox had opened does not go on with it."""
    site.person("mere")
    app = site.application()
    held = site.browser()
    held.authorize(app, claims=app.essential(MFA))
    held.sign_in("mere")
    held.submit("/enrol/proof", code=site.mailed_code())
    assert held.at.heading == "Set up a second step"
    browser = signed_in(site)
    wish(browser, EMAIL, NEW_EMAIL)
    browser.submit("/enrol/proof", code=site.mailed_code())
    browser.submit("/contact/send")
    browser.submit("/contact", code=code(site, "mail"))
    assert profile(site).email == NEW_EMAIL
    site.advance(61)
    page = held.open("/".join(held.at.url.split("/")[:3]))
    assert page.heading == "First we check that it is you"
    assert "n***@example.org" in page.text
    assert newest(site, "address-code")["to"] == NEW_EMAIL
    held.submit("/enrol/proof", code=site.mailed_code())
    assert secret_of(held.open("/".join(held.at.url.split("/")[:3]) + "/enrol/totp"))
