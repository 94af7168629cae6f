"""The frame of the console: where one can go, who is signed in, and as what.

Owns the navigation. What a role may not do is not in it; the page's own gate refuses all the same.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from idp import web
from idp.language import Every, Words, _
from idp.pages import role_words
from idp.policy import roles
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.web import said

HOME = "/admin/"
ROLLOUT = f"{HOME}rollout/"
SHARED = f"{ROLLOUT}shared/"
ADOPTION = f"{ROLLOUT}adoption"
AUDIT = f"{HOME}audit/"
PEOPLE = f"{HOME}people/"
KINDS = f"{PEOPLE}groups"
IMPORT = f"{PEOPLE}import"
APPLICATIONS = f"{HOME}applications/"
APIS = f"{HOME}apis/"
GUARDED = f"{HOME}guarded/"
KEYS = f"{HOME}keys/"
MESSAGES = f"{HOME}messages/"
SETTINGS = f"{HOME}settings/"
BRAND = f"{HOME}brand/"
WORDS = f"{BRAND}words"


@dataclass(frozen=True)
class Place:
    """A word of the navigation, and the words below it, the part itself among them."""

    path: str
    words: Words
    action: Action
    within: "tuple[Place, ...]" = ()


NAVIGATION = (
    Place(HOME, _("Overview"), Action.ROLLOUT_READ),
    Place(
        ROLLOUT,
        _("Rollout"),
        Action.ROLLOUT_READ,
        (
            Place(ROLLOUT, _("Board"), Action.ROLLOUT_READ),
            Place(SHARED, _("Shared profiles"), Action.ROLLOUT_READ),
            Place(ADOPTION, _("Adoption"), Action.ROLLOUT_READ),
        ),
    ),
    Place(
        PEOPLE,
        _("People"),
        Action.PEOPLE_READ,
        (
            Place(PEOPLE, _("Everyone"), Action.PEOPLE_READ),
            Place(KINDS, _("User types and groups"), Action.PEOPLE_READ),
            Place(IMPORT, _("From a file"), Action.PEOPLE_CHANGE),
        ),
    ),
    Place(
        APPLICATIONS,
        _("Applications"),
        Action.CLIENTS_READ,
        (
            Place(APPLICATIONS, _("Applications"), Action.CLIENTS_READ),
            Place(APIS, _("APIs"), Action.CLIENTS_READ),
            Place(GUARDED, _("Pages behind a proxy"), Action.CLIENTS_READ),
        ),
    ),
    Place(MESSAGES, _("Messages"), Action.MESSAGES_READ),
    Place(KEYS, _("Signing keys"), Action.KEYS_READ),
    Place(
        BRAND,
        _("Look and words"),
        Action.BRAND_CHANGE,
        (
            Place(BRAND, _("Look"), Action.BRAND_CHANGE),
            Place(WORDS, _("What messages say"), Action.BRAND_CHANGE),
        ),
    ),
    Place(SETTINGS, _("Settings"), Action.SETTINGS_READ),
    Place(AUDIT, _("Audit"), Action.AUDIT_READ),
)
"""Every part of the console, the one that is opened most first; a new part is one line here."""


def show(
    template: str, who: Authorized, *, place: str, title: Words, status: int = 200, **values: Any
) -> Response:
    """Render a page at `place`, a path of the navigation."""
    held = who.person.roles
    return web.page(
        f"admin/{template}.html",
        status,
        title=title,
        note=said.words(request.full_path, {}),
        signed_in=who.person.name,
        role=Every(role_words.named(held)),
        may=lambda action: roles.may(held, Action(action)),
        navigation=_navigation(held, place),
        **values,
    )


def file(content: str | Iterator[str] | Iterator[bytes], media_type: str, name: str) -> Response:
    """Return a file to be kept by whoever asked for it, and by no one on its way."""
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _open_to(places: Collection[Place], held: Collection[str]) -> Iterator[Place]:
    return (place for place in places if roles.may(held, place.action))


def _navigation(held: Collection[str], here: str) -> list[dict[str, Any]]:
    """Return the parts that are open to `held`, each with what is below it where one is there."""
    shown = []
    for part in _open_to(NAVIGATION, held):
        below = tuple(_open_to(part.within, held))
        inside = here in (part.path, *(one.path for one in below))
        rest = [_shown(one, one.path == here) for one in below]
        shown.append(_shown(part, inside) | {"within": rest if inside and len(rest) > 1 else []})
    return shown


def _shown(place: Place, here: bool) -> dict[str, Any]:
    return {"url": place.path, "words": place.words, "here": here}
