"""Someone new is added, and sent a link to choose a password."""

from flask import Blueprint, Response

from idp import web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.operating import cases
from idp.operating.people.standing import Outranked
from idp.operating.people.written import Newcomer
from idp.operating.refusals import Conflict
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.people import typed
from idp.pages.admin.people.room import PATH, given_up, person_path
from idp.pages.admin.people.typed import NAMES, Typed
from idp.pages.role_words import WORDS
from idp.people.newcomers import USER_TYPE
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.web import said

ADDRESS = f"{PATH}new"


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the form."""
    known = cases.of(installation)
    admits = entry.changes(installation, ADDRESS, Action.PEOPLE_CHANGE, given_up=PATH, locks=False)

    @views.get("/people/new")
    @admits
    def newcomer_form(who: Authorized) -> Response:
        empty = dict.fromkeys(NAMES, "") | {"type": USER_TYPE}
        return _show(who, Typed(empty, frozenset(), frozenset({"invite"})))

    @views.post("/people/new")
    @admits
    def add_person(who: Authorized) -> Response:
        given, work = typed.read(), web.work()
        wrong = typed.problem(installation.settings, given)
        if wrong is not None:
            return _show(who, given, *wrong)
        try:
            person = known.register.add(work, actor(who), _newcomer(given))
            if "invite" in given.ticks:
                known.helping.invite(work, actor(who), person.id)
        except CommandError as problem:
            given_up(problem, "someone new")
            return _show(who, given, *_why(problem))
        done = "person-invited" if "invite" in given.ticks else "person-added"
        return web.see_other(said.leading(person_path(person.id), done))


def _newcomer(given: Typed) -> Newcomer:
    text = given.text
    return Newcomer(
        text["username"],
        text["email"],
        text["name"],
        text["phone"],
        text["type"],
        "email_verified" in given.ticks,
        given.roles,
        given.groups,
    )


def _why(problem: CommandError) -> tuple[str, Words]:
    if isinstance(problem, Conflict):
        return "username", _("The user name or the e-mail address belongs to somebody already.")
    if isinstance(problem, Outranked):
        return "roles", _("The role owner is given by owners alone.")
    return "", _("No link can be sent now, so no one was added.")


def _show(who: Authorized, given: Typed, field: str = "", error: Words | None = None) -> Response:
    return frame.show(
        "people/form",
        who,
        place=PATH,
        status=400 if error else 200,
        title=_("Add someone"),
        error=error,
        field=field,
        typed=given,
        own_roles=WORDS,
        new=True,
        action=ADDRESS,
        back=PATH,
        button=_("Add this person"),
    )
