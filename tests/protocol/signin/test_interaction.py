"""A sign-in in progress: one browser's own, open for a while, unharmed by what people do to it."""

import pytest

from idp.signin import sessions
from idp.store import people
from tests.protocol.sign_ins import assert_redirect_error, signed_in
from tests.support.site import MFA, PASSWORD, Answer, Application, Browser, Site

CLOSED = "This sign-in is no longer open"
SIGNED_IN = "You are signed in"
"""The same for a browser that needs no sign-in any more: there is a way on."""
SWITCHED_OFF = "Your account is switched off"
"""Read by the person before the application is told."""
NO_COOKIE = "Your browser did not keep your place"
FOREIGN_FORM = "This form could not be accepted"


@pytest.fixture
def app(site: Site) -> Application:
    site.person("tane")
    site.person("mere")
    return site.application()


def base_of(page: Answer) -> str:
    return "/".join(page.url.split("/")[:3])


def twin(site: Site, cookie: str) -> Browser:
    """Return the same browser at an earlier moment: it still has the cookie it had then."""
    browser = site.browser()
    browser.http.set_cookie(cookie)
    return browser


def test_another_browser_cannot_go_on_with_it(site: Site, app: Application) -> None:
    page = site.browser().authorize(app)
    other = site.browser()
    mine = other.authorize(app)
    base = base_of(page)
    for path in ("", "/login", "/totp", "/consent", "/enrol"):
        answer = other.get(base + path)
        assert (answer.status, answer.heading) == (400, CLOSED)
    form = {"username": "tane", "password": PASSWORD, "csrf_token": mine.csrf}
    for path in ("/password", "/cancel", "/switch", "/consent"):
        assert other.post(base + path, **form).heading == CLOSED
    assert other.get(base.replace("interaction", "authorize/resume")).heading == CLOSED
    assert site.browser().get(base + "/login").heading == NO_COOKIE


def test_it_expires_after_half_an_hour(site: Site, app: Application) -> None:
    browser = site.browser()
    page = browser.authorize(app)
    site.advance(1790)
    assert browser.open(page.url).heading == "Sign in"
    site.advance(15)
    assert browser.open(page.url).heading == CLOSED
    form = {"username": "tane", "password": PASSWORD, "csrf_token": page.csrf}
    answer = browser.post(base_of(page) + "/password", **form)
    assert (answer.status, answer.heading) == (400, CLOSED)


def test_once_finished_it_gives_no_second_code(site: Site, app: Application) -> None:
    browser = site.browser()
    page = browser.authorize(app)
    assert browser.sign_in("tane").query["code"]
    base = base_of(page)
    for path in ("", "/login", "/password"):
        assert browser.open(base + path).heading == SIGNED_IN
    assert browser.open(base.replace("interaction", "authorize/resume")).heading == SIGNED_IN
    assert len(site.events(kind="client:code:issued")) == 1


@pytest.mark.slow
def test_what_never_was_is_closed_too(site: Site, app: Application) -> None:
    """Also where the id is nothing that a database takes for text."""
    browser = site.browser()
    browser.authorize(app)
    for name in ("x", "%00", "x%ff", "%ed%a0%80", "a" * 5000, "%F0%9F%A7%AD", "'--", "."):
        for path in (f"/interaction/{name}", f"/interaction/{name}/login"):
            assert browser.open(path).heading == CLOSED, path
        assert browser.open(f"/authorize/resume/{name}").heading == CLOSED, name


def test_an_old_or_early_page_goes_to_the_present_step(site: Site, app: Application) -> None:
    secret = site.secret()
    site.person("hemi", totp=secret, sms=True)
    browser = site.browser()
    page = browser.authorize(app)
    base = base_of(page)
    for early in ("/totp", "/sms", "/consent", "/announce", "/enrol", "/enrol/totp", "/nothing"):
        assert browser.get(base + early).location == base, early
        assert browser.open(base + early).heading == "Sign in"
    browser.sign_in("hemi")
    for old in ("/login", "/password", "/consent", "/enrol", "/enrol/proof", "/nothing"):
        assert browser.get(base + old).location == base, old
    assert browser.open(base).heading == "Enter the code from your app"
    answer = browser.post(base + "/password", username="mere", password=PASSWORD)
    assert answer.location == base
    assert site.claims(app, browser.totp(secret))["amr"] == ["pwd", "otp", "mfa"]


