"""Pages about where someone is signed in, and which applications were let in or hold access."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response

from idp import audit, caller, moments, web
from idp.audit import Event
from idp.installation import Installation
from idp.language import _
from idp.oidc.apis.api import Api, words_of
from idp.oidc.apis.registry import stored
from idp.pages import gate, permissions
from idp.pages.account.page import APPLICATIONS, PLACES, show
from idp.signin import sessions
from idp.signin.interaction import Authorized
from idp.store.oidc import grants
from idp.store.oidc.grants import Connection
from idp.store.signin import devices
from idp.store.signin import sessions as session_store
from idp.store.signin.sessions import OpenSession
from idp.web import said


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of sessions and applications."""
    _sessions(views, installation)
    _applications(views, installation)


def _sessions(views: Blueprint, installation: Installation) -> None:
    @views.get("/places")
    @gate.signed_in(installation, PLACES)
    def places(who: Authorized) -> Response:
        found = session_store.sessions(
            web.work(), who.person.id, installation.settings.session.idle
        )
        used = grants.applications_of_sessions(web.work(), who.person.id)
        shown = [_place(one, used.get(one.id, []), here=one.id == who.session_id) for one in found]
        return show("places", who, title=_("Where you are signed in"), places=shown)

    @views.post("/places/<session_id>/end")
    @gate.signed_in(installation, PLACES)
    def end(who: Authorized, session_id: str) -> Response:
        if session_id != who.session_id:
            work = web.work()
            sessions.end_one(work, who.person.id, session_id, "signed out from elsewhere")
            # Which browser it was in is kept nowhere: all but this one are to show again that
            # the person is there.
            devices.end_allowances(work, who.person.id, work.caller.marks)
        return web.see_other(said.leading(PLACES, "ended"))

    @views.post("/places/end-others")
    @gate.signed_in(installation, PLACES)
    def end_other_places(who: Authorized) -> Response:
        reason = "signed out everywhere else"
        sessions.end_person(web.work(), who.person.id, reason, who.session_id)
        return web.see_other(said.leading(PLACES, "all-ended"))


def _place(session: OpenSession, applications: list[str], *, here: bool) -> dict[str, Any]:
    return {
        "id": session.id,
        "title": caller.shown(session.label),
        "source": session.source,
        "since": moments.minute(session.created_at),
        "seen": moments.minute(session.seen_at),
        "here": here,
        "applications": ", ".join(applications),
    }


def _applications(views: Blueprint, installation: Installation) -> None:
    @views.get("/applications")
    @gate.signed_in(installation, APPLICATIONS)
    def applications(who: Authorized) -> Response:
        held = grants.connections(web.work(), who.person.id)
        own = any(permissions.of_apis(one.scopes) for one in held)
        known = stored(web.work()) if own else ()
        found = [_application(one, known) for one in held]
        return show("applications", who, title=_("Connected applications"), applications=found)

    @views.post("/applications/<client_id>/withdraw")
    @gate.signed_in(installation, APPLICATIONS)
    def withdraw(who: Authorized, client_id: str) -> Response:
        asked, ended = grants.withdraw(web.work(), who.person.id, client_id)
        if asked or ended:
            audit.record(
                web.work(),
                Event.CONSENT_WITHDRAWN if asked else Event.ACCESS_ENDED,
                person=who.person.id,
                client=client_id,
                authorizations=ended,
            )
        return web.see_other(said.leading(APPLICATIONS, "withdrawn"))


def _application(one: Connection, apis: Sequence[Api]) -> dict[str, Any]:
    return {
        "id": one.client_id,
        "name": one.name,
        "asked": one.asked,
        "since": moments.day(one.since),
        "used": moments.day(one.used_at) if one.used_at else None,
        "offline": moments.day(one.offline_since) if one.offline_since else None,
        "sees": permissions.sentences(one.scopes - {"openid"}, words_of(apis, one.scopes)),
    }
