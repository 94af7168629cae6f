"""Groups that directories change at once: everyone is waited for in one order."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from idp.store import people
from idp.store.db.statements import Statement
from tests.protocol.api.programs import Reply
from tests.protocol.scim.directory import GROUP, Directory, registered
from tests.support.site import Site

_WAITING = Statement(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock'"
)


@pytest.fixture
def arena(tmp_path: Path, database_url: str) -> Iterator[Site]:
    site = Site(tmp_path, database_url, scim__enabled=True)
    yield site
    site.close()


def _patched(entra: Directory, group: str, come: str, go: str) -> Reply:
    return entra.patch(
        f"/Groups/{group}",
        {"op": "remove", "path": "members", "value": [{"value": go}]},
        {"op": "add", "path": "members", "value": [{"value": come}]},
    )


def _put(entra: Directory, group: str, come: str, _go: str) -> Reply:
    body = {"schemas": [GROUP], "displayName": "north", "members": [{"value": come}]}
    return entra("PUT", f"/Groups/{group}", body)


@pytest.mark.parametrize("change", [_patched, _put])
def test_who_comes_and_who_goes_are_locked_in_the_order_of_their_ids(
    arena: Site, change: Callable[..., Reply]
) -> None:
    entra = registered(arena)
    first, last = sorted(arena.person(name) for name in ("mere", "tane"))
    group = entra.add_group("north", last)
    begun = threading.Event()

    def move() -> Reply:
        begun.set()
        return change(entra, group, first, last)

    with ThreadPoolExecutor(1) as pool:
        with arena.work() as work:
            people.lock_person(work, first)
            going = pool.submit(move)
            assert begun.wait(30)
            if arena.installation.engine.dialect.name == "postgresql":
                while not _waiting(arena):
                    assert not going.done()
            people.lock_person(work, last)
        assert going.result(30).status in (200, 204)
    assert entra.members(group) == {first}


def _waiting(site: Site) -> int:
    with site.work() as work:
        found: int = work.value(_WAITING)
    return found
