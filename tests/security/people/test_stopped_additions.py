"""A way is added with a weaker proof once the wait is over: whatever ends that ends what was begun.

And what one person asked for, or may do, is never used to add something to the account of another.
"""

from collections.abc import Callable, Iterator

import pytest

from idp.store import credentials, people
from idp.store import waiting as store
from tests.protocol.command import Acrux
from tests.protocol.people.factors.test_lost_ways import WAYS, asked, elsewhere, with_app
from tests.security.serving.crowd import THREADS, at_once, base, build_strict_arena, same_cookie
from tests.support.letters import mailed_link
from tests.support.site import Browser, Site
from tests.support.stand_ins import authenticator

DAY = 86400
ADD = f"{WAYS}/add/webauthn"


def owner_of_a_passkey(site: Site, name: str) -> str:
    """Someone with a password, an app, and a passkey on a device that is not here."""
    secret = site.secret()
    site.person(name, totp=secret)
    owner = site.browser()
    owner.open(WAYS)
    owner.sign_in(name)
    owner.totp(secret)
    owner.open(ADD)
    authenticator.add(owner, authenticator.device(owner))
    assert keys(site, name) == 1
    return secret


@pytest.fixture
def secret(site: Site) -> str:
    found = owner_of_a_passkey(site, "mere")
    site.advance(3700)
    return found


def keys(site: Site, name: str = "mere") -> int:
    with site.work() as work:
        person = people.by_name(work, name)
        assert person
        return len(credentials.of(work, person.id, "webauthn"))


def begun(site: Site, secret: str) -> Browser:
    """Ask to add a passkey, wait, and prove the weaker level: the browser may make one."""
    browser = elsewhere(site, secret)
    asked(site, browser, secret, "add", "webauthn")
    site.advance(DAY + 1)
    browser = elsewhere(site, secret)
    browser.open(ADD)
    with_app(browser, secret)
    assert browser.at.url.endswith("/enrol/webauthn"), browser.at.text
    return browser


def test_what_is_stopped_is_not_added_by_whoever_had_begun(site: Site, secret: str) -> None:
    thief = begun(site, secret)
    owner = elsewhere(site, secret)
    assert "Stopped. Nothing changes." in owner.submit("/stop").text
    page = authenticator.add(thief, authenticator.device(thief))
    assert keys(site) == 1
    assert page.heading == "Ways to sign in"
    assert "Nothing was changed." in page.text
    [refused] = site.events(kind="person:sign-in:refused")
    assert refused.reason == (
        "access_denied: webauthn: what waited was stopped, is done, or is over"
    )


def test_two_windows_add_one_way(site: Site, secret: str) -> None:
    first = begun(site, secret)
    second = same_cookie(site, first)
    second.open(ADD)
    assert second.at.url.endswith("/enrol/webauthn")
    authenticator.add(first, authenticator.device(first))
    second.http.set_cookie(first.http.cookies()["acrux"])
    authenticator.add(second, authenticator.device(second))
    assert keys(site) == 2, "the one before, and one more"


def test_what_was_left_too_long_is_not_added(site: Site, secret: str) -> None:
    browser = elsewhere(site, secret)
    asked(site, browser, secret, "add", "webauthn")
    site.advance(4 * DAY - 60)
    late = elsewhere(site, secret)
    late.open(ADD)
    with_app(late, secret)
    assert late.at.url.endswith("/enrol/webauthn"), late.at.text
    site.advance(61)
    authenticator.add(late, authenticator.device(late))
    assert keys(site) == 1


# -- in the name of another


def gets_nowhere_as_mere(thief: Browser, secret: str) -> None:
    """Press "Use another account" in a sign-in that adds a passkey, and go on as someone else."""
    thief.at = thief._follow(thief.post(f"{base(thief)}/switch"))
    thief.sign_in("mere")
    with_app(thief, secret)
    assert thief.at.heading == "Sign in"
    assert thief.open(f"{base(thief)}/enrol/webauthn").heading == "Sign in"


def test_what_one_person_may_do_adds_nothing_to_the_account_of_another(
    site: Site, secret: str
) -> None:
    """A thief of a password and an app's code has an account here, without a passkey."""
    own = site.secret()
    site.person("tane", totp=own)
    thief = site.browser()
    thief.open(WAYS)
    thief.sign_in("tane")
    thief.totp(own)
    site.advance(301)
    thief.open(ADD)
    gets_nowhere_as_mere(thief, secret)


def test_the_link_of_an_operators_reset_adds_nothing_to_the_account_of_another(
    site: Site, secret: str
) -> None:
    owner_of_a_passkey(site, "tane")
    Acrux(site.environ)("user", "reset-factor", "tane", "webauthn")
    thief = site.browser()
    path = mailed_link(site, "enrol-link", "/e/")
    thief.open(path)
    thief.submit(path)
    gets_nowhere_as_mere(thief, secret)


# -- at the same moment


@pytest.fixture(
    params=THREADS,
)
def arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    yield from build_strict_arena(request, tmp_path_factory)


def test_stopped_and_added_at_the_same_moment_is_one_of_the_two(arena: Site) -> None:
    secret = owner_of_a_passkey(arena, "mere")
    arena.advance(3700)
    for _ in range(4):
        before = keys(arena)
        thief = begun(arena, secret)
        with arena.work() as work:
            person = people.by_name(work, "mere")
            assert person
            [row] = store.of(work, person.id)

        def stop(person: people.PersonRow = person, waiting_id: str = row.id) -> bool:
            with arena.work() as work:
                people.lock_person(work, person.id)
                return arena.installation.lost_ways.stop(work, person, waiting_id)

        def add(thief: Browser = thief) -> bool:
            authenticator.add(thief, authenticator.device(thief))
            return True

        calls: list[Callable[[], bool]] = [stop, add]
        stopped = at_once(calls)[0]
        assert keys(arena) - before == (not stopped)
