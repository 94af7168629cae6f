"""A thief changes several things, and one of them several times: what a denial takes back of it.

The thief has a fresh session of the strongest kind, as after a stolen cookie; the owner has the
mailbox that the account had before. What the page says was done is what was done.
"""

import re

import pytest

from idp.messages import links
from idp.messages.links import Purpose
from idp.people.contacts import How
from idp.store import credentials, people
from tests.protocol.account.details import EMAIL, NEW_PHONE, PHONE, change, profile, signed_in
from tests.protocol.account.test_account_details import words
from tests.support.letters import choose, delivered, forget, kinds, link, newest
from tests.support.site import Answer, Browser, Site

OWNER = "mere@example.org"
FIRST, SECOND, THIRD = (f"{name}@evil.example" for name in ("first", "second", "third"))
RESTORED = "The account has its earlier e-mail address again: m***@example.org."
NEW = "harbour lantern sixpence moss"


@pytest.fixture
def thief(site: Site) -> Browser:
    secret = site.secret()
    site.person("mere", totp=secret)
    return signed_in(site, secret)


def moves(site: Site, browser: Browser, *addresses: str) -> None:
    for address in addresses:
        change(site, browser, EMAIL, address)
        assert profile(site).email == address
        assert site.installation.post.settle(30)
        site.advance(61)


def notice(site: Site, kind: str, to: str, number: int = -1) -> str:
    """Return the way that a notice shows to its reader, the newest unless told otherwise."""
    found = [m for m in delivered(site) if m["kind"] == kind and m["to"] == to]
    assert found, f"no {kind} to {to}"
    return link(site, found[number]["body"], "/n/")


def denied(site: Site, path: str) -> tuple[Answer, Answer]:
    """Use a link; return the page before and the page after."""
    owner = site.browser()
    before = owner.open(path)
    return before, owner.submit(path)


# -- addresses


@pytest.mark.parametrize("chain", [(FIRST,), (FIRST, SECOND), (FIRST, SECOND, THIRD, FIRST)])
def test_the_first_notice_takes_the_whole_chain_of_addresses_back(
    site: Site, thief: Browser, chain: tuple[str, ...]
) -> None:
    moves(site, thief, *chain)
    before, after = denied(site, notice(site, "address-changed", OWNER, 0))
    assert "earlier e-mail address again" in words(before)
    assert "earlier e-mail address again" in words(after)
    assert "Not taken back" not in after.text
    assert (profile(site).email, profile(site).email_verified) == (OWNER, True)
    assert thief.open("/account/").heading == "Sign in"
    forget(site, "mere")
    assert [m["to"] for m in delivered(site) if m["kind"] == "reset-link"] == [OWNER]


def test_each_later_change_is_told_to_the_first_mailbox_with_a_link_that_works(
    site: Site, thief: Browser
) -> None:
    moves(site, thief, FIRST, SECOND)
    told = [m["to"] for m in delivered(site) if m["kind"] == "address-changed"]
    assert sorted(told) == sorted([OWNER, FIRST, FIRST, SECOND, OWNER])
    denied(site, notice(site, "address-changed", OWNER))
    assert profile(site).email == OWNER


def test_whatever_else_is_changed_is_told_to_the_mailbox_that_was_left(
    site: Site, thief: Browser
) -> None:
    moves(site, thief, FIRST)
    change(site, thief, PHONE, NEW_PHONE)
    assert {m["to"] for m in delivered(site) if m["kind"] == "phone-changed"} == {FIRST, OWNER}
    denied(site, notice(site, "phone-changed", OWNER))
    assert profile(site).email == OWNER


def test_the_denial_is_told_to_the_mailbox_that_is_back_and_to_no_mailbox_of_the_thief(
    site: Site, thief: Browser
) -> None:
    moves(site, thief, FIRST, SECOND)
    denied(site, notice(site, "address-changed", OWNER, 0))
    letters = [m for m in delivered(site) if m["kind"] == "denied"]
    assert [m["to"] for m in letters] == [OWNER]
    assert "earlier e-mail address again" in letters[0]["body"]
    assert kinds(site).count("address-changed") == 5, "one act, one mail"


