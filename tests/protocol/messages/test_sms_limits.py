"""How many text messages there are: the wait between two, and the caps on nuisance and cost."""

import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.site import MFA, Application, Browser, Site

TOO_MANY = "Too many codes were sent"
Make = Callable[..., Site]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Make a site with other limits."""
    made: list[Site] = []

    def one(**settings: Any) -> Site:
        site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **settings)
        made.append(site)
        return site

    yield one
    for site in made:
        site.close()


def at_second_step(site: Site, app: Application, name: str) -> Browser:
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in(name)
    return browser


def crowd(site: Site, count: int, phone: str = "+64211234{:03}") -> list[str]:
    """Add people, each with a number of their own."""
    names = [f"person{number}" for number in range(count)]
    for number, name in enumerate(names):
        site.person(name, sms=True, phone=phone.format(number))
    return names


def ask(site: Site, app: Application, names: list[str]) -> list[int]:
    """Let everyone ask for a message; return the statuses."""
    return [at_second_step(site, app, name).submit("/sms/send").status for name in names]


# -- the wait


def test_the_page_says_how_long_to_wait_for_a_new_code(small_site: Site) -> None:
    small_site.person("mere", sms=True)
    browser = at_second_step(small_site, small_site.application(), "mere")
    assert "You can ask for a new code" not in browser.at.text
    page = browser.submit("/sms/send")
    assert re.search(r"You can ask for a new code in (30|29) seconds\.", page.text)
    small_site.advance(31)
    page = browser.open(page.url)
    assert "You can ask for a new code" not in page.text
    page = browser.submit("/sms/send")
    assert re.search(r"You can ask for a new code in (60|59) seconds\.", page.text)
    assert len(small_site.messages("sms")) == 2


def test_who_does_not_wait_is_told_how_long_and_nothing_is_sent(site: Site) -> None:
    site.person("mere", sms=True)
    browser = at_second_step(site, site.application(), "mere")
    browser.submit("/sms/send")
    for _ in range(3):
        answer = browser.submit("/sms/send")
        assert answer.status == 400
        assert re.search(r"Wait \d+ seconds, then ask for a new code\.", answer.text)
    assert len(site.messages("sms")) == 1
    assert "code" in browser.submit("/sms", code=site.texted_code()).query


@pytest.mark.slow
def test_impatience_uses_up_nothing(small_site: Site) -> None:
    small_site.person("mere", sms=True)
    browser = at_second_step(small_site, small_site.application(), "mere")
    browser.submit("/sms/send")
    for _ in range(10):
        assert browser.submit("/sms/send").status == 400
    for _ in range(5):
        small_site.advance(61)
        assert browser.submit("/sms/send").status == 200
    small_site.advance(61)
    assert TOO_MANY in browser.submit("/sms/send").text


def test_a_mailed_code_is_waited_for_as_well(small_site: Site) -> None:
    small_site.person("aroha")
    app = small_site.application()
    browser = small_site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    assert "You can ask for a new code in" in browser.sign_in("aroha").text
    assert browser.submit("/enrol/proof/send").status == 400
    small_site.advance(31)
    assert browser.submit("/enrol/proof/send").status == 200
    assert len(small_site.messages("mail")) == 2


# -- the caps


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "phone"),
    [
        ("sms__per_source", "+642{:02}1234567"),
        ("sms__per_prefix", "+64211234{:03}"),
        ("sms__per_installation", "+642{:02}1234567"),
        ("sms__per_day", "+642{:02}1234567"),
    ],
)
def test_messages_are_capped_over_all_people(make: Make, setting: str, phone: str) -> None:
    site = make(**{setting: 2})
    numbers = [phone.format(number) for number in (11, 22, 27)]
    for number, name in zip(numbers, ("a1", "b2", "c3"), strict=True):
        site.person(name, sms=True, phone=number)
    app = site.application()
    assert ask(site, app, ["a1", "b2", "c3"]) == [200, 200, 400]
    assert len(site.messages("sms")) == 2
    [event] = site.events(kind="person:code:held-back")
    assert event.outcome == "refused"
    assert event.reason is not None
    assert event.reason.startswith("sms-code: limit of ")
    site.advance(86401 if setting == "sms__per_day" else 3601)
    assert ask(site, app, ["c3"]) == [200]


@pytest.mark.slow
def test_a_block_of_numbers_is_capped_and_another_is_not(make: Make) -> None:
    site = make(sms__per_prefix=2)
    names = crowd(site, 3)
    site.person("other", sms=True, phone="+64275551234")
    app = site.application()
    assert ask(site, app, [*names, "other"]) == [200, 200, 400, 200]


@pytest.mark.slow
def test_who_is_held_back_by_a_common_cap_does_not_use_up_their_own(make: Make) -> None:
    site = make(sms__per_installation=1)
    names = crowd(site, 2)
    app = site.application()
    assert ask(site, app, names) == [200, 400]
    browser = at_second_step(site, app, names[1])
    for _ in range(8):
        assert browser.submit("/sms/send").status == 400
    site.advance(3601)
    assert ask(site, app, [names[1]]) == [200]


def test_the_answer_does_not_tell_which_cap_it_was(make: Make) -> None:
    site = make(sms__per_day=1)
    names = crowd(site, 2)
    app = site.application()
    ask(site, app, names[:1])
    page = at_second_step(site, app, names[1]).submit("/sms/send").text
    assert re.search(r"You can ask for a new one at \d+ \w+ \d{4}, \d\d:\d\d UTC\.", page)


@pytest.mark.slow
def test_an_alarm_is_raised_when_most_is_spent_and_when_all_is(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    site = make(sms__per_day=5, sms__per_prefix=100)
    names = crowd(site, 7)
    app = site.application()

    def alarms() -> list[str | None]:
        return [event.reason for event in site.events(kind="installation:messages:alarm")][::-1]

    with caplog.at_level(logging.WARNING, "idp.authenticators.sending"):
        ask(site, app, names[:3])
        assert alarms() == []
        ask(site, app, names[3:4])
        assert alarms() == ["80 % of sms.per_day"]
        ask(site, app, names[4:])
    assert alarms() == ["80 % of sms.per_day", "100 % of sms.per_day"]
    assert "80 % of sms.per_day are used up" in caplog.text
    assert "+64" not in caplog.text
    site.advance(86401)
    ask(site, app, names[:5])
    assert len(alarms()) == 4


# -- where to


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [{"sms__countries": "AU"}, {"sms__number_types": "voip"}],
)
def test_no_message_goes_to_a_number_that_is_barred_by_now(
    make: Make, settings: dict[str, str]
) -> None:
    site = make(**settings)
    site.person("mere", sms=True)
    site.person("aroha")
    app = site.application()
    browser = at_second_step(site, app, "mere")
    answer = browser.submit("/sms/send")
    assert answer.status == 400
    assert "Messages cannot be sent to the number on your profile" in answer.text
    assert not site.messages("sms")
    other = site.browser()
    other.authorize(app, claims=app.essential(MFA))
    other.sign_in("aroha")
    page = other.submit("/enrol/proof", code=site.mailed_code())
    assert page.status == 200
    assert "enrol/sms" not in page.text
