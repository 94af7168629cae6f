"""What can be done for a person with one button: what it means is said first, then it is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, abort, request

from idp import web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.operating import cases
from idp.operating.actor import Actor
from idp.operating.cases import Cases
from idp.operating.people.naming import version_of
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.people.room import PATH, found, given_up, person_path, refused
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.web import said

Do = Callable[[Cases, Work, Actor, str, str], object]
"""Takes the `sub`, and the version of the person that the page showed."""


@dataclass(frozen=True)
class Deed:
    """What can be done for a person."""

    title: Callable[[str], Words]
    """Takes the person's name."""
    means: Callable[[PersonRow], Words]
    button: Words
    done: str
    """What is said afterwards, a code of `web.said`."""
    do: Do
    cannot: Words
    """Why not, where it is refused for no reason that any other deed has, too."""
    named: bool = False
    """It cannot be taken back: the user name is to be typed."""


def _sent(person: PersonRow) -> Words:
    return _(
        "An e-mail with a link to choose a password goes to %(address)s. The link works once.",
        address=person.email,
    )


_LAST_OWNER = _("There would be no owner any more. Make someone else an owner first.")
HELP: Mapping[str, Deed] = {
    "release": Deed(
        lambda name: _("Let %(name)s try again?", name=name),
        lambda _person: _("What was counted is forgotten, so that the next try is possible now."),
        _("Let them try again"),
        "person-released",
        lambda all_, work, by, sub, _seen: all_.helping.release(work, by, sub),
        _("This cannot be done now."),
    ),
    "sign-out": Deed(
        lambda name: _("Sign %(name)s out everywhere?", name=name),
        lambda _person: _(
            "Every browser and application is signed out now. Signing in again is possible."
        ),
        _("Sign out everywhere"),
        "person-signed-out",
        lambda all_, work, by, sub, _seen: all_.helping.sign_out(work, by, sub),
        _("This cannot be done now."),
    ),
    "invite": Deed(
        lambda name: _("Send %(name)s a link?", name=name),
        _sent,
        _("Send the link"),
        "person-invited",
        lambda all_, work, by, sub, _seen: all_.helping.invite(work, by, sub),
        _("No link can be sent now: the account is switched off, or there is no e-mail here."),
    ),
    "confirm": Deed(
        lambda name: _("Send %(name)s a link to confirm the address?", name=name),
        lambda person: _(
            "An e-mail with a link goes to %(address)s. Whoever opens it and presses the button has"
            " confirmed the address; nobody is signed in by it.",
            address=person.email,
        ),
        _("Send the link"),
        "person-invited",
        lambda all_, work, by, sub, _seen: all_.helping.confirm_address(work, by, sub),
        _("No link can be sent now: the address is confirmed, or there is no e-mail here."),
    ),
    "new-password": Deed(
        lambda name: _("Ask %(name)s for a new password?", name=name),
        lambda _person: _(
            "The next sign-in asks for a new password. Every browser and application is signed out"
            " now."
        ),
        _("Ask for a new password"),
        "person-password",
        lambda all_, work, by, sub, _seen: all_.helping.demand_password(work, by, sub),
        _("There is no password to replace."),
    ),
}
CHANGE: Mapping[str, Deed] = {
    "off": Deed(
        lambda name: _("Switch off the account of %(name)s?", name=name),
        lambda _person: _(
            "Every browser and application is signed out now, and there is no sign-in until the"
            " account is switched on again. Nothing is lost."
        ),
        _("Switch the account off"),
        "person-off",
        lambda all_, work, by, sub, seen: all_.register.switch_off(work, by, sub, seen=seen),
        _LAST_OWNER,
    ),
    "on": Deed(
        lambda name: _("Switch on the account of %(name)s?", name=name),
        lambda _person: _("Signing in is possible again, with everything that is set up."),
        _("Switch the account on"),
        "person-on",
        lambda all_, work, by, sub, seen: all_.register.switch_on(work, by, sub, seen=seen),
        _("This cannot be done now."),
    ),
}
DELETE: Mapping[str, Deed] = {
    "delete": Deed(
        lambda name: _("Delete the account of %(name)s?", name=name),
        lambda _person: _(
            "What is set up, and what applications may see, is gone for good; the applications are"
            " told. The record of past sign-ins stays. To keep someone out for a while, switch the"
            " account off."
        ),
        _("Delete the account for good"),
        "person-deleted",
        lambda all_, work, by, sub, seen: all_.register.delete(work, by, sub, seen=seen),
        _LAST_OWNER,
        named=True,
    ),
}
DEEDS = ((HELP, Action.PEOPLE_HELP), (CHANGE, Action.PEOPLE_CHANGE), (DELETE, Action.PEOPLE_DELETE))