def test_a_denied_code_is_told_to_every_mailbox_of_the_last_days(
    site: Site, thief: Browser
) -> None:
    moves(site, thief, FIRST)
    with site.work() as work:
        person = people.by_name(work, "mere")
        assert person
        url = links.make(work, site.issuer, Purpose.CODE_DENIED, person.id)
    _, after = denied(site, link(site, url, "/n/"))
    assert RESTORED not in words(after)
    assert {m["to"] for m in delivered(site) if m["kind"] == "denied"} == {FIRST, OWNER}


def test_a_code_that_was_mailed_before_the_change_takes_it_back_as_well(site: Site) -> None:
    """The account has a password alone: the thief saw one code in the owner's mailbox."""
    site.person("mere")
    thief = signed_in(site)
    thief.open(EMAIL)
    thief.submit(EMAIL, value=FIRST)
    path = link(site, newest(site, "address-code")["body"], "/n/")
    thief.submit("/enrol/proof", code=site.mailed_code())
    thief.submit("/contact/send")
    thief.submit("/contact", code=site._newest_code("mail", "new-address-code"))
    assert profile(site).email == FIRST
    denied(site, path)
    assert profile(site).email == OWNER


def test_an_operators_change_stops_it_and_the_page_says_what_stays(
    site: Site, thief: Browser
) -> None:
    moves(site, thief, FIRST)
    with site.work() as work:
        how = How("by an operator")
        row = people.by_name(work, "mere")
        assert row
        assert site.installation.contacts.set_address(
            work, row, "new@example.org", how, verified=True
        )
    before, after = denied(site, notice(site, "address-changed", OWNER, 0))
    for page in (before, after):
        assert "The e-mail address stays n***@example.org" in words(page)
        assert "earlier e-mail address again" not in words(page)
    assert profile(site).email == "new@example.org"


def test_an_address_that_is_anothers_by_now_is_said_to_stay_away(
    site: Site, thief: Browser
) -> None:
    moves(site, thief, FIRST)
    other = site.person("tane")
    with site.work() as work:
        row = people.by_id(work, other)
        assert row
        assert site.installation.contacts.set_address(
            work, row, OWNER, How("operator"), verified=True
        )
    before, after = denied(site, notice(site, "address-changed", OWNER, 0))
    assert "earlier e-mail address again" in words(before), "that is found out when it is tried"
    assert "earlier e-mail address again" not in words(after)
    assert "The e-mail address stays f***@evil.example" in words(after)
    assert profile(site).email == FIRST


def test_after_seven_days_a_mailbox_hears_nothing_and_takes_nothing_back(
    site: Site, thief: Browser
) -> None:
    moves(site, thief, FIRST)
    with site.work() as work:
        person = people.by_name(work, "mere")
        assert person
        made = links.make(work, site.issuer, Purpose.NOTICE_DENIED, person.id, sent_to=OWNER)
    site.advance(7 * 86400 - 100)
    assert site.browser().open(link(site, made, "/n/")).status == 200
    with site.work() as work:
        late = links.make(work, site.issuer, Purpose.NOTICE_DENIED, person.id, sent_to=OWNER)
    site.advance(100)
    before, _ = denied(site, link(site, late, "/n/"))
    assert "earlier e-mail address again" not in words(before)
    assert profile(site).email == FIRST
    assert [m["to"] for m in delivered(site) if m["kind"] == "denied"] == [FIRST]


# -- ways to sign in


def add_app(site: Site, browser: Browser) -> str:
    """Let anyone who sits there set up an app, in the place of one where there is one."""
    answer = browser.open("/account/ways/add/totp")
    found = re.search(r"secret=([A-Z2-7]+)", answer.text)
    assert found, answer.heading
    browser.set_up("/enrol/totp", code=site.code(found.group(1)))
    return found.group(1)


def test_an_app_that_the_thief_added_goes(site: Site) -> None:
    site.person("mere", sms=True)
    thief = signed_in(site)
    stolen = add_app(site, thief)
    before, after = denied(site, notice(site, "factor-added", OWNER))
    for page in (before, after):
        assert "Removed, because it was set up lately: an authenticator app." in words(page)
    assert profile(site).methods == {"password", "sms"}
    assert "an authenticator app" in newest(site, "denied")["body"]
    again = site.browser()
    again.open("/account/")
    assert again.sign_in("mere").heading != "Choose a new password"
    assert "totp" not in again.at.text
    assert stolen


