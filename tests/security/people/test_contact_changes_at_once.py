"""A right code that many send at once, an address that two prove, a denial in between."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from idp.messages import links
from idp.store import credentials
from tests.protocol.account.details import (
    DETAILS,
    EMAIL,
    NEW_PHONE,
    PHONE,
    PROVE_ADDRESS,
    PROVE_NUMBER,
    SHOWN,
    changed,
    code,
    profile,
    signed_in,
    wish,
)
from tests.protocol.account.test_account_details import words
from tests.security.serving.crowd import ARENAS, at_once, base, build_arena, new_name, same_cookie
from tests.support.site import Browser, Site


@pytest.fixture(scope="module", params=ARENAS)
def arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    yield from build_arena(
        request, tmp_path_factory, throttle__source_limit=100_000, mail__per_hour=100
    )


def ready(site: Site, path: str, value: str, **person: object) -> tuple[Browser, str, str]:
    """Return someone at the page of the code, the right code, and who that is."""
    name = new_name("mere")
    found = site.secret()
    site.person(name, totp=found, **person)  # type: ignore[arg-type]
    browser = signed_in(site, found, name)
    assert wish(browser, path, value).heading in (PROVE_ADDRESS, PROVE_NUMBER)
    browser.submit("/contact/send")
    return browser, code(site, "mail" if path == EMAIL else "sms"), name


@pytest.mark.parametrize("path", [EMAIL, PHONE])
def test_a_right_code_of_many_windows_changes_it_once(arena: Site, path: str) -> None:
    value = f"{new_name('new')}@example.org" if path == EMAIL else NEW_PHONE
    browser, right, name = ready(arena, path, value, sms=True)
    page = browser.at.url
    windows = [same_cookie(arena, browser) for _ in range(5)]
    answers = at_once([partial(w.post, page, code=right) for w in windows])
    assert all(answer.status < 500 for answer in answers), Counter(a.status for a in answers)
    person = profile(arena, name)
    assert value in (person.email, person.phone)
    kind = "address" if path == EMAIL else "number"
    assert len([e for e in changed(arena, kind) if e.person_id == person.id]) == 1
    with arena.work() as work:
        assert len(credentials.of(work, person.id, "sms")) == 1


def test_an_address_that_two_prove_at_once_is_ones_and_the_other_is_told(arena: Site) -> None:
    value = f"{new_name('both')}@example.org"
    found = [ready(arena, EMAIL, value) for _ in range(2)]
    tries = [partial(b.post, b.at.url, code=right) for b, right, _ in found]
    answers = at_once(tries)
    assert Counter(answer.status for answer in answers) == {303: 1, 400: 1}
    [lost] = [answer for answer in answers if answer.status == 400]
    assert "This address is already on another account." in words(lost)
    owners = [profile(arena, name).email for _, _, name in found]
    assert sorted(owner == value for owner in owners) == [False, True]
    loser = found[[a.status for a in answers].index(400)][0]
    page = loser.open(base(loser))
    assert page.heading == PROVE_ADDRESS, "the other can choose another one"
    assert loser.submit("/cancel").heading == SHOWN


def test_saying_not_me_at_the_same_moment_is_no_fault(arena: Site) -> None:
    browser, right, name = ready(arena, EMAIL, f"{new_name('new')}@example.org")
    with arena.work() as work:
        purpose, person = links.Purpose.NOTICE_DENIED, profile(arena, name).id
        path = links.make(work, "", purpose, person)
    owner = arena.browser()
    owner.open(path)
    answers = at_once(
        [
            partial(browser.post, browser.at.url, code=right),
            partial(owner.post, path),
        ]
    )
    assert all(answer.status < 500 for answer in answers)
    assert browser.open(DETAILS).heading == "Sign in"
    assert profile(arena, name).password_due_at is not None
