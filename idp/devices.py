"""Browsers: whether a person has signed in with one before.

A cookie of its own remembers a browser beyond any session. It proves nothing: no step is left out
and no acr is higher because of it. Its only use is to tell a person of a sign-in with a browser
that was never used for the account, which the person may not know of.
"""

from dataclasses import replace

from idp import audit, crypto, language, notices
from idp.audit import Event
from idp.notices import Notice
from idp.notify import Post
from idp.progress import Authorized, Interaction
from idp.settings import Settings
from idp.store import devices, people, sessions
from idp.store.db import Work
from idp.store.people import PersonRow

COOKIE_SIZE = 16
"""Random bytes in the cookie."""


def known(work: Work, person: PersonRow) -> bool:
    """Return True if the caller's browser was used by this person before."""
    cookie = work.caller.device
    return cookie is not None and devices.exists(work, _digest(cookie, person))


def _digest(cookie: str, person: PersonRow) -> str:
    # Bound to the person: the table does not show who shares a browser.
    return crypto.bound_digest(cookie, "device", person.id)


def came(work: Work, interaction: Interaction) -> None:
    """Note what browser a step was passed in, while nobody is signed in there."""
    session = interaction.session
    if session is not None and session.person_id is None:
        sessions.describe(work, session.id, work.caller.browser, work.caller.address)


def arrived(
    work: Work, post: Post, settings: Settings, interaction: Interaction, done: Authorized
) -> None:
    """Note the browser and language of a finished sign-in; tell the person of a new browser.

    `SignIn.complete` calls it, in the transaction of the sign-in. Nobody is told of the first
    sign-in of all. The language is learned then, or in a browser that is known: a thief
    does not choose the one in which a person is warned.
    """
    label, person = work.caller.browser, done.person
    session = interaction.session
    if session is None or session.person_id != person.id:
        sessions.describe(work, done.session_id, label, work.caller.address)
    cookie = work.caller.device or crypto.random_token(COOKIE_SIZE)
    work.caller = replace(work.caller, given=cookie)
    digest = _digest(cookie, person)
    if devices.seen(work, digest, person.id, label or ""):
        _learn_language(work, person)
        return
    if not devices.add(work, digest, person.id, label or ""):
        return
    finished = Event.SIGN_IN_FINISHED.value
    if not devices.happened_before(work, person.id, finished, interaction.id):
        _learn_language(work, person)
        return
    application = interaction.demand.application
    audit.record(
        work,
        Event.DEVICE_NEW,
        person=person.id,
        client=interaction.demand.client_id,
        interaction=interaction.id,
        sid=done.sid,
        reason=label or "a browser of an unknown kind",
    )
    notices.tell(
        work,
        post,
        settings,
        person,
        Notice.NEW_DEVICE,
        client=application.name if application else None,
    )


def _learn_language(work: Work, person: PersonRow) -> None:
    if person.locale is None:
        people.learn_locale(work, person.id, language.spoken())
