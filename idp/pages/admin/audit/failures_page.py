"""What failed, and for whom: every refusal, newest first, each with the sign-in that it was in."""

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, request

from idp import web
from idp.audit import Outcome, export
from idp.audit.export import FilterError
from idp.installation import Installation
from idp.language import _
from idp.pages.admin.audit import room
from idp.pages.admin.audit.events_page import onward
from idp.pages.admin.audit.room import ROWS, Page
from idp.signin.interaction import Authorized
from idp.store.audit import searching
from idp.store.audit.searching import Found

FAILURES = Page("failures", _("What failed"), ("person", "client", "since", "until"))


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address."""

    @views.get("/audit/failures")
    @room.asks(installation, FAILURES)
    def audit_failures(who: Authorized) -> Response:
        return _show(who, request.args)


def _show(who: Authorized, values: Mapping[str, str]) -> Response:
    error, found = None, Found([])
    try:
        read = export.read_filter({name: values.get(name) for name in FAILURES.fields})
        wanted = replace(read, outcome=Outcome.REFUSED.value, before_id=room.number(values))
        found = searching.search(web.work(), wanted, ROWS + 1)
    except FilterError as wrong:
        error = f"{wrong}."
    return room.show(
        "failures",
        who,
        FAILURES,
        error=error,
        rows=room.events(found.rows[:ROWS]),
        applications=room.offered(),
        **onward(values, FAILURES.fields, found),
    )
