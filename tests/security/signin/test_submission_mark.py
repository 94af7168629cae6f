"""The mark by which a double click is recognised must not become a fast way to test passwords."""

from dataclasses import replace

import pytest

from idp import crypto
from idp.signin import sessions
from idp.store.db.statements import Statement
from idp.store.signin import sessions as session_store
from tests.support.site import PASSWORD, Site

MARK = Statement("SELECT repeat_digest FROM session WHERE repeat_digest IS NOT NULL")
FORM = {"username": "aroha", "password": PASSWORD, "asks_to_remember": "1"}


@pytest.fixture
def marked(site: Site) -> tuple[session_store.SessionRow, str, str]:
    """The session before a password was proved, the sign-in's id, and the mark that was kept."""
    site.person("aroha", totp=site.secret())
    browser = site.browser()
    browser.authorize(site.application())
    cookie = browser.http.cookies()["acrux"]
    interaction_id = browser.at.url.split("/")[2]
    with site.work() as work:
        before = sessions.read(work, cookie, site.installation.settings.session)
    browser.sign_in("aroha")
    assert browser.at.heading == "Enter the code from your app"
    with site.work() as work:
        row = work.one(MARK)
    assert before is not None
    assert row is not None
    return before, interaction_id, row[0]


def test_only_who_has_the_replaced_cookie_can_test_a_password_against_the_mark(
    site: Site, marked: tuple[session_store.SessionRow, str, str]
) -> None:
    before, interaction_id, mark = marked
    assert sessions.answer_digest(before, interaction_id, "password", FORM) == mark
    for guess in ("", crypto.digest(before.cookie), crypto.random_token()):
        other = replace(before, cookie=guess)
        assert sessions.answer_digest(other, interaction_id, "password", FORM) != mark
    flat = [part for pair in sorted(FORM.items()) for part in pair]
    keyed = site.installation.keyring.keyed_digest("submission", interaction_id, "password", *flat)
    assert keyed != mark


def test_another_password_leaves_another_mark(
    marked: tuple[session_store.SessionRow, str, str],
) -> None:
    before, interaction_id, mark = marked
    changed = {**FORM, "password": "another password altogether"}
    assert sessions.answer_digest(before, interaction_id, "password", changed) != mark


def test_a_session_shown_in_a_log_does_not_show_its_cookie(
    marked: tuple[session_store.SessionRow, str, str],
) -> None:
    before, _, _ = marked
    assert before.cookie
    assert before.cookie not in repr(before)
