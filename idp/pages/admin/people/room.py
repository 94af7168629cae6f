"""What all pages about people need: addresses, who acts, the person, and refusals in words."""

from flask import abort

from idp import audit, web
from idp.audit import Event, Outcome
from idp.errors import CommandError
from idp.language import Words, _
from idp.operating.cases import Cases
from idp.operating.people.standing import Outranked
from idp.operating.refusals import Changed, Conflict, NotFound
from idp.pages.admin import frame
from idp.pages.admin.acting import actor
from idp.signin.interaction import Authorized
from idp.store.people import PersonRow

PATH = frame.PEOPLE


def person_path(sub: str, *parts: str) -> str:
    """Return the address of a person's page, or of what is below it."""
    return "/".join((f"{PATH}{sub}", *parts))


def found(cases: Cases, who: Authorized, sub: str) -> PersonRow:
    """Return the person of an address; without one the page is not there."""
    try:
        return cases.directory.one(web.work(), actor(who), sub)
    except NotFound:
        abort(404)


def given_up(problem: CommandError, about: str) -> None:
    """Undo what was begun; who may not do it is recorded, with whom it was `about`."""
    work = web.work()
    work.rollback()
    if isinstance(problem, Outranked):
        reason = f"{problem.action.value} is not allowed: {about}"
        audit.record(work, Event.ACTION_REFUSED, Outcome.REFUSED, reason=reason)


def refused(problem: CommandError, person: PersonRow, otherwise: Words) -> Words:
    """Say why something was not done to `person`; `otherwise` where the kind does not tell."""
    match problem:
        case Changed():
            return _(
                "%(name)s was changed by somebody else meanwhile. This is how it is now.",
                name=person.name,
            )
        case Conflict():
            return _("That belongs to somebody else already.")
        case Outranked():
            return _("Your role does not let you do this to %(name)s.", name=person.name)
        case _:
            return otherwise
