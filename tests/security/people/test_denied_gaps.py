"""What was set up lately fills a gap: a denial that took it away would leave the mailbox alone.

Anyone who merely reads the mailbox has every link and sets a new password with one; so the only
second step may go only where there was none before, whoever took that away, and when.
"""

import pytest

from idp.policy.undoing import Altered, Held, Undoing, undoing
from idp.store import credentials
from tests.protocol.account.details import profile, signed_in
from tests.protocol.account.test_account_details import words
from tests.protocol.command import Acrux
from tests.support.letters import choose, delivered, forget, link, newest
from tests.support.site import Answer, Browser, Site

NEW = "harbour lantern sixpence moss"


def set_up(site: Site) -> Browser:
    """Let anyone who has a password alone set up an app."""
    owner = site.browser()
    owner.open("/account/ways/add/totp")
    owner.sign_in("mere")
    owner.enrol_totp()
    assert profile(site).methods == {"password", "totp"}
    return owner


def with_the_mailbox_alone(site: Site) -> Answer:
    """Set a new password by mail and sign in with it; return the page that follows."""
    forget(site, "mere")
    [mail] = [m for m in delivered(site) if m["kind"] == "reset-link"]
    choose(site, link(site, mail["body"]), NEW)
    reader = site.browser()
    reader.open("/account/")
    return reader.sign_in("mere", NEW)


def stays_shut(site: Site, path: str) -> None:
    """Deny, and see that what was set up guards the account before and after."""
    reader = site.browser()
    said = "Not removed, although it was set up lately: an authenticator app."
    for page in (reader.open(path), reader.submit(path)):
        assert said in words(page)
        assert "Not put back: an authenticator app" in words(page)
    assert profile(site).methods == {"password", "totp"}
    assert with_the_mailbox_alone(site).url.endswith("/totp")


def test_an_app_in_the_place_of_one_that_an_operator_removed_stays(site: Site) -> None:
    site.person("mere", totp=site.secret())
    Acrux(site.environ)("user", "reset-factor", "mere", "totp")
    set_up(site)
    stays_shut(site, link(site, newest(site, "factor-added")["body"], "/n/"))


def test_a_link_from_before_the_operator_removed_it_leaves_the_new_one_too(site: Site) -> None:
    site.person("mere", totp=site.secret())
    Acrux(site.environ)("user", "reset-factor", "mere", "totp")
    path = link(site, newest(site, "factor-removed")["body"], "/n/")
    set_up(site)
    stays_shut(site, path)


def test_an_app_added_long_after_its_owner_removed_another_stays(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    owner = signed_in(site, secret)
    with site.work() as work:
        [row] = credentials.of(work, profile(site).id, "totp")
    owner.open(f"/account/ways/{row.id}")
    owner.submit("/remove")
    site.advance(5 * 3600)
    set_up(site)
    stays_shut(site, link(site, newest(site, "factor-added")["body"], "/n/"))


def test_what_an_operator_removed_is_remembered_once_and_only_where_there_was_one(
    site: Site,
) -> None:
    site.person("mere")
    Acrux(site.environ)("user", "reset-factor", "mere", "totp")
    set_up(site)
    path = link(site, newest(site, "factor-added")["body"], "/n/")
    reader = site.browser()
    reader.open(path)
    assert "Removed, because it was set up lately" in words(reader.submit(path))
    assert profile(site).methods == {"password"}, "there was none before"


# -- the rule itself


HAD = Held("old", "sms")
OFF = Held("off", "sms", serves=False)
ADDED = Held("new", "totp")


@pytest.mark.parametrize(
    ("altered", "held", "goes"),
    [
        ([Altered(10, "totp", added="new")], [ADDED], True),
        ([Altered(10, "totp", added="new")], [HAD, ADDED], True),
        ([Altered(10, "totp", added="new", lost=True)], [ADDED], False),
        ([Altered(10, "totp", added="new", lost=True)], [HAD, ADDED], True),
        ([Altered(10, "totp", added="new", lost=True)], [OFF, ADDED], False),
        ([Altered(10, "sms", lost=True), Altered(11, "totp", added="new")], [ADDED], False),
        ([Altered(1, "sms", lost=True), Altered(11, "totp", added="new")], [ADDED], False),
        (
            [Altered(1, "sms", lost=True, own=False), Altered(11, "totp", added="new")],
            [ADDED],
            False,
        ),
        ([Altered(9, "totp", added="new")], [ADDED], None),
        ([Altered(10, "totp", added="new", own=False)], [ADDED], None),
    ],
)
def test_what_was_added_lately_goes_unless_the_mailbox_alone_would_then_do(
    altered: list[Altered], held: list[Held], goes: bool | None
) -> None:
    found = undoing(altered, held, 10)
    assert (found.go, found.stay) == {
        True: ((ADDED,), ()),
        False: ((), (ADDED,)),
        None: ((), ()),
    }[goes]


def test_what_was_lost_before_is_named_only_where_something_stays_because_of_it() -> None:
    before = Altered(1, "sms", lost=True)
    assert undoing([before], [ADDED], 10) == Undoing()
    late = Altered(10, "webauthn", lost=True)
    assert undoing([before, late], [ADDED], 10).lost == ("webauthn",)
    added = Altered(11, "totp", added="new")
    assert undoing([before, late, added], [ADDED], 10).lost == ("sms", "webauthn")
