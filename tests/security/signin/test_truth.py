"""What a factor, a person or a password stood for ends when it ends, even half-way through."""

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher

from idp.signin import sessions
from idp.store import credentials, people
from idp.store.db.statements import Statement
from idp.store.oidc import authorizations
from idp.store.signin import sessions as session_store
from tests.security.serving.crowd import at_once, base
from tests.support.site import MFA, PASSWORD, Answer, Application, Browser, Site

OFFLINE = "openid offline_access"


def _remove_factor(site: Site, person: str, method: str) -> None:
    """Do what `acrux user reset-factor` does."""
    with site.work() as work:
        credentials.remove_method(work, person, method)
        session_store.end_resting_on(work, person, method)
        authorizations.revoke_resting_on(work, person, method)
        session_store.drop_unfinished(work, person, method)


def _disable(site: Site, person: str, disabled: bool = True) -> None:
    """Do what `acrux user disable` and `enable` do."""
    with site.work() as work:
        people.set_disabled(work, person, disabled)
        if disabled:
            sessions.end_person(work, person, "disabled")


def _set_password(site: Site, person: str, password: str) -> None:
    """Do what `acrux user set-password` does."""
    passwords: Any = site.installation.signin.authenticators["password"]
    with site.work() as work:
        passwords.set(work, person, password)
        sessions.end_person(work, person, "password set")


def _alive(site: Site, app: Application, tokens: dict[str, str]) -> set[str]:
    """Return which of the tokens still work; using the refresh token uses it up."""
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    found = set()
    if site.client().send("GET", "/userinfo", None, bearer).status == 200:
        found.add("access")
    if site.refresh(app, tokens["refresh_token"]).status == 200:
        found.add("refresh")
    return found


def _strong(site: Site, app: Application, secret: str) -> tuple[Browser, dict[str, str]]:
    browser = site.browser()
    browser.authorize(app, scope=OFFLINE)
    browser.sign_in("tane")
    code = browser.totp(secret).query["code"]
    tokens: dict[str, str] = site.redeem(app, code).json
    return browser, tokens


def _silent(browser: Browser, app: Application, **request: Any) -> Answer:
    return browser.authorize(app, prompt="none", **request)


@pytest.mark.parametrize("method", ["totp", "password"])
def test_all_that_rests_on_a_removed_factor_ends(site: Site, method: str) -> None:
    secret = site.secret()
    person = site.person("tane", totp=secret)
    app = site.application()
    browser, tokens = _strong(site, app, secret)
    unused = _silent(browser, app).query["code"]
    _remove_factor(site, person, method)
    assert _alive(site, app, tokens) == set()
    assert site.redeem(app, unused).status == 400
    assert _silent(browser, app).query["error"] == "login_required"
    assert _silent(browser, app, claims=app.essential(MFA)).query["error"] == "login_required"


def test_what_rests_on_another_factor_goes_on_and_claims_no_more(site: Site) -> None:
    person = site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, scope=OFFLINE)
    tokens = site.redeem(app, browser.sign_in("tane").query["code"]).json
    totp: Any = site.installation.signin.authenticators["totp"]
    with site.work() as work:
        totp.add(work, person, site.secret())
    # Having set a factor up proves nothing.
    assert site.refresh(app, tokens["refresh_token"]).status == 200
    silent = _silent(browser, app, claims=app.essential(MFA))
    assert silent.query["error"] == "interaction_required"
    _remove_factor(site, person, "totp")
    assert "code" in _silent(browser, app).query


@pytest.mark.parametrize("method", ["totp", "password"])
def test_an_open_sign_in_does_not_finish_on_a_removed_factor(site: Site, method: str) -> None:
    secret = site.secret()
    person = site.person("tane", totp=secret)
    app = site.application(first_party=False)
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    assert browser.totp(secret).heading.startswith("Let ")
    _remove_factor(site, person, method)
    answer = browser.submit("/consent", decision="allow")
    if "code" in answer.query:
        claims = site.claims(app, answer)
        assert (claims["acr"], claims["amr"]) == ("urn:acrux:acr:1fa", ["pwd"])
        assert method == "totp"


def test_a_disabled_person_is_out_at_once_and_everywhere(site: Site) -> None:
    secret = site.secret()
    person = site.person("tane", totp=secret)
    app = site.application()
    browser, tokens = _strong(site, app, secret)
    unused = _silent(browser, app).query["code"]
    half_way = site.browser()
    half_way.authorize(app)
    half_way.sign_in("tane")
    _disable(site, person)
    assert _alive(site, app, tokens) == set()
    assert site.redeem(app, unused).status == 400
    assert _silent(browser, app).query["error"] == "login_required"
    fresh = site.browser()
    fresh.authorize(app)
    for answer in (half_way.totp(secret), fresh.sign_in("tane")):
        assert answer.heading == "Your account is switched off"
        assert not answer.location


