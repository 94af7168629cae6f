""" "This was not me": one link, a page that says what will happen, and everything has ended."""

import pytest

from idp.store import credentials
from tests.protocol.sign_ins import signed_in, tokens, userinfo
from tests.support.letters import choose, forget, kinds, link, mailed_link, newest
from tests.support.site import MFA, PASSWORD, Application, Browser, Site

NEW = "harbour lantern sixpence moss"


def texted(site: Site, name: str = "mere", app: Application | None = None) -> tuple[Browser, str]:
    """Return a browser that waits for a text message's code, and the link in that message."""
    browser = site.browser()
    browser.authorize(app or site.application())
    browser.sign_in(name)
    browser.submit("/sms/send")
    body = newest(site, "sms-code", "sms")["body"]
    return browser, link(site, body, "/n/")


@pytest.mark.slow
def test_a_code_that_nobody_asked_for_is_denied(site: Site) -> None:
    person = site.person("mere", sms=True)
    thief, path = texted(site)
    owner = site.browser()
    page = owner.open(path)
    assert page.heading == "Was this not you?"
    assert "You choose a new password before anyone can sign in again" in page.text
    done = owner.submit(path)
    assert done.heading == "You are signed out everywhere"
    code = site.texted_code()
    answer = thief.submit("/sms", code=code)
    assert answer.query["error"] == "access_denied"
    [event] = site.events(kind="person:sign-in:denied")
    assert (event.person_id, event.reason) == (person, "a code")
    assert event.outcome == "refused", "what a person denies was no success"
    assert str(event.interaction_id) in thief.at.url
    assert kinds(site) == ["denied"]
    assert newest(site, "denied")["to"] == "mere@example.org"


@pytest.mark.slow
def test_the_owner_goes_on_with_both_factors_and_a_new_password(site: Site) -> None:
    site.person("mere", sms=True)
    _, path = texted(site)
    owner = site.browser()
    owner.open(path)
    owner.submit(path)
    owner.authorize(site.application("other"))
    owner.sign_in("mere")
    owner.submit("/sms/send")
    page = owner.submit("/sms", code=site.texted_code())
    assert page.heading == "Choose a new password"
    assert "code" in owner.submit("/renew", password=NEW).query


@pytest.mark.slow
def test_the_thief_who_has_the_password_alone_is_stopped_for_good(site: Site) -> None:
    site.person("tane")
    app = site.application()
    thief = signed_in(site, app)
    access = tokens(site, app)["access_token"]
    forget(site, "tane")
    choose(site, mailed_link(site, "reset-link"), PASSWORD + " 2")
    path = mailed_link(site, "password-reset", "/n/")
    owner = site.browser()
    owner.open(path)
    owner.submit(path)
    assert thief.authorize(app, prompt="none").query["error"] == "login_required"
    assert userinfo(site, access).status == 401
    thief.authorize(app)
    assert thief.sign_in("tane", PASSWORD + " 2").heading == "Choose a new password"
    assert 'name="password"' not in thief.at.text


def test_opening_the_link_changes_nothing_however_often(site: Site) -> None:
    site.person("mere", sms=True)
    thief, path = texted(site)
    for _ in range(3):
        assert site.browser().open(path).status == 200
        head = site.client().send("HEAD", path)
        assert head.status == 200
    assert "code" in thief.submit("/sms", code=site.texted_code()).query
    assert not site.events(kind="person:sign-in:denied")


def test_a_link_works_once_and_says_so(small_site: Site) -> None:
    small_site.person("mere", sms=True)
    _, path = texted(small_site)
    owner = small_site.browser()
    owner.open(path)
    action, fields = owner.at.form(path)
    assert owner.submit(path).status == 200
    again = owner.http.send("POST", action, fields)
    assert (again.status, again.heading) == (410, "This link does not work any more")
    assert owner.open(path).status == 410
    assert len(small_site.events(kind="person:sign-in:denied")) == 1
    assert len(small_site.events(kind="person:link:refused")) == 1


@pytest.mark.parametrize(("kind", "seconds"), [("code", 86400), ("notice", 7 * 86400)])
def test_links_of_codes_live_a_day_and_those_of_notices_a_week(
    small_site: Site, kind: str, seconds: int
) -> None:
    small_site.person("mere", sms=True)
    if kind == "code":
        _, path = texted(small_site)
    else:
        forget(small_site, "mere")
        choose(small_site, mailed_link(small_site, "reset-link"), NEW)
        path = mailed_link(small_site, "password-reset", "/n/")
    small_site.advance(seconds - 30)
    assert small_site.browser().open(path).status == 200
    small_site.advance(31)
    assert small_site.browser().open(path).status == 410


def test_the_code_that_confirms_an_address_has_the_link_too(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application()
    thief = small_site.browser()
    thief.authorize(app, claims=app.essential(MFA))
    thief.sign_in("tane")
    path = mailed_link(small_site, "address-code", "/n/")
    owner = small_site.browser()
    owner.open(path)
    owner.submit(path)
    answer = thief.submit("/enrol/proof", code=small_site.mailed_code())
    assert answer.query["error"] == "access_denied"


def test_somebody_without_a_password_is_not_asked_for_one(small_site: Site) -> None:
    person = small_site.person("mere", sms=True)
    _, path = texted(small_site)
    with small_site.work() as work:
        credentials.remove_method(work, person, "password")
    owner = small_site.browser()
    assert "new password" not in owner.open(path).text
    assert owner.submit(path).status == 200
    assert not small_site.events(kind="person:password:demanded")
    assert "A new password is needed" not in newest(small_site, "denied")["body"]


def test_links_to_a_new_password_that_somebody_asked_for_die_with_it(small_site: Site) -> None:
    small_site.person("mere", sms=True)
    forget(small_site, "mere")
    reset = mailed_link(small_site, "reset-link")
    _, path = texted(small_site)
    owner = small_site.browser()
    owner.open(path)
    owner.submit(path)
    assert small_site.browser().open(reset).status == 410
