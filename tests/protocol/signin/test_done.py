"""After a first second step was set up: what is asked from now on, codes to keep, another way."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.command import Acrux
from tests.protocol.people.factors.test_recovery_codes import shown_codes
from tests.support.site import MFA, Application, Browser, Site

DONE = "Done: your second step is set up"


@pytest.fixture
def demanding(tmp_path: Path) -> Iterator[Site]:
    """An installation whose people all keep recovery codes."""
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    found = Site(tmp_path, url, recovery__at_enrolment="required")
    yield found
    found.close()


def set_up(site: Site, app: Application, name: str = "aroha", method: str = "totp") -> Browser:
    """Set up a first second step in a sign-in, up to the page that says so."""
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in(name)
    browser.submit("/enrol/proof", code=site.mailed_code())
    new_way(site, browser, method)
    return browser


def new_way(site: Site, browser: Browser, method: str) -> None:
    """Set up a way from the page of choices."""
    base = "/".join(browser.at.url.split("/")[:3])
    page = browser.open(f"{base}/enrol/{method}")
    if method == "totp":
        secret = page.text.partition("secret=")[2].partition("&")[0]
        browser.submit("/enrol/totp", code=site.code(secret))
    else:
        browser.submit("/enrol/sms/send")
        browser.submit("/enrol/sms", code=site.texted_code())


@pytest.mark.slow
def test_the_person_reads_what_is_asked_next_time_and_goes_on(site: Site) -> None:
    site.person("aroha")
    app = site.application("rms")
    browser = set_up(site, app)
    page = browser.at
    assert page.heading == DONE
    asked = "Next time you sign in, you will also be asked for a code from your authenticator app."
    assert asked in page.text
    assert "Get recovery codes" in page.text
    assert "Set up another way, too" in page.text
    assert "Step " not in page.text, "what is done is not counted"
    again = browser.open("/".join(page.url.split("/")[:3]))
    assert again.heading == DONE, "until it is answered"
    answer = browser.submit("/done", decision="later")
    assert site.claims(app, answer)["acr"] == MFA
    (read,) = site.events(kind="person:set-up:read")
    assert (read.username, read.reason) == ("aroha", "later")


@pytest.mark.slow
def test_a_button_that_the_page_does_not_have_is_no_answer(site: Site) -> None:
    site.person("aroha")
    browser = set_up(site, site.application())
    for nonsense in ("", "never", "now"):
        assert browser.submit("/done", decision=nonsense).heading == DONE
    assert not site.events(kind="person:set-up:read")


@pytest.mark.slow
def test_recovery_codes_are_kept_and_work_when_the_phone_is_lost(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser = set_up(site, app)
    page = browser.submit("/done", decision="codes")
    assert page.heading == "Keep your recovery codes"
    assert "You used a recovery code" not in page.text
    codes = shown_codes(page)
    assert len(codes) == 10
    assert "code" in browser.submit("/keep").query
    other = site.browser()
    other.authorize(app)
    other.sign_in("aroha")
    other.open("/".join(other.at.url.split("/")[:3]) + "/recovery")
    assert other.submit("/recovery", code=codes[0]).heading == "Set up a second step"


@pytest.mark.slow
def test_who_looks_at_the_codes_may_still_leave_them(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser = set_up(site, app)
    browser.submit("/done", decision="codes")
    assert "code" in browser.submit("/keep/later").query
    fresh = site.browser()
    fresh.authorize(app)
    fresh.sign_in("aroha")
    assert "recovery code" not in fresh.at.text, "none is in force"


@pytest.mark.slow
def test_another_way_is_set_up_beside_the_first_counted_anew(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser = set_up(site, app)
    page = browser.submit("/done", decision="another")
    assert page.heading == "Set up another way to sign in"
    assert "you can still sign in when you lose the first" in page.text
    assert "Step 1 of 2" in page.text
    assert browser.submit("/enrol/later").heading == DONE, "not now leads back to the choice"
    browser.submit("/done", decision="another")
    new_way(site, browser, "sms")
    assert browser.at.heading == DONE
    assert "a code from your authenticator app or a code by text message" in browser.at.text
    assert "Set up another way" not in browser.at.text, "two are two"
    assert site.claims(app, browser.submit("/done", decision="later"))["amr"][0] == "pwd"
    account = site.browser()
    account.open("/account/")
    account.sign_in("aroha")
    assert account.at.heading != "Your account"


@pytest.mark.slow
def test_where_codes_are_required_nobody_gets_by_without_them(demanding: Site) -> None:
    demanding.person("aroha")
    app = demanding.application()
    browser = set_up(demanding, app)
    assert browser.at.heading == DONE
    assert "Not now" not in browser.at.text
    assert browser.submit("/done", decision="later").heading == "Keep your recovery codes"
    base = "/".join(browser.at.url.split("/")[:3])
    assert browser.post(f"{base}/keep/later").location == base
    assert browser.open(base).heading == "Keep your recovery codes"
    assert browser.open(base.replace("interaction", "authorize/resume")).heading.startswith("Keep")
    why = Acrux(demanding.environ).json("user", "why", "aroha")
    assert why["asked"][-1] == "keeping recovery codes"
    assert not why["problems"]
    assert "code" in browser.submit("/keep").query
    assert (
        "keeping recovery codes"
        not in Acrux(demanding.environ).json("user", "why", "aroha")["asked"]
    )


@pytest.mark.slow
def test_where_they_are_off_no_one_hears_of_them(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, recovery__at_enrolment="off")
    site.person("aroha")
    app = site.application("rms")
    browser = set_up(site, app)
    assert "recovery" not in browser.at.text.lower()
    assert "Continue to Rms" in browser.at.text
    assert browser.submit("/done", decision="codes").heading == DONE, "there is no such button"
    assert "code" in browser.submit("/done", decision="later").query
    site.close()


@pytest.mark.slow
def test_the_recommended_way_stands_first_and_alone_is_called_so(tmp_path: Path) -> None:
    for method, title in (("totp", "Authenticator app"), ("sms", "Text message")):
        folder = tmp_path / method
        folder.mkdir()
        url = f"sqlite:///{folder / 'acrux.db'}"
        site = Site(folder, url, enrolment__recommended=method)
        site.person("aroha")
        app = site.application()
        browser = site.browser()
        browser.authorize(app, claims=app.essential(MFA))
        browser.sign_in("aroha")
        page = browser.submit("/enrol/proof", code=site.mailed_code())
        first = page.text.partition('id="choose-')[2]
        assert first.startswith(f'{method}"')
        assert title in first.partition("</a>")[0]
        assert page.text.count(">Recommended<") == 1
        site.close()


@pytest.mark.slow
def test_the_account_says_so_until_there_are_two_ways(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    site.person("mere", totp=site.secret(), sms=True)
    site.person("kiri")
    only = "You have only one way for your second step."
    browser = site.browser()
    browser.open("/account/")
    browser.sign_in("tane")
    assert only in browser.totp(secret).text
    assert 'href="/account/ways#add"' in browser.at.text
    plain = site.browser()
    plain.open("/account/")
    assert only not in plain.sign_in("kiri").text
    other = site.browser()
    other.open("/account/")
    other.sign_in("mere")
    other.open("/".join(other.at.url.split("/")[:3]) + "/sms")
    other.submit("/sms/send")
    page = other.submit("/sms", code=site.texted_code())
    assert page.heading == "Your account"
    assert only not in page.text
