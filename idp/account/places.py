"""Pages about where somebody is signed in, and which applications were let in."""

from typing import Any

from flask import Blueprint, Response

from idp import audit, caller, devices, gate, moments, permissions, sessions, web
from idp.account.page import APPLICATIONS, PLACES, show
from idp.audit import Event
from idp.installation import Installation
from idp.language import _
from idp.store import account, people
from idp.store.account import OpenSession


def add_to(views: Blueprint, this: Installation) -> None:
    """Add the addresses of sessions and applications."""
    _sessions(views, this)
    _applications(views, this)


def _sessions(views: Blueprint, this: Installation) -> None:
    @views.get("/places")
    def places() -> Response:
        who = gate.require(this, PLACES)
        if isinstance(who, Response):
            return who
        found = account.sessions(web.work(), who.person.id, this.settings.session.idle)
        shown = [_place(one, here=one.id == who.session_id) for one in found]
        return show("places", who, title=_("Where you are signed in"), places=shown)

    @views.post("/places/<session_id>/end")
    def end(session_id: str) -> Response:
        who = gate.require(this, PLACES)
        if isinstance(who, Response):
            return who
        if session_id != who.session_id:
            sessions.end_one(web.work(), who.person.id, session_id, "signed out from elsewhere")
        return web.see_other(PLACES)

    @views.post("/places/end-others")
    def end_other_places() -> Response:
        who = gate.require(this, PLACES)
        if isinstance(who, Response):
            return who
        for one in account.sessions(web.work(), who.person.id, this.settings.session.idle):
            if one.id != who.session_id:
                sessions.end_one(web.work(), who.person.id, one.id, "signed out from elsewhere")
        devices.end_others(web.work(), who.person.id)
        return web.see_other(PLACES)


def _place(session: OpenSession, *, here: bool) -> dict[str, Any]:
    return {
        "id": session.id,
        "title": caller.shown(session.label),
        "source": session.source,
        "since": moments.minute(session.created_at),
        "seen": moments.minute(session.seen_at),
        "here": here,
    }


def _applications(views: Blueprint, this: Installation) -> None:
    @views.get("/applications")
    def applications() -> Response:
        who = gate.require(this, APPLICATIONS)
        if isinstance(who, Response):
            return who
        found = [
            {
                "id": one.client_id,
                "name": one.name,
                "since": moments.day(one.since),
                "sees": permissions.sentences(frozenset(one.scopes.split()) - {"openid"}),
            }
            for one in account.connections(web.work(), who.person.id)
        ]
        return show("applications", who, title=_("Connected applications"), applications=found)

    @views.post("/applications/<client_id>/withdraw")
    def withdraw(client_id: str) -> Response:
        who = gate.require(this, APPLICATIONS)
        if isinstance(who, Response):
            return who
        # Before it: an authorization that is being made on the consent is not made any more.
        people.lock_person(web.work(), who.person.id)
        if account.withdraw(web.work(), who.person.id, client_id):
            audit.record(
                web.work(), Event.CONSENT_WITHDRAWN, person=who.person.id, client=client_id
            )
        return web.see_other(APPLICATIONS)
