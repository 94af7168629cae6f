"""The page for a person whose strongest way is lost or elsewhere: what can be asked for."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from idp import moments, web
from idp.installation import Installation
from idp.language import _, n_
from idp.pages import gate
from idp.pages.account.page import HOME, WAYS, show
from idp.people.factors import lost_ways
from idp.policy.waiting import OPEN_FOR, Verdict, What
from idp.signin.facts import becomes
from idp.signin.interaction import Authorized
from idp.store import waiting as store
from idp.store.people import PersonRow
from idp.web import said

PATH = lost_ways.PAGE


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses."""

    @views.get("/ways/without")
    @gate.admitted(partial(_admit, installation))
    def without(who: Authorized) -> Response:
        return _page(installation, who)

    @views.post("/ways/without")
    @gate.admitted(partial(_admit, installation))
    def ask(who: Authorized) -> Response:
        what, thing = request.form.get("what", ""), request.form.get("thing", "")
        if what not in list(What):
            return web.see_other(PATH)
        made = installation.lost_ways.ask(web.work(), who.person, What(what), thing)
        if made is None:
            return _page(
                installation,
                who,
                _("That cannot be asked for now. Choose from what this page shows."),
            )
        return web.see_other(said.leading(WAYS, "asked"))

    @views.post("/ways/waiting/<waiting_id>/stop")
    @gate.signed_in(installation, WAYS)
    def stop(who: Authorized, waiting_id: str) -> Response:
        stopped = installation.lost_ways.stop(web.work(), who.person, waiting_id)
        return web.see_other(said.leading(WAYS, "stopped") if stopped else WAYS)


def _admit(installation: Installation) -> Authorized | Response:
    """Let anyone who has just proved the next strongest way in, and anyone who has none read so."""
    who = gate.require(installation, PATH, offers=False)
    if isinstance(who, Response):
        return who
    lost = installation.lost_ways.possible(web.work(), who.person)
    if lost is None:
        return who
    given_up = said.leading(WAYS, "given-up")
    return gate.require(
        installation, PATH, level=lost.level, max_age=gate.FRESH, offers=False, given_up=given_up
    )


def _page(installation: Installation, who: Authorized, wrong: Any = None) -> Response:
    work, person = web.work(), who.person
    lost = installation.lost_ways.possible(work, person)
    ways = installation.signin.authenticators
    removable = installation.lost_ways.removable(work, person, lost) if lost else []
    addable = installation.lost_ways.addable(work, person) if lost else []
    hours = installation.settings.account.recovery_wait
    return show(
        "without",
        who,
        400 if wrong else 200,
        title=_("Without your strongest way to sign in"),
        error=wrong,
        path=PATH,
        possible=bool(removable or addable),
        wait=n_("%(num)s hour", "%(num)s hours", hours),
        removes=[{"id": way.row.id, "title": way.title} for way in removable],
        adds=[{"id": method, "title": ways[method].title} for method in addable],
    )


def rows(installation: Installation, person: PersonRow) -> list[dict[str, Any]]:
    """Return what waits, as the page of the ways shows it."""
    found = []
    for row in store.of(web.work(), person.id):
        way = installation.signin.authenticators.get(row.method)
        opened = row.what == What.ADD and becomes(row) is Verdict.OPEN
        found.append(
            {
                "id": row.id,
                "title": way.title if way else row.method,
                "removes": row.what == What.REMOVE,
                "due": moments.minute(row.due_at),
                "until": moments.minute(row.due_at + OPEN_FOR),
                "add_url": f"{HOME}ways/add/{row.method}" if opened else None,
            }
        )
    return found
