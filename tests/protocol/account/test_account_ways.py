"""Ways to sign in, on the account page: added, renamed, removed by anyone who can prove enough."""

import re

import pytest

from idp import clock, moments
from tests.protocol.people.factors.test_recovery_codes import saved_codes, shown_codes
from tests.support.letters import newest
from tests.support.site import MFA, Browser, Site

WAYS = "/account/ways"


@pytest.fixture
def secret(site: Site) -> str:
    found = site.secret()
    site.person("mere", totp=found, sms=True)
    return found


def signed_in(site: Site, secret: str) -> Browser:
    browser = site.browser()
    browser.open(WAYS)
    browser.sign_in("mere")
    assert browser.totp(secret).heading == "Ways to sign in"
    return browser


def way(browser: Browser, title: str) -> str:
    """Return the address of one way."""
    browser.open(WAYS)
    found = re.search(
        rf'href="({WAYS}/[\w-]+)"\s+aria-label="Change or remove {title}"', browser.at.text
    )
    assert found, browser.at.text
    return found.group(1)


def uses(browser: Browser) -> dict[str, str]:
    """Return when each way was last used: both pages that list them must say the same."""
    row = re.compile(r'<strong>([^<]*)</strong></p>\s*<p class="hint">([^<]*)<')
    listed, overview = (
        {title: said.partition(" · ")[0].strip() for title, said in row.findall(page.text)}
        for page in (browser.open(WAYS), browser.open("/account/"))
    )
    assert listed == overview
    return listed


def by_text_message(site: Site, browser: Browser) -> None:
    """Sign in as far as the account, with a text message as the second step."""
    browser.open(browser.at.url.replace("/totp", "/sms"))
    browser.submit("/sms/send")
    assert browser.submit("/sms", code=site.texted_code()).heading == "Ways to sign in"


