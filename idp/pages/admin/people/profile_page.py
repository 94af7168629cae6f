"""A profile is changed: name, address, number, user type, groups and roles, in one form."""

from flask import Blueprint, Response, request

from idp import web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.operating import cases
from idp.operating.actor import Actor
from idp.operating.cases import Cases
from idp.operating.people.naming import version_of
from idp.operating.people.written import ProfileChange
from idp.operating.refusals import Conflict
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.people import typed
from idp.pages.admin.people.room import PATH, found, given_up, person_path, refused
from idp.pages.admin.people.typed import Typed
from idp.pages.role_words import WORDS
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.store.people import PersonRow
from idp.web import said


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the form."""
    known = cases.of(installation)
    admits = entry.changes(
        installation, _path, Action.PEOPLE_CHANGE, given_up=person_path, locks=False
    )

    @views.get("/people/<sub>/edit")
    @admits
    def person_form(who: Authorized, sub: str) -> Response:
        person = found(known, who, sub)
        return _show(who, person, typed.of(person))

    @views.post("/people/<sub>/edit")
    @admits
    def change_person(who: Authorized, sub: str) -> Response:
        person, given = found(known, who, sub), typed.read()
        wrong = typed.problem(installation.settings, given)
        if wrong is not None:
            return _show(who, person, given, *wrong)
        try:
            _change(known, actor(who), person, given, request.form.get("version", ""))
        except CommandError as problem:
            given_up(problem, person.username)
            field = "email" if isinstance(problem, Conflict) else ""
            words = refused(problem, person, _("There would be no owner any more."))
            return _show(who, found(known, who, sub), given, field, words)
        return web.see_other(said.leading(person_path(sub), "saved"))


def _path(sub: str) -> str:
    return person_path(sub, "edit")


def _change(known: Cases, by: Actor, person: PersonRow, given: Typed, seen: str) -> None:
    """Change what is typed otherwise; all of it, or nothing is kept.

    Raises:
        CommandError: why not.
    """
    work, register, text = web.work(), known.register, given.text
    wanted = ProfileChange(
        name=text["name"], type=text["type"], groups=given.groups, roles=given.roles
    )
    register.change(work, by, person.id, wanted, seen=seen)
    confirmed = "email_verified" in given.ticks
    register.set_address(work, by, person.id, text["email"], verified=confirmed)
    confirmed = "phone_verified" in given.ticks
    register.set_number(work, by, person.id, text["phone"] or None, verified=confirmed)


def _show(
    who: Authorized, person: PersonRow, given: Typed, field: str = "", error: Words | None = None
) -> Response:
    return frame.show(
        "people/form",
        who,
        place=PATH,
        status=400 if error else 200,
        title=_("Change %(name)s", name=person.name),
        error=error,
        field=field,
        typed=given,
        own_roles=WORDS,
        version=version_of(person),
        action=_path(person.id),
        back=person_path(person.id),
        button=_("Save"),
    )
