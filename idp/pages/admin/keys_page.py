"""The keys that sign tokens: which there are, a new one, and one that is published no longer."""

from typing import Any

from flask import Blueprint, Response, request

from idp import moments, web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.operating import cases
from idp.operating.keys import Lacking, Standing
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.web import said

PATH = frame.KEYS
STATES = {
    "refused": _("made by someone without our encryption key: it signs nothing"),
    "retired": _("signs no longer, and is still published"),
    "next": _("published, and signs soon"),
    "signing": _("signs"),
    "earlier": _("signed before, and is still published"),
}


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the signing keys."""
    keys = cases.of(installation).keys
    admits = entry.changes(installation, PATH, Action.KEYS_CHANGE, given_up=PATH)

    @views.get("/keys/")
    @entry.reads(installation, PATH, Action.KEYS_READ)
    def signing_keys(who: Authorized) -> Response:
        return _show(who, keys.everything(web.work(), actor(who)))

    @views.post("/keys/rotate")
    @admits
    def make_keys(who: Authorized) -> Response:
        try:
            keys.rotate(web.work(), actor(who))
        except CommandError as problem:
            web.work().rollback()
            return _show(who, keys.everything(web.work(), actor(who)), _not_made(problem))
        return web.see_other(said.leading(PATH, "keys-made"))

    @views.post("/keys/withdraw")
    @admits
    def withdraw_key(who: Authorized) -> Response:
        try:
            keys.withdraw(web.work(), actor(who), request.form.get("kid", "")[:200])
        except CommandError:
            web.work().rollback()
            words = _("It signs, or applications may still need it to check what it signed.")
            return _show(who, keys.everything(web.work(), actor(who)), words)
        return web.see_other(said.leading(PATH, "key-withdrawn"))


def _not_made(problem: CommandError) -> Words:
    if isinstance(problem, Lacking):
        return _(
            "These processes lack the newest encryption key, so no key was made: %(who)s.",
            who=problem.who,
        )
    return _("A new key waits already to sign.")


def _show(who: Authorized, found: list[Standing], error: Words | None = None) -> Response:
    return frame.show(
        "keys",
        who,
        place=PATH,
        status=409 if error else 200,
        title=_("Signing keys"),
        error=error,
        rows=[_row(one) for one in found],
    )


def _row(one: Standing) -> dict[str, Any]:
    return {
        "kid": one.row.kid,
        "alg": one.row.alg,
        "state": STATES[one.state],
        "since": moments.minute(one.row.active_at),
        "may_go": one.state in ("refused", "retired", "earlier"),
    }
