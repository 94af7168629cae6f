"""Everyone, by user name, and finding one: the search stands in the address, pages go by key."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp import web
from idp.installation import Installation
from idp.language import Every, Words, _
from idp.operating import cases
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.people.room import PATH, person_path
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.store.people import PersonRow

ROWS = 50
FILTERS = ("search", "type", "group")
"""What narrows the list, in the address."""
_LONGEST = 200
"""Characters of a value of the address that are read."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of the list."""
    directory = cases.of(installation).directory

    @views.get("/people/")
    @entry.reads(installation, _path, Action.PEOPLE_READ)
    def everyone(who: Authorized) -> Response:
        wanted, after = {name: _given(name) for name in FILTERS}, _given("after")
        rows = directory.page(
            web.work(),
            actor(who),
            wanted["search"],
            after,
            ROWS + 1,
            user_type=wanted["type"],
            group=wanted["group"],
        )
        shown, more = rows[:ROWS], len(rows) > ROWS
        return frame.show(
            "people/list",
            who,
            place=PATH,
            title=_("People"),
            wanted=wanted,
            rows=[_row(installation, person) for person in shown],
            next=_query({**wanted, "after": shown[-1].username}) if more else None,
            first=_query(wanted) if after else None,
        )


def _given(name: str) -> str:
    value = request.args.get(name, "").strip()[:_LONGEST]
    return "" if "\0" in value else value


def _query(said: Mapping[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in said.items() if value})


def _path() -> str:
    return PATH + (_query({n: _given(n) for n in (*FILTERS, "after")}) if request.args else "")


def _row(installation: Installation, person: PersonRow) -> dict[str, Any]:
    return {
        "url": person_path(person.id),
        "name": person.name,
        "username": person.username,
        "email": person.email,
        "user_type": person.user_type,
        "ways": ways(installation, person),
        "off": person.disabled_at is not None,
    }


def ways(installation: Installation, person: PersonRow) -> Every | Words:
    """Return what a person signs in with."""
    known = installation.signin.authenticators
    return Every(known[name].title for name in sorted(person.methods) if name in known)
