"""A passkey is lost or elsewhere: what password and app can still ask for, and what stops it."""

import re

import pytest

from idp.policy.waiting import OPEN_FOR, Verdict, Waiting, What, verdict
from idp.store import credentials, people
from idp.store.db.statements import Statement
from tests.protocol.account.test_account_page import words
from tests.protocol.command import Acrux
from tests.support.letters import kinds, link, newest
from tests.support.site import Answer, Browser, Site
from tests.support.stand_ins import authenticator

WAYS = "/account/ways"
WITHOUT = f"{WAYS}/without"
DAY = 86400


@pytest.fixture
def secret(site: Site) -> str:
    """Someone with a password, an app, and a passkey on a device that is not here."""
    found = site.secret()
    site.person("mere", totp=found)
    owner = site.browser()
    owner.open(WAYS)
    owner.sign_in("mere")
    owner.totp(found)
    owner.open(f"{WAYS}/add/webauthn")
    authenticator.add(owner, authenticator.device(owner))
    assert methods(site) == {"password", "totp", "webauthn"}
    site.advance(3700)
    return found


def passkey(site: Site) -> str:
    with site.work() as work:
        person = people.by_name(work, "mere")
        assert person
        [row] = credentials.of(work, person.id, "webauthn")
    return row.id


def elsewhere(site: Site, secret: str) -> Browser:
    """Sign in with password and app; the browser shows the ways."""
    browser = site.browser()
    browser.open(WAYS)
    browser.sign_in("mere")
    with_app(browser, secret)
    assert browser.at.heading == "Ways to sign in", browser.at.text
    return browser


def with_app(browser: Browser, secret: str) -> Answer:
    """Give the app's code, though a passkey is asked for first."""
    if browser.at.url.endswith("/webauthn"):
        browser.open(browser.at.url.replace("/webauthn", "/totp"))
    return browser.totp(secret) if browser.at.url.endswith("/totp") else browser.at


def asked(site: Site, browser: Browser, secret: str, what: str, thing: str) -> Answer:
    browser.open(WITHOUT)
    with_app(browser, secret)
    token = browser.at.csrf
    return browser._follow(
        browser.http.send("POST", WITHOUT, {"csrf_token": token, "what": what, "thing": thing})
    )


def methods(site: Site) -> frozenset[str]:
    with site.work() as work:
        person = people.by_name(work, "mere")
    assert person
    return person.methods


def ended(site: Site) -> list[str]:
    return [str(e.reason) for e in site.events(kind="person:change:stopped")]


@pytest.mark.slow
def test_the_page_that_asks_for_the_passkey_says_why_and_leads_on(site: Site, secret: str) -> None:
    browser = elsewhere(site, secret)
    page = browser.open(f"{WAYS}/{passkey(site)}")
    assert page.heading == "Use your passkey"
    assert "Before you change how you sign in" in words(page)
    assert f'href="{WITHOUT}"' in page.text
    assert browser.submit("/cancel").heading == "Ways to sign in"
    assert "Nothing was changed." in words(browser.at)


@pytest.mark.slow
def test_a_lost_passkey_is_removed_after_a_day_in_the_sight_of_the_owner(
    site: Site, secret: str
) -> None:
    browser = elsewhere(site, secret)
    page = asked(site, browser, secret, "remove", passkey(site))
    assert "Your change is waiting." in words(page)
    assert "Passkey" in words(page)
    letter = newest(site, "change-waits")
    assert letter["to"] == "mere@example.org"
    assert "To be removed: Passkey" in letter["body"]
    site.advance(DAY - 60)
    Acrux(site.environ)("worker", "--once")
    assert "webauthn" in methods(site)
    site.advance(61)
    Acrux(site.environ)("worker", "--once")
    assert methods(site) == {"password", "totp"}
    assert kinds(site).count("factor-removed") == 1
    again = elsewhere(site, secret)
    again.open(f"{WAYS}/add/totp")
    assert "webauthn" not in again.at.text


