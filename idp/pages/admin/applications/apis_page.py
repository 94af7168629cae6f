"""APIs: their scopes and types of details, listed, written as JSON, and removed."""

import json
from typing import Any

from flask import Blueprint, Response, abort, request

from idp import web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.operating import cases
from idp.operating.applications.apis import Apis, RegisteredApi, read
from idp.operating.refusals import Changed, NotFound
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.web import said

PATH = frame.APIS
NEW = f"{PATH}new"
_CUT = 65_536
_HINTS = {
    "scopes": _('JSON, with the words that people read: {"pay:read": {"en": "See pay runs"}}'),
    "types": _(
        'JSON: {"pay_run": {"words": {"en": "Pay {total}"}, "members": {"total": {"kind":'
        ' "money"}}}}'
    ),
}
_TYPED = ("id", "audience", "name", "published", "scopes", "types")


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of everything about APIs."""
    known = cases.of(installation).apis
    _listed(views, installation, known)
    _written(views, installation, known)
    _removed(views, installation, known)


def _listed(views: Blueprint, installation: Installation, known: Apis) -> None:
    @views.get("/apis/")
    @entry.reads(installation, PATH, Action.CLIENTS_READ)
    def apis(who: Authorized) -> Response:
        found = known.everything(web.work(), actor(who))
        rows = [
            {
                "url": _path(one.api.id),
                "name": one.api.name,
                "audience": one.api.audience,
                "has": [*one.api.scopes, *one.api.types],
            }
            for one in found
        ]
        return frame.show("applications/apis", who, place=PATH, title=_("APIs"), rows=rows, new=NEW)


def _written(views: Blueprint, installation: Installation, known: Apis) -> None:
    adds = entry.changes(installation, NEW, Action.CLIENTS_CHANGE, given_up=PATH)
    changes = entry.changes(installation, _path, Action.CLIENTS_CHANGE, given_up=PATH)

    @views.get("/apis/new")
    @adds
    def api_form(who: Authorized) -> Response:
        return _show(who, dict.fromkeys(_TYPED, ""))

    @views.post("/apis/new")
    @adds
    def add_api(who: Authorized) -> Response:
        typed = _typed()
        try:
            known.add(web.work(), actor(who), typed["id"], typed["audience"], _given(typed))
        except CommandError as problem:
            web.work().rollback()
            return _show(who, typed, problem=problem)
        return web.see_other(said.leading(PATH, "saved"))

    @views.get("/apis/<api_id>")
    @changes
    def see_api(who: Authorized, api_id: str) -> Response:
        one = _found(known, who, api_id)
        return _show(who, _as_typed(one), one)

    @views.post("/apis/<api_id>")
    @changes
    def change_api(who: Authorized, api_id: str) -> Response:
        one, typed = _found(known, who, api_id), _typed()
        try:
            seen = request.form.get("version", "")
            known.change(web.work(), actor(who), api_id, _given(typed), seen=seen)
        except Changed:
            web.work().rollback()
            now = _found(known, who, api_id)
            words = _("Somebody else has changed it meanwhile. This is how it is now.")
            return _show(who, _as_typed(now), now, words=words)
        except CommandError as problem:
            web.work().rollback()
            return _show(who, typed, one, problem)
        return web.see_other(said.leading(PATH, "saved"))


def _removed(views: Blueprint, installation: Installation, known: Apis) -> None:
    admits = entry.changes(
        installation, _delete_path, Action.CLIENTS_CHANGE, given_up=PATH, locks=False
    )

    @views.get("/apis/<api_id>/delete")
    @admits
    def ask_to_remove_api(who: Authorized, api_id: str) -> Response:
        return _ask(who, _found(known, who, api_id))

    @views.post("/apis/<api_id>/delete")
    @admits
    def remove_api(who: Authorized, api_id: str) -> Response:
        one = _found(known, who, api_id)
        try:
            seen = request.form.get("version", "")
            known.delete(web.work(), actor(who), api_id, seen=seen)
        except CommandError as problem:
            web.work().rollback()
            return _ask(who, one, _why(problem))
        return web.see_other(said.leading(PATH, "api-deleted"))


def _path(api_id: str) -> str:
    return f"{PATH}{api_id}"


def _delete_path(api_id: str) -> str:
    return f"{PATH}{api_id}/delete"


def _found(known: Apis, who: Authorized, api_id: str) -> RegisteredApi:
    try:
        return known.one(web.work(), actor(who), api_id)
    except NotFound:
        abort(404)


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "")[:_CUT].replace("\0", "").strip() for name in _TYPED}


def _given(typed: dict[str, str]) -> dict[str, Any]:
    """Return what was typed as the use case takes it.

    Raises:
        CommandError: it is no JSON.
    """
    found: dict[str, Any] = {"name": typed["name"], "published": bool(typed["published"])}
    return found | {name: read(typed[name] or "{}", name) for name in ("scopes", "types")}


def _as_typed(one: RegisteredApi) -> dict[str, str]:
    api = one.api
    written = {
        name: json.dumps(one.data.get(name, {}), ensure_ascii=False, indent=2)
        for name in ("scopes", "types")
    }
    published = "1" if api.published else ""
    return {"id": api.id, "audience": api.audience, "name": api.name, "published": published} | (
        written
    )


def _why(problem: CommandError) -> Words:
    return _("This cannot be registered: %(why)s.", why=str(problem))


def _show(
    who: Authorized,
    typed: dict[str, str],
    one: RegisteredApi | None = None,
    problem: CommandError | None = None,
    *,
    words: Words | None = None,
) -> Response:
    error = words or (_why(problem) if problem else None)
    return frame.show(
        "applications/api",
        who,
        place=PATH,
        status=400 if error else 200,
        title=one.api.name if one else _("Register an API"),
        error=error,
        typed=typed,
        hints=_HINTS,
        version=one.version if one else "",
        action=_path(one.api.id) if one else NEW,
        removal=_delete_path(one.api.id) if one else "",
        back=PATH,
    )


def _ask(who: Authorized, one: RegisteredApi, error: Words | None = None) -> Response:
    return frame.show(
        "deed",
        who,
        place=PATH,
        status=409 if error else 200,
        title=_("Remove %(name)s?", name=one.api.name),
        error=error,
        means=_(
            "Nobody can be asked for anything of it any more. What people allowed of it ends,"
            " and so do the tokens that came of that."
        ),
        button=_("Remove the API"),
        version=one.version,
        action=_delete_path(one.api.id),
        back=_path(one.api.id),
    )
