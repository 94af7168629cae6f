"""A new password ends all that others hold, however it was chosen; one's own session goes on."""

from collections.abc import Callable
from typing import Any

import pytest

from idp.store import credentials
from tests.protocol.command import Acrux
from tests.protocol.sign_ins import userinfo
from tests.security.serving.crowd import number, same_cookie, under_way
from tests.support.letters import choose, forget, mailed_link
from tests.support.site import MFA, PASSWORD, Application, Browser, Site

NEW = "harbour lantern sixpence moss"
OFFLINE = "openid offline_access"


class Thief:
    """Knows the password: a session with offline access, and a sign-in that was left half-way."""

    def __init__(self, site: Site, app: Application) -> None:
        self.site, self.app = site, app
        self.browser, self.half_way = site.browser(), site.browser()
        self.tokens = offline(site, app, self.browser)
        self.half_way.authorize(site.application("asks", first_party=False))
        assert self.half_way.sign_in("tane").heading.startswith("Let Asks in")

    def has_nothing(self) -> None:
        silent = self.browser.authorize(self.app, prompt="none")
        assert silent.query["error"] == "login_required"
        assert self.site.refresh(self.app, self.tokens["refresh_token"]).status == 400
        assert userinfo(self.site, self.tokens["access_token"]).status == 401
        answer = self.half_way.submit("/consent", decision="allow")
        assert "code" not in answer.query
        assert answer.heading == "Sign in"


def offline(site: Site, app: Application, browser: Browser) -> dict[str, Any]:
    """Sign in by password, and return tokens with offline access."""
    browser.authorize(app, scope=OFFLINE)
    answer = browser.sign_in("tane")
    found: dict[str, Any] = site.redeem(app, answer.query["code"]).json
    return found


def on_the_account_page(site: Site, owner: Browser) -> None:
    owner.open("/account/password")
    page = owner.submit("/password", current=PASSWORD, password=NEW)
    assert page.heading == "Ways to sign in"


def by_a_link(site: Site, owner: Browser) -> None:
    forget(site, "tane")
    choose(site, mailed_link(site, "reset-link"), NEW)


def by_an_operator(site: Site, owner: Browser) -> None:
    Acrux(site.environ)("user", "set-password", "tane", "--password-stdin", stdin=NEW)


WAYS = [on_the_account_page, by_a_link, by_an_operator]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_new_password_ends_all_that_others_hold(
    site: Site, way: Callable[[Site, Browser], None]
) -> None:
    person = site.person("tane")
    app, owner = site.application(), site.browser()
    thief = Thief(site, app)
    own = offline(site, app, owner)
    way(site, owner)
    thief.has_nothing()
    stays = way is on_the_account_page
    assert (site.refresh(app, own["refresh_token"]).status == 200) == stays
    assert ("code" in owner.authorize(app, prompt="none").query) == stays
    query = "SELECT count(*) FROM proof WHERE person_id = :person AND session_id IS NULL"
    assert number(site, query, person=person) == 0


def test_a_password_that_is_renewed_in_a_sign_in_ends_what_others_got_meanwhile(
    site: Site,
) -> None:
    person = site.person("tane", verified=False)
    acrux = Acrux(site.environ)
    acrux("user", "demand-password", "tane")
    app = site.application()
    thief, owner = site.browser(), site.browser()
    for browser in (thief, owner):
        browser.authorize(app)
        assert browser.sign_in("tane").heading == "Choose a new password"
    assert "code" in owner.submit("/renew", password=NEW).query
    assert thief.submit("/renew", password=f"{NEW} too").heading == "Sign in"
    query = "SELECT count(*) FROM credential WHERE person_id = :person AND method = 'password'"
    assert number(site, query, person=person) == 1
    again = site.browser()
    again.authorize(app)
    assert "code" in again.sign_in("tane", NEW).query


def test_a_copy_of_ones_own_cookie_is_worth_nothing_after_the_change(site: Site) -> None:
    site.person("tane")
    app, owner = site.application(), site.browser()
    offline(site, app, owner)
    copy = same_cookie(site, owner)
    on_the_account_page(site, owner)
    assert copy.authorize(app, prompt="none").query["error"] == "login_required"
    assert "code" in owner.authorize(app, prompt="none").query


