"""A person's details: name and language at once, address and number once a code proved them."""

import re
from pathlib import Path
from typing import Any

import pytest

from idp.store import people
from idp.store.people import PersonRow
from tests.protocol.account.test_account_page import words
from tests.protocol.people.test_enrolment import secret_of, step_note
from tests.support.browser import InProcess
from tests.support.letters import delivered, kinds, mailed_link, newest
from tests.support.site import MFA, Answer, Browser, Site, by_keyword
from tests.support.stand_ins.twilio import FakeTwilio

DETAILS = "/account/details"
EMAIL, PHONE = f"{DETAILS}/email", f"{DETAILS}/phone"
NEW_EMAIL, NEW_PHONE = "new@example.org", "+64217654321"
SHOWN = "Your details"
PROVE_ADDRESS, PROVE_NUMBER = "Confirm your e-mail address", "Confirm your mobile number"


def profile(site: Site, name: str = "mere") -> PersonRow:
    with site.work() as work:
        found = people.by_name(work, name)
    assert found
    return found


def signed_in(site: Site, secret: str | None = None, name: str = "mere") -> Browser:
    """Return the browser of someone who sees the details."""
    browser = site.browser()
    browser.open(DETAILS)
    browser.sign_in(name)
    if secret is not None:
        browser.totp(secret)
    if browser.at.url.endswith("/sms"):
        text(site, browser)
    assert browser.at.heading == SHOWN, browser.at.text
    return browser


def text(site: Site, browser: Browser) -> Answer:
    """Sign in with a text message to the number that is there."""
    browser.submit("/sms/send")
    return browser.submit("/sms", code=site.texted_code())


def wish(browser: Browser, path: str, value: str) -> Answer:
    """Type a new address or number."""
    browser.open(path)
    return browser.submit(path, value=value)


def code(site: Site, channel: str) -> str:
    """Return the newest code that went to a new address or number."""
    assert site.installation.post.settle(30)
    kind = "new-address-code" if channel == "mail" else "new-number-code"
    return site._newest_code(channel, kind)


def change(site: Site, browser: Browser, path: str, value: str) -> Answer:
    """Go all the way."""
    wish(browser, path, value)
    browser.submit("/contact/send")
    return browser.submit("/contact", code=code(site, "mail" if path == EMAIL else "sms"))


def changed(site: Site, kind: str) -> list[Any]:
    return site.events(kind=f"person:{kind}:changed")


def chosen_here(browser: Browser) -> str | None:
    """Return the language that this browser remembers."""
    assert isinstance(browser.http, InProcess)
    cookie = browser.http._client.get_cookie("acrux-language")
    return cookie.value if cookie else None


# -- name and language


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
    browser.submit("/enrol/proof/send")
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


def test_one_signs_in_with_the_new_address_and_no_longer_with_the_old(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    change(site, signed_in(site, secret), EMAIL, NEW_EMAIL)
    fresh = site.browser()
    fresh.open("/account/")
    assert fresh.sign_in("mere@example.org").status == 400
    assert fresh.sign_in(NEW_EMAIL).heading == "Enter the code from your app"


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


def test_without_a_second_step_a_code_to_the_old_address_comes_first(site: Site) -> None:
    site.person("mere")
    browser = signed_in(site)
    page = wish(browser, EMAIL, NEW_EMAIL)
    assert page.heading == "First we check that it is you"
    assert "Before your details change" in words(page)
    assert step_note(page) == "Step 1 of 2"
    browser.submit("/enrol/proof/send")
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


# -- the number


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


def test_the_level_reached_with_the_new_number_is_one_that_it_proved(site: Site) -> None:
    site.person("mere", sms=True)
    app = site.application()
    browser = signed_in(site)
    change(site, browser, PHONE, NEW_PHONE)
    claims = site.claims(app, browser.authorize(app, acr_values=MFA))
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "sms", "mfa"])


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
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", sms__countries='["NZ"]')
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


def test_new_codes_wait_and_are_capped_as_everywhere(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    browser = signed_in(site, secret)
    wish(browser, EMAIL, NEW_EMAIL)
    browser.submit("/contact/send")
    assert "Wait 30 seconds" in words(browser.submit("/contact/send"))
    for _ in range(3):
        site.advance(61)
        page = browser.submit("/contact/send")
    assert "Too many codes" in words(page)
    assert kinds(site).count("new-address-code") == 3


def test_somebody_may_set_up_a_first_app_only_by_the_new_address_afterwards(site: Site) -> None:
    """Another sign-in that the old mailbox had opened does not go on with it."""
    site.person("mere")
    app = site.application()
    held = site.browser()
    held.authorize(app, claims=app.essential(MFA))
    held.sign_in("mere")
    held.submit("/enrol/proof/send")
    held.submit("/enrol/proof", code=site.mailed_code())
    assert held.at.heading == "Set up a second step"
    browser = signed_in(site)
    wish(browser, EMAIL, NEW_EMAIL)
    site.advance(61)
    browser.submit("/enrol/proof/send")
    browser.submit("/enrol/proof", code=site.mailed_code())
    browser.submit("/contact/send")
    browser.submit("/contact", code=code(site, "mail"))
    assert profile(site).email == NEW_EMAIL
    page = held.open("/".join(held.at.url.split("/")[:3]))
    assert page.heading == "First we check that it is you"
    assert "n***@example.org" in page.text
    site.advance(61)
    held.submit("/enrol/proof/send")
    assert newest(site, "address-code")["to"] == NEW_EMAIL
    held.submit("/enrol/proof", code=site.mailed_code())
    assert secret_of(held.open("/".join(held.at.url.split("/")[:3]) + "/enrol/totp"))
