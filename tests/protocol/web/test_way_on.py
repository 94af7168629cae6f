"""No page without a way on: each leads to the application, or to the account, and nowhere else."""

import re
from typing import Any

import pytest

from idp.store import people
from idp.store.oidc import clients
from tests.protocol.cli.test_cli_worker import clean
from tests.protocol.sign_ins import signed_in
from tests.support.letters import mailed_link
from tests.support.site import PASSWORD, Answer, Application, Site

START = "https://rms.example.org/start"
HOME = "https://rms.example.org/"
CALLBACK = "https://rms.example.org/callback"
CLOSED = "This sign-in is no longer open"
NEW = "harbour lantern sixpence moss"


def button(page: Answer) -> tuple[str, str]:
    """Return address and label of a page's one way on."""
    found = re.search(r'id="way-on" href="([^"]*)"[^>]*>([^<]*)<', page.text)
    assert found, page.text
    return found[1].replace("&amp;", "&"), found[2]


def base_of(page: Answer) -> str:
    return "/".join(page.url.split("/")[:3])


@pytest.fixture
def rms(site: Site) -> Application:
    site.person("tane")
    return site.application("rms", redirect_uris=[CALLBACK], initiate_login_uri=START)


def test_a_sign_in_that_took_too_long_begins_anew_at_its_application(
    site: Site, rms: Application
) -> None:
    browser = site.browser()
    page = browser.authorize(rms)
    site.advance(2400)
    form = {"username": "tane", "password": PASSWORD, "csrf_token": page.csrf}
    for answer in (browser.post(base_of(page) + "/password", **form), browser.open(page.url)):
        assert (answer.status, answer.heading) == (400, CLOSED)
        assert "Start again from Rms." in answer.text
        issuer = site.issuer.replace(":", "%3A").replace("/", "%2F")
        assert button(answer) == (f"{START}?iss={issuer}", "Sign in to Rms")
        assert "rms.example.org" in re.sub(r'href="[^"]*"', "", answer.text), "where it leads"


@pytest.mark.parametrize(
    ("members", "url"),
    [
        ({"initiate_login_uri": f"{START}?tenant=7"}, f"{START}?tenant=7&iss="),
        ({"client_uri": f"{HOME}about"}, f"{HOME}about"),
        ({}, HOME),
        ({"redirect_uris": ["http://localhost:8080/a?b=c"]}, "http://localhost:8080/"),
        ({"redirect_uris": ["org.example:/cb", CALLBACK]}, HOME),
        ({"redirect_uris": ["org.example.app:/cb"]}, "/account/"),
        ({"redirect_uris": ["http://127.0.0.1/x"], "application_type": "native"}, "/account/"),
        ({"client_uri": "javascript:alert(1)"}, HOME),
    ],
)
def test_the_way_on_is_the_best_address_that_was_registered(
    small_site: Site, members: dict[str, Any], url: str
) -> None:
    members = {"redirect_uris": [CALLBACK], **members}
    app = small_site.application("rms", **members)
    browser = small_site.browser()
    page = browser.authorize(app)
    small_site.advance(2400)
    answer = browser.open(page.url)
    assert button(answer)[0].startswith(url)
    assert button(answer)[0] == url or url.endswith("iss=")
    assert "Rms" in answer.text


def test_a_stranger_learns_the_applications_name_and_nothing_else(
    site: Site, rms: Application
) -> None:
    browser = site.browser()
    browser.authorize(rms, login_hint="tane", state="the-state")
    browser.sign_in("tane", "wrong")
    page = browser.open(base_of(browser.at))
    site.advance(2400)
    answer = site.browser().open(page.url)
    assert answer.heading == "This page was opened on its own"
    assert button(answer)[1] == "Sign in to Rms"
    assert "tane" not in answer.text
    assert "the-state" not in answer.text
    assert CALLBACK not in answer.text


def test_whoever_is_signed_in_by_now_is_told_so_and_led_on(site: Site, rms: Application) -> None:
    browser = signed_in(site, rms)
    for path in ("/interaction/a-bookmark/login", "/authorize/resume/a-bookmark"):
        answer = browser.open(path)
        assert (answer.status, answer.heading) == (400, "You are signed in")
        assert button(answer)[1] == "Sign in to Rms"
        assert 'href="/account/"' in answer.text


