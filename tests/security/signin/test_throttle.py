"""Guessing is slow, and nothing that a guesser can do makes it faster or tells what was right."""

import re

import pytest

from idp.store.db import connections
from tests.security.serving.crowd import base
from tests.support.site import MFA, PASSWORD, Answer, Application, Browser, Site

FREE = 5
HELD = "Too many tries"
SHUT = "locked after too many tries"


def _at_login(site: Site, app: Application, **request: str) -> Browser:
    browser = site.browser()
    browser.authorize(app, **request)
    return browser


def _wrong_passwords(site: Site, app: Application, name: str, times: int) -> Answer:
    answers = [_at_login(site, app).sign_in(name, f"wrong guess {i}") for i in range(times)]
    return answers[-1]


def _wrong_codes(browser: Browser, page: str, times: int) -> Answer:
    answers = [browser.submit(page, code="000000") for _ in range(times)]
    return answers[-1]


def _same(answer: Answer) -> tuple[int, str, dict[str, str]]:
    """Return all that an answer says, without what differs between any two of them."""
    text = re.sub(r'name="csrf_token" value="[^"]*"', "CSRF", answer.text)
    text = re.sub(r"/interaction/[\w-]{22}", "/interaction/ID", text)
    text = re.sub(r"challenge&#34;: &#34;[\w-]+", "CHALLENGE", text)
    return answer.status, re.sub(r"Wait \d+ seconds", "Wait", text), answer.said


