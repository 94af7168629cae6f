"""What happened to an account, page by page, for its owner and no one else."""

import re

import pytest

from idp import audit
from idp.audit import Event
from idp.caller import Caller
from tests.support.site import Browser, Site


def own(site: Site, name: str = "tane") -> Browser:
    """Return a browser in which someone is at the account's activity."""
    browser = site.browser()
    browser.open("/account/activity")
    browser.sign_in(name)
    return browser


def told(browser: Browser) -> list[str]:
    """Return what the page says happened, newest first."""
    rows = re.findall(r'(?s)<li class="happened">(.*?)</li>', browser.at.text)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


@pytest.mark.slow
def test_it_says_what_where_and_when(site: Site) -> None:
    site.person("tane")
    site.person("mere")
    own(site, "mere")
    browser = own(site)
    rows = told(browser)
    assert len(rows) == 1, "nothing of somebody else, nothing for the auditor alone"
    assert re.match(r"You signed in from 127\.0\.0\.1 \d+ \w+ \d{4}, \d\d:\d\d UTC", rows[0])


def test_what_an_operator_did_is_said_to_be_theirs(small_site: Site) -> None:
    person = small_site.person("tane")
    with small_site.work() as work:
        work.caller = Caller(address="cli:root")
        audit.record(work, Event.PASSWORD_DEMANDED, person=person, reason="a laptop was stolen")
    rows = told(own(small_site))
    assert "A new password was required by the people who look after your account" in rows[1]
    assert "root" not in " ".join(rows)


def test_older_pages_go_back_to_the_beginning_without_gap_or_repetition(small_site: Site) -> None:
    person = small_site.person("tane")
    with small_site.work() as work:
        for number in range(120):
            kind = Event.CODE_SENT if number % 2 else Event.TOKEN_REFRESHED
            work.caller = Caller(address=f"192.0.2.{number}")
            audit.record(work, kind, person=person)
    browser = own(small_site)
    rows = told(browser)
    while found := re.search(r'href="(/account/activity\?before=\d+)"', browser.at.text):
        browser.open(found[1])
        rows += told(browser)
    sources = [match[1] for row in rows if (match := re.search(r"192\.0\.2\.(\d+)", row))]
    assert sources == [str(number) for number in range(119, 0, -2)]
    assert len(rows) == 61


@pytest.mark.parametrize("before", ["x", "-1", "1e9", "9" * 30, "٣", "", "1%00"])
def test_a_page_that_cannot_be_is_the_first_one(small_site: Site, before: str) -> None:
    small_site.person("tane")
    browser = own(small_site)
    answer = browser.open(f"/account/activity?before={before}")
    assert answer.status == 200
    assert len(told(browser)) == 1


def test_nobody_sees_it_without_signing_in(small_site: Site) -> None:
    assert small_site.browser().open("/account/activity").heading == "Sign in"
