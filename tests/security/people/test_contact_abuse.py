"""What a thief, a stranger or a mistake could make of another address, number or message."""

import re
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from idp.authenticators.base import Attempt
from idp.messages import links
from idp.operating import cases
from idp.operating.actor import OPERATOR
from idp.people import denial
from idp.people.contacts import How
from idp.signin import answers
from idp.signin.demand import Demand
from idp.signin.interaction import Interaction
from idp.store import credentials, next_sign_in, people
from idp.store.people import contacts
from idp.store.signin import interactions
from tests.protocol.account.details import EMAIL, PHONE, change, code, profile, signed_in, wish
from tests.protocol.messages.verified import small, with_code
from tests.protocol.sign_ins import signed_in as signed_in_to
from tests.security.serving.crowd import base
from tests.support.letters import delivered, kinds, link, newest
from tests.support.site import MFA, PASSWORD, Browser, Site
from tests.support.stand_ins.twilio import FakeTwilio

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


# -- strangers and their counters


def test_a_wish_does_not_tell_whether_an_address_has_an_account(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("mere", totp=secret)
    small_site.person("victim")
    per_hour = small_site.installation.settings.mail.per_hour
    seen = []
    for address in ("victim@example.org", "nobody@example.org"):
        ask_forgot(small_site, address, per_hour)
        browser = signed_in(small_site, secret)
        wish(browser, EMAIL, address)
        seen.append(browser.submit("/contact/send").heading)
    assert seen[0] == seen[1]


def test_wishes_for_anothers_number_or_address_use_up_none_of_their_messages(
    small_site: Site,
) -> None:
    secret = small_site.secret()
    small_site.person("mere", totp=secret)
    small_site.person("victim", sms=True, phone=NUMBER)
    for what, to in ((PHONE, NUMBER), (EMAIL, "victim@example.org")):
        answers_ = []
        for _ in range(6):
            browser = signed_in(small_site, secret)
            wish(browser, what, to)
            answers_.append(browser.submit("/contact/send").status)
        assert answers_.count(200) <= 3, "three in an hour, whoever wishes"
    victim = small_site.browser()
    victim.open("/account/details")
    victim.sign_in("victim")
    assert victim.submit("/sms/send").status == 200
    ask_forgot(small_site, "victim")
    assert kinds(small_site).count("reset-link") == 1


def test_a_wish_never_calls_off_the_verification_of_somebody_else(
    small: Site, twilio: FakeTwilio
) -> None:
    secret = small.secret()
    small.person("mere", totp=secret)
    small.person("victim", sms=True, phone=NUMBER)
    victim = with_code(small, small.application(), "victim")
    right = twilio.verify.newest_code()
    browser = signed_in(small, secret)
    wish(browser, PHONE, NUMBER)
    page = browser.submit("/contact/send")
    assert page.status == 400
    assert re.search(r"You can try again at \d\d:\d\d UTC\.", page.text)
    assert "code" in victim.submit("/sms", code=right).query


def test_ones_own_address_forgives_no_guesses_at_anothers(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("mere", totp=secret)
    browser = signed_in(small_site, secret)
    wish(browser, EMAIL, "boss@corp.example")
    browser.submit("/contact/send")
    for number in range(5):
        browser.submit("/contact", code=f"{number:06d}")
    small_site.advance(120)
    browser = signed_in(small_site, secret)
    assert change(small_site, browser, EMAIL, "own@example.org")
    browser = signed_in(small_site, secret, "own@example.org")
    wish(browser, EMAIL, "boss@corp.example")
    browser.submit("/contact/send")
    browser.submit("/contact", code="000006")
    assert "Too many tries" in browser.submit("/contact", code="000007").text


def test_a_mail_to_a_stranger_has_no_words_of_the_sender(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("mere", totp=secret)
    browser = signed_in(small_site, secret)
    prize = "your prize waits at https://evil.example/win"
    browser.submit("/account/details", name=prize, language="")
    wish(browser, EMAIL, "stranger@elsewhere.example")
    browser.submit("/contact/send")
    body = newest(small_site, "new-address-code")["body"]
    assert body.startswith("Hello,\n")
    assert "evil" not in body


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


# -- at the same moment


def test_a_number_that_was_set_meanwhile_is_not_proved_by_the_code_to_the_old_one(
    site: Site,
) -> None:
    person_id = site.person("mere", phone="+64211112222")
    installation, sms = site.installation, site.installation.signin.authenticators["sms"]
    with site.work() as work:
        person = people.by_id(work, person_id)
        assert person
        begun, _ = installation.signin.begin(work, Interaction("", None, Demand(), person))
        sms.send(Attempt(work, begun.id, person))
    assert installation.post.settle(30)
    with site.work() as work:
        how = How("by an operator")
        installation.contacts.set_number(work, person, "+64219998888", how, verified=False)
    with site.work() as work:
        attempt = Attempt(work, begun.id, person)
        sms.finish_enrolment(attempt, {"code": site.texted_code()})
    now = profile(site)
    assert (now.phone, now.phone_verified) == ("+64219998888", False)
    assert "sms" not in now.methods


def both(first: Callable[[], object], second: Callable[[], object]) -> list[str]:
    """Run two calls side by side; return what became of each."""
    found = ["nothing", "nothing"]

    def run(number: int, call: Callable[[], object]) -> None:
        try:
            call()
            found[number] = "done"
        except Exception as error:
            found[number] = f"{type(error).__name__}: {error}"

    threads = [
        threading.Thread(target=run, args=(number, call), name=f"caller-{number}")
        for number, call in enumerate((first, second))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


@pytest.mark.parametrize("other", ["the offer's answer", "setting up text messages"])
def test_a_denial_and_a_step_of_the_sign_in_never_wait_for_each_other(
    site: Site, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    person_id = site.person("mere")
    sms = site.installation.signin.authenticators["sms"]
    with site.work() as work:
        person = people.by_id(work, person_id)
        assert person
        begun, _ = site.installation.signin.begin(work, Interaction("", None, Demand(), person))
        sms.send(Attempt(work, begun.id, person))
        data = {"interaction": begun.id}
        purpose = links.Purpose.CODE_DENIED
        url = links.make(work, site.issuer, purpose, person_id, data=data)
    assert site.installation.post.settle(30)
    right, meet = site.texted_code(), threading.Barrier(2)
    lock, hold_phone = people.lock_person, contacts.hold_phone

    def meeting(real: Callable[..., object]) -> Callable[..., object]:
        def held(*args: object) -> object:
            # Both are about to take the person; anyone who took something else before would
            # deadlock.
            with suppress(threading.BrokenBarrierError):
                meet.wait(2)
            return real(*args)

        return held

    monkeypatch.setattr(people, "lock_person", meeting(lock))
    monkeypatch.setattr(contacts, "hold_phone", meeting(hold_phone))

    def deny() -> None:
        with site.work() as work:
            found = denial.opened(work, url.rpartition("/")[2])
            assert found
            installation = site.installation
            installation.denial.deny(work, *found)

    def step() -> None:
        with site.work() as work:
            if other == "the offer's answer":
                answers.offered(work, begun, taken=False)
            else:
                sms.finish_enrolment(Attempt(work, begun.id, person), {"code": right})

    assert both(deny, step) == ["done", "done"]


def test_an_operator_takes_a_factor_away_while_its_owner_moves_the_number(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_id = site.person("mere", sms=True)
    begun, real = threading.Event(), credentials.remove_method

    def remove(*args: object) -> int:
        begun.set()
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(credentials, "remove_method", remove)

    def operator() -> None:
        with site.work() as work:
            cases.build(site.installation).helping.reset(work, OPERATOR, person_id, "sms")

    def owner() -> None:
        with site.work() as work:
            begun.wait(2)
            people.lock_person(work, person_id)
            now = people.by_id(work, person_id)
            assert now
            how = How("by the person, with a code", channel="sms")
            site.installation.contacts.set_number(work, now, "+64217654321", how, verified=True)

    assert both(operator, owner) == ["done", "done"]
    assert profile(site).methods == {"password"}, "what was taken away does not come back"
