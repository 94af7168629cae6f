"""Recovery codes: a lost second step is replaced, and the demand for one never goes away."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import unquote

import pytest

from idp.authenticators.recovery import Recovery
from idp.people.factors import recovery_codes
from idp.store import credentials, people
from tests.protocol.people.factors.setting_up import secret_of, step_note
from tests.support.browser import Answer
from tests.support.letters import kinds, link, newest
from tests.support.recovery import give_codes
from tests.support.site import MFA, MFA_APP, Application, Browser, Site


@pytest.fixture
def secret(site: Site) -> str:
    found = site.secret()
    site.person("mere", totp=found)
    return found


@pytest.fixture
def app(site: Site) -> Application:
    return site.application("app", min_acr=MFA)


def at_second_step(site: Site, app: Application) -> Browser:
    browser = site.browser()
    browser.authorize(app)
    assert browser.sign_in("mere").heading == "Enter the code from your app"
    return browser


def base(browser: Browser) -> str:
    return "/interaction/" + browser.at.url.split("/interaction/")[1].split("/")[0]


def shown_codes(page: Answer) -> list[str]:
    return re.findall(r"<code>([0-9A-Z-]{19})</code>", page.text)


def saved_codes(page: Answer) -> list[str]:
    """Return the codes in the file that the page lets save; a button prints them, with a script."""
    assert re.search(r'<button[^>]*type="button"[^>]*\bhidden\b[^>]*data-prints', page.text)
    files = re.findall(r'<a[^>]*\bdownload="([^"]*)"\s+href="data:([^",]*),([^"]*)"', page.text)
    assert [file[:2] for file in files] == [("recovery-codes.txt", "text/plain;charset=utf-8")]
    brand, *codes, rest = unquote(unescape(files[0][2])).split("\r\n")
    assert (brand, rest) == ("Acrux", "")
    return codes


@pytest.mark.slow
def test_whoever_lost_the_phone_sets_up_a_new_one_and_gets_new_codes(
    site: Site, secret: str, app: Application
) -> None:
    old = give_codes(site, "mere")
    browser = at_second_step(site, app)
    assert "I have lost it: use a recovery code" in browser.at.text
    page = browser.open(base(browser) + "/recovery")
    assert page.heading == "Type a recovery code"
    page = browser.submit("/recovery", code=old[0].lower().replace("-", " "))
    assert page.heading == "Set up a second step"
    assert "9 codes are left." in newest(site, "recovery-used")["body"]
    page = browser.open(base(browser) + "/enrol/totp")
    found = re.search(r"secret=([A-Z2-7]+)", page.text)
    assert found
    page = browser.submit("/enrol/totp", code=site.code(found.group(1)))
    assert page.heading == "Keep your new recovery codes"
    new = shown_codes(page)
    assert len(new) == 10
    assert saved_codes(page) == new
    assert kinds(site).count("recovery-made") == 1, "those of before; these are not kept yet"
    claims = site.claims(app, browser.submit("/keep"))
    assert (claims["acr"], claims["amr"]) == (MFA_APP, ["pwd", "otp", "mfa"])
    assert kinds(site).count("recovery-made") == 2
    again = at_second_step(site, app)
    assert again.submit("/totp", code=site.code(secret)).status == 400, "the lost app is dead"
    again.open(base(again) + "/recovery")
    assert again.submit("/recovery", code=old[1]).status == 400, "so are the old codes"
    assert again.submit("/recovery", code=new[0]).heading == "Set up a second step"


def test_a_recovery_code_alone_is_one_factor(site: Site, secret: str, app: Application) -> None:
    codes = give_codes(site, "mere")
    browser = at_second_step(site, app)
    browser.open(base(browser) + "/recovery")
    browser.submit("/recovery", code=codes[0])
    assert "code" not in browser.get(f"/authorize/resume/{base(browser)[13:]}").query
    silent = browser.authorize(app, prompt="none")
    assert silent.query["error"] == "login_required"


@pytest.mark.slow
def test_a_code_works_once_whoever_comes_first(site: Site, secret: str, app: Application) -> None:
    codes = give_codes(site, "mere")
    browsers = [at_second_step(site, app) for _ in range(4)]
    for browser in browsers:
        browser.open(base(browser) + "/recovery")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda b: b.submit("/recovery", code=codes[3]), browsers))
    assert sorted(a.heading == "Set up a second step" for a in answers) == [False] * 3 + [True]
    proved = [e for e in site.events(kind="person:factor:proved") if e.reason == "recovery"]
    wrong = site.events(kind="person:factor:rejected")
    assert [event.reason for event in wrong] == ["recovery: wrong or used code"] * 3
    assert {event.outcome for event in wrong} == {"refused"}
    tries = {event.interaction_id for event in [*proved, *wrong]}
    assert (len(proved), len(tries)) == (1, 4), "each of the four stands in the record"
    assert kinds(site).count("recovery-used") == 1


def test_codes_are_of_use_only_after_the_password_and_only_to_their_owner(
    site: Site, secret: str, app: Application
) -> None:
    codes = give_codes(site, "mere")
    site.person("tane", totp=site.secret())
    give_codes(site, "tane")
    browser = site.browser()
    browser.authorize(app)
    assert browser.post(base(browser) + "/recovery", code=codes[0]).status == 303
    assert browser.open(base(browser)).heading == "Sign in"
    browser.sign_in("tane")
    browser.open(base(browser) + "/recovery")
    assert browser.submit("/recovery", code=codes[0]).status == 400


def test_only_digests_are_stored_and_no_event_names_a_code(site: Site, secret: str) -> None:
    codes = give_codes(site, "mere")
    told = str(site.events())
    assert not any(code in told or code.replace("-", "") in told for code in codes)
    assert site.events()[0].kind == "person:recovery-codes:made"


def test_a_page_of_codes_counts_once_and_for_its_person_only(site: Site, secret: str) -> None:
    recovery = site.installation.signin.authenticators["recovery"]
    assert isinstance(recovery, Recovery)
    site.person("tane")
    with site.work() as work:
        mere, tane = people.by_name(work, "mere"), people.by_name(work, "tane")
        assert mere is not None
        assert tane is not None
        draft = recovery_codes.draft(recovery, mere)
        assert not recovery_codes.keep(work, recovery, tane, draft.sealed)
        assert recovery_codes.keep(work, recovery, mere, draft.sealed)
        for spelled in (draft.sealed, f"{draft.sealed}!", f" {draft.sealed}", draft.sealed + "\n"):
            assert not recovery_codes.keep(work, recovery, mere, spelled)
        assert not recovery_codes.keep(work, recovery, mere, "rubbish")


def recovered(site: Site, app: Application) -> Browser:
    """Lose the phone, use a code, set up another app; return who looks at the new codes."""
    old = give_codes(site, "mere")
    browser = at_second_step(site, app)
    browser.open(base(browser) + "/recovery")
    assert step_note(browser.submit("/recovery", code=old[0])) == "Step 1 of 3"
    page = browser.open(base(browser) + "/enrol/totp")
    assert step_note(page) == "Step 2 of 3"
    found = secret_of(page)
    page = browser.submit("/enrol/totp", code=site.code(found))
    assert page.heading == "Keep your new recovery codes"
    assert step_note(page) == "Step 3 of 3"
    return browser


def of(site: Site, name: str, method: str) -> str:
    with site.work() as work:
        person = people.by_name(work, name)
        assert person
        return credentials.of(work, person.id, method)[0].id


def methods(site: Site) -> frozenset[str]:
    with site.work() as work:
        person = people.by_name(work, "mere")
        assert person
        return person.methods


@pytest.mark.slow
def test_what_was_lost_is_taken_away_unless_the_person_has_it_still(
    site: Site, app: Application
) -> None:
    site.person("mere", totp=site.secret(), sms=True)
    browser = recovered(site, app)
    page = browser.at
    assert re.findall(r">Remove ([^<]+)<", page.text) == ["Text message"]
    assert re.search(r'name="lost"[^>]*checked', page.text)
    assert "code" in browser.submit("/keep", lost=of(site, "mere", "sms")).query
    assert methods(site) == {"password", "totp", "recovery"}
    assert kinds(site).count("factor-removed") == 1


def test_what_was_not_lost_stays_and_nobody_takes_away_more_than_is_shown(
    site: Site, app: Application
) -> None:
    site.person("mere", totp=site.secret(), sms=True)
    site.person("hemi", sms=True)
    browser = recovered(site, app)
    action, form = browser.at.form("/keep")
    del form["lost"]
    others = [of(site, "hemi", "sms"), of(site, "mere", "totp"), of(site, "mere", "password")]
    answer = browser.http.send("POST", action, {**form, "lost": others})
    assert answer.status == 303
    assert methods(site) == {"password", "totp", "sms", "recovery"}
    assert of(site, "hemi", "sms")


def test_each_use_of_a_code_is_told_with_how_many_are_left(
    site: Site, secret: str, app: Application
) -> None:
    codes = give_codes(site, "mere")
    for number, left in ((0, "9 codes are left."), (1, "8 codes are left.")):
        browser = at_second_step(site, app)
        browser.open(base(browser) + "/recovery")
        browser.submit("/recovery", code="0000-0000-0000-0000")
        assert kinds(site).count("recovery-used") == number, "a wrong code is no use of one"
        browser.submit("/recovery", code=codes[number])
        mail = newest(site, "recovery-used")
        assert mail["to"] == "mere@example.org"
        assert left in mail["body"]
        assert "127.0.0.1" in mail["body"]
        assert link(site, mail["body"], "/n/")
        assert not any(code in mail["body"] for code in codes)
