"""Installations whose codes Twilio Verify makes and checks, and people who are asked for one."""

from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest

from idp.store.db.statements import Statement
from tests.support.site import Answer, Application, Browser, Site, by_keyword
from tests.support.stand_ins.twilio import FakeTwilio

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
    """Return a browser to whose person a code was sent, of which it is known who has it."""
    browser = at_second_step(site, app, name)
    browser.submit("/sms/send")
    assert browser.at.heading == "Enter the code from a text message", browser.at.text
    # The page is shown when the carrier has the message; that it took it is noted a moment later.
    assert site.installation.post.settle(30)
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


def guesses(site: Site, person: str, method: str = "sms") -> int:
    """Return how many guesses count against someone, and that no wait stands."""
    with site.work() as work:
        query = 'SELECT count, next_at FROM throttle WHERE "key" = :key'
        row = work.one(Statement(query), key=f"{method}:{person}")
    assert row is None or row[1] == 0, "a wait stands"
    return row[0] if row else 0
