"""The code before a first second step is mailed when its page is reached: once, and its field is
there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.people.factors.setting_up import CHOOSE, CONFIRM, base_of, begin
from tests.support.letters import delivered
from tests.support.site import MFA, PASSWORD, Answer, Application, Browser, Site, by_keyword
from tests.support.stand_ins.smtp import FakeMailServer, mail_server

FIELD = 'name="code"'
SENT = re.compile(r"We sent a code to a\*\*\*@example\.org at \d\d:\d\d UTC\.")


def mailed(site: Site) -> list[str]:
    """Return to whom codes were mailed, oldest first."""
    return [mail["to"] for mail in delivered(site) if mail["kind"] == "address-code"]


def at_the_door(site: Site, app: Application) -> tuple[Browser, str]:
    """Give the password and go nowhere yet; return the address of the page that is next."""
    browser = site.browser()
    page = browser.authorize(app, claims=app.essential(MFA))
    browser.post(page.url.replace("/login", "/password"), username="aroha", password=PASSWORD)
    return browser, "/".join(page.url.split("/")[:3]) + "/enrol/proof"


def test_whoever_arrives_has_a_code_and_the_field_for_it(site: Site) -> None:
    site.person("aroha")
    browser, page = begin(site, site.application())
    assert (page.status, page.heading) == (200, CONFIRM)
    assert SENT.search(page.text)
    assert "Look in your spam folder, too." in page.text
    assert FIELD in page.text
    assert mailed(site) == ["aroha@example.org"]
    assert browser.submit("/enrol/proof", code=site.mailed_code()).heading == CHOOSE


def test_who_comes_again_reads_when_it_was_sent_and_gets_no_other(site: Site) -> None:
    site.person("aroha")
    browser, first = begin(site, site.application())
    sent = SENT.search(first.text)
    assert sent
    code = site.mailed_code()
    for path in ("", "/enrol", "/enrol/proof", "/enrol/proof"):
        site.advance(130)
        page = browser.open(base_of(browser) + path)
        assert sent[0] in page.text
        assert "Send a new code" in page.text
    assert mailed(site) == ["aroha@example.org"]
    assert browser.submit("/enrol/proof", code=code).heading == CHOOSE


def test_a_code_that_is_over_is_asked_for_by_its_button(site: Site) -> None:
    site.person("aroha")
    browser, _ = begin(site, site.application())
    site.advance(601)
    page = browser.open(browser.at.url)
    assert "Send code to a***@example.org" in page.text
    assert FIELD not in page.text
    assert len(mailed(site)) == 1
    assert FIELD in browser.submit("/enrol/proof/send").text
    assert len(mailed(site)) == 2


AHEAD: list[tuple[str, dict[str, str]]] = [
    ("HEAD", {}),
    ("GET", {"Sec-Purpose": "prefetch;prerender"}),
    ("GET", {"Purpose": "prefetch"}),
    ("GET", {"X-Moz": "prefetch"}),
    ("GET", {"Sec-Fetch-Dest": "empty"}),
    ("GET", {"Sec-Fetch-Dest": "iframe"}),
]


@pytest.mark.parametrize(("how", "headers"), AHEAD, ids=str)
def test_what_looks_ahead_of_a_person_sends_nothing(
    small_site: Site, how: str, headers: dict[str, str]
) -> None:
    small_site.person("aroha")
    browser, address = at_the_door(small_site, small_site.application())
    answer = browser.http.send(how, address, headers=headers)
    assert answer.status == 200
    assert mailed(small_site) == []
    assert how == "HEAD" or "Send code to a***@example.org" in answer.text
    seen = browser.http.send("GET", address, headers={"Sec-Fetch-Dest": "document"})
    assert seen.location == address
    assert len(mailed(small_site)) == 1


def test_a_stranger_with_the_link_sends_nothing(small_site: Site) -> None:
    small_site.person("aroha")
    _, address = at_the_door(small_site, small_site.application())
    stranger: Answer = small_site.browser().get(address)
    assert stranger.status >= 400
    assert mailed(small_site) == []


@pytest.mark.slow
def test_each_account_in_one_sign_in_gets_its_own(site: Site) -> None:
    site.person("aroha")
    site.person("mere")
    browser, _ = begin(site, site.application())
    code = site.mailed_code()
    browser.post(base_of(browser) + "/switch")
    browser.open(base_of(browser))
    page = browser.sign_in("mere")
    assert "m***@example.org" in page.text
    assert mailed(site) == ["aroha@example.org", "mere@example.org"]
    assert browser.submit("/enrol/proof", code=code).status == 400


@pytest.mark.slow
def test_coming_back_over_and_over_fills_no_mailbox(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    for _ in range(8):
        _, page = begin(site, app)
    assert len(mailed(site)) == 6
    assert page.heading == CONFIRM
    assert re.search(r"Too many codes were sent\. You can ask for a new one at \d", page.text)
    assert "Not your address, or no code?" in page.text
    site.advance(3700)
    assert SENT.search(begin(site, app)[1].text)


def test_whose_address_it_is_not_reads_who_can_put_it_right(small_site: Site) -> None:
    small_site.person("aroha")
    browser, _ = begin(small_site, small_site.application())
    page = browser.submit("/stuck")
    assert page.heading == "If no code reaches you"
    assert "The code goes to the e-mail address on your profile." in page.text
    assert "put right where the code goes" in page.text
    assert re.search(r'id="help-reference">[0-9A-F]{4}-[0-9A-F]{4}<', page.text)
    assert "another way" not in page.text
    assert FIELD in browser.open(base_of(browser)).text


# -- the mail server


@pytest.fixture
def server() -> Iterator[FakeMailServer]:
    with mail_server() as running:
        yield running


@pytest.mark.slow
def test_who_arrives_while_the_mail_server_says_no_reads_so_and_tries_again(
    tmp_path: Path, server: FakeMailServer
) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, **by_keyword(server.settings()))
    site.person("aroha")
    server.refuse_with = "451 4.3.0 Later"
    browser, page = begin(site, site.application())
    assert "We could not send the code to a***@example.org." in page.text
    server.refuse_with = ""
    site.advance(61)
    assert FIELD in browser.submit("/enrol/proof/send").text
    assert [mail.recipients for mail in server.mails] == [("aroha@example.org",)]
    site.close()
