"""One application: what is registered, what it asked and got lately, and what was refused."""

import json
from typing import Any

from flask import Blueprint, Response

from idp import clock, moments, web
from idp.installation import Installation
from idp.language import Words, _
from idp.oidc.clients.secrets import SECRET_METHODS
from idp.operating import cases
from idp.operating.applications.registered import Registered
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.applications.fields import every
from idp.pages.admin.applications.room import PATH, found, one_path
from idp.pages.admin.audit.applications_page import Figures, figures
from idp.policy.roles import Action
from idp.policy.types import Rules
from idp.signin.interaction import Authorized
from idp.store.audit import counts
from idp.store.db import Work
from idp.store.signals.streams import ENABLED, StreamRow

DAYS = 30
"""So far back it is said what an application asked and got."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of an application's page."""
    every_case = cases.of(installation)
    clients, streams = every_case.clients, every_case.streams

    @views.get("/applications/<client_id>")
    @entry.reads(installation, one_path, Action.CLIENTS_READ)
    def application(who: Authorized, client_id: str) -> Response:
        one = found(clients, who, client_id)
        got = _lately(web.work(), installation.signin.rules, client_id)
        return frame.show(
            "applications/one",
            who,
            place=PATH,
            title=one.client.name,
            back=PATH,
            base=one_path(client_id),
            warnings=_warnings(one, got, streams.of(web.work(), actor(who), client_id)),
            members=_members(one),
            client_id=client_id,
            since=moments.day(one.created_at),
            got=got,
            refused=clients.refused_uris(web.work(), actor(who), client_id),
            secret=one.client.token_endpoint_auth_method in SECRET_METHODS,
            people=bool(one.client.redirect_uris),
        )


def _lately(work: Work, rules: Rules, client_id: str) -> Figures:
    today = clock.now() // counts.DAY
    counted = counts.of_client(work, client_id, today - DAYS, today)
    return figures(rules, counts.means(work), counted).get(client_id, Figures())


def _members(one: Registered) -> list[dict[str, Any]]:
    """Return what is registered otherwise than by default, in words and as the standards name it.

    In the order of the form, with what has no field there behind it.
    """
    known, chosen, words = one.described(), one.chosen(), every()
    names = [name for name in (*words, *(chosen.keys() - words.keys())) if name in chosen]
    return [
        {
            "name": name,
            "label": words[name].label if name in words else None,
            "value": _value(known[name]),
        }
        for name in names
        if chosen[name] not in (None, "", ())
    ]


def _value(value: Any) -> Words:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return ", ".join(value) if isinstance(value, list) else str(value)


def _warnings(one: Registered, got: Figures, stream: StreamRow | None) -> list[Words]:
    client = one.client
    found: list[Words] = []
    if stream is not None and stream.status != ENABLED:
        found.append(_("It is not told what changes for its people: that is stopped."))
    elif stream is not None and stream.failures:
        found.append(_("What changes for its people waits: its address does not take it."))
    if client.switched_off:
        found.append(_("It is switched off: no one signs in to it, and it gets no tokens."))
    if client.acr_values_mode == "voluntary" and client.min_acr is None:
        found.append(
            _("It requires no second step here. What it asks for is a wish that may go unmet.")
        )
    if got.unchecked:
        found.append(
            _("It asks for a second step, gets none, and continues: it does not check what it got.")
        )
    elif got.asked and not got.got:
        found.append(_("It asks for a second step, and never got one."))
    if client.pkce == "optional" and client.redirect_uris:
        found.append(_("It may sign people in without PKCE."))
    return found
