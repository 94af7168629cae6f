"""A sign-in that stops at the second step is told of by mail once it is over, and once only."""

from pathlib import Path
from typing import Any

import pytest

from idp import clock, moments
from idp.cli.running.worker import Worker
from idp.signin import unfinished
from idp.store import people
from idp.store.db.statements import Statement
from tests.protocol.command import Acrux
from tests.security.serving.crowd import at_once, base, number
from tests.support.letters import kinds, link, newest
from tests.support.site import MFA, Browser, Site

KIND = "sign-in-failed-second"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"


def at_second_step(site: Site, name: str = "tane", browser: Browser | None = None) -> Browser:
    """Type the password, and look at the page of the second step."""
    browser = browser or site.browser()
    browser.authorize(_app(site))
    browser.sign_in(name)
    return browser


def _app(site: Site) -> Any:
    found = getattr(site, "one_app", None) or site.application()
    site.one_app = found  # type: ignore[attr-defined]
    return found


def work_off(site: Site, seconds: int = 0) -> int:
    """Let time pass, and the worker do what is due; return how many such mails there are."""
    site.advance(seconds)
    Worker(site.installation).clean()
    return kinds(site).count(KIND)


def over(site: Site) -> int:
    """Seconds after which a sign-in begun now is over."""
    return site.installation.settings.interaction.lifetime + 1


def test_it_is_told_when_it_is_over_and_not_again(site: Site) -> None:
    person = site.person("tane", totp=site.secret())
    browser = site.browser()
    browser.http.call_itself(FIREFOX)
    at_second_step(site, browser=browser)
    began = moments.minute(clock.now())
    assert work_off(site) == 0
    assert work_off(site, over(site) - 60) == 0
    assert work_off(site, 120) == 1
    assert [work_off(site, 600) for _ in range(8)] == [1] * 8
    body = newest(site, KIND)["body"]
    assert "Someone typed your password, but did not get past the second step." in body
    assert "Signing in to: App" in body
    assert f"When: {began}" in body
    assert "Where: Firefox on Windows, 127.0.0.1" in body
    assert site.browser().open(link(site, body, "/n/")).heading == "Was this not you?"
    [event] = site.events(kind="person:sign-in:abandoned", person=person)
    assert (event.outcome, event.source) == ("refused", "127.0.0.1")
    assert "the sign-in was left open" in Acrux(site.environ)("user", "why", "tane")
    # For a day its page still names the application.
    assert number(site, "SELECT count(*) FROM interaction") == 1
    assert work_off(site, 86400) == 1
    assert number(site, "SELECT count(*) FROM interaction") == 0, "deleted in the end"


def test_a_page_of_ours_is_told_without_an_application(small_site: Site) -> None:
    small_site.person("tane", sms=True)
    browser = small_site.browser()
    browser.open("/account/")
    browser.sign_in("tane")
    assert work_off(small_site, over(small_site)) == 1
    assert "Signing in to" not in newest(small_site, KIND)["body"]


