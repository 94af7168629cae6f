"""An installation that mails to a server that a test looks into."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.site import Site, by_keyword
from tests.support.stand_ins.smtp import FakeMailServer, mail_server


@pytest.fixture
def server() -> Iterator[FakeMailServer]:
    """A mail server that keeps, or refuses, what comes."""
    with mail_server() as running:
        yield running


@pytest.fixture
def mailing(tmp_path: Path, server: FakeMailServer) -> Iterator[Site]:
    """A site whose mail goes to `server`."""
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **by_keyword(server.settings()))
    yield found
    found.close()
