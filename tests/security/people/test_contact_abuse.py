"""What a thief, a stranger or a mistake could make of another address, number or message."""

import pytest

from idp.messages import links
from idp.people.contacts import How
from idp.signin.demand import Demand
from idp.signin.interaction import Interaction
from idp.store import next_sign_in, people
from idp.store.signin import interactions
from tests.protocol.account.details import EMAIL, code, profile, signed_in, wish
from tests.protocol.messages.verified import small
from tests.protocol.sign_ins import signed_in as signed_in_to
from tests.security.serving.crowd import base
from tests.support.letters import delivered, kinds, link, newest
from tests.support.site import MFA, PASSWORD, Browser, Site

__all__ = ["small"]

THIEF = "thief@evil.example"
NUMBER = "+64213334444"


def deny(site: Site, name: str) -> None:
    """Use the link of a notice that says nothing of a change."""
    with site.work() as work:
        person = people.by_name(work, name)
        assert person
        url = links.make(work, site.issuer, links.Purpose.NOTICE_DENIED, person.id)
    browser = site.browser()
    browser.open(link(site, url, "/n/"))
    assert browser.submit("").heading == "You are signed out everywhere"


def stolen(site: Site) -> Browser:
    """A thief with the password and a glance at the mailbox moves the address."""
    site.person("mere")
    thief = site.browser()
    thief.open("/account/details")
    thief.sign_in("mere")
    wish(thief, EMAIL, THIEF)
    assert site.installation.post.settle(30)
    thief.submit("/enrol/proof", code=site.mailed_code())
    thief.submit("/contact/send")
    thief.submit("/contact", code=code(site, "mail"))
    assert profile(site).email == THIEF
    return thief


def told_of_the_change(site: Site, to: str) -> str:
    """Return the way that the notice of a changed address shows to anyone who reads it."""
    found = [m for m in delivered(site) if m["kind"] == "address-changed" and m["to"] == to]
    return link(site, found[-1]["body"], "/n/")


def ask_forgot(site: Site, name: str, times: int = 1) -> None:
    for _ in range(times):
        browser = site.browser()
        browser.open("/forgot")
        browser.submit("/forgot", username=name)
    site.work_off()


# -- "this was not me"


def test_a_thiefs_open_sign_in_begins_anew_when_the_owner_denies(small_site: Site) -> None:
    small_site.person("mere")
    thief = small_site.browser()
    thief.authorize(small_site.application(min_acr=MFA))
    thief.sign_in("mere")
    thief.submit("/enrol/proof", code=small_site.mailed_code())
    assert thief.at.heading == "Set up a second step"
    here = base(thief)
    deny(small_site, "mere")
    assert thief.open(here).heading == "Sign in"
    assert thief.sign_in("mere").heading == "First we check that it is you"
    assert profile(small_site).password_due_at is not None
    assert profile(small_site).methods == {"password"}


def test_a_sign_in_that_is_denied_as_it_finishes_does_not_finish(site: Site) -> None:
    person = site.person("mere")
    with site.work() as work:
        row = people.by_id(work, person)
        begun, _ = site.installation.signin.begin(work, Interaction("", None, Demand(), row))
    deny(site, "mere")
    with site.work() as work:
        assert not interactions.claim_for(work, begun.id, person)


def test_the_owner_of_the_old_mailbox_takes_a_changed_address_back(small_site: Site) -> None:
    thief = stolen(small_site)
    owner = small_site.browser()
    page = owner.open(told_of_the_change(small_site, "mere@example.org"))
    assert "The account has its earlier e-mail address again" in page.text
    assert profile(small_site).email == THIEF, "looking changes nothing"
    owner.submit("")
    now = profile(small_site)
    assert (now.email, now.email_verified) == ("mere@example.org", True)
    assert thief.open("/account/").heading == "Sign in"
    ask_forgot(small_site, THIEF)
    ask_forgot(small_site, "mere")
    resets = [m["to"] for m in delivered(small_site) if m["kind"] == "reset-link"]
    assert resets == ["mere@example.org"]
    events = [e.reason for e in small_site.events(kind="person:address:changed")]
    assert events[0] == "the person said: this was not me"


