"""Accounts that several people may use: why it looks so, and what can be made of them."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from idp import clock, moments, web
from idp.authenticators.base import Rejected
from idp.installation import Installation
from idp.language import Words, _, n_
from idp.operating.refusals import NotFound
from idp.operating.shared_profiles import SharedProfiles
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.frame import SHARED
from idp.pages.admin.rollout import in_words
from idp.policy.roles import Action
from idp.rollout.shared.split import Personal
from idp.rollout.shared.suspects import State, Suspect
from idp.signin.interaction import Authorized
from idp.store import people
from idp.web import said

LONGEST = 4000
"""Characters of the list of people. One more is read, so that a longer one is refused."""
FIELDS = ("people", "closes")
STATES: dict[State, Words] = {
    State.SUSPECTED: _("Looks shared"),
    State.ASKED: _("Asked"),
    State.CLOSING: _("Closes"),
}


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses below /admin/rollout/shared."""

    case = SharedProfiles(installation)

    @views.get("/rollout/shared/")
    @entry.reads(installation, SHARED, Action.ROLLOUT_READ)
    def shared(who: Authorized) -> Response:
        return _list(case, who)

    @views.get("/rollout/shared/<person_id>")
    @entry.reads(installation, _path, Action.ROLLOUT_READ)
    def suspect(who: Authorized, person_id: str) -> Response:
        return _show(installation, who, person_id, _read(request.args))

    @views.post("/rollout/shared/<person_id>/ask")
    @entry.changes(installation, _path, Action.ROLLOUT_CHANGE, given_up=_path, locks=False)
    def ask_owner(who: Authorized, person_id: str) -> Response:
        _person(person_id)
        _owner, asked = case.ask(web.work(), actor(who), person_id)
        if isinstance(asked, Rejected):
            return _show(installation, who, person_id, _read(request.args), asked.message)
        return web.see_other(said.leading(_bare(person_id), "profile-asked"))

    @views.post("/rollout/shared/<person_id>/keep")
    @entry.changes(installation, _path, Action.ROLLOUT_CHANGE, given_up=_path, locks=False)
    def leave_out(who: Authorized, person_id: str) -> Response:
        _person(person_id)
        case.keep(web.work(), actor(who), person_id)
        return web.see_other(said.leading(SHARED, "profile-kept"))

    @views.post("/rollout/shared/<person_id>/split")
    @entry.changes(installation, _path, Action.ROLLOUT_CHANGE, given_up=_path, locks=False)
    def split_profile(who: Authorized, person_id: str) -> Response:
        return _split(installation, who, person_id, _read(request.form))


def _bare(person_id: str) -> str:
    return f"{SHARED}{person_id}"


def _path(person_id: str) -> str:
    typed = {name: text for name, text in _read(request.values).items() if text}
    return _bare(person_id) + (f"?{urlencode(typed)}" if typed else "")


def _read(values: MultiDict[str, str]) -> dict[str, str]:
    return {name: values.get(name, "").strip()[: LONGEST + 1] for name in FIELDS}


def _person(person_id: str) -> None:
    if people.by_id(web.work(), person_id) is None:
        abort(404)


def _list(case: SharedProfiles, who: Authorized) -> Response:
    found = case.report(web.work(), actor(who))
    title = n_(
        "%(num)s profile looks as if several people used it",
        "%(num)s profiles look as if several people used them",
        len(found),
    )
    return frame.show(
        "rollout/shared",
        who,
        place=SHARED,
        title=title if found else _("No profile looks as if several people used it"),
        rows=[_row(one) for one in found],
    )


def _row(one: Suspect) -> dict[str, Any]:
    return {
        "url": _bare(one.person_id),
        "name": one.name,
        "username": one.username,
        "user_type": one.user_type,
        "score": one.score,
        "state": STATES[one.state],
        "closes": in_words.moment(one.closes_at) if one.closes_at else None,
        "reasons": [reason.text for reason in one.reasons],
    }


def _show(
    installation: Installation,
    who: Authorized,
    person_id: str,
    given: dict[str, str],
    error: Words | None = None,
    field: str = "",
) -> Response:
    try:
        found = SharedProfiles(installation).one(web.work(), actor(who), person_id)
    except NotFound:
        abort(404)
    zone = installation.settings.brand.time_zone
    return frame.show(
        "rollout/shared_one",
        who,
        place=SHARED,
        status=400 if error else 200,
        title=_("Does %(name)s belong to several people?", name=found.name),
        error=error,
        field=field,
        one=_row(found) | {"email": found.email, "made": ", ".join(found.made)},
        typed=given,
        today=moments.date_in(clock.now(), zone).isoformat(),
        base=_bare(person_id),
        back=SHARED,
    )


def _split(
    installation: Installation, who: Authorized, person_id: str, given: dict[str, str]
) -> Response:
    zone = installation.settings.brand.time_zone
    try:
        at = moments.read(given["closes"], zone=zone)
    except moments.MomentError:
        at = 0
    if at <= clock.now():
        error = _("Choose a day to come, on which it closes.")
        return _show(installation, who, person_id, given, error, "closes")
    if len(given["people"]) > LONGEST:
        error = _("Use at most %(num)s characters.", num=LONGEST)
        return _show(installation, who, person_id, given, error, "people")
    wanted = [_personal(line) for line in given["people"].splitlines() if line.strip()]
    _person(person_id)
    case = SharedProfiles(installation)
    _owner, done = case.split(web.work(), actor(who), person_id, wanted, at)
    if isinstance(done, Rejected):
        return _show(installation, who, person_id, given, done.message, "people")
    return web.see_other(said.leading(_bare(person_id), "profile-split"))


def _personal(line: str) -> Personal:
    """Return who stands in a line: user name, e-mail address, name."""
    username, email, name, *_rest = (*(part.strip() for part in line.split(",", 2)), "", "")
    return Personal(username, email, name)
