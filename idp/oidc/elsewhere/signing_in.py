"""The sign-in behind a yes: begun from the page of the question, and taken up again at its end."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic

from flask import Response

from idp import web
from idp.errors import PageError
from idp.installation import Installation
from idp.oidc.authorize.granting import moved
from idp.oidc.authorize.shown import is_asked_anew, now, of_application
from idp.oidc.clients.registry import stored
from idp.oidc.elsewhere.answering import Answers, Row
from idp.policy.steps import Refuse
from idp.signin.demand import Demand
from idp.signin.interaction import Authorized, Interaction
from idp.store import people
from idp.web import error_pages, usual


@dataclass(frozen=True)
class SignIns(Generic[Row]):
    """Sign-ins for requests of one kind."""

    installation: Installation
    answers: Answers[Row]
    done: Callable[[Row], str]
    """The address of the page that says what was answered."""
    over: Callable[[], PageError]
    """The page for a request that can be answered no more."""

    def is_another(self, row: Row, shown: str | None) -> bool:
        """Return True if the application that asks is not the one that a page has shown."""
        client = stored(web.work(), row.client_id)
        return client is None or of_application(client) != shown

    def begin(self, row: Row, *, another: bool) -> Response:
        """Begin the sign-in that was asked for; with `another`, not as who is here.

        Raises:
            PageError: what was asked for cannot be had any more.
        """
        signin, work = self.installation.signin, web.work()
        demand = now(work, Demand.from_json(row.request), self.installation.settings.oidc).demand
        glance = signin.glance(work, web.session(), demand)
        if another:
            glance = replace(glance, person=None)
        interaction, cookie = signin.begin(work, glance)
        if cookie is not None:
            web.set_cookie(cookie)
        return web.see_other(f"/interaction/{interaction.id}")

    def resume(self, row: Row | None, interaction_id: str) -> Response:
        """Go on where a sign-in of this browser has come to: to its next page, or to its end.

        Raises:
            PageError: it was begun for something else, or elsewhere; or it is too late.
        """
        work, signin = web.work(), self.installation.signin
        interaction = signin.load(work, interaction_id, web.session())
        stale = interaction is not None and interaction.session and interaction.session.stale
        if interaction is None or row is None or stale or not _begun_for(row, interaction):
            raise error_pages.closed(interaction_id)
        held = signin.locked(work, interaction)
        if is_asked_anew(work, interaction, held, self.installation.settings.oidc):
            return web.see_other(f"/interaction/{interaction.id}")
        result = signin.complete(work, interaction, held=held)
        if isinstance(result, Authorized):
            return self._finish(row, held or interaction, result)
        if isinstance(result, Refuse):
            person = interaction.person.id if interaction.person else None
            self.answers.deny(work, row, f"{result.error}: {result.reason}", person)
            return web.see_other(self.done(row))
        return web.see_other(f"/interaction/{interaction.id}")

    def _finish(self, row: Row, interaction: Interaction, done: Authorized) -> Response:
        """Let who asked in; the person is signed in here whether or not that still can be.

        Raises:
            PageError: somebody else has answered, or it is too late; or the application is gone.
        """
        work, demand = web.work(), interaction.demand
        if not self.answers.allow(work, row, demand, done):
            raise self.over()
        if not work.try_commit():
            raise moved(demand)
        usual.finished(done.person.id, interaction.proofs, demand.client_id)
        return web.see_other(self.done(row))


def plausible(request_id: str) -> bool:
    """Return True if an address of ours looks like this; what does not is not looked up."""
    return len(request_id) <= 43 and request_id.isascii() and request_id.isprintable()


def signed_in() -> str | None:
    """Return the name of who is signed in here, as whom a yes would be given."""
    session = web.session()
    if session is None or session.stale or not session.person_id:
        return None
    person = people.by_id(web.work(), session.person_id)
    return (person.name or person.username) if person else None


def _begun_for(row: Row, interaction: Interaction) -> bool:
    """Return True if a sign-in was begun for this very request."""
    return interaction.demand.return_to == Demand.from_json(row.request).return_to
