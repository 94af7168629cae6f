"""An operator takes a factor away: the demand stays, and a ticket leads to a new one."""

from pathlib import Path
from typing import Any

import pytest

from idp.store import credentials, people
from tests.protocol.command import Acrux
from tests.protocol.sign_ins import assert_redirect_error
from tests.security.serving.crowd import base
from tests.support.letters import kinds, link, mailed_link, newest
from tests.support.site import MFA, MFA_APP, ONE, PASSWORD, Browser, Site

DAY = 86400
DEAD = "This link does not work any more"


def reset(site: Site, method: str = "totp", name: str = "tane") -> str:
    """Take a factor away as an operator; return what the command said."""
    return Acrux(site.environ)("user", "reset-factor", name, method)


def ticket(site: Site, method: str = "totp", name: str = "tane") -> str:
    """Take a factor away; return the path of the ticket that was mailed."""
    reset(site, method, name)
    return mailed_link(site, "enrol-link", "/e/")


def follow(site: Site, path: str, browser: Browser | None = None) -> Browser:
    """Open a ticket and press its button."""
    browser = browser or site.browser()
    browser.open(path)
    browser.submit(path)
    return browser


def set_up(browser: Browser) -> str:
    """Choose the app on the page of choices, set it up, and return the heading that follows."""
    answer = browser.open(browser.at.url + "/totp")
    secret = answer.text.partition("secret=")[2].partition("&")[0]
    return browser.set_up("/enrol/totp", code=browser.site.code(secret)).heading


# -- the demand


@pytest.mark.slow
def test_the_demand_for_a_second_step_outlives_it(site: Site) -> None:
    site.person("tane", totp=site.secret())
    assert "tane is asked for a second step all the same" in reset(site)
    app, browser = site.application(), site.browser()
    browser.authorize(app, acr_values=ONE)
    assert browser.sign_in("tane").heading == "First we check that it is you"
    silent = browser.get("/authorize", **app.request(prompt="none"))
    assert_redirect_error(site, silent, "login_required")
    claims = site.claims(app, browser.enrol_totp())
    assert claims["acr"] in (MFA, MFA_APP, ONE)
    assert claims["amr"] == ["pwd", "otp", "mfa"]
    assert Acrux(site.environ).json("user", "why", "tane")["problems"] == []


def test_a_session_by_password_alone_is_asked_too(small_site: Site) -> None:
    """Begun before the app was set up: it rests on nothing that was taken away."""
    person = small_site.person("tane")
    app, browser = small_site.application(), small_site.browser()
    browser.authorize(app)
    assert "code" in browser.sign_in("tane").query
    totp: Any = small_site.installation.signin.authenticators["totp"]
    with small_site.work() as work:
        totp.add(work, person, small_site.secret())
    reset(small_site)
    silent = browser.get("/authorize", **app.request(prompt="none"))
    assert_redirect_error(small_site, silent, "interaction_required")
    assert browser.open("/account/").heading == "First we check that it is you"


@pytest.mark.slow
def test_where_no_second_step_was_asked_for_none_is_demanded(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, policy__ask_enrolled="")
    try:
        site.person("tane", totp=site.secret())
        path = ticket(site)
        app, browser = site.application(), site.browser()
        browser.authorize(app)
        assert "code" in browser.sign_in("tane").query
        # The ticket leads to the same thing that was taken away.
        guided = follow(site, path)
        assert guided.sign_in("tane").heading == "Set up your authenticator app"
    finally:
        site.close()


@pytest.mark.slow
def test_why_says_that_a_second_step_is_due(small_site: Site) -> None:
    acrux = Acrux(small_site.environ)
    small_site.person("tane", totp=small_site.secret())
    assert "second-step-due" not in str(acrux.json("user", "why", "tane"))
    reset(small_site)
    found = acrux.json("user", "why", "tane")
    assert "second-step-due" in [one["code"] for one in found["problems"]]
    assert found["asked"][:2] == ["password", "a code sent by mail"]
    assert found["asked"][2].startswith("setting up ")
    assert "A second step is to be set up since" in acrux("user", "why", "tane")


