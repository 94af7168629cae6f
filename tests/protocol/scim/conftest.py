"""Installations in which directories keep people, and an application that is told who left."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.told_applications import receiver
from tests.support.programs.https import HttpsServer
from tests.support.site import Site

__all__ = ["receiver"]
SETTINGS = {"scim__enabled": True, "scim__roles": "payroll:clerk,payroll:lead"}


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """On SQLite and on PostgreSQL."""
    found = Site(tmp_path, database_url, **SETTINGS)
    yield found
    found.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Site]:
    """On SQLite alone."""
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **SETTINGS)
    yield found
    found.close()


@pytest.fixture
def told_site(tmp_path: Path, database_url: str, receiver: HttpsServer) -> Iterator[Site]:
    """One that may reach the receiver, on SQLite and on PostgreSQL."""
    found = Site(tmp_path, database_url, **SETTINGS, **receiver.settings())
    yield found
    found.close()