@pytest.mark.slow
def test_another_way_is_added_from_elsewhere_after_a_day(site: Site, secret: str) -> None:
    browser = elsewhere(site, secret)
    asked(site, browser, secret, "add", "sms")
    assert browser.open(f"{WAYS}/add/sms").heading == "Use your passkey"
    site.advance(DAY + 1)
    Acrux(site.environ)("worker", "--once")
    assert "To be added: " in newest(site, "change-open")["body"]
    browser = elsewhere(site, secret)
    assert "Can be added until" in words(browser.open(WAYS))
    browser.open(f"{WAYS}/add/sms")
    page = with_app(browser, secret)
    assert "/enrol/sms" in page.url, page.text
    browser.submit("/enrol/sms/send")
    browser.set_up("/enrol/sms", code=site.texted_code())
    assert "sms" in methods(site)
    browser.open(WAYS)
    assert "Waiting" not in browser.at.text
    assert browser.open(f"{WAYS}/{passkey(site)}").heading == "Use your passkey", "once"


@pytest.mark.slow
def test_whoever_is_signed_in_stops_it(site: Site, secret: str) -> None:
    browser = elsewhere(site, secret)
    asked(site, browser, secret, "remove", passkey(site))
    owner = elsewhere(site, secret)
    page = owner.submit("/stop")
    assert "Stopped. Nothing changes." in words(page)
    site.advance(DAY + 1)
    Acrux(site.environ)("worker", "--once")
    assert "webauthn" in methods(site)
    assert ended(site) == ["on the account page"]


@pytest.mark.slow
def test_the_mailbox_stops_it_and_the_page_says_so(site: Site, secret: str) -> None:
    asked(site, elsewhere(site, secret), secret, "remove", passkey(site))
    path = link(site, newest(site, "change-waits")["body"], "/n/")
    owner = site.browser()
    assert "A change that was waiting is stopped." in words(owner.open(path))
    assert "A change that was waiting is stopped." in words(owner.submit(path))
    site.advance(DAY + 1)
    Acrux(site.environ)("worker", "--once")
    assert "webauthn" in methods(site)


@pytest.mark.slow
def test_using_what_is_said_to_be_lost_stops_it(site: Site, secret: str) -> None:
    asked(site, elsewhere(site, secret), secret, "remove", passkey(site))
    site.advance(100)
    lost = passkey(site)
    with site.work() as work:
        credentials.mark_used(work, lost)
    site.advance(DAY)
    Acrux(site.environ)("worker", "--once")
    assert "webauthn" in methods(site)
    assert ended(site) == ["remove webauthn: used"]


@pytest.mark.slow
def test_what_a_rule_demands_by_then_stays_and_that_is_told_once(site: Site, secret: str) -> None:
    asked(site, elsewhere(site, secret), secret, "remove", passkey(site))
    site.stage("*", "phr", 0)
    site.advance(DAY + 1)
    for _ in range(2):
        Acrux(site.environ)("worker", "--once")
    assert "webauthn" in methods(site)
    assert ended(site) == ["remove webauthn: refused: a rule demands it"]
    assert "Not removed: Passkey" in newest(site, "change-refused")["body"]
    assert kinds(site).count("change-refused") == 1
    assert "factor-removed" not in kinds(site)
    with site.work() as work:
        row = work.one(Statement("SELECT ended FROM pending_change"))
    assert row
    assert row[0] == "refused"


@pytest.mark.slow
def test_what_is_gone_when_the_wait_is_over_is_told_of_once(site: Site, secret: str) -> None:
    asked(site, elsewhere(site, secret), secret, "remove", passkey(site))
    Acrux(site.environ)("user", "reset-factor", "mere", "webauthn")
    site.advance(DAY + 1)
    Acrux(site.environ)("worker", "--once")
    assert kinds(site).count("factor-removed") == 1
    assert ended(site) == []
    assert "change-refused" not in kinds(site)


