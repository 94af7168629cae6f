"""The auditor's page: events newest first, narrowed by what stands in the address."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Response

from idp import clock, moments, web
from idp.audit import Event, Outcome, export
from idp.audit.export import FILTERS, FilterError
from idp.installation import Installation
from idp.policy.assurance import EXPIRED
from idp.store import events
from idp.store.db import Work
from idp.store.events import EventRow

PAGE = 100
_LARGEST_ID = 2**63 - 1


def query(values: Mapping[str, str], **more: Any) -> str:
    """Return the filters among `values` as the query of an address, "" when there are none."""
    pairs = {name: values[name] for name in FILTERS if values.get(name)} | more
    # Longer ones are refused by the page; they need not survive a sign-in.
    kept = {name: str(value)[: export.LONGEST] for name, value in pairs.items()}
    return "?" + urlencode(kept) if kept else ""


def show(this: Installation, work: Work, name: str, values: Mapping[str, str]) -> Response:
    """Show the page; a filter that cannot be understood is said on it."""
    error, found = None, []
    try:
        wanted = replace(export.read_filter(values), before_id=_before(values))
        found = events.listing(work, wanted, PAGE + 1)
    except FilterError as wrong:
        error = f"{wrong}."
    rows = found[:PAGE]
    older = len(found) > PAGE
    return web.page(
        "admin/audit.html",
        title="Audit",
        error=error,
        signed_in=name,
        filters={key: values.get(key, "") for key in FILTERS},
        kinds=[event.value for event in Event],
        outcomes=[outcome.value for outcome in Outcome],
        acrs=_acrs(this),
        amrs=_amrs(this),
        rows=[_shown(row) for row in rows],
        next_url=query(values, before=rows[-1].id) if older else None,
        export_jsonl_url="export.jsonl" + query(values),
        export_csv_url="export.csv" + query(values),
    )


def _before(values: Mapping[str, str]) -> int | None:
    text = values.get("before", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _LARGEST_ID):
        raise FilterError("this page of the list does not exist: begin with the newest events")
    return int(text)


def _acrs(this: Installation) -> list[str]:
    """Every acr that a token may have said, weakest first."""
    rules = this.signin.rules
    return [EXPIRED, *(level.name for level in rules.levels), *rules.aliases]


def _amrs(this: Installation) -> list[str]:
    methods = {name for ability in this.signin.rules.abilities for name in ability.amr}
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
        "amr": (row.amr or "").split(),
        "auth_time_iso": clock.iso(row.auth_time) if row.auth_time is not None else None,
        "auth_time_text": moments.second(row.auth_time) if row.auth_time is not None else None,
        "reason": row.reason,
        "source": row.source,
        "times": row.times,
        "last_at_iso": clock.iso(row.last_at),
        "last_at_text": moments.second(row.last_at),
    }