def test_each_way_says_when_it_was_last_used(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    first = f"Last used {moments.minute(clock.now())}"
    assert uses(browser) == {
        "Password": first,
        "Authenticator app": first,
        "Text message": "Not used yet",
    }
    site.advance(7200)
    again = site.browser()
    again.open(WAYS)
    again.sign_in("mere")
    by_text_message(site, again)
    later = f"Last used {moments.minute(clock.now())}"
    assert later != first
    assert uses(again) == {"Password": later, "Authenticator app": first, "Text message": later}


def test_a_wrong_answer_is_no_use_of_a_way(site: Site, secret: str) -> None:
    browser = site.browser()
    browser.open(WAYS)
    browser.sign_in("mere")
    browser.submit("/totp", code="000000")
    by_text_message(site, browser)
    assert uses(browser)["Authenticator app"] == "Not used yet"


def test_what_is_there_is_listed_with_what_can_be_added(site: Site, secret: str) -> None:
    page = signed_in(site, secret).at.text
    for title in ("Password", "Authenticator app", "Text message"):
        assert f"<strong>{title}</strong>" in page
    assert "Add a passkey" in page
    assert "Make recovery codes" in page


def test_a_way_is_removed_with_all_that_rests_on_it_and_its_owner_is_told(
    site: Site, secret: str
) -> None:
    browser = signed_in(site, secret)
    page = browser.open(way(browser, "Text message"))
    assert page.heading == "Text message"
    browser.submit("/remove")
    assert "Text message" not in browser.open(WAYS).text.partition("Add another")[0]
    assert site.installation.post.settle(10)
    assert site.messages("mail")[-1]["kind"] == "factor-removed"
    removed = site.events(kind="person:factor:removed")
    assert removed[0].reason == "sms, by its owner"


def test_the_page_says_what_is_left_without_it(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    alone = "After that, your password alone protects your account."
    assert alone not in browser.open(way(browser, "Text message")).text
    browser.submit("/remove")
    page = browser.open(way(browser, "Authenticator app"))
    assert alone in page.text
    browser.submit("/remove")
    activity = browser.open("/account/activity").text
    assert "A way to sign in was removed: Text message" in activity
    assert "A way to sign in was removed: Authenticator app" in activity


def test_a_number_is_changed_from_the_way_that_uses_it(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    page = browser.open(way(browser, "Text message"))
    assert 'href="/account/details/phone"' in page.text
    assert "new phone" not in page.text


@pytest.mark.slow
def test_removing_asks_for_the_strongest_proof_of_the_last_five_minutes(
    site: Site, secret: str
) -> None:
    browser = signed_in(site, secret)
    address = way(browser, "Text message")
    site.advance(301)
    page = browser.open(address)
    assert page.heading == "Sign in"
    browser.sign_in("mere")
    assert browser.at.heading == "Enter the code from your app"
    assert "text message instead" not in browser.at.text, "it is weaker than what there is"
    assert browser.totp(secret).heading == "Text message"
    site.advance(301)
    assert browser.submit("/remove").heading == "Sign in"
    assert not site.events(kind="person:factor:removed")


def test_the_last_second_step_that_a_rule_demands_stays(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    site.stage("*", MFA, -1)
    browser = site.browser()
    browser.open(WAYS)
    browser.sign_in("mere")
    browser.totp(secret)
    page = browser.open(way(browser, "Authenticator app"))
    assert "Acrux requires a second step, and this is your only one." in page.text
    address = browser.at.url
    browser.open("/account/")
    assert browser.post(address + "/remove").status == 400
    assert not site.events(kind="person:factor:removed")


@pytest.mark.slow
def test_nobody_removes_what_is_anothers(site: Site, secret: str) -> None:
    other = site.secret()
    site.person("tane", totp=other)
    mine = signed_in(site, secret)
    address = way(mine, "Authenticator app")
    browser = site.browser()
    browser.open(WAYS)
    browser.sign_in("tane")
    browser.totp(other)
    assert browser.get(address).status == 404
    browser.open("/account/")
    assert browser.post(address + "/remove").status == 404


@pytest.mark.slow
def test_an_app_is_set_up_anew_in_the_place_of_the_old_one(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    page = browser.open(way(browser, "Authenticator app"))
    assert "Set it up on a new phone" in page.text
    link = re.search(r'href="([^"]+)" id="set-up-anew"', page.text)
    assert link
    page = browser.open(link[1])
    assert page.heading == "Set up your authenticator app"
    found = re.search(r"secret=([A-Z2-7]+)", page.text)
    assert found
    new = found.group(1)
    assert browser.set_up("/enrol/totp", code=site.code(new)).heading == "Ways to sign in"
    fresh = site.browser()
    fresh.open(WAYS)
    fresh.sign_in("mere")
    assert fresh.submit("/totp", code=site.code(secret)).status == 400
    assert fresh.totp(new).heading == "Ways to sign in"


def test_giving_up_halfway_changes_nothing(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    browser.open(f"{WAYS}/add/totp")
    assert browser.submit("/cancel").heading == "Ways to sign in"
    assert not site.events(kind="person:factor:added")


@pytest.mark.slow
def test_recovery_codes_are_made_there_and_count(site: Site, secret: str) -> None:
    browser = signed_in(site, secret)
    page = browser.open("/account/recovery-codes")
    codes = shown_codes(page)
    assert len(codes) == 10
    assert saved_codes(page) == codes
    assert "You have 10 codes left." in browser.submit("/recovery-codes").text
    mail = newest(site, "recovery-made")
    assert mail["to"] == "mere@example.org"
    assert "New recovery codes were made for your" in mail["body"]
    site.advance(301)
    assert browser.open("/account/recovery-codes").heading == "Sign in"


@pytest.mark.slow
def test_after_a_change_the_other_sessions_end_if_it_is_ticked(site: Site, secret: str) -> None:
    elsewhere, browser = signed_in(site, secret), signed_in(site, secret)
    browser.open(way(browser, "Text message"))
    page = browser.submit("/remove")
    assert page.heading == "Sign out everywhere else?"
    assert re.search(r'type="checkbox"[^>]*checked', page.text)
    browser.submit("/others", end="yes")
    assert elsewhere.open(WAYS).heading == "Sign in"
    assert browser.open(WAYS).heading == "Ways to sign in"
