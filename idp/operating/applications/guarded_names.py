"""What pages of guarded hosts need, when a user type or a group gets another name."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from idp.operating.applications.client_rows import record_change, told
from idp.store.db import Work
from idp.store.oidc import clients, guarded_hosts
from idp.store.oidc.clients import ClientRow

_MEMBER = "forward_paths"
_LISTS = {"type": "user_types", "group": "groups"}


def naming(work: Work, what: str, name: str) -> tuple[str, ...]:
    """Return the applications with a page that needs the `type` or `group` called so.

    None of them is held: people are, before any application (`people.lock_person`).
    """
    found = ((row.id, json.loads(row.data)) for row in clients.guarded(work))
    return tuple(client_id for client_id, data in found if _names(_paths(data), what, name))


def move(work: Work, what: str, old: str, new: str) -> tuple[str, ...]:
    """Let pages that need the `type` or `group` called `old` need `new`; return the applications.

    Their people are locked before this, as for every change of a client.
    """
    moved = []
    for row, data, paths in _found(work, what, old, new):
        before = told(data)
        data[_MEMBER] = paths
        clients.change(work, row.id, row.name, json.dumps(data))
        record_change(work, row, before, row.name, data, {_MEMBER: paths})
        moved.append(row.id)
    return tuple(moved)


def _found(
    work: Work, what: str, old: str, new: str
) -> Iterator[tuple[ClientRow, dict[str, Any], dict[str, Any]]]:
    """Yield applications that name it, with their members, and the paths under the new name."""
    for client_id in guarded_hosts.client_ids(work):
        clients.hold_data(work, client_id)
        row = clients.find(work, client_id)
        data: dict[str, Any] = json.loads(row.data) if row else {}
        paths = _paths(data)
        if row and _names(paths, what, old):
            named = {path: _renamed(said, _LISTS[what], old, new) for path, said in paths.items()}
            yield row, data, named


def _paths(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return data.get(_MEMBER) or {}


def _names(paths: Mapping[str, Any], what: str, name: str) -> bool:
    return any(name in said.get(_LISTS[what], ()) for said in paths.values())


def _renamed(said: Mapping[str, Any], name: str, old: str, new: str) -> dict[str, Any]:
    if name not in said:
        return dict(said)
    return {**said, name: [new if one == old else one for one in said[name]]}