def test_an_app_given_by_an_operator_settles_it(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    path = ticket(small_site)
    Acrux(small_site.environ)("user", "enrol-totp", "tane")
    assert "second-step-due" not in Acrux(small_site.environ)("user", "why", "tane", "--json")
    assert small_site.browser().open(path).heading == DEAD


def test_while_another_second_step_is_left_nothing_is_due(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret(), sms=True)
    assert "all the same" not in reset(small_site)
    app, browser = small_site.application(), small_site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    browser.submit("/sms/send")
    assert "code" in browser.submit("/sms", code=small_site.texted_code()).query


@pytest.mark.slow
def test_a_lesser_factor_does_not_settle_it(tmp_path: Path) -> None:
    """Text messages do for some, but not for what was asked of anyone who had an app."""
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, policy__ask_enrolled=MFA_APP)
    try:
        person = site.person("tane", totp=site.secret())
        path = ticket(site)
        sms: Any = site.installation.signin.authenticators["sms"]
        with site.work() as work:
            row = people.by_id(work, person)
            sms.add(work, row, "x" * 22)
            site.installation.enrolment.settle(work, person)
        browser = follow(site, path)
        browser.sign_in("tane")
        browser.submit("/sms/send")
        answer = browser.submit("/sms", code=site.texted_code())
        assert answer.heading == "Set up a second step"
        assert "Text message" not in answer.text
        assert set_up(browser) == "Ways to sign in"
        assert site.browser().open(path).heading == DEAD
    finally:
        site.close()


# -- the ticket


@pytest.mark.slow
def test_a_ticket_leads_through_the_password_to_a_new_second_step(site: Site) -> None:
    person = site.person("tane", totp=site.secret())
    said = reset(site)
    assert "A link to set up a new one was mailed to tane@example.org" in said
    assert "/e/" not in said
    mail = newest(site, "enrol-link")
    assert mail["to"] == "tane@example.org"
    assert "Authenticator app" in mail["body"]
    path = link(site, mail["body"], "/e/")
    browser = site.browser()
    assert browser.open(path).heading == "Set up a new second step"
    assert "tane" in browser.at.text
    page = browser.submit(path)
    assert page.heading == "Sign in"
    assert "Sign in as <strong>Tane</strong>" in page.text
    choices = browser.sign_in("tane")
    assert choices.heading == "Set up a second step"
    assert "Your old second step was removed" in choices.text
    assert set_up(browser) == "Ways to sign in"
    assert "address-code" not in kinds(site), "the ticket proved the address"
    [used] = site.events(kind="person:enrolment-ticket:used", person=person)
    [sent] = site.events(kind="operator:enrolment-ticket:sent", person=person)
    [added] = site.events(kind="person:factor:added", person=person)
    assert used.interaction_id == added.interaction_id
    assert sent.outcome == "done"
    assert browser.open("/account/").heading == "Your account"
    again = site.browser().open(path)
    assert (again.status, again.heading) == (410, DEAD)


