"""How an application is found and changed: its row as it was seen, and the event of its change.

Owns what `clients` does under its use cases alike; no right is checked here.
"""

import json
from collections.abc import Mapping
from typing import Any

from idp import audit
from idp.audit import Event
from idp.oidc.clients.secrets import FORMER
from idp.operating.applications.registered import version_of
from idp.operating.refusals import Changed, NotFound
from idp.store.db import Work
from idp.store.oidc import clients
from idp.store.oidc.clients import ClientRow


def find(work: Work, client_id: str) -> ClientRow:
    """Return what is stored of an application; `NotFound` where there is none."""
    found = clients.find(work, client_id)
    if found is None:
        raise NotFound(f"there is no client {client_id!r}")
    return found


def as_seen(work: Work, client_id: str, seen: str | None) -> ClientRow:
    """Return the same, as it was `seen`; `Changed` where it is another version by now."""
    row = find(work, client_id)
    if seen is not None and seen != version_of(row):
        raise overtaken(client_id)
    return row


def overtaken(client_id: str) -> Changed:
    """Return what whoever was slower is told."""
    return Changed(f"{client_id} has just been changed by somebody else: try again")


def record_change(
    work: Work,
    row: ClientRow,
    before: Mapping[str, Any],
    name: str,
    data: Mapping[str, Any],
    asked: Mapping[str, Any],
) -> None:
    """Record what was changed, as an operator would write it, and with what was there before."""
    old, new = {"name": row.name, **before}, {"name": name, **told(data)}
    moved = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
    audit.record(
        work,
        Event.CLIENT_CHANGED,
        client=row.id,
        changed=[f"{key}={_written(new.get(key))}" for key in sorted(asked)],
        before={key: old.get(key) for key in moved},
        after={key: new.get(key) for key in moved},
    )


def with_changes(before: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is registered after a change; None takes a member away."""
    return {key: value for key, value in {**before, **members}.items() if value is not None}


def told(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored as it may be told: without a secret's digest."""
    return {key: value for key, value in data.items() if key != FORMER}


def _written(value: Any) -> str:
    """Return a value as `acrux client set` takes it."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ",".join(value)
    return value if isinstance(value, str) else json.dumps(value)
