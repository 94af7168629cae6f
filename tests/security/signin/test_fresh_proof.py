"""Whatever changes how someone signs in asks for the strongest proof there is, five minutes old.

An open browser, or a password and a code of a weaker kind, changes nothing at any address (SP
800-63B-4 4.1.2.1, ASVS 7.5.1).
"""

from typing import Any

import pytest

from idp.authenticators.recovery import Recovery
from idp.people.factors import recovery_codes
from idp.store import credentials, people, recovery
from idp.store.people import PersonRow
from tests.protocol.people.factors.passkey_owner import PHR, WAYS, YUBIKEY, at_account
from tests.protocol.people.factors.test_recovery_codes import give_codes
from tests.support.letters import delivered
from tests.support.site import Answer, Browser, Site
from tests.support.stand_ins import authenticator
from tests.support.stand_ins.authenticator import SoftAuthenticator

DETAILS, CODES = "/account/details", "/account/recovery-codes"
ADDRESSES = [
    ("GET", f"{WAYS}/{{webauthn}}", "YubiKey 5"),
    ("POST", f"{WAYS}/{{webauthn}}/rename", "Ways to sign in"),
    ("POST", f"{WAYS}/{{sms}}/remove", "Ways to sign in"),
    ("POST", f"{WAYS}/{{recovery}}/remove", "Ways to sign in"),
    ("GET", f"{WAYS}/add/webauthn", "Add a passkey"),
    ("GET", f"{WAYS}/add/totp", "Set up your authenticator app"),
    ("GET", CODES, "Your recovery codes"),
    ("POST", CODES, "Ways to sign in"),
    ("GET", f"{DETAILS}/email", "Change your e-mail address"),
    ("POST", f"{DETAILS}/email", "Confirm your e-mail address"),
    ("POST", f"{DETAILS}/email/confirm", "Confirm your e-mail address"),
    ("GET", f"{DETAILS}/phone", "Change your mobile number"),
    ("POST", f"{DETAILS}/phone", "Confirm your mobile number"),
    ("POST", f"{DETAILS}/phone/confirm", "Confirm your mobile number"),
]
"""How, where, and the page that comes of it when the proof is fresh."""


@pytest.fixture
def secret(small_site: Site) -> str:
    return small_site.secret()


@pytest.fixture
def soft(small_site: Site, secret: str) -> SoftAuthenticator:
    """Give mere one of each: password, app, text messages, recovery codes, and this passkey."""
    small_site.person("mere", totp=secret, sms=True, verified=False)
    give_codes(small_site, "mere")
    browser = by_app(small_site, secret)
    browser.authorize(small_site.application("strict", min_acr=PHR))
    found = authenticator.device(browser, aaguid=YUBIKEY)
    assert "code" in authenticator.add(browser, found).query
    browser.open("/end_session")
    browser.submit("/end_session")
    return found


def by_app(site: Site, secret: str) -> Browser:
    """Return a browser signed in with the password and a code of the app."""
    browser = site.browser()
    browser.open(WAYS)
    browser.sign_in("mere")
    browser.open(browser.at.url.replace("/webauthn", "/totp"))
    assert browser.totp(secret).heading == "Ways to sign in"
    return browser


def profile(site: Site) -> PersonRow:
    with site.work() as work:
        found = people.by_name(work, "mere")
    assert found
    return found


def state(site: Site) -> tuple[Any, ...]:
    """Return all that the addresses may change, and what would be told of it."""
    person = profile(site)
    with site.work() as work:
        ways = [(row.id, row.label) for row in credentials.of(work, person.id)]
        left = recovery.left(work, person.id)
    steps = ("factor:proved", "sign-in:finished", "session:ended", "device:new", "change:held-back")
    told = [event.id for event in site.events() if not event.kind.endswith(steps)]
    sent = [mail["kind"] for mail in delivered(site) if mail["kind"] != "new-device"]
    return person.email, person.phone, ways, left, told, sent, delivered(site, "sms")


def ask(site: Site, browser: Browser, how: str, where: str) -> Answer:
    """Do it, as someone would who knows the address and holds the browser."""
    person = profile(site)
    with site.work() as work:
        path = where.format(**{row.method: row.id for row in credentials.of(work, person.id)})
    if how == "GET":
        return browser.get(path)
    codes = site.installation.signin.authenticators["recovery"]
    assert isinstance(codes, Recovery)
    browser.open("/account/")
    value = "new@example.org" if "/email" in where else "+64217654321"
    draft = recovery_codes.draft(codes, person).sealed
    return browser.post(path, label="On my key ring", value=value, draft=draft)


@pytest.mark.parametrize(
    ("how", "where"),
    [address[:2] for address in ADDRESSES],
    ids=[" ".join(address[:2]) for address in ADDRESSES],
)
def test_nothing_is_changed_or_shown_without_the_strongest_proof_of_the_last_five_minutes(
    small_site: Site, secret: str, soft: SoftAuthenticator, how: str, where: str
) -> None:
    stale = at_account(small_site, soft)
    small_site.advance(301)
    weak = by_app(small_site, secret)
    before = state(small_site)
    for browser, begun in ((stale, "Sign in"), (weak, "Use your passkey")):
        answer = ask(small_site, browser, how, where)
        assert (answer.status, answer.location[:13]) == (303, "/interaction/")
        assert browser._follow(answer).heading == begun
        assert state(small_site) == before
    tried = small_site.events(kind="person:change:held-back")
    # A wish for an address or number begins a sign-in of its own anyway.
    recorded = how == "POST" and "details" not in where
    assert len(tried) == (2 if recorded else 0), "an attempt leaves a record, a look does not"
    assert all(event.outcome == "refused" and event.person_id for event in tried)


def test_within_the_five_minutes_nobody_is_asked_again(
    small_site: Site, soft: SoftAuthenticator
) -> None:
    browser = at_account(small_site, soft)
    small_site.advance(290)
    for how, where, heading in ADDRESSES:
        assert browser._follow(ask(small_site, browser, how, where)).heading == heading, where