def test_resuming_too_early_goes_back_to_the_present_step(site: Site, app: Application) -> None:
    browser = site.browser()
    base = base_of(browser.authorize(app))
    resume = base.replace("interaction", "authorize/resume")
    assert browser.open(resume).heading == "Sign in"
    assert browser.sign_in("tane").query["code"]


def test_a_form_that_is_sent_twice_counts_once(site: Site, app: Application) -> None:
    """The second copy of a double click still has the cookie that the first one replaced."""
    secret = site.secret()
    site.person("hemi", totp=secret)
    browser = site.browser()
    page = browser.authorize(app)
    base = base_of(page)
    for path, form in (
        ("/password", {"username": "hemi", "password": PASSWORD}),
        ("/totp", {"code": site.code(secret)}),
    ):
        impatient = twin(site, browser.http.cookies()["acrux"])
        form["csrf_token"] = page.csrf
        assert browser.post(base + path, **form).status == 303
        second = impatient.post(base + path, **form)
        assert (second.status, second.location) == (303, base)
        # A browser goes on with the newest cookie, and its newest request.
        browser = impatient
        page = browser.open(base)
    assert page.query["code"]
    assert len(site.events(kind="person:factor:proved")) == 2
    assert not site.events(kind="person:factor:rejected")


def test_another_answer_with_the_replaced_cookie_is_refused(site: Site, app: Application) -> None:
    browser = site.browser()
    page = browser.authorize(app)
    old = twin(site, browser.http.cookies()["acrux"])
    late = twin(site, browser.http.cookies()["acrux"])
    path, form = base_of(page) + "/password", {"csrf_token": page.csrf, "password": PASSWORD}
    assert browser.post(path, username="tane", **form).status == 303
    assert old.post(path, username="mere", **form).heading == CLOSED
    assert old.get(base_of(page)).heading == CLOSED
    site.advance(31)
    assert late.post(path, username="tane", **form).heading == CLOSED


def test_two_tabs_with_two_applications_both_get_their_own_answer(
    site: Site, app: Application
) -> None:
    other = site.application("other")
    browser = site.browser()
    first = browser.authorize(app, state="one")
    second = browser.authorize(other, state="two")
    browser.at = first
    one = browser.sign_in("tane")
    browser.at = second
    two = browser.sign_in("tane")
    assert (one.query["state"], two.query["state"]) == ("one", "two")
    assert site.claims(app, one)["sid"] == site.claims(other, two)["sid"]


def test_a_tab_that_signs_in_somebody_else_ends_what_the_other_tab_got(
    site: Site, app: Application
) -> None:
    browser = site.browser()
    first, second = browser.authorize(app), browser.authorize(app)
    browser.at = first
    answer = browser.sign_in("tane")
    tane = site.redeem(app, answer.query["code"]).json
    browser.at = second
    mere = site.claims(app, browser.sign_in("mere"))
    assert mere["sub"] != site.id_token(tane["id_token"])["sub"]
    assert mere["sid"] != site.id_token(tane["id_token"])["sid"]
    headers = {"Authorization": f"Bearer {tane['access_token']}"}
    assert site.client().send("GET", "/userinfo", headers=headers).status == 401


def test_without_cookies_a_page_says_so(site: Site, app: Application) -> None:
    browser = site.browser()
    page = browser.authorize(app)
    form = {"csrf_token": page.csrf, "username": "tane", "password": PASSWORD}
    forgetful = site.client()
    for answer in (
        forgetful.send("GET", page.url),
        forgetful.send("POST", base_of(page) + "/password", form),
        forgetful.send("GET", base_of(page).replace("interaction", "authorize/resume")),
    ):
        assert (answer.status, answer.heading) == (400, NO_COOKIE)


