"""Twilio Verify in the place of codes of our own: signing in, setting up, and what goes wrong."""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from idp import language
from idp.messages import Post
from idp.store.db.statements import Statement
from idp.store.messages import outbox
from tests.protocol.messages.test_sms_calls import OFFER, call
from tests.protocol.messages.verified import (
    OTHER_NUMBER,
    OVER,
    WRONG,
    another,
    at_second_step,
    guesses,
    refused,
    with_code,
)
from tests.support.site import MFA, Site
from tests.support.stand_ins.twilio import TOKEN, FakeTwilio
from tests.support.stand_ins.verify import SERVICE

# -- signing in


@pytest.mark.slow
def test_a_code_of_twilio_verify_signs_in(carried: Site, twilio: FakeTwilio) -> None:
    carried.person("mere", sms=True)
    app = carried.application()
    browser = at_second_step(carried, app)
    page = browser.submit("/sms/send")
    assert page.heading == "Enter the code from a text message"
    [sent] = twilio.verify.sent
    assert (sent["to"], sent["channel"], sent["locale"]) == ("+64211234567", "sms", "en-GB")
    claims = carried.claims(app, browser.submit("/sms", code=sent["code"]))
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "sms", "mfa"])
    assert twilio.messages == []
    with carried.work() as work:
        query = "SELECT state, reference, sealed FROM outbox WHERE channel = 'sms'"
        assert work.all(Statement(query)) == [("sent", sent["sid"], None)]


def test_a_code_read_out_is_tel(carried: Site, twilio: FakeTwilio) -> None:
    carried.person("mere", sms=True)
    app = carried.application()
    browser = with_code(carried, app)
    assert OFFER in browser.at.text
    carried.advance(31)
    call(browser)
    assert browser.at.heading == "Enter the code from the call"
    assert [sent["channel"] for sent in twilio.verify.sent] == ["sms", "call"]
    claims = carried.claims(app, browser.submit("/sms", code=twilio.verify.newest_code()))
    assert claims["amr"] == ["pwd", "tel", "mfa"]


@pytest.mark.parametrize(("spoken", "locale"), [("de", "de"), ("fr", "fr"), ("mi", "")])
def test_the_code_is_worded_in_the_language_spoken_where_twilio_has_it(
    small: Site, twilio: FakeTwilio, spoken: str, locale: str
) -> None:
    with small.work() as work, language.speaking(spoken):
        queued = small.installation.post.enqueue_verification(
            work, channel="sms", kind="x", to=OTHER_NUMBER, own=[], foreign=[], lifetime=600
        )
    assert small.installation.post.wait(queued, 20) == "sent"
    # Twilio refuses what it has not; without a word from us it goes by the country.
    assert [sent["locale"] for sent in twilio.verify.sent] == [locale]


def test_a_code_that_is_sent_again_is_the_same_and_works(small: Site, twilio: FakeTwilio) -> None:
    small.person("mere", sms=True)
    app = small.application()
    browser = with_code(small, app)
    small.advance(31)
    browser.submit("/sms/send")
    first, second = twilio.verify.sent
    assert (first["sid"], first["code"]) == (second["sid"], second["code"])
    assert "code" in browser.submit("/sms", code=first["code"]).query


def test_the_page_promises_no_word_of_the_delivery(small: Site) -> None:
    small.person("mere", sms=True)
    page = with_code(small, small.application()).at
    assert "We sent a code to 02*******" in page.text
    assert "Check again" not in page.text
    assert "Delivered" not in page.text


# -- answers that are wrong


def test_a_wrong_code_is_counted_and_the_right_one_still_works(
    carried: Site, twilio: FakeTwilio
) -> None:
    carried.person("mere", sms=True)
    app = carried.application()
    browser = with_code(carried, app)
    code = twilio.verify.newest_code()
    refused(browser.submit("/sms", code=another(code)), WRONG)
    assert carried.events(kind="person:factor:rejected")[0].reason == "sms: wrong code"
    assert "code" in browser.submit("/sms", code=code).query


def test_what_cannot_be_a_code_is_never_asked_about(small: Site, twilio: FakeTwilio) -> None:
    small.person("mere", sms=True)
    browser = with_code(small, small.application())
    for typed in ("", "12345", "1234567", "abcdef", "123456 OR 1"):
        refused(browser.submit("/sms", code=typed), "Type the six digits from the message.")
    assert twilio.calls == 1