def test_what_was_proved_before_a_person_was_disabled_is_void_after_it(site: Site) -> None:
    secret = site.secret()
    person = site.person("tane", totp=secret)
    app = site.application()
    browser, tokens = _strong(site, app, secret)
    half_way = site.browser()
    half_way.authorize(app)
    half_way.sign_in("tane")
    _disable(site, person)
    _disable(site, person, disabled=False)
    assert _alive(site, app, tokens) == set()
    assert _silent(browser, app).query["error"] == "login_required"
    assert "code" not in half_way.post(half_way.at.url, code=site.code(secret)).query
    assert half_way.open(base(half_way)).heading == "Sign in"


def _before(
    patch: pytest.MonkeyPatch, owner: Any, name: str, act: Callable[[], object], *, after: bool
) -> None:
    """Let `act` happen in another thread before (or after) the next call of `owner.name`, once."""
    original, acts = getattr(owner, name), [act]

    def called(*values: Any, **named: Any) -> Any:
        if acts and not after:
            at_once([acts.pop()])
        result = original(*values, **named)
        if acts:
            at_once([acts.pop()])
        return result

    patch.setattr(owner, name, called)


def test_a_person_disabled_while_the_password_is_checked_gets_no_code(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, scope=OFFLINE)
    _before(monkeypatch, people, "lock_person", lambda: _disable(site, person), after=False)
    assert browser.sign_in("tane").heading == "Your account is switched off"
    assert _silent(browser, app).query["error"] in ("login_required", "access_denied")


@pytest.mark.parametrize("change", ["removed", "changed"])
def test_a_password_that_ends_while_it_is_checked_is_wrong(
    site: Site, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Anyone who knows the old password may be hashing at this very moment."""
    person = site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app)

    def end() -> None:
        if change == "removed":
            _remove_factor(site, person, "password")
        else:
            _set_password(site, person, "a quite different passphrase")

    with monkeypatch.context() as patch:
        _before(patch, PasswordHasher, "verify", end, after=True)
        answer = browser.sign_in("tane")
    assert answer.status == 400
    assert "code" not in browser.open(base(browser)).query


def test_a_changed_password_ends_sessions_and_open_sign_ins(site: Site) -> None:
    secret = site.secret()
    person = site.person("tane", totp=secret)
    app = site.application()
    browser, tokens = _strong(site, app, secret)
    half_way = site.browser()
    half_way.authorize(app)
    half_way.sign_in("tane")
    _set_password(site, person, "a quite different passphrase")
    assert _alive(site, app, tokens) == set()
    assert _silent(browser, app).query["error"] == "login_required"
    assert "code" not in half_way.totp(secret).query
    assert half_way.open(base(half_way)).heading == "Sign in"


def test_a_code_sent_to_a_new_number_does_not_prove_the_old_one(site: Site) -> None:
    person = site.person("mere", sms=True, phone="+64211234567")
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("mere")
    with site.work() as work:
        change = Statement("UPDATE person SET phone = :phone WHERE id = :id")
        work.run(change, id=person, phone="+64219999999")
    browser.submit("/sms/send")
    assert site.messages("sms")[-1]["to"] == "+64219999999"
    assert "code" not in browser.submit("/sms", code=site.texted_code()).query


@pytest.mark.parametrize("method", ["totp", "password"])
def test_a_secret_copied_to_another_row_opens_nothing(site: Site, method: str) -> None:
    """Anyone who can write the database, but has no key, cannot give people a secret of theirs."""
    mine = site.secret()
    site.person("mallory", password="the attacker's own passphrase", totp=mine)
    victim = site.person("tane", totp=site.secret())
    with site.work() as work:
        copy = Statement(
            "UPDATE credential SET secret = (SELECT c.secret FROM credential c JOIN person p"
            " ON p.id = c.person_id WHERE p.username = 'mallory' AND c.method = :method)"
            " WHERE person_id = :victim AND method = :method"
        )
        assert work.run(copy, victim=victim, method=method) == 1
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    here = base(browser)
    password = PASSWORD if method == "totp" else "the attacker's own passphrase"
    browser.post(here + "/password", username="tane", password=password)
    browser.post(here + "/totp", code=site.code(mine))
    assert "code" not in browser.open(here).query
    proofs = site.events(kind="person:factor:proved", person=victim)
    assert not [event for event in proofs if (event.reason or "").startswith(method)]
