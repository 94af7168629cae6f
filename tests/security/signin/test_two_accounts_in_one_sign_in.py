"""What one account proved in a sign-in must never count for another that takes its place there.

The attacker owns an account with a phone, an app and a mailbox, and knows a victim's password.
Everything happens in one interaction of one browser; only the account is switched.
"""

from collections.abc import Callable
from typing import Any

import pytest

from idp.authenticators.base import Attempt, Rejected, Verified
from idp.signin.interaction import Interaction
from idp.signin.sign_in import SignIn
from idp.store.db import Work
from tests.security.serving.crowd import at_once, base, same_cookie
from tests.support.site import MFA, MFA_APP, ONE, PASSWORD, Answer, Application, Browser, Site

MINE = "the attacker's own passphrase"
INSIST = {"claims": Application.essential(MFA)}


def _begin(site: Site, app: Application, **request: Any) -> Browser:
    browser = site.browser()
    browser.authorize(app, **request)
    return browser


def _switch(browser: Browser, username: str, password: str = PASSWORD) -> Answer:
    """Give the sign-in to another account, by the form that the pages offer or by hand."""
    browser._follow(browser.post(base(browser) + "/switch"))
    return browser.sign_in(username, password)


def test_a_code_texted_to_the_attacker_does_not_open_the_victims_account(site: Site) -> None:
    site.person("mallory", password=MINE, sms=True, phone="+64211234999")
    site.person("tane", sms=True)
    browser = _begin(site, site.application())
    browser.sign_in("mallory", MINE)
    browser.submit("/sms/send")
    code = site.texted_code()
    page = _switch(browser, "tane")
    assert "We will send a code" in page.text, "the victim was sent nothing yet"
    answer = browser.post(page.url, code=code)
    assert answer.status == 400
    assert browser.open(base(browser)).url.endswith("/sms")


def test_a_code_texted_for_setting_up_does_not_bind_the_victims_number(site: Site) -> None:
    site.person("mallory", password=MINE, phone="+64211234999")
    victim = site.person("tane")
    browser = _begin(site, site.application(), **INSIST)
    browser.sign_in("mallory", MINE)
    browser.submit("/enrol/proof", code=site.mailed_code())
    browser.open(base(browser) + "/enrol/sms")
    browser.submit("/enrol/sms/send")
    code = site.texted_code()
    _switch(browser, "tane")
    browser.submit("/enrol/proof", code=site.mailed_code())
    answer = browser.post(base(browser) + "/enrol/sms", code=code)
    assert answer.status == 400
    assert not site.events(kind="person:factor:added", person=victim)


def test_the_attackers_confirmed_address_does_not_let_the_victim_enrol(site: Site) -> None:
    site.person("mallory", password=MINE)
    victim = site.person("tane")
    browser = _begin(site, site.application(), **INSIST)
    browser.sign_in("mallory", MINE)
    assert browser.submit("/enrol/proof", code=site.mailed_code()).status == 200
    assert _switch(browser, "tane").url.endswith("/enrol/proof")
    for method in ("totp", "sms"):
        assert browser.open(f"{base(browser)}/enrol/{method}").url.endswith("/enrol/proof")
    assert not site.events(kind="person:factor:added", person=victim)


def test_a_confirmation_code_mailed_to_the_attacker_does_not_confirm_the_victims_address(
    site: Site,
) -> None:
    site.person("mallory", password=MINE)
    site.person("tane")
    browser = _begin(site, site.application(), **INSIST)
    browser.sign_in("mallory", MINE)
    code = site.mailed_code()
    _switch(browser, "tane")
    answer = browser.post(base(browser) + "/enrol/proof", code=code)
    assert answer.status == 400
    assert browser.open(base(browser)).url.endswith("/enrol/proof")


