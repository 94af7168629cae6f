"""Messages as their person reads them: the newest of a kind, and the link in it."""

import re
import time
from collections.abc import Collection
from typing import Any

from playwright.sync_api import Page

from tests.support.site import Answer, Browser, Site

PATIENCE = 15.0
"""Seconds after which a message of another process is missing."""


def delivered(site: Site, channel: str = "mail") -> list[dict[str, Any]]:
    """Return what has arrived by `channel`, once nothing is under way any more."""
    site.work_off()
    return site.messages(channel)


def kinds(site: Site, channel: str = "mail") -> list[str]:
    """Return the kinds of what has arrived, oldest first."""
    return [message["kind"] for message in delivered(site, channel)]


def newest(site: Site, kind: str, channel: str = "mail") -> dict[str, Any]:
    """Return the newest message of a kind."""
    found = [message for message in delivered(site, channel) if message["kind"] == kind]
    assert found, f"no {kind} by {channel}"
    return found[-1]


def link(site: Site, body: str, path: str = "/l/") -> str:
    """Return the path of the one link in a text, beside that of the page with help.

    It must lead to this installation.
    """
    help_page = site.installation.settings.brand.support_url
    found = [one for one in re.findall(r"https?://\S+", body) if one != help_page]
    assert len(found) == 1, body
    assert found[0].startswith(f"{site.issuer}{path}")
    return str(found[0]).removeprefix(site.issuer)


def arrived(
    page: Page,
    site: Site,
    kind: str,
    path: str,
    channel: str = "mail",
    known: Collection[str] = (),
) -> str:
    """Return the path of the link in the newest message of a kind, sent by another process.

    `page` is a browser's, which goes on running while this waits. A link that is `known` came
    before, and the new one is still on its way.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = [m for m in site.messages(channel) if m["kind"] == kind]
        newest_link = link(site, found[-1]["body"], path) if found else None
        if newest_link is not None and newest_link not in known:
            return newest_link
        page.wait_for_timeout(50)
    raise AssertionError(f"no {kind} by {channel}")


def mailed_link(site: Site, kind: str, path: str = "/l/") -> str:
    """Return the path of the link in the newest mail of a kind."""
    return link(site, newest(site, kind)["body"], path)


def forget(site: Site, name: str, browser: Browser | None = None) -> Answer:
    """Ask for a link as someone who forgot the password."""
    browser = browser or site.browser()
    browser.open("/forgot")
    return browser.submit("/forgot", username=name)


def choose(site: Site, path: str, password: str, browser: Browser | None = None) -> Answer:
    """Open a link and choose a password."""
    browser = browser or site.browser()
    browser.open(path)
    return browser.submit(path, password=password)