def test_a_code_that_twilio_forgot_is_over_and_a_new_one_works(
    small: Site, twilio: FakeTwilio
) -> None:
    small.person("mere", sms=True)
    app = small.application()
    browser = with_code(small, app)
    # By Twilio's clock its ten minutes are over first.
    twilio.verify.verifications[0].began_at -= 600
    refused(browser.submit("/sms", code=twilio.verify.newest_code()), OVER)
    small.advance(31)
    browser.submit("/sms/send")
    assert "code" in browser.submit("/sms", code=twilio.verify.newest_code()).query


def test_a_code_is_not_asked_about_after_its_time_here(
    build: Callable[..., Site], twilio: FakeTwilio
) -> None:
    site = build(sms__code_lifetime="60")
    site.person("mere", sms=True)
    browser = with_code(site, site.application())
    site.advance(61)
    refused(browser.submit("/sms", code=twilio.verify.newest_code()), WRONG)
    assert twilio.verify.checked == 0


def test_a_code_is_right_once(carried: Site, twilio: FakeTwilio) -> None:
    carried.person("mere", sms=True)
    app = carried.application()
    browser = with_code(carried, app)
    code = twilio.verify.newest_code()
    assert "code" in browser.submit("/sms", code=code).query
    again = at_second_step(carried, app)
    path = again.at.url
    refused(again.post(path, code=code), WRONG)
    assert twilio.verify.checked == 1, "nothing was sent in this sign-in, so nothing is asked"


@pytest.mark.slow
@pytest.mark.parametrize("keeps_worn", [True, False])
def test_a_code_that_was_tried_too_often_is_no_further_guess_and_a_new_one_works(
    small: Site, twilio: FakeTwilio, keeps_worn: bool
) -> None:
    twilio.verify.keeps_worn = keeps_worn
    mere = small.person("mere", sms=True)
    app = small.application()
    browser = with_code(small, app)
    code = twilio.verify.newest_code()
    twilio.verify.verifications[0].checks = 5
    refused(browser.submit("/sms", code=code), "That code was tried too often. Send a new code.")
    assert guesses(small, mere) == 0
    small.advance(31)
    browser.submit("/sms/send")
    assert twilio.verify.newest_code() != code
    assert "code" in browser.submit("/sms", code=twilio.verify.newest_code()).query


# -- sending


@pytest.mark.slow
def test_caps_hold_for_verifications_too(carried: Site, twilio: FakeTwilio) -> None:
    carried.person("mere", sms=True)
    app = carried.application()
    browser = with_code(carried, app)
    browser.submit("/sms/send")
    assert "then ask for a new code" in browser.at.text
    for _ in range(5):
        # Twilio itself sends one verification five times at most: these are several.
        carried.advance(601)
        browser = with_code(carried, app)
    carried.advance(61)
    browser.submit("/sms/send")
    assert "Too many codes were sent" in browser.at.text
    assert len(twilio.verify.sent) == 6


# -- the change from one service to the other


def test_messages_that_wait_from_before_the_change_are_never_sent_as_something_else(
    small: Site, twilio: FakeTwilio
) -> None:
    old = replace(
        small.installation.settings,
        sms=replace(small.installation.settings.sms, service="messages"),
    )
    before = Post(old, small.installation.keyring, small.installation.engine)
    values: dict[str, object] = {"brand": "Acrux", "host": "x", "code": "123456", "not_me": "x"}
    with small.work() as work:
        queued = before.enqueue(
            work, channel="sms", kind="sms-code", to=OTHER_NUMBER, values=values, lifetime=600
        )
        work._put_off.take_calls()
    small.installation.post.deliver(queued)
    assert (twilio.verify.sent, twilio.messages) == ([], [])
    with small.work() as work:
        assert outbox.state(work, queued) == "failed"


# -- what is told


@pytest.mark.slow
def test_neither_code_nor_number_nor_verification_is_told(
    small: Site, twilio: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    small.person("mere", sms=True)
    app = small.application()
    with caplog.at_level(logging.DEBUG):
        browser = with_code(small, app)
        code = twilio.verify.newest_code()
        browser.submit("/sms", code=another(code))
        twilio.refuse(60200)
        browser.submit("/sms", code=code)
        twilio.work()
        browser.submit("/sms", code=code)
    told = caplog.text + json.dumps([str(event) for event in small.events()])
    for secret in (code, another(code), "211234567", TOKEN):
        assert not re.search(rf"(?<![0-9a-f]){re.escape(secret)}", told), secret
    assert SERVICE not in "".join(str(event) for event in small.events())
