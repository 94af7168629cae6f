"""Setting up a factor in a sign-in: first the address is confirmed, then possession is proved."""

from pathlib import Path

import pyotp
import pytest

from idp import clock
from tests.protocol.people.factors.setting_up import (
    APP,
    CHOOSE,
    CONFIRM,
    RISKS,
    TEXTS,
    TYPE_IT,
    WARNING,
    base_of,
    begin,
    confirmed,
    secret_of,
    step_note,
)
from tests.support.letters import kinds
from tests.support.site import MFA, MFA_APP, Answer, Site


@pytest.mark.slow
def test_an_app_is_set_up_by_mail_qr_code_and_first_code(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser, page = begin(site, app)
    assert page.heading == CONFIRM
    assert "a***@example.org" in page.text
    assert "aroha@example.org" not in page.text
    assert confirmed(site, browser).heading == CHOOSE
    page = browser.open(base_of(browser) + "/enrol/totp")
    assert page.heading == APP
    assert page.text.count("<svg") >= 1
    assert "otpauth://totp/" in page.text
    answer = browser.set_up("/enrol/totp", code=site.code(secret_of(page)))
    claims = site.claims(app, answer)
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "otp", "mfa"])
    assert kinds(site) == ["address-code", "factor-added"]
    assert site.events(kind="person:factor:added")[0].reason == "totp"
    assert site.events(kind="person:address:confirmed")[0].username == "aroha"


@pytest.mark.slow
def test_text_messages_are_set_up_by_mail_and_a_first_code_to_the_masked_number(
    site: Site,
) -> None:
    site.person("aroha")
    app = site.application()
    browser, _ = begin(site, app)
    confirmed(site, browser)
    page = browser.open(base_of(browser) + "/enrol/sms")
    assert page.heading == TEXTS
    assert "Send SMS to 02*******" in page.text
    assert RISKS in page.text
    assert WARNING in page.text
    assert "211234567" not in page.text
    page = browser.submit("/enrol/sms/send")
    assert "We sent a code to 02*******." in page.text
    assert RISKS in page.text
    assert WARNING in page.text
    assert "211234567" not in page.text
    assert browser.set_up("/enrol/sms", code="12345").status == 400
    claims = site.claims(app, browser.set_up("/enrol/sms", code=site.texted_code()))
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "sms", "mfa"])
    assert [m["to"] for m in site.messages("sms")] == ["+64211234567"]