def test_who_begins_again_and_finishes_is_not_bothered(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    browser = at_second_step(site)
    site.advance(600)
    at_second_step(site, browser=browser)
    assert "code" in browser.totp(secret).query
    assert work_off(site, over(site)) == 0
    assert work_off(site, over(site)) == 0


def test_who_began_again_in_time_may_take_the_time_to_finish(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    browser = at_second_step(site)
    site.advance(over(site) - 60)
    at_second_step(site, browser=browser)
    assert work_off(site, 120) == 0
    assert "code" in browser.totp(secret).query
    assert work_off(site, over(site)) == 0


@pytest.mark.slow
def test_beginning_again_and_again_puts_the_mail_off_but_not_for_ever(site: Site) -> None:
    site.person("tane", totp=site.secret())
    browser = at_second_step(site)
    told = []
    for _ in range(4):
        site.advance(over(site) - 60)
        at_second_step(site, browser=browser)
        told.append(work_off(site))
    assert told[0] == 0
    assert told[-1] >= 1


def test_finishing_in_another_browser_tells_all_the_same(small_site: Site) -> None:
    """Anyone who knows the password may be someone else, while its owner goes on as ever."""
    secret = small_site.secret()
    small_site.person("tane", totp=secret)
    at_second_step(small_site)
    own = at_second_step(small_site)
    assert "code" in own.totp(secret).query
    assert work_off(small_site, over(small_site)) == 1


def test_finishing_as_somebody_else_in_that_browser_tells_all_the_same(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    small_site.person("rua")
    browser = at_second_step(small_site)
    browser.authorize(_app(small_site))
    assert "code" in browser.sign_in("rua").query
    assert work_off(small_site, over(small_site)) == 1
    assert newest(small_site, KIND)["to"] == "tane@example.org"


def test_what_was_finished_before_does_not_count(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("tane", totp=secret)
    browser = at_second_step(small_site)
    assert "code" in browser.totp(secret).query
    small_site.advance(60)
    browser.authorize(_app(small_site), prompt="login")
    browser.sign_in("tane")
    assert work_off(small_site, over(small_site)) == 1


@pytest.mark.parametrize("way", ["cancel", "switch"])
def test_giving_up_or_choosing_another_account_was_told_at_once_and_is_not_again(
    small_site: Site, way: str
) -> None:
    small_site.person("tane", totp=small_site.secret())
    browser = at_second_step(small_site)
    browser.post(f"{base(browser)}/{way}")
    assert kinds(small_site).count(KIND) == 1
    assert work_off(small_site, over(small_site)) == 1


def test_only_a_further_factor_that_the_policy_asks_for_counts(small_site: Site) -> None:
    """A wrong password, an enrolment, a consent: no one was stopped by a second step there."""
    small_site.person("tane", totp=small_site.secret())
    small_site.person("rua")
    third = small_site.application("third", first_party=False)
    wrong = small_site.browser()
    wrong.authorize(_app(small_site))
    wrong.sign_in("tane", "not it")
    enrols = small_site.browser()
    enrols.authorize(third, claims=third.essential(MFA))
    assert enrols.sign_in("rua").heading == "First we check that it is you"
    consents = small_site.browser()
    consents.authorize(third)
    assert "decision" in consents.sign_in("rua").text
    assert work_off(small_site, over(small_site)) == 0


def test_what_was_told_at_the_third_wrong_answer_is_not_told_again(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    browser = at_second_step(small_site)
    for _ in range(3):
        browser.submit("/totp", code="000000")
    assert kinds(small_site).count(KIND) == 1
    assert work_off(small_site, over(small_site)) == 1


def test_a_person_who_was_switched_off_meanwhile_hears_nothing(small_site: Site) -> None:
    person = small_site.person("tane", totp=small_site.secret())
    at_second_step(small_site)
    with small_site.work() as work:
        people.set_disabled(work, person, True)
    assert work_off(small_site, over(small_site)) == 0


def test_workers_at_once_tell_once(site: Site) -> None:
    site.person("tane", totp=site.secret())
    at_second_step(site)
    site.advance(over(site))
    told = at_once([site.installation.unfinished.tell] * 4)
    assert sum(told) == 1
    assert kinds(site).count(KIND) == 1
    assert len(site.events(kind="person:sign-in:abandoned")) == 1


@pytest.mark.slow
def test_a_guesser_of_one_person_fills_no_mailbox_and_every_other_hears(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More sign-ins than one look takes, too."""
    monkeypatch.setattr(unfinished, "BATCH", 2)
    for name in ("tane", "rua"):
        small_site.person(name, totp=small_site.secret())
    for _ in range(5):
        at_second_step(small_site)
    at_second_step(small_site, "rua")
    assert work_off(small_site, over(small_site)) == 4
    assert len(small_site.events(kind="person:sign-in:abandoned")) == 6
    to = [m["to"] for m in small_site.messages("mail") if m["kind"] == KIND]
    assert sorted(to) == ["rua@example.org"] + ["tane@example.org"] * 3


def test_a_command_of_its_own_does_it_too(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    at_second_step(small_site)
    small_site.advance(over(small_site))
    Acrux(small_site.environ)("worker", "--once")
    assert kinds(small_site) == [KIND]


def test_without_mail_nothing_is_lost_but_the_mail(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, mail__backend="off", enrolment__proof="none")
    try:
        site.person("tane", totp=site.secret())
        at_second_step(site)
        assert work_off(site, over(site)) == 0
        assert len(site.events(kind="person:sign-in:abandoned")) == 1
    finally:
        site.close()


def test_a_row_that_cannot_be_read_holds_nothing_up(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    small_site.person("mere", totp=small_site.secret())
    at_second_step(small_site)
    with small_site.work() as work:
        work.run(Statement("UPDATE interaction SET request = :text"), text='{"newer": 1}')
    at_second_step(small_site, "mere")
    assert work_off(small_site, over(small_site)) == 1
    assert "mere@example.org" in newest(small_site, KIND)["to"]