def _reset(installation: Installation, method: str) -> Deed:
    way = installation.signin.authenticators.get(method)
    if way is None:
        abort(404)
    what = way.noun
    return Deed(
        lambda name: _("Remove %(what)s of %(name)s?", what=what, name=name),
        lambda person: _(
            "It is removed, and every browser and application is signed out now. If e-mail can be"
            " sent, a link to set up a new one goes to %(address)s.",
            address=person.email,
        ),
        _("Remove it, and send a link"),
        "person-reset",
        lambda all_, work, by, sub, _seen: all_.helping.reset(work, by, sub, method),
        _("This cannot be done now."),
    )


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of what can be done for a person."""
    known = cases.of(installation)
    for deeds, action in DEEDS:
        for name, deed in deeds.items():
            _add(views, installation, known, name, deed, action)

    def reset(who: Authorized, sub: str, method: str) -> Response:
        deed = _reset(installation, method)
        return _answer(known, who, sub, deed, person_path(sub, "reset", method))

    admits = entry.changes(
        installation, _reset_path, Action.PEOPLE_HELP, given_up=_back, locks=False
    )
    for verb in ("GET", "POST"):
        views.add_url_rule(
            "/people/<sub>/reset/<method>",
            f"person_reset_{verb}".lower(),
            admits(reset),
            methods=[verb],
        )


def _add(
    views: Blueprint,
    installation: Installation,
    known: Cases,
    name: str,
    deed: Deed,
    action: Action,
) -> None:
    def path(sub: str) -> str:
        return person_path(sub, name)

    def answer(who: Authorized, sub: str) -> Response:
        return _answer(known, who, sub, deed, path(sub))

    admits = entry.changes(installation, path, action, given_up=_back, locks=False)
    for verb in ("GET", "POST"):
        endpoint = f"person_{name}_{verb}".lower().replace("-", "_")
        views.add_url_rule(f"/people/<sub>/{name}", endpoint, admits(answer), methods=[verb])


def _reset_path(sub: str, method: str) -> str:
    return person_path(sub, "reset", method)


def _back(sub: str, **_more: str) -> str:
    return person_path(sub)


def _answer(known: Cases, who: Authorized, sub: str, deed: Deed, path: str) -> Response:
    person = found(known, who, sub)
    if request.method == "GET":
        return _show(who, person, deed, path)
    if deed.named and request.form.get("name", "").strip() != person.username:
        return _show(who, person, deed, path, _("Type the name as it is shown."))
    work = web.work()
    try:
        deed.do(known, work, actor(who), sub, request.form.get("version", ""))
    except CommandError as problem:
        given_up(problem, person.username)
        return _show(who, person, deed, path, refused(problem, person, deed.cannot))
    return web.see_other(said.leading(PATH if deed.named else person_path(sub), deed.done))


def _show(
    who: Authorized, person: PersonRow, deed: Deed, path: str, error: Words | None = None
) -> Response:
    return frame.show(
        "deed",
        who,
        place=PATH,
        status=409 if error else 200,
        title=deed.title(person.name),
        error=error,
        means=deed.means(person),
        button=deed.button,
        named=person.username if deed.named else None,
        version=version_of(person),
        action=path,
        back=person_path(person.id),
    )
