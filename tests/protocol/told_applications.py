"""Applications that are told when a session ends, and what each of them hears."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from idp.store.models.service import Outbox
from tests.protocol.sign_ins import signed_in
from tests.support.programs.https import HttpsServer, https_server
from tests.support.site import Application, Browser, Site

EVENT = "http://schemas.openid.net/event/backchannel-logout"
Tokens = dict[str, Any]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[HttpsServer]:
    """Where applications are told."""
    folder = tmp_path / "receiver"
    folder.mkdir()
    with https_server({"/out": b"", "/other": b""}, folder) as server:
        yield server


@pytest.fixture
def told_site(tmp_path: Path, database_url: str, receiver: HttpsServer) -> Iterator[Site]:
    """An installation that may reach the receiver, on SQLite and on PostgreSQL."""
    found = Site(tmp_path, database_url, **receiver.settings())
    yield found
    found.close()


@pytest.fixture
def small(tmp_path: Path, receiver: HttpsServer) -> Iterator[Site]:
    """The same on SQLite alone."""
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **receiver.settings())
    yield found
    found.close()


def register(site: Site, receiver: HttpsServer, client_id: str = "app", **data: Any) -> Application:
    data.setdefault("backchannel_logout_uri", receiver.url("/out"))
    return site.application(client_id, **data)


def session(
    site: Site, app: Application, name: str = "tane", **changes: Any
) -> tuple[Browser, Tokens]:
    """Sign in in a fresh browser; return it and the claims of the ID token."""
    browser = signed_in(site, app, name, **changes)
    return browser, site.claims(app, browser.at)


def sign_out(browser: Browser) -> None:
    browser.open("/end_session")
    assert browser.submit("/end_session").heading == "Signed out"


def settle(site: Site) -> None:
    assert site.installation.post.settle(20)


def told(site: Site, receiver: HttpsServer, path: str = "/out") -> list[Tokens]:
    """Return the claims of the logout tokens that arrived, after nothing more is on its way."""
    settle(site)
    found = [r for r in receiver.requests if r.path.partition("?")[0] == path]
    return [site.id_token(r.form["logout_token"], ("RS256", "ES256")) for r in found]


def states(site: Site) -> list[tuple[str, int]]:
    """Return state and number of attempts of every message to an application."""
    table = Outbox
    query = sa.select(table.state, table.attempts).where(table.channel == "logout")
    with site.work() as work:
        return [(row[0], row[1]) for row in work.select(query)]


def retry(site: Site, seconds: int) -> None:
    """Let time pass, then do what the worker does."""
    site.advance(seconds)
    site.installation.post.deliver_due()
