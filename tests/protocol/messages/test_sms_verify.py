"""Twilio Verify in the place of codes of our own: signing in, setting up, and what goes wrong."""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from html import unescape
from pathlib import Path

import pytest

from idp import language
from idp.messages import Post
from idp.store import credentials
from idp.store.db.statements import Statement
from idp.store.messages import outbox
from tests.protocol.messages.test_sms_calls import OFFER, call
from tests.support.site import MFA, Answer, Application, Browser, Site, by_keyword
from tests.support.stand_ins.twilio import TOKEN, FakeTwilio
from tests.support.stand_ins.verify import SERVICE

WRONG = "That code didn't match. Use the newest message, or send a new code."
OVER = "That code does not work any more. Send a new code."
AWAY = "We could not check the code just now. Try again in a moment."
OTHER_NUMBER = "+64217654321"


def verified_site(folder: Path, url: str, twilio: FakeTwilio, **more: str) -> Site:
    settings = by_keyword(twilio.verify_settings())
    return Site(folder, url, **settings, sms__voice="true", **more)


@pytest.fixture
def carried(tmp_path: Path, database_url: str, twilio: FakeTwilio) -> Iterator[Site]:
    """A site whose codes Twilio Verify makes and checks."""
    found = verified_site(tmp_path, database_url, twilio)
    yield found
    found.close()


@pytest.fixture
def small(tmp_path: Path, twilio: FakeTwilio) -> Iterator[Site]:
    """The same, for what has nothing to do with the kind of database."""
    found = verified_site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", twilio)
    yield found
    found.close()


@pytest.fixture
def build(tmp_path: Path, twilio: FakeTwilio) -> Iterator[Callable[..., Site]]:
    """Make the same with further settings."""
    made: list[Site] = []

    def with_settings(url: str = f"sqlite:///{tmp_path / 'acrux.db'}", **more: str) -> Site:
        made.append(verified_site(tmp_path, url, twilio, **more))
        return made[-1]

    yield with_settings
    for site in made:
        site.close()


def at_second_step(site: Site, app: Application, name: str = "mere") -> Browser:
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in(name)
    return browser


def with_code(site: Site, app: Application, name: str = "mere") -> Browser:
    """Return a browser to whose person a code was sent."""
    browser = at_second_step(site, app, name)
    browser.submit("/sms/send")
    assert browser.at.heading == "Enter the code from a text message", browser.at.text
    return browser


