"""An application with a stream of signals, and what the worker does for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp.signals.working import Signals
from tests.support.applications.receiver import Receiver
from tests.support.programs.https import HttpsServer, https_server
from tests.support.site import Site


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[HttpsServer]:
    """Where applications are pushed to."""
    folder = tmp_path / "endpoint"
    folder.mkdir()
    with https_server({}, folder) as server:
        yield server


@pytest.fixture
def told(tmp_path: Path, database_url: str, endpoint: HttpsServer) -> Iterator[Site]:
    """An installation that may push there, on SQLite and on PostgreSQL."""
    found = Site(tmp_path, database_url, **endpoint.settings())
    yield found
    found.close()


@pytest.fixture
def small(tmp_path: Path, endpoint: HttpsServer) -> Iterator[Site]:
    """The same on SQLite alone."""
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **endpoint.settings())
    yield found
    found.close()


def receiver(site: Site, client_id: str = "app", **data: Any) -> Receiver:
    """Register an application that may be told."""
    data.setdefault("api_scopes", ["ssf.read", "ssf.manage"])
    grants = ["authorization_code", "client_credentials"]
    return Receiver(site, site.application(client_id, grant_types=grants, **data))


def work(site: Site) -> int:
    """Do what the worker does."""
    return Signals(site.installation).carry_out()


@pytest.fixture
def made(small: Site) -> Receiver:
    """An application that polls its stream."""
    found = receiver(small)
    found.make()
    return found
