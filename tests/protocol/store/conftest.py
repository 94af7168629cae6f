"""Fixtures of the tests that write a table of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.store.db import connections
from tests.protocol.store.writers import MANY, TABLE


@pytest.fixture
def engine(empty_database: str) -> Iterator[sa.Engine]:
    found = connections.init_app(Flask("together"), empty_database, MANY)
    with found.connect() as connection:
        connection.exec_driver_sql(TABLE)
    yield found
    connections.close(found)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sa.Engine]:
    found = connections.init_app(Flask("together"), f"sqlite:///{tmp_path / 'a.db'}", MANY)
    with found.connect() as connection:
        connection.exec_driver_sql(TABLE)
    yield found
    connections.close(found)


@pytest.fixture
def commits(file: sa.Engine) -> list[str]:
    """What is committed to the file from now on."""
    found: list[str] = []

    @sa.event.listens_for(file, "connect")
    def _count(connection: Any, _record: Any) -> None:
        connection.set_trace_callback(lambda text: found.append(text) if text == "COMMIT" else 0)

    file.dispose()
    return found
