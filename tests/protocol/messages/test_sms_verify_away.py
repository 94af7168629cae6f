"""Twilio Verify is away, slow or refuses: nobody loses a guess by that, or waits for long."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.protocol.messages.verified import (
    AWAY,
    OVER,
    WRONG,
    another,
    at_second_step,
    guesses,
    refused,
    with_code,
)
from tests.support.site import Site
from tests.support.stand_ins.twilio import FakeTwilio


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (lambda fake: fake.drop(), "not checked: Twilio: ConnectionError"),
        (lambda fake: fake.refuse(20500), "not checked: Twilio: HTTP 500, error 20500"),
        (lambda fake: fake.refuse(20429), "not checked: Twilio: HTTP 429, error 20429"),
        (lambda fake: fake.refuse(20003), "not checked: Twilio: HTTP 401, error 20003"),
        (lambda fake: fake.answer(200, "<p>Welcome to our network"), "the answer was not JSON"),
        (lambda fake: fake.answer(201, "{}"), "the answer is about another number"),
    ],
)
def test_when_twilio_says_nothing_of_a_code_it_is_no_guess(
    carried: Site, twilio: FakeTwilio, trouble: object, reason: str
) -> None:
    mere = carried.person("mere", sms=True)
    app = carried.application()
    browser = with_code(carried, app)
    code = twilio.verify.newest_code()
    trouble(twilio)  # type: ignore[operator]
    # More often than guesses are free: none of these makes anyone wait.
    for _ in range(7):
        refused(browser.submit("/sms", code=code), AWAY)
    assert guesses(carried, mere) == 0
    assert reason in str(carried.events(kind="person:factor:rejected")[0].reason)
    twilio.work()
    assert "code" in browser.submit("/sms", code=code).query


@pytest.mark.slow
def test_trouble_takes_no_guess_back_that_was_one(small: Site, twilio: FakeTwilio) -> None:
    mere = small.person("mere", sms=True)
    browser = with_code(small, small.application())
    code = twilio.verify.newest_code()
    for _ in range(4):
        refused(browser.submit("/sms", code=another(code)), WRONG)
    twilio.drop()
    refused(browser.submit("/sms", code=code), AWAY)
    assert guesses(small, mere) == 4
    twilio.work()
    refused(browser.submit("/sms", code=another(code)), WRONG)
    refused(browser.submit("/sms", code=code), "Too many tries. Wait")


@pytest.mark.parametrize("trouble", ["hang", "drip"])
def test_nobody_waits_for_twilio_longer_than_the_settings_say(
    build: Callable[..., Site], twilio: FakeTwilio, trouble: str
) -> None:
    site = build(sms__twilio_timeout="0.6")
    mere = site.person("mere", sms=True)
    app = site.application()
    browser = with_code(site, app)
    getattr(twilio, trouble)()
    began = time.monotonic()
    refused(browser.submit("/sms", code=twilio.verify.newest_code()), AWAY)
    assert time.monotonic() - began < 10, "with room for a busy machine"
    assert guesses(site, mere) == 0
    twilio.work()
    assert "code" in browser.submit("/sms", code=twilio.verify.newest_code()).query


@pytest.mark.slow
def test_who_waits_for_twilio_keeps_nobody_from_the_database(
    build: Callable[..., Site], twilio: FakeTwilio
) -> None:
    """One connection and two more at most: fewer than wait here, and another page still comes."""
    site = build(database__pool="1", sms__twilio_timeout="20")
    app = site.application()
    asked, released = threading.Semaphore(0), threading.Event()

    def hold() -> None:
        asked.release()
        released.wait(20)

    twilio.verify.checking = hold
    waiting = []
    for number in range(4):
        site.person(f"mere{number}", sms=True, phone=f"+6421123450{number}")
        browser = with_code(site, app, f"mere{number}")
        waiting.append(partial(browser.submit, "/sms", code=twilio.verify.newest_code()))
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(call) for call in waiting]
        for _ in waiting:
            assert asked.acquire(timeout=20)
        site.person("hemi")
        other = site.browser()
        other.authorize(app)
        assert "code" in other.sign_in("hemi").query
        released.set()
        assert all("code" in answer.result(20).query for answer in answers)


@pytest.mark.slow
def test_an_answer_that_came_too_late_counts_for_nothing(
    build: Callable[..., Site], twilio: FakeTwilio
) -> None:
    site = build(sms__twilio_timeout="0.6")
    site.person("mere", sms=True)
    app = site.application()
    browser = with_code(site, app)
    code = twilio.verify.newest_code()
    released = twilio._closed
    twilio.verify.answering = lambda: released.wait(1.2)
    refused(browser.submit("/sms", code=code), AWAY)
    twilio.verify.answering = lambda: None
    assert twilio.verify.verifications[0].status == "approved"
    # Twilio says it only once; so a new code is needed, and that is said.
    refused(browser.submit("/sms", code=code), OVER)
    site.advance(31)
    browser.submit("/sms/send")
    assert "code" in browser.submit("/sms", code=twilio.verify.newest_code()).query


@pytest.mark.slow
def test_a_message_that_twilio_does_not_take_is_said_to_have_failed(
    small: Site, twilio: FakeTwilio
) -> None:
    small.person("mere", sms=True)
    app = small.application()
    twilio.refuse(60200)
    browser = at_second_step(small, app)
    browser.submit("/sms/send")
    assert "We could not send the text message to 02*******" in browser.at.text
    twilio.work()
    small.advance(31)
    browser.submit("/sms/send")
    assert "code" in browser.submit("/sms", code=twilio.verify.newest_code()).query
