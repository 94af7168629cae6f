"""The auditor's page: events newest first, narrowed by the address, and the same as a file."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request

from idp import clock, moments, web
from idp.audit import Event, Outcome, export, record
from idp.audit.export import FILTERS, FilterError
from idp.installation import Installation
from idp.language import _
from idp.pages.admin import entry, frame
from idp.policy.assurance import EXPIRED
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.store import events
from idp.store.db import PATIENCE
from idp.store.events import EventRow

PATH = "/admin/audit/"
PAGE = 100
_LARGEST_ID = 2**63 - 1


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses below /admin/audit/."""

    @views.get("/audit/")
    @entry.reads(installation, _same_view, Action.AUDIT_READ)
    def audit(who: Authorized) -> Response:
        return _show(installation, who, request.args)

    # All that is known of everyone leaves the house: anyone who holds an open browser may not.
    @views.get("/audit/export.<ending>")
    @entry.changes(installation, _same_file, Action.AUDIT_EXPORT, given_up=PATH)
    def download(who: Authorized, ending: str) -> Response:
        return _export(installation, who, ending)


def _same_view() -> str:
    return PATH + _query(request.args)


def _same_file(ending: str) -> str:
    if ending not in export.FORMATS:
        abort(web.see_other(PATH))
    return f"{PATH}export.{ending}{_query(request.args)}"


def _query(values: Mapping[str, str], **more: Any) -> str:
    """Return the filters among `values` as the query of an address, "" when there are none."""
    pairs = {name: values[name] for name in FILTERS if values.get(name)} | more
    # Longer ones are refused by the page; they need not survive a sign-in.
    kept = {name: str(value)[: export.LONGEST] for name, value in pairs.items()}
    return "?" + urlencode(kept) if kept else ""


def _show(installation: Installation, who: Authorized, values: Mapping[str, str]) -> Response:
    """Show the page; a filter that cannot be understood is said on it."""
    error, found = None, []
    try:
        wanted = replace(export.read_filter(values), before_id=_before(values))
        found = events.listing(web.work(), wanted, PAGE + 1)
    except FilterError as wrong:
        error = f"{wrong}."
    rows = found[:PAGE]
    older = len(found) > PAGE
    return frame.show(
        "audit",
        who,
        place=PATH,
        title=_("Audit"),
        error=error,
        filters={key: values.get(key, "") for key in FILTERS},
        kinds=[event.value for event in Event],
        outcomes=[outcome.value for outcome in Outcome],
        acrs=_acrs(installation),
        amrs=_amrs(installation),
        rows=[_shown(row) for row in rows],
        next_url=_query(values, before=rows[-1].id) if older else None,
        export_jsonl_url="export.jsonl" + _query(values),
        export_csv_url="export.csv" + _query(values),
    )


def _export(installation: Installation, who: Authorized, ending: str) -> Response:
    """Send the file while it is being read; what was taken is an event itself."""
    try:
        wanted = export.read_filter(request.args)
    except FilterError:
        return web.see_other(_same_view())
    record(
        web.work(),
        Event.AUDIT_EXPORTED,
        person=who.person.id,
        reason=ending,
        format=ending,
        filters=export.described(wanted),
    )
    lines = export.FORMATS[ending](export.rows(installation.engine, wanted, PATIENCE))
    return frame.file(lines, export.MEDIA_TYPES[ending], f"acrux-audit.{ending}")


def _before(values: Mapping[str, str]) -> int | None:
    text = values.get("before", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _LARGEST_ID):
        raise FilterError("this page of the list does not exist: begin with the newest events")
    return int(text)


def _acrs(installation: Installation) -> list[str]:
    """Every acr that a token may have said, weakest first."""
    rules = installation.signin.rules
    return [EXPIRED, *(level.name for level in rules.levels), *rules.aliases]


def _amrs(installation: Installation) -> list[str]:
    methods = {name for ability in installation.signin.rules.abilities for name in ability.amr}
    return sorted(methods | {"mfa"})


def _shown(row: EventRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "at_iso": clock.iso(row.at),
        "at_text": moments.second(row.at),
        "kind": row.kind,
        "outcome": row.outcome,
        "person": row.username or row.person_id,
        "client": row.client_id,
        "requested": row.requested,
        "acr": row.acr,
        "amr": row.amr,
        "auth_time_iso": clock.iso(row.auth_time) if row.auth_time is not None else None,
        "auth_time_text": moments.second(row.auth_time) if row.auth_time is not None else None,
        "reason": row.reason,
        "source": row.source,
        "times": row.times,
        "last_at_iso": clock.iso(row.last_at),
        "last_at_text": moments.second(row.last_at),
    }