def test_a_bookmark_leads_to_the_application_after_a_restart_and_after_years(
    site: Site, rms: Application
) -> None:
    """The session's cookie is gone; the row, too; the browser remembers where it went."""
    browser = site.browser()
    page = browser.authorize(rms)
    assert browser.sign_in("tane").query["code"]
    browser.http.forget_session()
    site.advance(3 * 86400)
    clean(site)
    answer = browser.open(page.url)
    assert (answer.status, answer.heading) == (400, "This page was opened on its own")
    assert button(answer)[1] == "Sign in to Rms"
    unknown = site.browser().open(page.url)
    assert button(unknown) == ("/account/", "Go to your account")


def test_a_sign_in_of_a_page_of_ours_begins_anew_at_the_account(
    site: Site, rms: Application
) -> None:
    browser = signed_in(site, rms)
    browser.http.forget_session()
    page = browser.open("/account/places")
    site.advance(2400)
    assert button(browser.open(page.url)) == ("/account/", "Go to your account")


def test_the_row_of_a_sign_in_tells_its_application_for_a_day(site: Site, rms: Application) -> None:
    page = site.browser().authorize(rms)
    site.advance(20 * 3600)
    clean(site)
    site.advance(3 * 3600)
    assert button(site.browser().open(page.url))[1] == "Go to your account", "its browser is gone"
    browser = signed_in(site, rms)
    page = browser.authorize(rms, prompt="login")
    site.advance(20 * 3600)
    clean(site)
    assert button(site.browser().open(page.url))[1] == "Sign in to Rms"


def test_an_application_that_is_deleted_is_not_led_to(site: Site, rms: Application) -> None:
    browser = site.browser()
    page = browser.authorize(rms)
    with site.work() as work:
        clients.delete(work, "rms")
    site.advance(2400)
    assert button(browser.open(page.url)) == ("/account/", "Go to your account")


def test_a_request_that_cannot_start_leads_back_to_a_known_application(
    site: Site, rms: Application
) -> None:
    answer = site.browser().authorize(rms, redirect_uri="https://evil.example/")
    assert answer.heading == "This sign-in cannot start"
    assert button(answer)[1] == "Sign in to Rms"
    assert "evil.example" not in answer.text
    unknown = site.browser().open("/authorize", client_id="nobody")
    assert button(unknown)[0] == "/account/"


def test_the_front_door_leads_to_the_account_and_password_managers_to_the_password(
    small_site: Site,
) -> None:
    client = small_site.client()
    for method in ("GET", "HEAD"):
        assert client.send(method, "/").location == "/account/"
        answer = client.send(method, "/.well-known/change-password")
        assert (answer.status, answer.location) == (303, "/account/password")
    browser = small_site.browser()
    for path in ("/nothing", "/account/nothing/at/all"):
        assert button(browser.open(path)) == ("/account/", "Go to your account")


def test_a_form_outside_a_sign_in_is_opened_again(small_site: Site) -> None:
    browser = small_site.browser()
    browser.open("/forgot")
    small_site.advance(50_000)
    answer = browser.submit("/forgot", username="tane")
    assert (answer.status, answer.heading) == (400, "This page was open for too long")
    assert button(answer) == ("/forgot", "Open the page again")
    foreign = browser.http.send("POST", "/account/places/end-others", {"csrf_token": "x"})
    assert foreign.status in (400, 403)
    assert button(foreign)[0] == "/account/"


def test_a_forgotten_password_leads_back_to_the_application_it_was_forgotten_at(
    site: Site, rms: Application
) -> None:
    site.application("payroll")
    browser = site.browser()
    base = base_of(browser.authorize(rms))
    forgot = re.search(r'id="forgot" href="([^"]*)"', browser.at.text)
    assert forgot
    browser.open(forgot[1])
    sent = browser.submit("", username="tane")
    assert f'href="{base}"' in sent.text, "back to signing in"
    phone = site.browser()
    phone.open(mailed_link(site, "reset-link", "/l/"))
    done = phone.submit("", password=NEW)
    assert done.heading == "Your password is set"
    assert button(done)[1] == "Sign in to Rms"
    used = phone.open(mailed_link(site, "reset-link", "/l/"))
    assert (used.status, button(used)) == (410, ("/forgot", "Ask for a new link"))
    assert "Sign in to Rms" in used.text


