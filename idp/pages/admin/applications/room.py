"""What all pages about applications need: addresses, the application, and refusals in words."""

from flask import abort

from idp import web
from idp.errors import CommandError
from idp.language import Words, _
from idp.operating.applications.clients import Clients
from idp.operating.applications.registered import Registered
from idp.operating.refusals import Changed, Conflict, NotFound
from idp.pages.admin import frame
from idp.pages.admin.acting import actor
from idp.signin.interaction import Authorized

PATH = frame.APPLICATIONS


def one_path(client_id: str, *parts: str) -> str:
    """Return the address of an application's page, or of what is below it."""
    return "/".join((f"{PATH}{client_id}", *parts))


def found(clients: Clients, who: Authorized, client_id: str) -> Registered:
    """Return the application of an address; without one the page is not there."""
    try:
        return clients.one(web.work(), actor(who), client_id)
    except NotFound:
        abort(404)


def refused(problem: CommandError) -> Words:
    """Say why something was not done; what cannot be registered, in the words of standards."""
    match problem:
        case Changed():
            return _(
                "The application was changed by somebody else meanwhile. This is how it is now."
            )
        case Conflict():
            return _("That client_id is taken already.")
        case _:
            return _("This cannot be registered: %(why)s.", why=str(problem))