def test_a_held_back_guess_is_answered_alike_whether_right_or_wrong(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    assert HELD not in _wrong_passwords(site, app, "aroha", FREE).text
    browser = _at_login(site, app)
    cookie = browser.http.cookies()
    wrong, right = browser.sign_in("aroha", "x" * len(PASSWORD)), browser.sign_in("aroha")
    assert HELD in right.text
    assert _same(wrong) == _same(right)
    assert browser.http.cookies() == cookie
    assert len(site.events(kind="person:factor:rejected")) == FREE


def test_a_held_back_code_is_answered_alike_whether_right_or_wrong(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    browser = _at_login(site, site.application())
    browser.sign_in("tane")
    _wrong_codes(browser, "/totp", FREE)
    wrong, right = browser.submit("/totp", code="000000"), browser.totp(secret)
    assert HELD in right.text
    assert _same(wrong) == _same(right)


def test_the_wait_grows_ends_by_itself_and_a_success_ends_the_count(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    _wrong_passwords(site, app, "aroha", FREE)
    for wait in (30, 60, 120):
        site.advance(wait - 5)
        assert HELD in _at_login(site, app).sign_in("aroha").text
        site.advance(6)
        assert HELD not in _wrong_passwords(site, app, "aroha", 1).text
    site.advance(241)
    assert "code" in _at_login(site, app).sign_in("aroha").query
    assert HELD not in _wrong_passwords(site, app, "aroha", FREE).text


def test_neither_a_new_browser_nor_a_restart_resets_the_count(
    site: Site, database_url: str
) -> None:
    site.person("aroha")
    app = site.application()
    _wrong_passwords(site, app, "aroha", FREE - 1)
    assert HELD not in _at_login(site, app, prompt="login").sign_in("aroha", "wrong").text
    again = Site(site.folder, database_url)
    try:
        assert HELD in _at_login(again, app).sign_in("aroha").text
        assert HELD in _at_login(site, app).sign_in("aroha@example.org").text
    finally:
        again.installation.post.settle(30)
        connections.close(again.installation.engine)


def test_guesses_by_user_name_and_by_address_are_one_count(small_site: Site) -> None:
    small_site.person("aroha")
    app = small_site.application()
    _wrong_passwords(small_site, app, "aroha", 3)
    _wrong_passwords(small_site, app, " AROHA@Example.org ", 2)
    assert HELD in _at_login(small_site, app).sign_in("aroha").text


def test_a_new_text_message_does_not_reset_the_count(site: Site) -> None:
    site.person("mere", sms=True)
    app = site.application()
    for number in range(FREE):
        # In a sign-in of its own each, because a second code of one sign-in is waited for.
        browser = _at_login(site, app)
        browser.sign_in("mere")
        browser.submit("/sms/send")
        assert len(site.messages("sms")) == number + 1
        assert HELD not in browser.submit("/sms", code=_not(site.texted_code())).text
    browser = _at_login(site, app)
    browser.sign_in("mere")
    browser.submit("/sms/send")
    assert len(site.messages("sms")) == FREE + 1
    assert HELD in browser.submit("/sms", code=site.texted_code()).text


def _not(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_one_factors_success_does_not_reset_another_factors_count(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application()
    first = _at_login(site, app)
    first.sign_in("tane")
    _wrong_codes(first, "/totp", FREE - 1)
    second = _at_login(site, app)
    second.sign_in("tane")
    assert HELD not in second.submit("/totp", code="000000").text
    assert HELD in second.totp(secret).text
    site.advance(31)
    _wrong_passwords(site, app, "tane", FREE - 1)
    assert "code" in second.totp(secret).query
    assert HELD not in _wrong_passwords(site, app, "tane", 1).text
    assert HELD in _at_login(site, app).sign_in("tane").text


def test_what_cannot_be_an_answer_is_no_guess(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("tane", totp=secret)
    browser = _at_login(small_site, small_site.application())
    for _ in range(FREE + 1):
        browser.sign_in("tane", "")
    browser.sign_in("tane")
    for code in ("", "12345", "1234567", "abcdef", "１２３４５", "12 34"):
        assert browser.submit("/totp", code=code).status == 400
    assert "code" in browser.totp(secret).query


@pytest.mark.parametrize("page", ["/enrol/proof", "/enrol/totp"])
def test_codes_that_precede_a_first_factor_cannot_be_guessed_either(
    small_site: Site, page: str
) -> None:
    person = small_site.person("aroha")
    app = small_site.application()
    browser = _at_login(small_site, app, claims=app.essential(MFA))
    browser.sign_in("aroha")
    code = small_site.mailed_code()
    if page == "/enrol/totp":
        browser.submit("/enrol/proof", code=code)
        shown = browser.open(base(browser) + page).text
        code = small_site.code(shown.partition("secret=")[2].partition("&")[0])
    for _ in range(FREE):
        assert HELD not in browser.submit(page, code=_not(code)).text
    assert HELD in browser.submit(page, code=code).text
    assert not small_site.events(kind="person:factor:added", person=person)
    confirmed = small_site.events(kind="person:address:confirmed", person=person)
    assert len(confirmed) == (0 if page == "/enrol/proof" else 1)


def test_a_hundred_failures_shut_the_factor_and_nothing_else(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    site.person("aroha")
    app = site.application()
    browser = _at_login(site, app)
    browser.sign_in("tane")
    limit = site.installation.settings.throttle.limit
    assert limit <= 100, "SP 800-63B-4 3.2.2"
    # The sign-in would expire on the way, so the hundred are spread over many.
    for number in range(limit):
        if number % 2 == 0:
            browser = _at_login(site, app)
            browser.sign_in("tane")
        assert browser.submit("/totp", code="000000").status == 400
        site.advance(901)
    browser = _at_login(site, app)
    browser.sign_in("tane")
    assert SHUT in browser.totp(secret).text
    site.advance(30 * 86400)
    later = _at_login(site, app)
    assert later.sign_in("tane").heading == "Enter the code from your app"
    assert SHUT in later.totp(secret).text
    assert "code" in _at_login(site, app).sign_in("aroha").query


def test_text_messages_are_capped_for_a_person_across_sign_ins(site: Site) -> None:
    site.person("mere", sms=True)
    app = site.application()
    for _ in range(6):
        browser = _at_login(site, app)
        browser.sign_in("mere")
        assert browser.submit("/sms/send").status == 200
    browser = _at_login(site, app)
    browser.sign_in("mere")
    refused = browser.submit("/sms/send")
    assert refused.status == 400
    assert "Too many codes" in refused.text
    assert len(site.messages("sms")) == 6
    site.advance(3601)
    browser = _at_login(site, app)
    browser.sign_in("mere")
    assert browser.submit("/sms/send").status == 200


def test_text_messages_are_capped_for_a_number_whoever_has_it(site: Site) -> None:
    for name in ("mere", "hemi"):
        site.person(name, sms=True, phone="+64211234567")
    app = site.application()
    statuses = []
    for name in ("mere", "hemi") * 4:
        browser = _at_login(site, app)
        browser.sign_in(name)
        statuses.append(browser.submit("/sms/send").status)
    assert statuses == [200] * 6 + [400] * 2
    assert len(site.messages("sms")) == 6


def test_code_mails_are_capped(small_site: Site) -> None:
    small_site.person("aroha")
    app = small_site.application()
    browser = _at_login(small_site, app, claims=app.essential(MFA))
    browser.sign_in("aroha")
    address = base(browser) + "/enrol/proof/send"
    statuses = []
    for _ in range(7):
        small_site.advance(61)
        statuses.append(browser.post(address).status)
    assert statuses == [303] * 5 + [400] * 2, "the first was sent on arrival"
