"""Every pair of changes of one person at the same moment: no fault, no deadlock, no loss.

Whatever the order in which the two come, nothing that one of them ends outlives both, and a factor
that a rule demands is there in the end.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import combinations_with_replacement, count, product

import pytest

from idp.authenticators.password import Password
from idp.messages import links
from idp.messages.links import Purpose
from idp.messages.notices import Notice
from idp.operating import cases
from idp.operating.actor import OPERATOR
from idp.operating.refusals import NotFound
from idp.people.contacts import How
from idp.people.factors import removal
from idp.signin import sessions
from idp.store import credentials, next_sign_in, people
from tests.protocol.account.details import EMAIL, PHONE, code, wish
from tests.security.serving.crowd import (
    THREADS,
    at_once,
    base,
    build_strict_arena,
    new_name,
    number,
    same_cookie,
)
from tests.support.site import PASSWORD, Browser, Site

NEW = "harbour lantern sixpence moss"
BY = How("by an operator")
NUMBERS = count(7000000)
Act = Callable[[], object]


@pytest.fixture(
    scope="module",
    params=THREADS,
)
def arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    yield from build_strict_arena(request, tmp_path_factory)


def pressed(window: Browser, action_end: str, **fields: str) -> Act:
    """Return what sends a form and goes nowhere: the other change may have ended the session."""
    action, values = window.at.form(action_end)
    return lambda: window.http.send("POST", action, {**values, **fields})


class Scene:
    """Someone with two second steps, in a browser that has just proved the password and one."""

    def __init__(self, site: Site) -> None:
        self.site, self.secret = site, site.secret()
        self.name = new_name("mere")
        self.person = site.person(self.name, totp=self.secret, sms=True, phone="+64211234567")
        self.app = site.application(new_name("board"), first_party=False)
        self.owner = site.browser()
        self.owner.authorize(self.app, scope="openid offline_access", prompt="consent")
        self.owner.sign_in(self.name)
        self.owner.totp(self.secret)
        assert "code" in self.owner.submit("/consent", decision="allow").query

    def row(self) -> people.PersonRow:
        with self.site.work() as work:
            found = people.by_id(work, self.person)
        assert found
        return found

    # -- the changes: each is made ready here, and carried out by what is returned

    def password(self) -> Act:
        window = same_cookie(self.site, self.owner)
        window.open("/account/password")
        return lambda: window.submit("/password", current=PASSWORD, password=NEW)

    def _link(self, purpose: Purpose) -> tuple[Browser, str]:
        with self.site.work() as work:
            url = links.make(work, self.site.issuer, purpose, self.person)
        browser, path = self.site.browser(), url.removeprefix(self.site.issuer)
        browser.open(path)
        return browser, path

    def reset(self) -> Act:
        browser, path = self._link(Purpose.RESET)
        return lambda: browser.submit(path, password=NEW)

    def denial(self) -> Act:
        browser, path = self._link(Purpose.NOTICE_DENIED)
        return lambda: browser.submit(path)

    def _removal(self, method: str) -> Act:
        with self.site.work() as work:
            [row] = credentials.of(work, self.person, method)
        window = same_cookie(self.site, self.owner)
        window.open(f"/account/ways/{row.id}")
        return pressed(window, "/remove")

    def removal_of_the_app(self) -> Act:
        return self._removal("totp")

    def removal_of_text_messages(self) -> Act:
        return self._removal("sms")

    def finish(self) -> Act:
        browser = self.site.browser()
        page = browser.authorize(self.site.application(new_name("desk")))
        address = base(browser).replace("/interaction", "/authorize/resume")
        first, second = (page.url.replace("/login", f"/{way}") for way in ("password", "totp"))
        browser.post(first, username=self.name, password=PASSWORD)
        browser.at = browser.get(second)
        assert browser.post(second, code=self.site.code(self.secret)).status == 303
        return lambda: browser.get(address)

    def _own(self, path: str, channel: str, value: str) -> Act:
        window = same_cookie(self.site, self.owner)
        wish(window, path, value)
        window.submit("/contact/send")
        right = code(self.site, channel)
        return pressed(window, "/contact", code=right)

    def another_address(self) -> Act:
        return self._own(EMAIL, "mail", f"{new_name('mere')}@example.org")

    def another_number(self) -> Act:
        return self._own(PHONE, "sms", f"+6421{next(NUMBERS)}")

    def withdrawal(self) -> Act:
        window = same_cookie(self.site, self.owner)
        window.open("/account/applications")
        return lambda: window.submit("/withdraw")

    def disabling(self) -> Act:
        def act() -> None:
            with self.site.work() as work:
                people.lock_person(work, self.person)
                people.set_disabled(work, self.person, True)
                sessions.end_person(work, self.person, "disabled")

        return act

    def sign_out_by_an_operator(self) -> Act:
        def act() -> None:
            with self.site.work() as work:
                sessions.end_person(work, self.person, "signed out by an operator")

        return act

    def reset_of_the_app_by_an_operator(self) -> Act:
        def act() -> None:
            with self.site.work() as work:
                people.lock_person(work, self.person)
                removal.remove_all(work, self.site.installation.signin, self.person, "totp", BY.by)

        return act

    def number_by_an_operator(self) -> Act:
        def act() -> None:
            with self.site.work() as work:
                people.lock_person(work, self.person)
                row = people.by_id(work, self.person)
                assert row
                self.site.installation.contacts.set_number(
                    work, row, "+64211230009", BY, verified=True
                )

        return act

    def address_by_an_operator(self) -> Act:
        new = f"{new_name('mere')}@example.org"

        def act() -> None:
            with self.site.work() as work:
                people.lock_person(work, self.person)
                row = people.by_id(work, self.person)
                assert row
                assert self.site.installation.contacts.set_address(
                    work, row, new, BY, verified=True
                )

        return act

    def password_by_an_operator(self) -> Act:
        password = self.site.installation.signin.authenticators["password"]
        assert isinstance(password, Password)

        def act() -> None:
            with self.site.work() as work:
                password.set(work, self.person, NEW)
                self.site.installation.passwords.replaced(work, self.row(), Notice.PASSWORD_CHANGED)
                sessions.end_person(work, self.person, "the password was set by an operator")
                next_sign_in.demand_password(work, self.person, True)

        return act

    def deletion_of_the_application(self) -> Act:
        def act() -> None:
            with suppress(NotFound), self.site.work() as work:
                application = self.app.client_id
                cases.of(self.site.installation).clients.delete(work, OPERATOR, application)

        return act

    def consent(self) -> Act:
        window = same_cookie(self.site, self.owner)
        window.authorize(self.app, scope="openid offline_access", prompt="consent")
        return lambda: window.submit("/consent", decision="allow")

    def new_recovery_codes(self) -> Act:
        window = same_cookie(self.site, self.owner)
        window.open("/account/recovery-codes")
        return lambda: window.submit("/account/recovery-codes")

    def end_of_another_session(self) -> Act:
        other = self.site.browser()
        other.open("/account/")
        other.sign_in(self.name)
        other.totp(self.secret)
        window = same_cookie(self.site, self.owner)
        window.open("/account/places")
        return lambda: window.submit("/end")

    def sign_out(self) -> Act:
        window = same_cookie(self.site, self.owner)
        window.open("/end_session")
        return lambda: window.submit("/end_session")


CHANGES = (
    "password",
    "reset",
    "denial",
    "removal_of_the_app",
    "removal_of_text_messages",
    "finish",
    "withdrawal",
    "another_address",
    "another_number",
    "disabling",
    "sign_out_by_an_operator",
    "reset_of_the_app_by_an_operator",
    "number_by_an_operator",
    "deletion_of_the_application",
    "consent",
)
LESSER = (
    "new_recovery_codes",
    "address_by_an_operator",
    "password_by_an_operator",
    "end_of_another_session",
    "sign_out",
)
"""Changes that touch little: each meets those alone that touch most."""
ENDS_ALL = {
    "reset",
    "denial",
    "disabling",
    "sign_out_by_an_operator",
    "password_by_an_operator",
}
TAKES_A_FACTOR = {"reset_of_the_app_by_an_operator", "number_by_an_operator"}
MOST = ("reset", "denial", "finish")
PAIRS = [*combinations_with_replacement(CHANGES, 2), *product(LESSER, MOST)]
KEPT_PROOFS = (
    "SELECT count(*) FROM proof p JOIN interaction i ON i.id = p.interaction_id"
    " WHERE p.person_id = :person AND i.person_id = p.person_id AND p.session_id IS NULL"
    " AND i.claimed_at IS NULL AND i.refused IS NULL"
)
"""Of sign-ins that are open and this person's."""


