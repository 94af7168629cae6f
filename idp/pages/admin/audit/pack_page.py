"""The evidence of a period as one signed file, from the browser: what `acrux pack` writes."""

from flask import Blueprint, Response, request

from idp import clock, moments, web
from idp.audit import Event, packing, record
from idp.installation import Installation
from idp.ledger.keys import LedgerError
from idp.pages.admin import entry
from idp.pages.admin import frame as console
from idp.pages.admin.audit import room
from idp.pages.admin.audit.record_page import RECORD
from idp.policy.roles import Action
from idp.signin.interaction import Authorized

FIELDS = ("since", "until")


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of the file; the form stands beside the question of the record."""

    # Who changed what leaves the house with it: anyone who holds an open browser may not.
    @views.get("/audit/pack.zip")
    @entry.changes(installation, _same, Action.AUDIT_EXPORT, given_up=RECORD.path)
    def pack(who: Authorized) -> Response:
        return _pack(installation, who)


def _same() -> str:
    return f"{room.BASE}pack.zip{room.query(request.args, FIELDS)}"


def _pack(installation: Installation, who: Authorized) -> Response:
    """Send the file while it is made; a period that is none, or has nothing, leads back."""
    try:
        since = moments.read(request.args.get("since", ""))
        until = moments.read(request.args.get("until", ""), end_of_day=True)
        issuer = installation.settings.server.issuer
        kept = installation.anchors.copies.files
        pieces = packing.pack(installation.engine, installation.keyring, issuer, since, until, kept)
    except (moments.MomentError, LedgerError):
        return web.see_other(f"{RECORD.path}?pack=none")
    filters = {"since": clock.iso(since), "until": clock.iso(until)}
    record(
        web.work(),
        Event.AUDIT_EXPORTED,
        person=who.person.id,
        reason="pack",
        format="pack",
        filters=filters,
    )
    return console.file(pieces, "application/zip", "acrux-evidence.zip")