def test_opening_a_ticket_changes_nothing(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    path = ticket(small_site)
    for _ in range(3):
        assert small_site.browser().open(path).heading == "Set up a new second step"
    assert not small_site.events(kind="person:enrolment-ticket:used")
    assert follow(small_site, path).at.heading == "Sign in"


@pytest.mark.slow
def test_a_ticket_signs_nobody_in(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    browser = follow(small_site, ticket(small_site))
    base = browser.at.url.removesuffix("/login")
    for step in ("/enrol", "/enrol/totp", "/enrol/proof", ""):
        assert browser.open(base + step).heading == "Sign in"
    assert browser.open("/account/").heading == "Sign in"
    browser.open(base)
    browser.sign_in("tane", "not the password")
    assert "Sign in" in browser.at.heading


def test_a_session_of_the_same_person_does_not_replace_the_password(small_site: Site) -> None:
    person = small_site.person("tane")
    browser = small_site.browser()
    browser.open("/account/")
    browser.sign_in("tane")
    totp: Any = small_site.installation.signin.authenticators["totp"]
    with small_site.work() as work:
        totp.add(work, person, small_site.secret())
    follow(small_site, ticket(small_site), browser)
    assert browser.at.heading == "Sign in"
    assert browser.sign_in("tane").heading == "Set up a second step"


@pytest.mark.slow
def test_a_second_step_that_is_left_is_asked_before_a_new_one(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret(), sms=True)
    browser = follow(small_site, ticket(small_site))
    assert "We will send a code" in browser.sign_in("tane").text
    browser.submit("/sms/send")
    answer = browser.submit("/sms", code=small_site.texted_code())
    assert answer.heading == "Set up your authenticator app"


@pytest.mark.slow
def test_a_browser_signed_in_as_somebody_else_mixes_no_accounts(site: Site) -> None:
    site.person("tane", totp=site.secret())
    other = site.person("rua")
    path = ticket(site)
    browser = site.browser()
    browser.open("/account/")
    browser.sign_in("rua")
    follow(site, path, browser)
    assert "Sign in as <strong>Tane</strong>" in browser.at.text
    browser.sign_in("tane")
    assert set_up(browser) == "Ways to sign in"
    with site.work() as work:
        assert [c.method for c in credentials.of(work, other)] == ["password"]
    assert "Tane" in browser.open("/account/").text


@pytest.mark.slow
@pytest.mark.parametrize("back", [False, True])
def test_another_account_in_that_sign_in_has_its_address_confirmed_itself(
    small_site: Site, back: bool
) -> None:
    small_site.person("tane", totp=small_site.secret())
    small_site.person("rua", totp=small_site.secret())
    ticket(small_site, name="rua")
    browser = follow(small_site, ticket(small_site))
    browser.submit("/switch")
    assert browser.sign_in("rua").heading == "First we check that it is you"
    if back:
        browser._follow(browser.post(base(browser) + "/switch"))
        assert browser.sign_in("tane").heading == "First we check that it is you"


def test_a_new_ticket_ends_the_one_before(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    first = ticket(small_site)
    second = ticket(small_site)
    assert second != first
    assert small_site.browser().open(first).heading == DEAD
    assert follow(small_site, second).at.heading == "Sign in"


def test_a_ticket_works_for_a_day(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    path = ticket(small_site)
    browser = small_site.browser()
    small_site.advance(DAY - 60)
    assert browser.open(path).status == 200
    small_site.advance(120)
    assert browser.submit(path).status == 410
    [refused] = small_site.events(kind="person:link:refused")
    assert refused.outcome == "refused"


@pytest.mark.slow
def test_denying_the_removal_ends_the_ticket(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    path = ticket(small_site)
    denial = mailed_link(small_site, "factor-removed", "/n/")
    browser = small_site.browser()
    browser.open(denial)
    browser.submit(denial)
    assert small_site.browser().open(path).heading == DEAD


# -- no ticket


def refused_ticket(site: Site) -> str:
    [event] = site.events(kind="operator:enrolment-ticket:sent")
    assert event.outcome == "refused"
    assert "enrol-link" not in kinds(site)
    return str(event.reason)


def test_an_address_that_was_never_confirmed_gets_no_ticket(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret(), verified=False)
    said = reset(small_site)
    assert "totp was removed" in said
    assert "never confirmed" in said
    assert "acrux user enrol-totp tane --qr" in said
    assert "no sign-in is finished before there is one" in said
    assert "never confirmed" in refused_ticket(small_site)
    app, browser = small_site.application(), small_site.browser()
    browser.authorize(app)
    assert browser.sign_in("tane").heading == "You cannot sign in yet"
    assert_redirect_error(small_site, browser.submit("/leave"), "unmet_authentication_requirements")


def test_without_mail_the_operator_is_told_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, mail__backend="off", enrolment__proof="none")
    try:
        site.person("tane", totp=site.secret())
        found = Acrux(site.environ).json("user", "reset-factor", "tane", "totp")
        assert (found["removed"], found["link_mailed"]) == (1, False)
        assert found["notes"][0] == "No link to set up a new one could be mailed: mail is off."
        assert "enrol-totp" in found["notes"][1]
        assert found["notes"][2].endswith("the next sign-in sets one up.")
        browser = site.browser()
        browser.open("/account/")
        assert browser.sign_in("tane", PASSWORD).heading == "Set up a second step"
    finally:
        site.close()


def test_who_has_no_way_left_to_begin_is_invited(small_site: Site) -> None:
    small_site.person("tane")
    said = reset(small_site, "password")
    assert "no way left to begin a sign-in: `acrux user invite tane`" in said
    assert "no way left" in refused_ticket(small_site)


def test_who_is_switched_off_gets_no_ticket(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    Acrux(small_site.environ)("user", "disable", "tane")
    assert "switched off" in reset(small_site)
    assert "switched off" in refused_ticket(small_site)


def test_what_was_not_set_up_and_is_not_due_gets_no_ticket(small_site: Site) -> None:
    small_site.person("tane")
    assert (
        reset(small_site) == "tane: totp was not set up; its locks are lifted. 0 sessions ended.\n"
    )
    assert kinds(small_site) == []