def test_a_new_mailbox_takes_nothing_back_and_an_old_one_all_that_came_after(
    small_site: Site,
) -> None:
    thief = stolen(small_site)
    first = told_of_the_change(small_site, "mere@example.org")
    page = small_site.browser().open(told_of_the_change(small_site, THIEF))
    assert "earlier e-mail address" not in page.text
    small_site.advance(61)
    wish(thief, EMAIL, "second@evil.example")
    assert small_site.installation.post.settle(30)
    thief.submit("/enrol/proof", code=small_site.mailed_code())
    thief.submit("/contact/send")
    thief.submit("/contact", code=code(small_site, "mail"))
    assert profile(small_site).email == "second@evil.example"
    owner = small_site.browser()
    owner.open(first)
    owner.submit("")
    assert profile(small_site).email == "mere@example.org"


def test_what_an_operator_changed_no_old_mailbox_takes_back(small_site: Site) -> None:
    person = small_site.person("mere")
    with small_site.work() as work:
        row = people.by_id(work, person)
        assert row
        how = How("by an operator")
        assert small_site.installation.contacts.set_address(
            work, row, "new@example.org", how, verified=True
        )
    former = small_site.browser()
    former.open(told_of_the_change(small_site, "mere@example.org"))
    former.submit("")
    assert profile(small_site).email == "new@example.org"


def test_a_stranger_who_gets_a_code_by_mistake_ends_that_wish_and_nothing_else(
    small_site: Site,
) -> None:
    secret = small_site.secret()
    small_site.person("mere", totp=secret)
    browser = signed_in(small_site, secret)
    wish(browser, EMAIL, "mistyped@example.org")
    here = base(browser)
    browser.submit("/contact/send")
    right = code(small_site, "mail")
    stranger = small_site.browser()
    page = stranger.open(link(small_site, newest(small_site, "new-address-code")["body"], "/n/"))
    assert "signed out" not in page.text
    assert stranger.submit("").heading == "It is stopped"
    browser.post(f"{here}/contact", code=right)
    now = profile(small_site)
    assert (now.email, now.password_due_at) == ("mere@example.org", None)
    assert browser.open("/account/details").heading == "Your details"
    assert kinds(small_site).count("denied") == 0


# -- who walks away, and in what language


@pytest.mark.parametrize("way", ["/cancel", "/switch"])
def test_a_thief_who_walks_away_from_the_second_step_is_told_of(small_site: Site, way: str) -> None:
    small_site.person("tane", totp=small_site.secret())
    thief = small_site.browser()
    thief.authorize(small_site.application())
    thief.sign_in("tane")
    thief.post(base(thief) + way)
    assert kinds(small_site).count("sign-in-failed-second") == 1


def test_whoever_walks_away_in_a_browser_of_their_own_gets_no_mail(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("tane", totp=secret)
    app = small_site.application()
    browser = small_site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    assert "code" in browser.totp(secret).query
    browser.authorize(app, prompt="login")
    browser.submit("/password", password=PASSWORD)
    browser.post(base(browser) + "/cancel")
    assert kinds(small_site).count("sign-in-failed-second") == 0


def test_a_thief_does_not_choose_the_language_of_later_warnings(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application()
    signed_in_to(small_site, app)
    with small_site.work() as work:
        person = people.by_name(work, "tane")
        assert person
        next_sign_in.set_locale(work, person.id, None)
    thief = small_site.browser()
    thief.open("/account/?language=mi")
    thief.sign_in("tane")
    with small_site.work() as work:
        person = people.by_name(work, "tane")
        assert person
        assert person.locale is None
