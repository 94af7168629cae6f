"""The trail: events newest first, narrowed by the address, and the same as a file."""

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, abort, request

from idp import web
from idp.audit import Event, Outcome, export, record
from idp.audit.export import FILTERS, FilterError
from idp.installation import Installation
from idp.language import _
from idp.pages.admin import entry
from idp.pages.admin import frame as console
from idp.pages.admin.audit import room
from idp.pages.admin.audit.room import BASE, ROWS, Page
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.store.audit import searching
from idp.store.audit.searching import Found
from idp.store.db import PATIENCE

EVENTS = Page("events", _("Every event"), FILTERS)


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the trail and its files."""

    @views.get("/audit/events")
    @room.asks(installation, EVENTS)
    def audit_events(who: Authorized) -> Response:
        return _show(installation, who, request.args)

    # All that is known of everyone leaves the house: anyone who holds an open browser may not.
    @views.get("/audit/export.<ending>")
    @entry.changes(installation, _same_file, Action.AUDIT_EXPORT, given_up=EVENTS.path)
    def download(who: Authorized, ending: str) -> Response:
        return _export(installation, who, ending)


def _same_file(ending: str) -> str:
    if ending not in export.FORMATS:
        abort(web.see_other(BASE))
    return f"{BASE}export.{ending}{room.query(request.args, FILTERS)}"


def _show(installation: Installation, who: Authorized, values: Mapping[str, str]) -> Response:
    """Show the page; a filter that cannot be understood is said on it."""
    error, found = None, Found([])
    try:
        wanted = replace(export.read_filter(values), before_id=room.number(values))
        found = searching.search(web.work(), wanted, ROWS + 1)
    except FilterError as wrong:
        error = f"{wrong}."
    narrowed = room.query(values, FILTERS)
    return room.show(
        "events",
        who,
        EVENTS,
        error=error,
        kinds=[event.value for event in Event],
        outcomes=[outcome.value for outcome in Outcome],
        acrs=room.acrs(installation),
        amrs=room.amrs(installation),
        rows=room.events(found.rows[:ROWS]),
        files={ending: f"export.{ending}{narrowed}" for ending in export.FORMATS},
        **onward(values, FILTERS, found),
    )


def onward(values: Mapping[str, str], names: tuple[str, ...], found: Found) -> dict[str, object]:
    """Return where a list of events goes on, and how far it was looked if not to its end."""
    older = found.rows[ROWS - 1].id if len(found.rows) > ROWS else None
    further = found.looked_to if older is None else None
    return {
        "next_url": room.query(values, names, before=older) if older else None,
        "further_url": room.query(values, names, before=further) if further else None,
        "looked_at": room.moment(found.looked_at) if further else None,
    }


def _export(installation: Installation, who: Authorized, ending: str) -> Response:
    """Send the file while it is being read; what was taken is an event itself."""
    try:
        wanted = export.read_filter(request.args)
    except FilterError:
        return web.see_other(EVENTS.same())
    record(
        web.work(),
        Event.AUDIT_EXPORTED,
        person=who.person.id,
        reason=ending,
        format=ending,
        filters=export.described(wanted),
    )
    lines = export.FORMATS[ending](export.rows(installation.engine, wanted, PATIENCE))
    return console.file(lines, export.MEDIA_TYPES[ending], f"acrux-audit.{ending}")