def test_a_form_without_the_token_of_this_browser_is_refused(site: Site, app: Application) -> None:
    stranger = site.browser().authorize(app).csrf
    browser = site.browser()
    page = browser.authorize(app)
    path = base_of(page) + "/password"
    form = {"username": "tane", "password": PASSWORD}
    for token in ("", "x", stranger, page.csrf[:-1], "é", "\x00", page.csrf + " "):
        answer = browser.post(path, **form, csrf_token=token)
        assert (answer.status, answer.heading) == (403, FOREIGN_FORM)
    assert browser.http.send("POST", path, form).status == 403
    assert browser.http.send("POST", f"{path}?csrf_token={page.csrf}", form).status == 403
    for action in ("/cancel", "/switch", "/consent", "/announce", "/enrol/later", "/sms/send"):
        assert browser.http.send("POST", base_of(page) + action, {}).status == 403
    assert not site.events(kind="person:factor:proved")
    assert browser.post(path, **form).status == 303


def test_a_form_from_another_origin_is_refused(site: Site, app: Application) -> None:
    browser = site.browser()
    page = browser.authorize(app)
    form = {"username": "tane", "password": PASSWORD, "csrf_token": page.csrf}
    path = base_of(page) + "/password"
    for origin in ("https://evil.example", "null", site.issuer + ".evil.example", "", "é"):
        answer = browser.http.send("POST", path, form, {"Origin": origin})
        assert (answer.status, answer.heading) == (403, FOREIGN_FORM), origin
    assert browser.http.send("POST", path, form, {"Origin": site.issuer}).status == 303


@pytest.mark.slow
def test_cancelling_tells_the_application_with_state_and_iss(site: Site, app: Application) -> None:
    for steps in range(3):
        browser = site.browser()
        browser.authorize(app, claims=app.essential(MFA))
        if steps > 0:
            browser.sign_in("tane")
        if steps > 1:
            browser.submit("/enrol/proof", code=site.mailed_code())
        assert_redirect_error(site, browser.submit("/cancel"), "access_denied")
        answer = browser.authorize(app, prompt="none")
        assert_redirect_error(site, answer, "login_required")
    cancelled = site.events(kind="person:sign-in:cancelled")
    assert [event.username for event in cancelled] == ["tane", "tane", None]


def test_switching_the_account_starts_over_and_keeps_no_proof(site: Site, app: Application) -> None:
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("tane")
    base = base_of(browser.at)
    assert browser.post(base + "/switch").location == base
    page = browser.open(base)
    assert page.heading == "Sign in"
    assert 'value="tane"' not in page.text
    assert browser.sign_in("mere").heading == "First we check that it is you"
    assert site.messages("mail")[-1]["to"] == "mere@example.org"


def test_a_person_disabled_half_way_is_refused_at_the_next_step(
    site: Site, app: Application
) -> None:
    secret = site.secret()
    hemi = site.person("hemi", totp=secret)
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("hemi")
    with site.work() as work:
        people.set_disabled(work, hemi, True)
        sessions.end_person(work, hemi, "disabled")
    assert browser.submit("/totp", code=site.code(secret)).heading == SWITCHED_OFF
    assert_redirect_error(site, browser.submit("/leave"), "access_denied")
    again = site.browser()
    again.authorize(app)
    assert again.sign_in("hemi").heading == SWITCHED_OFF
    assert_redirect_error(site, again.submit("/leave"), "access_denied")
    assert not site.events(kind="client:code:issued")


def test_a_disabled_person_with_a_session_gets_nothing(site: Site, app: Application) -> None:
    hemi = site.person("hemi")
    browser = signed_in(site, app, "hemi")
    with site.work() as work:
        people.set_disabled(work, hemi, True)
    assert browser.authorize(app).heading == SWITCHED_OFF
    assert_redirect_error(site, browser.submit("/leave"), "access_denied")
    assert_redirect_error(site, browser.authorize(app, prompt="none"), "access_denied")


def test_a_session_ends_an_hour_after_its_last_use_and_in_twelve_at_most(
    site: Site, app: Application
) -> None:
    browser = signed_in(site, app)
    for _ in range(13):
        site.advance(3300)
        assert browser.authorize(app, prompt="none").query.get("code")
    site.advance(500)
    assert_redirect_error(site, browser.authorize(app, prompt="none"), "login_required")
    browser = signed_in(site, app)
    site.advance(3601)
    assert_redirect_error(site, browser.authorize(app, prompt="none"), "login_required")
