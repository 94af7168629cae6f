"""Someone with a passkey, a place to attack them at, and what is seen of an answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from idp import clock
from tests.security.serving.crowd import base, new_name, number
from tests.support.site import Browser, Site
from tests.support.stand_ins import authenticator
from tests.support.stand_ins.authenticator import Key, SoftAuthenticator

ROUNDS = 4
MUTATIONS = 80
"""Broken answers of one person: fewer than those after which the factor is shut."""
MANY = 4
SETTINGS = {
    "throttle__source_limit": 1_000_000,
    "throttle__free": 10_000,
    "interaction__lifetime": 7200,
}


@dataclass
class Owner:
    """Someone with a passkey."""

    site: Site
    name: str
    person: str
    soft: SoftAuthenticator

    @property
    def key(self) -> Key:
        return self.soft.keys[0]


def begin(site: Site, **data: Any) -> Browser:
    """Return a browser at the page where a sign-in begins."""
    browser = site.browser()
    browser.authorize(site.application(new_name("app"), **data))
    return browser


def at_enrolment(site: Site, name: str) -> Browser:
    """Return a browser at the page that adds a first passkey."""
    browser = begin(site, min_acr="phr")
    browser.sign_in(name)
    authenticator.confirm_address(browser)
    assert browser.at.heading == "Add a passkey"
    return browser


def owner(site: Site, **manner: Any) -> Owner:
    """Return someone new, whose first passkey is of this manner."""
    name = new_name("kiri")
    person = site.person(name)
    browser = at_enrolment(site, name)
    soft = authenticator.device(browser, **manner)
    assert "code" in authenticator.add(browser, soft).query
    return Owner(site, name, person, soft)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One installation for many attacks; each test brings its own people."""
    folder = tmp_path_factory.mktemp("passkeys")
    found = Site(folder, f"sqlite:///{folder / 'acrux.db'}", **SETTINGS)
    yield found
    found.close()


@pytest.fixture
def arena(shared: Site) -> Site:
    """The same, its clock set again: a process has one, and other installations end it."""
    clock.use_offset_file(str(shared.clock_file))
    return shared


@pytest.fixture
def victim(arena: Site) -> Owner:
    return owner(arena)


def sign_in_id(browser: Browser) -> str:
    return base(browser).rpartition("/")[2]


def proofs(browser: Browser) -> int:
    """Return how many passkeys were proved in the sign-in that a browser is in."""
    query = "SELECT count(*) FROM proof WHERE interaction_id = :id AND method = 'webauthn'"
    return number(browser.site, query, id=sign_in_id(browser))


def reasons(browser: Browser) -> list[str]:
    """Return why answers were refused in the sign-in that a browser is in, newest first."""
    events = browser.site.events(kind="person:factor:rejected")
    return [event.reason or "" for event in events if event.interaction_id == sign_in_id(browser)]


def refused(browser: Browser, answer: Any) -> str:
    """Send an answer that must be refused; return the reason recorded."""
    page = authenticator.send(browser, answer)
    assert page.status == 400, (page.status, page.location)
    assert "passkey was not accepted" in page.text
    assert proofs(browser) == 0
    found = reasons(browser)
    assert found, "nothing is recorded of it"
    return found[0]