def test_the_page_says_what_a_new_password_ends(small_site: Site) -> None:
    small_site.person("tane")
    browser = small_site.browser()
    browser.open("/account/password")
    browser.sign_in("tane")
    assert "signed out everywhere else" in browser.at.text


def test_a_change_whose_session_ends_while_it_is_hashed_changes_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.person("tane")
    thief = site.browser()
    thief.open("/account/password")
    thief.sign_in("tane")
    acrux = Acrux(site.environ)
    hashing = (site.installation.passwords.rule, "hashed")
    answer = under_way(
        monkeypatch,
        hashing,
        lambda: thief.submit("/password", current=PASSWORD, password=NEW),
        lambda: acrux("user", "demand-password", "tane"),
    )
    assert (answer.status, "ended in the meantime" in answer.text) == (400, True)
    assert not site.events(kind="person:password:changed")
    owner = site.browser()
    owner.authorize(site.application())
    assert owner.sign_in("tane").heading == "Choose a new password", "the demand is not met by it"


def test_a_demanded_password_is_not_chosen_in_a_sign_in_that_was_ended_meanwhile(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.person("tane", verified=False)
    acrux = Acrux(site.environ)
    acrux("user", "demand-password", "tane")
    thief = site.browser()
    thief.authorize(site.application())
    thief.sign_in("tane")
    answer = under_way(
        monkeypatch,
        (site.installation.passwords.rule, "hashed"),
        lambda: thief.submit("/renew", password=NEW),
        lambda: acrux("user", "demand-password", "tane"),
    )
    assert (answer.status, answer.heading) != (303, "")
    assert not site.events(kind="person:password:changed")


def test_a_factor_is_not_set_up_in_a_sign_in_that_was_ended_meanwhile(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = site.person("tane")
    thief = site.browser()
    thief.authorize(site.application(), claims=Application.essential(MFA))
    thief.sign_in("tane")
    thief.submit("/enrol/proof", code=site.mailed_code())
    page = thief.open(thief.at.url + "/totp")
    code = site.code(page.text.partition("secret=")[2].partition("&")[0])
    totp = site.installation.signin.authenticators["totp"]
    answer = under_way(
        monkeypatch,
        (totp, "_matching_step"),
        lambda: thief.submit("/enrol/totp", code=code),
        lambda: Acrux(site.environ)("user", "sign-out", "tane"),
    )
    assert "ended in the meantime" in answer.text
    with site.work() as work:
        assert not credentials.of(work, person, "totp")


def test_recovery_codes_are_not_kept_in_a_session_that_was_ended_meanwhile(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = site.secret()
    person = site.person("tane", totp=secret)
    thief = site.browser()
    thief.open("/account/recovery-codes")
    thief.sign_in("tane")
    assert thief.totp(secret).heading == "Your recovery codes"
    answer = under_way(
        monkeypatch,
        (site.installation.signin, "glance"),
        lambda: thief.submit("/recovery-codes"),
        lambda: Acrux(site.environ)("user", "sign-out", "tane"),
    )
    assert answer.heading == "Sign in"
    with site.work() as work:
        assert not credentials.of(work, person, "recovery")


def test_signing_out_everywhere_else_ends_offline_access_that_others_hold(site: Site) -> None:
    site.person("tane")
    app, owner = site.application(), site.browser()
    thief = Thief(site, app)
    own = offline(site, app, owner)
    owner.open("/account/places")
    owner.submit("/places/end-others")
    thief.has_nothing()
    assert site.refresh(app, own["refresh_token"]).status == 200


def test_an_application_of_the_house_is_listed_with_what_it_holds_and_its_access_ended(
    site: Site,
) -> None:
    site.person("tane")
    app, owner = site.application("desk"), site.browser()
    own = offline(site, app, owner)
    page = owner.open("/account/applications")
    assert "Desk" in page.text
    assert "It has access also when you are not there" in page.text
    assert "Remove Desk" in page.text
    page = owner.submit("/withdraw")
    assert "Desk" not in page.text.partition("</h1>")[2]
    assert site.refresh(app, own["refresh_token"]).status == 400
    [event] = site.events(kind="person:access:ended")
    assert event.client_id == "desk"
    assert "code" in owner.authorize(app, prompt="none").query, "it is let in again, unasked"
