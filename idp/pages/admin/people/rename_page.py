"""A user type or a group gets another name, for everyone who has it."""

from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request

from idp import web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _, n_
from idp.operating import cases
from idp.operating.cases import Cases
from idp.operating.kinds import Kind, What
from idp.operating.refusals import NotFound
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.people.kinds_page import PATH, rename_path
from idp.pages.admin.people.room import given_up
from idp.pages.admin.rollout import in_words
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.web import said

KINDS: dict[str, What] = {"type": "type", "group": "group"}
_LONGEST = 200


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of the form."""
    known = cases.of(installation)
    admits = entry.changes(installation, _path, Action.PEOPLE_CHANGE, given_up=PATH, locks=False)

    @views.get("/people/groups/rename")
    @admits
    def rename_form(who: Authorized) -> Response:
        return _show(installation, known, who)

    @views.post("/people/groups/rename")
    @admits
    def rename_kind(who: Authorized) -> Response:
        what, name = _asked()
        new, seen = request.form.get("new", "")[:_LONGEST], request.form.get("version", "")
        try:
            known.kinds.rename(web.work(), actor(who), what, name, new, seen=seen)
        except NotFound:
            abort(404)
        except CommandError as problem:
            given_up(problem, name)
            return _show(installation, known, who, new, problem.words)
        return web.see_other(said.leading(PATH, "renamed"))


def _asked() -> tuple[What, str]:
    what, name = KINDS.get(request.args.get("kind", "")), request.args.get("name", "")
    if what is None or not name or "\0" in name:
        abort(404)
    return what, name[:_LONGEST]


def _path() -> str:
    """Return the address as it was asked for: who may not look is told nothing of what is there."""
    asked = {name: request.args.get(name, "")[:_LONGEST] for name in ("kind", "name")}
    return f"{PATH}/rename?{urlencode(asked)}"


def _show(
    installation: Installation,
    known: Cases,
    who: Authorized,
    new: str = "",
    error: Words | None = None,
) -> Response:
    what, name = _asked()
    try:
        kind = known.kinds.one(web.work(), actor(who), what, name)
    except NotFound:
        abort(404)
    return frame.show(
        "people/rename_kind",
        who,
        place=PATH,
        status=400 if error else 200,
        title=_title(what, name),
        sentence=n_("%(num)s person has it.", "%(num)s people have it.", kind.people),
        error=error,
        new=new or name,
        stages=_named(installation, what, kind),
        version=kind.version,
        action=rename_path(what, name),
        back=PATH,
    )


def _title(what: What, name: str) -> Words:
    if what == "type":
        return _("Rename the user type %(name)s", name=name)
    return _("Rename the group %(name)s", name=name)


def _named(installation: Installation, what: What, kind: Kind) -> list[Words]:
    """Return the stages that name it, as sentences: those that name everyone stay as they are."""
    work, rules = web.work(), installation.signin.rules
    word = f"{what}:{kind.name}"
    naming = (one for one in kind.stages if word in one.audience)
    return [in_words.sentence(work, rules, one) for one in naming]
