"""Guarded hosts: all of them with what their pages need, and which line an address meets."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp import web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Text, Words, _, n_
from idp.operating import cases
from idp.operating.applications.guarded_hosts import Host, Line, Met, Outcome, State
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.applications.room import one_path
from idp.pages.interaction.words import level_text
from idp.policy.roles import Action
from idp.policy.types import Rules
from idp.signin.interaction import Authorized

PATH = frame.GUARDED
ROWS = 20
_LONGEST = 10_000
_OUTCOMES = {
    Outcome.NO_HOST: _("No guarded host has this address: a proxy that asks lets nobody in."),
    Outcome.TWICE: _("Two applications have this host. Nobody comes there until only one has it."),
    Outcome.SWITCHED_OFF: _("The application is switched off: nobody comes there."),
    Outcome.ACRUX: _("This address belongs to the sign-in itself: the proxy asks nobody there."),
    Outcome.NO_PATH: _("It can be read as no path: nobody comes there."),
    Outcome.EVERYBODY: _("Everybody comes there, and nobody is asked who they are."),
    Outcome.SIGN_IN: _("Whoever comes there signs in first."),
    Outcome.UNREACHABLE: _("It needs more than one sign-in can state: nobody comes there."),
}


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of the page; the question stands in it."""
    known, rules = cases.of(installation).guarded_hosts, installation.signin.rules

    @views.get("/guarded/")
    @entry.reads(installation, PATH, Action.CLIENTS_READ)
    def guarded(who: Authorized) -> Response:
        typed = request.args.get("url", "").strip()[:_LONGEST]
        found, problem = None, None
        if typed:
            try:
                found = known.which(web.work(), actor(who), typed)
            except CommandError:
                problem = _(
                    "This is no address as browsers send it, such as %(such)s. A host in other"
                    " letters begins with xn--.",
                    such="https://wiki.example.org/admin",
                )
        part, after = _part(known.everything(web.work(), actor(who)))
        return frame.show(
            "applications/guarded",
            who,
            place=PATH,
            status=400 if problem else 200,
            title=_("Pages behind a proxy"),
            typed=typed,
            error=problem,
            met=_met(rules, found) if found else None,
            hosts=[_host(rules, one) for one in part],
            first="?" if request.args.get("after") else None,
            next=f"?{urlencode({'after': after})}" if after else None,
        )


def _part(found: list[Host]) -> tuple[list[Host], str | None]:
    """Return the hosts behind the one that the address names, and the last of them if more are."""
    ids = [one.client_id for one in found]
    after = request.args.get("after", "")
    begin = ids.index(after) + 1 if after in ids else 0
    part = found[begin : begin + ROWS]
    return part, part[-1].client_id if begin + ROWS < len(found) else None


def _host(rules: Rules, one: Host) -> dict[str, Any]:
    return {
        "origin": one.origin,
        "name": one.name,
        "client_id": one.client_id,
        "url": one_path(one.client_id),
        "change": f"{one_path(one.client_id, 'edit')}#guarded",
        "why_not": None if one.state is State.GUARDED else _OUTCOMES[Outcome(one.state.value)],
        "lines": [_line(rules, line) for line in one.lines],
    }


def _met(rules: Rules, found: Met) -> dict[str, Any]:
    return {
        "address": f"{found.origin}{found.path}",
        "words": _OUTCOMES[found.outcome],
        "host": _host(rules, found.host) if found.host else None,
        "asks": _sign_in(rules, found.acr, found.max_age)
        if found.outcome is Outcome.SIGN_IN
        else None,
        "lines": [_line(rules, line) for line in found.lines],
    }


def _line(rules: Rules, one: Line) -> dict[str, Any]:
    asks: list[Words] = _sign_in(rules, one.acr, one.max_age)
    if one.public:
        asks = [_("no sign-in")]
    elif not one.reachable:
        asks = [_("more than one sign-in can state")]
    return {"path": one.path, "asks": asks, "who": _who(one)}


def _sign_in(rules: Rules, acr: str | None, max_age: int | None) -> list[Words]:
    """Return what a sign-in has to be."""
    found: list[Words] = [_("any sign-in")]
    if acr is not None:
        found = [_("%(level)s (%(name)s)", level=level_text(rules, acr), name=acr)]
    if max_age is not None:
        found.append(
            n_("at most %(num)s second old", "at most %(num)s seconds old", max_age),
        )
    return found


def _who(one: Line) -> list[Text]:
    """Return who comes there; all of it has to be so."""
    if one.public:
        return [_("everybody")]
    found = []
    if one.user_types:
        found.append(_("one of these user types: %(names)s", names=_listed(one.user_types)))
    if one.groups:
        found.append(_("in one of these groups: %(names)s", names=_listed(one.groups)))
    return found or [_("everybody who signs in")]


def _listed(names: Iterable[str]) -> str:
    """Return names apart by commas; one that has a comma stands in quotes."""
    return ", ".join(f'"{name}"' if "," in name else name for name in names)