@pytest.mark.parametrize("first", [*CHANGES, *LESSER])
def test_two_changes_at_once_leave_what_either_promises(arena: Site, first: str) -> None:
    for second in [pair[1] for pair in PAIRS if pair[0] == first]:
        scene = Scene(arena)
        acts = [getattr(scene, name)() for name in (first, second)]
        statuses = [getattr(answer, "status", 200) for answer in at_once(acts)]
        assert max(statuses) < 500, (first, second)
        # One may have been what the other ended: a link that is dead by now.
        done = {n for n, status in zip((first, second), statuses, strict=True) if status < 400}
        assert done, (first, second)
        _holds(scene, done)


def _holds(scene: Scene, done: set[str]) -> None:
    site, values = scene.site, {"person": scene.person}
    passwords = "SELECT count(*) FROM credential WHERE person_id = :person AND method = 'password'"
    assert number(site, passwords, **values) == 1, done
    assert scene.row().methods - {"password"} or done & TAKES_A_FACTOR, done
    live = "SELECT count(*) FROM session WHERE person_id = :person AND ended_at IS NULL"
    held = 'SELECT count(*) FROM "authorization" WHERE person_id = :person AND revoked_at IS NULL'
    if done & ENDS_ALL:
        assert number(site, live, **values) == 0, done
        assert number(site, held, **values) == 0, done
        own = "SELECT count(*) FROM device WHERE person_id = :person AND allowance IS NOT NULL"
        assert number(site, own, **values) == 0, done
        assert number(site, KEPT_PROOFS, **values) == 0, done
    if "deletion_of_the_application" in done:
        left = 'SELECT count(*) FROM "grant" WHERE person_id = :person'
        assert number(site, left, **values) == 0, done


def test_a_thiefs_sign_ins_do_not_make_the_owners_reset_fail(arena: Site) -> None:
    for _ in range(3):
        scene = Scene(arena)
        acts = [scene.finish() for _ in range(6)]
        answers = at_once([*acts, scene.reset()])
        assert all(getattr(answer, "status", 200) < 500 for answer in answers)
        _holds(scene, {"reset", "finish"})
