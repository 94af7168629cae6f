"""The user types and groups that people have: how many, and which stages reach them."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response

from idp import web
from idp.installation import Installation
from idp.language import _
from idp.operating import cases
from idp.operating.kinds import Kind, What
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.rollout import in_words
from idp.pages.admin.rollout.board import stage_path
from idp.policy import roles
from idp.policy.roles import Action
from idp.signin.interaction import Authorized

PATH = frame.KINDS


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of user types and groups."""
    known = cases.of(installation).kinds

    @views.get("/people/groups")
    @entry.reads(installation, PATH, Action.PEOPLE_READ)
    def kinds(who: Authorized) -> Response:
        types, groups = known.everything(web.work(), actor(who))
        changes = roles.may(who.person.roles, Action.PEOPLE_CHANGE)
        return frame.show(
            "people/kinds",
            who,
            place=PATH,
            title=_("User types and groups"),
            types=[_row(installation, "type", one, changes) for one in types],
            groups=[_row(installation, "group", one, changes) for one in groups],
        )


def rename_path(what: What, name: str) -> str:
    """Return the address of the form that gives one another name."""
    return f"{PATH}/rename?{urlencode({'kind': what, 'name': name})}"


def _row(installation: Installation, what: What, one: Kind, changes: bool) -> dict[str, Any]:
    work, rules = web.work(), installation.signin.rules
    return {
        "name": one.name,
        "people": one.people,
        "url": f"{frame.PEOPLE}?{urlencode([(str(what), one.name)])}",
        "rename": rename_path(what, one.name) if changes else None,
        "stages": [
            {"url": stage_path(stage.id), "words": in_words.sentence(work, rules, stage)}
            for stage in one.stages
        ],
    }