@pytest.mark.slow
def test_an_open_browser_alone_asks_for_nothing(site: Site, secret: str) -> None:
    browser = elsewhere(site, secret)
    site.advance(301)
    token = browser.open("/account/password").csrf
    browser.http.send(
        "POST", WITHOUT, {"csrf_token": token, "what": "remove", "thing": passkey(site)}
    )
    assert "change-waits" not in kinds(site)
    assert not site.events(kind="person:change:asked")
    assert browser.open(WITHOUT).heading != "Without your strongest way to sign in"


@pytest.mark.slow
@pytest.mark.parametrize("thing", ["nothing", "", "totp", "x" * 300])
def test_what_cannot_be_asked_for_is_refused_with_a_page(
    site: Site, secret: str, thing: str
) -> None:
    browser = elsewhere(site, secret)
    page = asked(site, browser, secret, "remove", thing)
    assert page.status == 400
    assert not site.events(kind="person:change:asked")


@pytest.mark.slow
def test_the_app_itself_cannot_be_taken_away_so(site: Site, secret: str) -> None:
    browser = elsewhere(site, secret)
    with site.work() as work:
        person = people.by_name(work, "mere")
        assert person
        [app] = credentials.of(work, person.id, "totp")
    assert asked(site, browser, secret, "remove", app.id).status == 400


def test_whoever_has_no_second_way_reads_whom_to_ask(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    page = elsewhere(site, secret).open(WITHOUT)
    assert "someone has to help you" in words(page)
    assert 'id="without"' not in elsewhere(site, secret).at.text


@pytest.mark.slow
def test_asking_twice_waits_once_and_tells_once(site: Site, secret: str) -> None:
    browser = elsewhere(site, secret)
    for _ in range(2):
        asked(site, browser, secret, "remove", passkey(site))
    assert kinds(site).count("change-waits") == 1
    with site.work() as work:
        person = people.by_name(work, "mere")
        assert person
        assert site.installation.lost_ways.possible(work, person) is not None


@pytest.mark.parametrize(
    ("what", "now", "used", "expected"),
    [
        (What.REMOVE, 109, None, Verdict.WAIT),
        (What.REMOVE, 110, None, Verdict.DO),
        (What.REMOVE, 105, 104, Verdict.USED),
        (What.REMOVE, 110, 100, Verdict.DO),
        (What.ADD, 109, None, Verdict.WAIT),
        (What.ADD, 110, None, Verdict.OPEN),
        (What.ADD, 110 + OPEN_FOR, None, Verdict.EXPIRED),
    ],
)
def test_what_becomes_of_a_change_that_waits(
    what: What, now: int, used: int | None, expected: Verdict
) -> None:
    assert verdict(Waiting(what, 100, 110), now, used) is expected


# -- what pages say of the step before


def test_success_is_said_and_only_to_the_browser_that_did_it(site: Site) -> None:
    site.person("mere")
    browser = site.browser()
    browser.open("/account/details")
    browser.sign_in("mere")
    answer = browser.post("/account/details", name="Mere Te Rangi", language="en")
    assert re.fullmatch(r"/account/details\?said=saved~[\w-]{22}", answer.location)
    assert "Saved." in words(browser.open(answer.location))
    other = site.browser()
    other.open(answer.location)
    other.sign_in("mere")
    assert "Saved." not in words(other.at)
    forged = browser.open("/account/details?said=removed.totp~" + "x" * 22)
    assert "Removed" not in words(forged)


def test_a_removed_app_is_said_on_a_page_of_the_account(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    browser = elsewhere(site, secret)
    with site.work() as work:
        person = people.by_name(work, "mere")
        assert person
        [app] = credentials.of(work, person.id, "totp")
    browser.open(f"{WAYS}/{app.id}")
    page = browser.submit("/remove")
    assert page.heading == "Ways to sign in"
    assert "Removed: an authenticator app." in words(page)
    assert methods(site) == {"password"}
