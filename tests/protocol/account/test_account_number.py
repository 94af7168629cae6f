"""A person's mobile number: another one counts once its code is right, and both ends are told."""

import re
from pathlib import Path

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
    text,
    wish,
)
from tests.protocol.account.test_account_page import words
from tests.support.letters import delivered, newest
from tests.support.site import MFA, Site, by_keyword
from tests.support.stand_ins.twilio import FakeTwilio


@pytest.mark.slow
def test_a_number_changes_with_its_code_and_the_old_number_and_the_mailbox_are_told(
    site: Site,
) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    browser = signed_in(site, secret)
    assert "+64211234567" not in browser.at.text
    assert wish(browser, PHONE, "021 765 4321").heading == PROVE_NUMBER
    browser.submit("/contact/send")
    assert newest(site, "new-number-code", "sms")["to"] == NEW_PHONE
    assert profile(site).phone == "+64211234567"
    page = browser.submit("/contact", code=code(site, "sms"))
    assert page.heading == SHOWN
    person = profile(site)
    assert (person.phone, person.phone_verified, person.methods) == (
        NEW_PHONE,
        True,
        {"password", "totp"},
    )
    assert newest(site, "phone-changed")["to"] == "mere@example.org"
    told = [m["to"] for m in delivered(site, "sms") if m["kind"] == "phone-changed-sms"]
    assert told == ["+64211234567"]
    (event,) = changed(site, "number")
    assert "4567" not in event.data
    assert "4321" not in event.data


@pytest.mark.slow
def test_text_messages_move_to_the_new_number_and_this_sign_in_goes_on(site: Site) -> None:
    site.person("mere", sms=True)
    app = site.application()
    elsewhere = site.browser()
    elsewhere.authorize(app, acr_values=MFA, scope="openid offline_access", prompt="consent")
    elsewhere.sign_in("mere")
    text(site, elsewhere)
    token = site.redeem(app, elsewhere.submit("/consent", decision="allow").query["code"]).json
    waiting = site.browser()
    waiting.authorize(app)
    waiting.sign_in("mere")
    site.advance(61)
    waiting.submit("/sms/send")
    late = site.texted_code()
    browser = signed_in(site)
    assert "codes go to the new number" in words(browser.open(PHONE))
    assert change(site, browser, PHONE, NEW_PHONE).heading == SHOWN
    assert browser.open("/account/").heading == "Your account"
    assert elsewhere.open("/account/").heading == "Sign in", "it rested on the old number"
    assert site.refresh(app, token["refresh_token"]).status == 400
    assert waiting.submit("/sms", code=late).status == 400, (
        "a code to the old number is worth nothing"
    )
    site.advance(61)
    waiting.submit("/sms/send")
    assert delivered(site, "sms")[-1]["to"] == NEW_PHONE
    claims = site.claims(app, waiting.submit("/sms", code=site.texted_code()))
    assert claims["amr"] == ["pwd", "sms", "mfa"]
    added = site.events(kind="person:factor:added")
    assert added[0].reason == "sms, for the number that was proved"


@pytest.mark.slow
def test_the_level_reached_with_the_new_number_is_one_that_it_proved(site: Site) -> None:
    site.person("mere", sms=True)
    app = site.application()
    browser = signed_in(site)
    change(site, browser, PHONE, NEW_PHONE)
    claims = site.claims(app, browser.authorize(app, acr_values=MFA))
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "sms", "mfa"])


@pytest.mark.slow
def test_until_the_code_is_right_the_old_number_goes_on_working(site: Site) -> None:
    site.person("mere", sms=True)
    browser = signed_in(site)
    wish(browser, PHONE, NEW_PHONE)
    browser.submit("/contact/send")
    right = code(site, "sms")
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    answer = browser.submit("/contact", code=wrong)
    assert (answer.status, answer.heading) == (400, PROVE_NUMBER)
    assert "didn't match" in words(answer)
    site.advance(61)
    other = site.browser()
    other.open(DETAILS)
    other.sign_in("mere")
    assert text(site, other).heading == SHOWN


def test_a_number_that_messages_may_not_go_to_is_refused_with_words(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", sms__countries="NZ")
    try:
        secret = site.secret()
        site.person("mere", totp=secret)
        browser = signed_in(site, secret)
        for barred in ("+61412345678", "+6443811111"):
            answer = wish(browser, PHONE, barred)
            assert answer.status == 400
            assert "We cannot send text messages to this number." in words(answer)
        for junk in ("", "12", "hello", "+64 21\x00 7654321", "9" * 300, "021765 4321\r\nX: y"):
            assert "Type a mobile number" in words(wish(browser, PHONE, junk)), junk
        assert not delivered(site, "sms")
    finally:
        site.close()


def test_where_text_messages_are_off_the_page_says_that_the_number_cannot_be_changed(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", sms__backend="off")
    try:
        secret = site.secret()
        site.person("mere", totp=secret)
        browser = signed_in(site, secret)
        said = words(browser.at)
        assert "This site sends no text messages, so you cannot change your number here." in said
        assert "Ask the people who look after your account" in said
        assert browser.open(PHONE).heading == SHOWN
        assert browser.post(PHONE, value=NEW_PHONE).location == DETAILS
        assert browser.post(f"{PHONE}/confirm").location == DETAILS
        assert browser.get(f"{DETAILS}/shoe").status == 404
    finally:
        site.close()


@pytest.mark.slow
def test_the_code_may_be_read_out_and_the_proof_says_so(tmp_path: Path, twilio: FakeTwilio) -> None:
    settings = by_keyword(twilio.settings())
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, **settings, sms__voice="true")
    try:
        site.person("mere", sms=True)
        app = site.application()
        browser = site.browser()
        browser.open(DETAILS)
        browser.sign_in("mere")
        browser.submit("/sms/send")
        assert site.installation.post.settle(30)
        browser.submit("/sms", code=re.findall(r"\b\d{6}\b", twilio.messages[-1]["body"])[0])
        assert wish(browser, PHONE, NEW_PHONE).heading == PROVE_NUMBER
        assert "Call me instead" not in browser.at.text
        browser.submit("/contact/send")
        site.advance(31)
        browser._follow(browser.post(browser.at.form("/send")[0], way="call"))
        assert site.installation.post.settle(30)
        heard = "".join(re.findall(r"\d", twilio.rung[-1]["said"][0]))
        assert browser.submit("/contact", code=heard).heading == SHOWN
        claims = site.claims(app, browser.authorize(app, acr_values=MFA))
        assert claims["amr"] == ["pwd", "tel", "mfa"]
    finally:
        site.close()


def test_where_mail_is_off_no_address_can_be_confirmed(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", mail__backend="off")
    try:
        secret = site.secret()
        site.person("mere", totp=secret, verified=False)
        browser = signed_in(site, secret)
        assert "This site sends no e-mail at the moment" in words(browser.at)
        assert "Confirm this address" not in words(browser.at)
        assert browser.post(EMAIL, value=NEW_EMAIL).location == DETAILS
        assert browser.post(f"{EMAIL}/confirm").location == DETAILS
        assert change(site, browser, PHONE, NEW_PHONE).heading == SHOWN
    finally:
        site.close()