def test_an_app_that_the_attacker_began_to_set_up_is_not_offered_to_the_victim(site: Site) -> None:
    site.person("mallory", password=MINE)
    victim = site.person("tane")
    browser = _begin(site, site.application(), **INSIST)
    browser.sign_in("mallory", MINE)
    browser.submit("/enrol/proof", code=site.mailed_code())
    mine = _secret(browser.open(base(browser) + "/enrol/totp"))
    _switch(browser, "tane")
    browser.submit("/enrol/proof", code=site.mailed_code())
    page = browser.open(base(browser) + "/enrol/totp")
    assert page.status == 200
    assert _secret(page) != mine
    assert browser.set_up("/enrol/totp", code=site.code(mine)).status == 400
    assert not site.events(kind="person:factor:added", person=victim)


def _secret(page: Answer) -> str:
    return page.text.partition("secret=")[2].partition("&")[0]


def test_the_attackers_consent_does_not_stand_for_the_victims(site: Site) -> None:
    site.person("mallory", password=MINE)
    site.person("tane")
    browser = _begin(site, site.application(first_party=False))
    assert browser.sign_in("mallory", MINE).heading.startswith("Let ")
    browser.post(base(browser) + "/consent", decision="allow")
    assert _switch(browser, "tane").heading.startswith("Let ")


def test_proofs_given_before_a_switch_do_not_count_after_it(site: Site) -> None:
    secret = site.secret()
    site.person("mallory", password=MINE, totp=secret)
    site.person("tane", totp=site.secret())
    # Consent keeps the sign-in open after everything is proved.
    browser = _begin(site, site.application(first_party=False))
    browser.sign_in("mallory", MINE)
    assert browser.totp(secret).heading.startswith("Let ")
    assert _switch(browser, "tane").heading == "Enter the code from your app"


def _in_between(
    site: Site, monkeypatch: pytest.MonkeyPatch, method: str, act: Callable[[], object]
) -> None:
    """Let `act` happen while the next answer to `method` is being evaluated, once."""
    authenticator = site.installation.signin.authenticators[method]
    original, acts = authenticator.verify, [act]

    def verify(attempt: Attempt, form: Any) -> Verified | Rejected:
        if acts:
            # In a thread, as another request would be.
            at_once([acts.pop()])
        return original(attempt, form)

    monkeypatch.setattr(authenticator, "verify", verify)


def test_a_proof_that_was_under_way_during_a_switch_does_not_count_after_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = site.secret()
    site.person("mallory", password=MINE, totp=secret)
    site.person("tane", totp=site.secret())
    app = site.application()
    browser = _begin(site, app)
    browser.sign_in("mallory", MINE)
    tab = same_cookie(site, browser)
    _in_between(site, monkeypatch, "totp", lambda: _switch(tab, "tane"))
    late = browser.totp(secret)
    assert "code" not in late.query
    for at_hand in (browser, tab):
        assert "code" not in at_hand.open(base(browser)).query
        silent = at_hand.authorize(app, prompt="none")
        assert silent.query["error"] == "login_required"


def test_two_people_finishing_at_once_in_one_browser_do_not_mix_their_proofs(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session becomes the victim's while the attacker's own second factor is on its way in."""
    secret = site.secret()
    site.person("mallory", password=MINE, totp=secret)
    tane = site.person("tane")
    app = site.application()
    browser = _begin(site, app)
    browser.sign_in("mallory", MINE)
    browser.totp(secret)
    browser.authorize(app, prompt="login")
    browser.submit("/password", password=MINE)
    browser.post(browser.at.url, code=site.code(secret))
    tab = same_cookie(site, browser)

    def become_tane() -> None:
        tab.authorize(app, prompt="login")
        assert "code" in _switch(tab, "tane").query

    original, acts = SignIn.locked, [become_tane]

    def locked(self: SignIn, work: Work, interaction: Interaction) -> Interaction | None:
        """What was read by now is true no longer; from here on no one else changes it."""
        if acts:
            at_once([acts.pop()])
        return original(self, work, interaction)

    monkeypatch.setattr(SignIn, "locked", locked)
    browser.open(base(browser))
    # The browser became tane's meanwhile: a request of before does not take it back.
    for acr in (MFA, MFA_APP):
        silent = tab.authorize(app, prompt="none", claims=app.essential(acr))
        assert silent.query.get("error") == "interaction_required"
    found = site.claims(app, tab.authorize(app, prompt="none"))
    assert (found["sub"], found["acr"]) == (tane, ONE)