@pytest.mark.slow
def test_a_wrong_code_is_refused_and_a_new_one_may_be_sent(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser, _ = begin(site, app)
    first = site.mailed_code()
    wrong = f"{(int(first) + 1) % 10**6:06d}"
    answer = browser.submit("/enrol/proof", code=wrong)
    assert (answer.status, answer.heading) == (400, CONFIRM)
    assert "That code didn&#39;t match" in answer.text
    (event,) = site.events(kind="person:factor:rejected")
    assert (event.username, event.outcome) == ("aroha", "refused")
    assert event.reason == "address-code: wrong, used or expired code"
    for junk in ("", "12345", "abcdef", "１２３４５", "1" * 5000):
        answer = browser.submit("/enrol/proof", code=junk)
        assert (answer.status, answer.heading) == (400, CONFIRM)
    site.advance(31)
    browser.submit("/enrol/proof/send")
    assert len(site.messages("mail")) == 2
    spaced = f" {site.mailed_code()[:3]} {site.mailed_code()[3:]} "
    assert browser.submit("/enrol/proof", code=spaced).heading == CHOOSE


@pytest.mark.slow
def test_a_code_lives_ten_minutes_and_works_in_its_own_sign_in_only(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser, _ = begin(site, app)
    code = site.mailed_code()
    other, _ = begin(site, app)
    assert other.submit("/enrol/proof", code=code).status == 400
    site.advance(601)
    page = browser.open(base_of(browser))
    assert "Send code to" in page.text
    answer = browser.post(base_of(browser) + "/enrol/proof", code=code)
    assert answer.status == 400


@pytest.mark.slow
def test_six_codes_an_hour_go_to_one_address(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser, _ = begin(site, app)
    for _ in range(5):
        site.advance(61)
        assert browser.submit("/enrol/proof/send").status == 200
    site.advance(61)
    answer = browser.submit("/enrol/proof/send")
    assert answer.status == 400
    assert "Too many codes were sent" in answer.text
    another, page = begin(site, app)
    assert page.heading == CONFIRM
    assert "Too many codes were sent" in page.text
    assert another.submit("/enrol/proof/send").status == 400
    assert len(site.messages("mail")) == 6


@pytest.mark.slow
def test_reloading_keeps_the_qr_code_and_a_wrong_code_does_too(site: Site) -> None:
    site.person("aroha", phone=None)
    app = site.application()
    browser, _ = begin(site, app)
    assert confirmed(site, browser).heading == CHOOSE
    page = browser.open(base_of(browser) + "/enrol/totp")
    secret = secret_of(page)
    assert secret_of(browser.open(page.url)) == secret
    answer = browser.set_up("/enrol/totp", code="000000")
    assert (answer.status, secret_of(answer)) == (400, secret)
    assert browser.set_up("/enrol/totp", code=site.code(secret)).query["code"]


@pytest.mark.slow
def test_the_code_that_set_it_up_is_spent(site: Site) -> None:
    site.person("aroha", phone=None)
    app = site.application()
    browser, _ = begin(site, app)
    confirmed(site, browser)
    secret = secret_of(browser.open(base_of(browser) + "/enrol/totp"))
    code = site.code(secret)
    assert browser.set_up("/enrol/totp", code=code).query["code"]
    other = site.browser()
    other.authorize(app)
    assert other.sign_in("aroha").heading == "Enter the code from your app"
    answer = other.submit("/totp", code=code)
    assert answer.status == 400
    assert "used already" in answer.text
    assert other.totp(secret).query["code"]


@pytest.mark.slow
def test_a_clock_that_was_ahead_locks_no_app_out(site: Site) -> None:
    """What it noted as used lies in the future; each code of now still works once."""
    secret = site.secret()
    site.person("aroha", totp=secret)
    app = site.application()

    def answer(code: str) -> Answer:
        browser = site.browser()
        browser.authorize(app)
        browser.sign_in("aroha")
        return browser.submit("/totp", code=code)

    site.advance(3600)
    assert answer(pyotp.TOTP(secret).generate_otp(clock.now() // 30)).query["code"]
    site.advance(-3600)
    now = pyotp.TOTP(secret).generate_otp(clock.now() // 30)
    assert answer(now).query["code"]
    assert "used already" in answer(now).text


@pytest.mark.slow
def test_a_code_that_was_used_before_the_clock_went_ahead_is_used_when_it_is_back(
    site: Site,
) -> None:
    secret = site.secret()
    site.person("aroha", totp=secret)
    app = site.application()

    def answer() -> Answer:
        browser = site.browser()
        browser.authorize(app)
        browser.sign_in("aroha")
        return browser.submit("/totp", code=pyotp.TOTP(secret).generate_otp(step + ahead // 30))

    # In the middle of a step, so that no code ends while this runs.
    site.advance(45 - clock.now() % 30)
    step, ahead = clock.now() // 30, 0
    assert answer().query["code"]
    ahead = 3600
    site.advance(ahead)
    assert answer().query["code"]
    site.advance(-ahead)
    ahead = 0
    assert "used already" in answer().text


@pytest.mark.slow
def test_a_second_factor_is_added_on_the_strength_of_the_first(site: Site) -> None:
    """Without a code by mail: the account is stronger than its mailbox (SP 800-63B-4 4.1.2.1)."""
    site.person("mere", sms=True)
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA_APP))
    browser.sign_in("mere")
    base = base_of(browser)
    assert browser.get(base + "/enrol/totp").location == base
    browser.submit("/sms/send")
    assert browser.submit("/sms", code=site.texted_code()).heading == CHOOSE
    page = browser.open(base + "/enrol/totp")
    assert page.heading == APP
    claims = site.claims(app, browser.set_up("/enrol/totp", code=site.code(secret_of(page))))
    assert (claims["acr"], claims["amr"]) == (MFA_APP, ["pwd", "otp", "mfa"])
    assert kinds(site) == ["factor-added"]


def test_what_somebody_has_is_not_offered_for_setting_up(site: Site) -> None:
    site.person("mere", sms=True)
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA_APP))
    browser.sign_in("mere")
    browser.submit("/sms/send")
    page = browser.submit("/sms", code=site.texted_code())
    base = base_of(browser)
    assert "enrol/sms" not in page.text
    assert browser.get(base + "/enrol/sms").location == base
    assert browser.get(base + "/enrol/password").location == base


def test_with_one_way_there_is_nothing_to_choose(tmp_path: Path) -> None:
    site = Site(
        tmp_path,
        f"sqlite:///{tmp_path / 'acrux.db'}",
        sms__backend="off",
        passkeys__enabled="false",
    )
    site.person("aroha")
    browser, _ = begin(site, site.application())
    assert confirmed(site, browser).heading == APP
    site.close()


def test_a_second_step_by_text_message_masks_the_number_and_warns(site: Site) -> None:
    site.person("aroha", sms=True)
    browser, page = begin(site, site.application())
    pages = [page, browser.submit("/sms/send"), browser.submit("/sms", code="12345")]
    assert [page.heading for page in pages] == ["Get a code by text message", *[TYPE_IT] * 2]
    for page in pages:
        assert "02*******" in page.text
        assert "1234567" not in page.text
        assert WARNING in page.text


@pytest.mark.slow
def test_the_pages_of_a_set_up_are_counted(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser, page = begin(site, app)
    assert (page.heading, step_note(page)) == (CONFIRM, "Step 1 of 3")
    page = browser.submit("/enrol/proof", code=site.mailed_code())
    assert (page.heading, step_note(page)) == (CHOOSE, "Step 2 of 3")
    page = browser.open(base_of(browser) + "/enrol/totp")
    assert (page.heading, step_note(page)) == (APP, "Step 3 of 3")
    assert step_note(browser.set_up("/enrol/totp", code="000000")) == "Step 3 of 3"


def test_the_reason_comes_before_the_check(site: Site) -> None:
    site.person("aroha")
    app = site.application("payroll", name="Payroll")
    _, page = begin(site, app)
    reason = page.text.index("Payroll asks for a second step when you sign in.")
    assert reason < page.text.index("Before you set up a second step we check that it is you")


def test_a_way_that_is_added_from_the_account_is_not_said_to_be_asked_for(site: Site) -> None:
    site.person("aroha")
    browser = site.browser()
    browser.open("/account/ways/add/totp")
    browser.sign_in("aroha")
    assert (browser.at.heading, step_note(browser.at)) == (CONFIRM, "Step 1 of 2")
    assert "asks for a second step" not in browser.at.text
    page = confirmed(site, browser)
    assert (page.heading, step_note(page)) == (APP, "Step 2 of 2")
