"""An application is registered, or changed, by a form; what its tokens would say is shown first."""

import re
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from idp import language, web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.oidc.clients.claim_mapping import PLACES, SOURCES
from idp.oidc.clients.client import from_metadata
from idp.operating import cases
from idp.operating.applications import previews, products
from idp.operating.applications.previews import Preview
from idp.operating.applications.products import Product
from idp.operating.applications.registered import Registered
from idp.operating.refusals import NotFound
from idp.pages import permissions
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.applications import fields, typed
from idp.pages.admin.applications.room import PATH, found, one_path, refused
from idp.pages.admin.applications.typed import DEFAULTS, Typed
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.web import said

NEW = f"{PATH}new"
_ALG = "id_token_signed_response_alg"
_MEMBER = re.compile(r"[a-z_]+")


@dataclass(frozen=True)
class _Page:
    """What the form shows besides what was typed."""

    one: Registered | None = None
    problem: CommandError | None = None
    preview: Preview | None = None
    whom: str = ""
    like: Product | None = None
    """What a new one is filled in for."""
    at: str = ""
    nowhere: bool = False
    """It was not said, or not as an address, where that is reached."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the form."""
    _adding(views, installation)
    can = cases.of(installation)
    admits = entry.changes(installation, _path, Action.CLIENTS_CHANGE, given_up=one_path)

    @views.get("/applications/<client_id>/edit")
    @admits
    def application_form(who: Authorized, client_id: str) -> Response:
        one = found(can.clients, who, client_id)
        return _show(installation, who, typed.of(one.client), _Page(one))

    @views.post("/applications/<client_id>/edit")
    @admits
    def change_application(who: Authorized, client_id: str) -> Response:
        one, sent = found(can.clients, who, client_id), typed.read()
        whom = request.form.get("whom", "").strip()[:254].replace("\0", "")
        try:
            asked = typed.changed(sent, one)
            if request.form.get("do") == "preview":
                shown = can.previews.tokens(web.work(), actor(who), client_id, whom, asked)
                return _show(installation, who, sent, _Page(one, None, shown, whom))
            if not asked:
                return web.see_other(one_path(client_id))
            seen = request.form.get("version", "")
            changed = can.clients.change(web.work(), actor(who), client_id, asked, seen=seen)
        except CommandError as problem:
            web.work().rollback()
            now = found(can.clients, who, client_id)
            return _show(installation, who, sent, _Page(now, problem, whom=whom))
        if changed.secret:
            return show_secret(who, changed)
        return web.see_other(said.leading(one_path(client_id), "saved"))


def _adding(views: Blueprint, installation: Installation) -> None:
    clients = cases.of(installation).clients
    admits = entry.changes(installation, NEW, Action.CLIENTS_CHANGE, given_up=PATH)

    @views.get("/applications/new")
    @admits
    def new_application(who: Authorized) -> Response:
        like = products.known().get(request.args.get("like", ""))
        at = request.args.get("at", "").strip()[:2000]
        sent, nowhere = _blank(installation), False
        if like is not None:
            try:
                sent = _filled(like, at)
            except CommandError:
                nowhere = True
        return _show(installation, who, sent, _Page(like=like, at=at, nowhere=nowhere))

    @views.post("/applications/new")
    @admits
    def add_application(who: Authorized) -> Response:
        sent, like = typed.read(), products.known().get(request.form.get("like", ""))
        try:
            wanted = {k: v for k, v in typed.members(sent).items() if v is not None}
            signs = {_ALG: sent.values[_ALG] or DEFAULTS[_ALG]}
            made = clients.add(web.work(), actor(who), sent.name, wanted | signs)
        except CommandError as problem:
            web.work().rollback()
            return _show(installation, who, sent, _Page(problem=problem, like=like))
        issuer = installation.settings.server.issuer
        values = products.values_of(issuer, made.client, made.secret)
        return show_secret(who, made, like.filled(values) if like else None)


def _blank(installation: Installation) -> Typed:
    signs = {_ALG: installation.settings.oidc.new_clients_alg}
    return Typed("", {**typed.of(None).values, **signs})


def _filled(like: Product, at: str) -> Typed:
    """Return the form filled in for a product that is reached `at` an address.

    Raises:
        CommandError: that is none, and one is needed.
    """
    members = like.registration(products.reached_at(at or None), [])
    return typed.of(from_metadata(members, client_id="", name=like.title))


def show_secret(who: Authorized, one: Registered, settings: str | None = None) -> Response:
    """Show the client_id, and the secret this once; no copy of the page is kept.

    With the `settings` of a product, in which it stands as well.
    """
    response = frame.show(
        "applications/secret",
        who,
        place=PATH,
        title=one.client.name,
        client_id=one.client.client_id,
        secret=one.secret,
        settings=settings,
        back=one_path(one.client.client_id),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _path(client_id: str) -> str:
    return one_path(client_id, "edit")


def _show(installation: Installation, who: Authorized, sent: Typed, page: _Page) -> Response:
    one, member = page.one, _member(page.problem)
    algs = tuple({sent.values[_ALG]: 1, **dict.fromkeys(_algs(installation))})
    return frame.show(
        "applications/form",
        who,
        place=PATH,
        status=400 if page.problem or page.nowhere else 200,
        title=_("Change %(name)s", name=one.client.name) if one else _("Register an application"),
        error=_said(page),
        field=member,
        typed=sent,
        groups=fields.GROUPS,
        opened=[group.name for group in fields.GROUPS if _opens(group, sent, member)],
        options=fields.options(installation, algs),
        sources=sorted(SOURCES),
        stands=PLACES,
        ordered=range(max(typed.ORDERED, len(sent.values["first_ways"]))),
        spoken=language.LANGUAGES,
        version=one.version if one else None,
        action=_path(one.client.client_id) if one else NEW,
        back=one_path(one.client.client_id) if one else PATH,
        previewed=_previewed(page.preview),
        whom=page.whom,
        known=[(product.name, product.title) for product in products.known().values()],
        like=page.like.name if page.like else "",
        at=page.at,
    )


def _algs(installation: Installation) -> list[str]:
    return cases.of(installation).clients.signing_algs(web.work())


def _opens(group: fields.Group, sent: Typed, member: str) -> bool:
    """Return True of the first, and of what holds something that is not as by default."""
    plain = typed.of(None).values
    names = [one.name for one in group.fields]
    return group is fields.GROUPS[0] or any(
        name == member or sent.values[name] != plain[name] for name in names
    )


def _member(problem: CommandError | None) -> str:
    start = _MEMBER.match(str(problem)) if problem else None
    return start[0] if start and start[0] in DEFAULTS else ""


def _said(page: _Page) -> Words | None:
    if page.nowhere:
        return _("Say at which address it is reached.")
    if isinstance(page.problem, NotFound):
        return _("Nobody is called so.")
    return refused(page.problem) if page.problem else None


def _previewed(preview: Preview | None) -> dict[str, Any] | None:
    if preview is None:
        return None
    return {
        "name": preview.person.name or preview.person.username,
        "asked": permissions.sentences(frozenset(preview.consents), preview.scope_words),
        "places": previews.written(preview),
    }
