"""Someone who signs in with passkeys, and sees them at the account."""

import re
from typing import Any

import pytest

from tests.support.site import Answer, Application, Browser, Site
from tests.support.stand_ins import authenticator
from tests.support.stand_ins.authenticator import SoftAuthenticator

PHR, PHRH = "phr", "phrh"
WAYS = "/account/ways"
YUBIKEY = "ee882879-721c-4913-9775-3dfcce97072a"
BITWARDEN = "d548826e-79b4-db40-a3d8-11116f7e8349"


def adding(site: Site, app: Application, name: str = "tane") -> Browser:
    """Return a browser at the page that adds the first passkey."""
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in(name)
    authenticator.confirm_address(browser)
    assert browser.at.heading == "Add a passkey"
    return browser


def set_up(site: Site, name: str = "tane", **manner: Any) -> SoftAuthenticator:
    """Return a passkey that was added in a sign-in that needed one."""
    browser = adding(site, site.application(f"strict-{name}", min_acr=PHR), name)
    soft = authenticator.device(browser, **manner)
    assert "code" in authenticator.add(browser, soft).query
    return soft


def said(site: Site, app: Application, answer: Answer) -> tuple[str, list[str]]:
    """Return acr and amr of a finished sign-in."""
    claims = site.claims(app, answer)
    return claims["acr"], claims["amr"]


def at_account(site: Site, soft: SoftAuthenticator) -> Browser:
    """Return a browser signed in to the account pages with a passkey."""
    browser = site.browser()
    browser.open(WAYS)
    assert authenticator.use(browser, soft).heading == "Ways to sign in"
    return browser


def names(browser: Browser) -> list[str]:
    """Return the names on the list of ways to sign in."""
    page = browser.open(WAYS).text.partition("Add another")[0]
    return re.findall(r"<strong>([^<]*)</strong>", page)


def way(browser: Browser, title: str) -> str:
    """Return the address of one way."""
    pattern = rf'href="({WAYS}/[\w-]+)"\s+aria-label="Change or remove {title}"'
    found = re.search(pattern, browser.open(WAYS).text)
    assert found, browser.at.text
    return found.group(1)


@pytest.fixture
def tane(site: Site) -> str:
    return site.person("tane")


@pytest.fixture
def small_tane(small_site: Site) -> str:
    return small_site.person("tane")
