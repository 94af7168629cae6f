"""Who gained or lost a role, when, and who gave it or took it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from idp import web
from idp.audit import Event, export
from idp.audit.export import FilterError
from idp.installation import Installation
from idp.language import _
from idp.pages.admin.audit import room
from idp.pages.admin.audit.room import ROWS, Page
from idp.signin.interaction import Authorized
from idp.store.audit import names, searching
from idp.store.audit.names import Named
from idp.store.audit.searching import Found
from idp.store.events import EventRow

ROLES = Page("roles", _("Who gained a role"), ("role", "person", "since", "until"))
KINDS = (Event.PERSON_CHANGED.value, Event.PERSON_ADDED.value, Event.ROW_TRUSTED.value)
_LOOKED_AT = 5_000
"""Changes of profiles that one page looks at."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address."""

    @views.get("/audit/roles")
    @room.asks(installation, ROLES)
    def audit_roles(who: Authorized) -> Response:
        return _show(who, request.args)


def _show(who: Authorized, values: Mapping[str, str]) -> Response:
    error, found, work = None, Found([]), web.work()
    role = values.get("role", "").strip()
    try:
        read = export.read_filter({name: values.get(name) for name in ("person", "since", "until")})
        wanted = replace(read, kinds=KINDS, before_id=room.number(values))
        found = searching.search(work, wanted, _LOOKED_AT, _LOOKED_AT)
    except FilterError as wrong:
        error = f"{wrong}."
    changes = [one for row in found.rows for one in _changes(row) if role in ("", *one["words"])]
    shown = changes[:ROWS]
    # Where the page is full, the next begins behind its last change.
    further = shown[-1]["id"] if len(changes) > ROWS else found.looked_to
    people = names.of_people(work, _people(shown))
    return room.show(
        "roles",
        who,
        ROLES,
        error=error,
        rows=[_row(people, one) for one in shown],
        further_url=room.query(values, ROLES.fields, before=further) if further else None,
        looked_at=room.moment(found.looked_at) if further == found.looked_to else None,
    )


def _changes(row: EventRow) -> Iterable[dict[str, Any]]:
    """Return what an event says of roles; nothing where it says nothing."""
    try:
        data = json.loads(row.data or "{}")
    except ValueError:
        return
    after, before = _roles(data.get("after")), _roles(data.get("before"))
    if row.kind == Event.PERSON_ADDED:
        after = _roles(data)
    gained, lost = sorted(after - before), sorted(before - after)
    if gained or lost:
        by = data.get("by")
        yield {
            "id": row.id,
            "row": row,
            "gained": gained,
            "lost": lost,
            "words": {*gained, *lost},
            "by": by if isinstance(by, str) else None,
        }


def _roles(said: Any) -> set[str]:
    found = said.get("roles") if isinstance(said, dict) else None
    return {str(one) for one in found} if isinstance(found, list) else set()


def _people(changes: Iterable[Mapping[str, Any]]) -> Iterable[str | None]:
    for one in changes:
        yield one["row"].person_id
        yield one["by"]


def _row(people: Mapping[str, Named], one: Mapping[str, Any]) -> dict[str, Any]:
    row: EventRow = one["row"]
    source = row.source or ""
    return {
        "id": row.id,
        "at": room.moment(row.at),
        "person": room.person(people, row.person_id),
        "gained": one["gained"],
        "lost": one["lost"],
        "by": room.person(people, one["by"]),
        "operator": source.removeprefix("cli:") if source.startswith("cli:") else None,
        "source": source,
        "reason": row.reason,
    }
