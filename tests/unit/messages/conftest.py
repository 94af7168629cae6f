"""A post office for the tests of messages, on either database or on one alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.post import Desk, desk


@pytest.fixture
def office(empty_database: str, tmp_path: Path) -> Iterator[Desk]:
    with desk(empty_database, tmp_path) as made:
        yield made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Desk]:
    """For what has nothing to do with the kind of database."""
    with desk(f"sqlite:///{tmp_path / 'acrux.sqlite'}", tmp_path) as made:
        yield made