def test_an_app_that_took_the_place_of_the_owners_stays_and_is_named(
    site: Site, thief: Browser
) -> None:
    """Without it, anyone who reads the mailbox would set up one of their own."""
    add_app(site, thief)
    _, after = denied(site, notice(site, "factor-added", OWNER))
    assert "Not removed, although it was set up lately: an authenticator app." in words(after)
    assert "Not put back: an authenticator app, removed or replaced lately." in words(after)
    assert "an authenticator app" in newest(site, "denied")["body"]
    assert profile(site).methods == {"password", "totp"}


def test_whoever_added_an_app_lately_does_not_choose_the_new_password_with_it(
    site: Site, thief: Browser
) -> None:
    stolen = add_app(site, thief)
    denied(site, notice(site, "factor-added", OWNER))
    again = site.browser()
    again.open("/account/")
    again.sign_in("mere")
    page = again.totp(stolen)
    assert page.heading == "Choose a new password"
    assert 'name="password"' not in page.text, "only by a link to the mailbox"
    assert again.post(page.url, password=NEW).status == 400
    forget(site, "mere")
    [mail] = [m for m in delivered(site) if m["kind"] == "reset-link"]
    assert mail["to"] == OWNER
    assert choose(site, link(site, mail["body"]), NEW).heading == "Your password is set"


def test_a_removed_way_is_said_not_to_be_put_back(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret, sms=True)
    browser = site.browser()
    browser.open("/account/ways")
    browser.sign_in("mere")
    browser.totp(secret)
    with site.work() as work:
        [row] = credentials.of(work, profile(site).id, "totp")
    browser.open(f"/account/ways/{row.id}")
    browser.submit("/remove")
    before, after = denied(site, notice(site, "factor-removed", OWNER))
    for page in (before, after):
        assert "Not put back: an authenticator app" in words(page)


def test_a_changed_number_is_said_to_stay_and_counts_as_confirmed_no_more(
    site: Site, thief: Browser
) -> None:
    change(site, thief, PHONE, NEW_PHONE)
    _, after = denied(site, notice(site, "phone-changed", OWNER))
    assert "The mobile number stays" in words(after)
    assert (profile(site).phone, profile(site).phone_verified) == (NEW_PHONE, False)


def test_recovery_codes_that_the_thief_made_are_dead(site: Site, thief: Browser) -> None:
    thief.open("/account/recovery-codes")
    thief.submit("/account/recovery-codes")
    assert "recovery" in profile(site).methods
    _, after = denied(site, notice(site, "recovery-made", OWNER))
    assert "Recovery codes that were made lately no longer work." in words(after)
    assert "recovery" not in profile(site).methods


def test_what_was_set_up_long_before_stays_without_a_word(site: Site, thief: Browser) -> None:
    site.advance(3700)
    moves(site, signed_in(site, _secret_of(site)), FIRST)
    _, after = denied(site, notice(site, "address-changed", OWNER, 0))
    assert "Removed" not in after.text
    assert "Not taken back" not in after.text
    assert profile(site).methods == {"password", "totp"}


def _secret_of(site: Site) -> str:
    totp = site.installation.signin.authenticators["totp"]
    with site.work() as work:
        [row] = credentials.of(work, profile(site).id, totp.method)
    return site.installation.keyring.open(row.secret, row.place).decode()


# -- the page of what was done


def test_the_page_of_what_was_done_is_shown_to_whoever_has_the_used_link_alone(
    site: Site, thief: Browser
) -> None:
    moves(site, thief, FIRST)
    path = notice(site, "address-changed", OWNER, 0)
    stranger = site.browser()
    assert stranger.open(f"{path}/done").status == 410, "nothing was done yet"
    _, after = denied(site, path)
    assert after.url == f"{path}/done"
    assert stranger.open("/n/wrong/done").status == 410
    assert site.browser().open(path).status == 410