def test_a_link_that_is_too_old_leads_to_a_new_one_and_to_its_application(
    site: Site, rms: Application
) -> None:
    browser = site.browser()
    base = base_of(browser.authorize(rms))
    browser.open(base.replace("interaction", "forgot"))
    browser.submit("", username="tane")
    path = mailed_link(site, "reset-link", "/l/")
    site.advance(31 * 60)
    old = site.browser().open(path)
    assert (old.status, button(old)) == (410, ("/forgot", "Ask for a new link"))
    assert "Sign in to Rms" in old.text
    site.advance(2 * 86400)
    clean(site)
    assert "Sign in to Rms" not in site.browser().open(path).text, "no row, no name"


def test_a_link_remembers_no_application_of_another_browsers_sign_in(
    site: Site, rms: Application
) -> None:
    """A person sent to /forgot by a stranger is not led to the stranger's application."""
    site.application("payroll")
    stranger = site.browser()
    base = base_of(stranger.authorize(rms))
    browser = site.browser()
    browser.open(base.replace("interaction", "forgot"))
    browser.submit("", username="tane")
    browser.open(mailed_link(site, "reset-link", "/l/"))
    done = browser.submit("", password=NEW)
    assert button(done) == ("/account/", "Sign in to your account")
    for digest in ("x", "%00", "a" * 5000):
        answer = browser.open(f"/l/done/{digest}")
        assert button(answer) == ("/account/", "Sign in to your account")


def test_an_invited_person_is_led_to_the_application(site: Site, rms: Application) -> None:
    site.application("stranger", self_registered=True)
    for name, client in (("kiri", None), ("ana", "rms")):
        if client:
            site.application("payroll")
        site.person(name, password=None, verified=False)
        with site.work() as work:
            person = people.by_name(work, name)
            assert person
            site.installation.password_links.invite(work, person, client)
        assert site.installation.post.settle(30)
        browser = site.browser()
        browser.open(mailed_link(site, "invitation", "/l/"))
        assert button(browser.submit("", password=NEW))[1] == "Sign in to Rms"


def test_a_sign_in_to_a_page_of_ours_that_is_given_up_says_that_nothing_changed(
    site: Site,
) -> None:
    site.person("mere")
    browser = site.browser()
    browser.open("/account/places")
    page = browser.submit("/cancel")
    assert (page.status, page.heading) == (403, "You are not signed in")
    assert "The sign-in was cancelled. Nothing was changed." in page.text
    assert button(page) == ("/account/places", "Sign in again")


def test_a_check_that_is_given_up_says_that_one_is_still_signed_in(site: Site) -> None:
    site.person("mere", roles=frozenset({"auditor"}))
    browser = site.browser()
    browser.open("/account/")
    browser.sign_in("mere")
    assert browser.open("/admin/audit/").heading == "First we check that it is you"
    page = browser.submit("/cancel")
    assert (page.status, page.heading) == (403, "You are signed in")
    assert "The check was cancelled. Nothing was changed." in page.text
    assert button(page) == ("/account/", "Go to your account")


def test_a_page_that_needs_more_than_can_be_set_up_says_so(site: Site) -> None:
    site.person("mere", verified=False, phone=None, roles=frozenset({"auditor"}))
    browser = site.browser()
    browser.open("/admin/audit/")
    page = browser.sign_in("mere")
    assert page.heading == "You cannot sign in yet"
    assert "This page asks for a second step when you sign in." in page.text
    assert "was never confirmed" in page.text
    assert "The people who look after your account make sure that it is you" in page.text
    assert 'id="help-reference"' in page.text
    assert "Audit" not in browser.open("/admin/audit/").heading
