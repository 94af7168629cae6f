"""A forgotten password: the request is kept with the answer "look at your mail", and done later.

Owns the request from the page to the mail. What is kept is the same for a name that someone has
and for one that no one has, and no process that answers pages does the rest: the worker does, so
that neither what a page says nor how long the next one takes tells which it was (ASVS 6.3.8).
Never decides who gets a link (`people.passwords.links`).
"""

import json

from idp import audit, clock, moments
from idp.audit import Event, Outcome
from idp.authenticators.base import Kind, Rejected
from idp.authenticators.identifiers import login_name
from idp.caller import Caller
from idp.crypto import Keyring
from idp.language import _
from idp.messages import Post
from idp.people.passwords.links import PasswordLinks
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.store import db, people, throttles
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.messages import outbox
from idp.store.messages.outbox import OutboxRow

CHANNEL = "reset"
ASKED_PER_HOUR = 20
"""How often one source may ask for a link: more than a class room of people who forgot."""
LIFETIME = 86400
"""Seconds for which a request is worth a mail: a worker that was down for a night still keeps
what the page promised."""


class Forgotten:
    """The outbox's channel `reset`: requests for a link to a new password."""

    seconds = 10.0
    """A limit for what has none of its own: a few statements."""

    def __init__(self, links: PasswordLinks, post: Post, keyring: Keyring, engine: Engine) -> None:
        self._links = links
        self._post = post
        self._keyring = keyring
        self._engine = engine
        post.add_writer(CHANNEL, self)

    def ask(self, work: Work, name: str, client: str | None = None) -> Rejected | None:
        """Keep the request of someone who forgot the password of `name`; None when it is kept.

        `client` is the application whose sign-in it began from. It is in the caller's transaction:
        once the page says so, no crash loses it.
        """
        window = Window(ASKED_PER_HOUR, 3600)
        held = throttles.count(work, throttle_keys.asked_for_reset(work.caller.address), window)
        if held is not None:
            now = clock.now()
            free = moments.later(now + (held.wait or 3600), now)
            text = _("Too many tries. Try again at %(time)s.", time=free)
            return Rejected("held back", text, Kind.HELD)
        about: dict[str, object] = {
            "name": login_name(name),
            "address": work.caller.address,
            "browser": work.caller.browser,
            "client": client,
        }
        self._post.leave(work, channel=CHANNEL, kind="asked", content=about, lifetime=LIFETIME)
        return None

    def send(self, row: OutboxRow) -> None:
        """Mail the link, if there is someone to mail it to.

        Raises:
            SealError: the request was sealed with a key that is not in the keyring.
        """
        about = json.loads(self._keyring.open(row.sealed, outbox.place(row.id)))
        with db.work(self._engine) as work:
            work.caller = Caller(address=about["address"], browser=about["browser"])
            # Done with the mail or not at all: of two workers, or of one that dies between this
            # commit and its own note, one mail comes.
            if outbox.mark_sent(work, row, None):
                name = about["name"]
                person = people.by_name(work, name) if name else None
                self._links.mail_reset(work, person, about["client"])

    def note(self, work: Work, row: OutboxRow, state: str, reason: str | None) -> None:
        """Record that a request was given up; what came of others has its event already."""
        if state != "sent":
            audit.record(work, Event.RESET_ASKED, Outcome.REFUSED, reason=f"given up: {reason}")