def another(code: str) -> str:
    """Return six digits that are not the code."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def set_phone(site: Site, person: str, number: str) -> None:
    with site.work() as work:
        statement = Statement("UPDATE person SET phone = :phone WHERE id = :id")
        work.run(statement, id=person, phone=number)


def refused(answer: Answer, words: str) -> None:
    assert (answer.status, words in unescape(answer.text)) == (400, True), answer.text


# -- signing in


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


# -- whose code it is


def test_a_code_of_another_sign_in_does_not_count(carried: Site, twilio: FakeTwilio) -> None:
    carried.person("mere", sms=True)
    app = carried.application()
    first = with_code(carried, app)
    early = twilio.verify.newest_code()
    carried.advance(31)
    second = with_code(carried, app)
    late = twilio.verify.newest_code()
    assert early != late, "Twilio would have sent the same code again"
    assert len(twilio.verify.sent) == 2, "nobody gets a message for nothing"
    refused(second.submit("/sms", code=early), WRONG)
    refused(first.submit("/sms", code=late), OVER)
    assert "code" in second.submit("/sms", code=late).query


def test_a_code_for_another_person_with_the_same_telephone_does_not_count(
    carried: Site, twilio: FakeTwilio
) -> None:
    for name in ("mere", "hemi"):
        carried.person(name, sms=True)
    app = carried.application()
    mere = with_code(carried, app, "mere")
    hers = twilio.verify.newest_code()
    hemi = with_code(carried, app, "hemi")
    refused(hemi.submit("/sms", code=hers), WRONG)
    refused(mere.submit("/sms", code=twilio.verify.newest_code()), OVER)
    assert "code" in hemi.submit("/sms", code=twilio.verify.newest_code()).query


def test_a_code_of_a_sign_in_that_nobody_remembers_does_not_count(
    small: Site, twilio: FakeTwilio
) -> None:
    for name in ("mere", "hemi"):
        small.person(name, sms=True)
    app = small.application()
    with_code(small, app, "mere")
    hers = twilio.verify.newest_code()
    with small.work() as work:
        work.run(Statement("DELETE FROM interaction"))
    hemi = with_code(small, app, "hemi")
    refused(hemi.submit("/sms", code=hers), WRONG)
    assert "code" in hemi.submit("/sms", code=twilio.verify.newest_code()).query


def test_a_code_does_not_count_for_a_number_it_did_not_go_to(
    carried: Site, twilio: FakeTwilio
) -> None:
    mere = carried.person("mere")
    app = carried.application()
    browser = enrolling_sms(carried, app, "mere")
    browser.submit("/enrol/sms/send")
    code = twilio.verify.newest_code()
    set_phone(carried, mere, OTHER_NUMBER)
    refused(browser.set_up("/enrol/sms", code=code), WRONG)
    assert twilio.verify.checked == 0
    set_phone(carried, mere, "+64211234567")
    assert "code" in browser.set_up("/enrol/sms", code=code).query


@pytest.mark.parametrize("when", ["checking", "answering"])
def test_a_number_that_is_changed_while_twilio_is_asked_gets_nothing(
    carried: Site, twilio: FakeTwilio, when: str
) -> None:
    mere = carried.person("mere")
    app = carried.application()
    browser = enrolling_sms(carried, app, "mere")
    browser.submit("/enrol/sms/send")
    # It also shows that no one's write waits for Twilio.
    setattr(twilio.verify, when, lambda: set_phone(carried, mere, OTHER_NUMBER))
    refused(browser.set_up("/enrol/sms", code=twilio.verify.newest_code()), WRONG)
    with carried.work() as work:
        assert credentials.of(work, mere, "sms") == []


# -- Twilio away


def guesses(site: Site, person: str, method: str = "sms") -> int:
    """Return how many guesses count against someone, and that no wait stands."""
    with site.work() as work:
        query = 'SELECT count, next_at FROM throttle WHERE "key" = :key'
        row = work.one(Statement(query), key=f"{method}:{person}")
    assert row is None or row[1] == 0, "a wait stands"
    return row[0] if row else 0


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
    refused(browser.submit("/sms", code=code), "Too many tries. Wait 30 seconds")


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


# -- sending


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


# -- setting up


def enrolling_sms(site: Site, app: Application, name: str) -> Browser:
    """Return a browser that is about to set up text messages."""
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in(name)
    browser.submit("/enrol/proof/send")
    browser.submit("/enrol/proof", code=site.mailed_code())
    browser.open(browser.at.url + "/sms")
    return browser


@pytest.mark.parametrize("way", ["sms", "call"])
def test_text_messages_are_set_up_with_a_code_of_twilio(
    carried: Site, twilio: FakeTwilio, way: str
) -> None:
    carried.person("aroha")
    app = carried.application()
    browser = enrolling_sms(carried, app, "aroha")
    browser.submit("/enrol/sms/send")
    if way == "call":
        carried.advance(31)
        call(browser)
    refused(browser.set_up("/enrol/sms", code=another(twilio.verify.newest_code())), WRONG)
    twilio.drop()
    refused(browser.set_up("/enrol/sms", code=twilio.verify.newest_code()), AWAY)
    twilio.work()
    answer = browser.set_up("/enrol/sms", code=twilio.verify.newest_code())
    amr = {"sms": "sms", "call": "tel"}[way]
    assert carried.claims(app, answer)["amr"] == ["pwd", amr, "mfa"]


def test_the_number_may_be_confirmed_by_twilio_before_a_first_factor(
    build: Callable[..., Site], database_url: str, twilio: FakeTwilio
) -> None:
    site = build(database_url, enrolment__proof="sms")
    aroha = site.person("aroha")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("aroha")
    browser.submit("/enrol/proof/send")
    proof = twilio.verify.newest_code()
    refused(browser.submit("/enrol/proof", code=another(proof)), WRONG)
    twilio.drop()
    refused(browser.submit("/enrol/proof", code=proof), AWAY)
    assert guesses(site, aroha, "sms-proof-code") == 1
    twilio.work()
    browser.submit("/enrol/proof", code=proof)
    browser.open(browser.at.url + "/sms")
    browser.submit("/enrol/sms/send")
    setup = twilio.verify.newest_code()
    assert setup != proof
    refused(browser.set_up("/enrol/sms", code=proof), WRONG)
    answer = browser.set_up("/enrol/sms", code=setup)
    assert site.claims(app, answer)["amr"] == ["pwd", "sms", "mfa"]


def test_a_code_for_one_purpose_is_none_for_another(
    build: Callable[..., Site], database_url: str, twilio: FakeTwilio
) -> None:
    site = build(database_url, enrolment__proof="sms")
    site.person("mere", sms=True)
    site.person("aroha")
    app = site.application()
    enrolling = site.browser()
    enrolling.authorize(app, claims=app.essential(MFA))
    enrolling.sign_in("aroha")
    enrolling.submit("/enrol/proof/send")
    proof = twilio.verify.newest_code()
    signing = with_code(site, app, "mere")
    refused(signing.submit("/sms", code=proof), WRONG)
    refused(enrolling.submit("/enrol/proof", code=twilio.verify.newest_code()), OVER)


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
        work._after.clear()
    small.installation.post.deliver(queued)
    assert (twilio.verify.sent, twilio.messages) == ([], [])
    with small.work() as work:
        assert outbox.state(work, queued) == "failed"


# -- what is told


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
