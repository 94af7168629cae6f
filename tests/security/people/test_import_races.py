"""The same import twice at the same moment: each person once, each invited once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.command import Acrux
from tests.security.serving.crowd import THREADS, at_once, build_arena, number
from tests.support.site import Site

ROWS = 120
"""More than one transaction."""


@pytest.fixture(params=THREADS)
def arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    yield from build_arena(request, tmp_path_factory)


def test_two_imports_at_once_add_and_invite_everyone_once(arena: Site, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    rows = "".join(f"p{n},p{n}@example.org,staff\n" for n in range(ROWS))
    file.write_text("username,email,type\n" + rows)
    command = Acrux(arena.environ)
    words = ("user", "import", str(file), "--invite", "--update")
    for done in at_once([lambda: command.in_process(*words)] * 2):
        assert done.returncode in (0, 1), done.stderr
        assert "Traceback" not in done.stderr
    assert command.in_process(*words).returncode == 0
    assert number(arena, "SELECT count(*) FROM person") == ROWS
    assert number(arena, "SELECT count(*) FROM link") == ROWS
    invitations = "SELECT count(*) FROM outbox WHERE kind = 'invitation'"
    assert number(arena, invitations) == ROWS
    assert len(arena.events(kind="operator:person:invited")) == ROWS
