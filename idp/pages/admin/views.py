"""The console's addresses."""

from flask import Blueprint, Response, request

from idp import web
from idp.audit import Event, record
from idp.audit import export as audit_export
from idp.installation import Installation
from idp.pages import gate
from idp.pages.admin import audit_page
from idp.signin.interaction import Authorized
from idp.store.db import PATIENCE
from idp.web import csrf

LEVEL = "urn:acrux:acr:mfa"
AUDITORS = ("auditor", "admin")
AUDIT = "/admin/audit/"


def blueprint(this: Installation) -> Blueprint:
    """Return the console, bound to an installation."""
    views = Blueprint("admin", __name__, url_prefix="/admin")
    csrf.protect(views)

    @views.get("/")
    def index() -> Response:
        return web.see_other(AUDIT)

    @views.get("/audit/")
    def audit() -> Response:
        who = _auditor(this, AUDIT)
        if isinstance(who, Response):
            return who
        return audit_page.show(this, web.work(), who.person.name, request.args)

    @views.get("/audit/export.<ending>")
    def export(ending: str) -> Response:
        if ending not in audit_export.FORMATS:
            return web.see_other(AUDIT)
        path = f"{AUDIT}export.{ending}"
        who = _auditor(this, path)
        if isinstance(who, Response):
            return who
        # All that is known of everybody leaves the house: whoever holds an open browser may not.
        fresh = gate.require_fresh(this, path + audit_page.query(request.args), given_up=AUDIT)
        if isinstance(fresh, Response):
            return fresh
        return _export(this, fresh, ending)

    return views


def _auditor(this: Installation, path: str) -> Authorized | Response:
    """Let auditors in; everyone else signs in and comes back to the same view."""
    query = audit_page.query(request.args)
    return gate.require(this, path + query, level=LEVEL, roles=AUDITORS)


def _export(this: Installation, who: Authorized, ending: str) -> Response:
    """Send the file while it is being read; what was taken is an event itself."""
    try:
        wanted = audit_export.read_filter(request.args)
    except audit_export.FilterError:
        return web.see_other(AUDIT + audit_page.query(request.args))
    record(
        web.work(),
        Event.AUDIT_EXPORTED,
        person=who.person.id,
        reason=ending,
        filters=audit_export.described(wanted),
    )
    lines = audit_export.FORMATS[ending](audit_export.rows(this.engine, wanted, PATIENCE))
    response = Response(lines, mimetype=audit_export.MEDIA_TYPES[ending])
    response.headers["Content-Disposition"] = f'attachment; filename="acrux-audit.{ending}"'
    response.headers["Cache-Control"] = "no-store"
    return response
