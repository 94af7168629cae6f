"""The frame of the console: where one can go, who is signed in, and as what.

Owns the navigation. What a role may not do is not in it; the page's own gate refuses all the same.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Response

from idp import web
from idp.language import Every, Words, _
from idp.pages import role_words
from idp.policy import roles
from idp.policy.roles import Action
from idp.signin.interaction import Authorized

HOME = "/admin/"


@dataclass(frozen=True)
class Place:
    """A word of the navigation."""

    path: str
    words: Words
    action: Action


NAVIGATION = (Place(f"{HOME}audit/", _("Audit"), Action.AUDIT_READ),)
"""Every part of the console, the one that is opened most first; a new part is one line here."""


def first(held: Collection[str]) -> str:
    """Return the path of the first part that someone with the roles `held` may see."""
    return next(_open_to(NAVIGATION, held)).path


def show(
    template: str, who: Authorized, *, place: str, title: Words, status: int = 200, **values: Any
) -> Response:
    """Render a page of the part whose path is `place`."""
    held = who.person.roles
    return web.page(
        f"admin/{template}.html",
        status,
        title=title,
        signed_in=who.person.name,
        role=Every(role_words.named(held)),
        navigation=[_shown(one, place) for one in _open_to(NAVIGATION, held)],
        **values,
    )


def _open_to(places: Collection[Place], held: Collection[str]) -> Iterator[Place]:
    return (place for place in places if roles.may(held, place.action))


def _shown(place: Place, here: str) -> dict[str, Any]:
    return {"url": place.path, "words": place.words, "here": place.path == here}
