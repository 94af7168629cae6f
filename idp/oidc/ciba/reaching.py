"""The person is told that an application asks: by mail, by text message, and in the account.

Owns how a person is reached, and how often: whoever is asked again and again says yes in the end.
It is the worker's, as a forgotten password is: no page and no answer to an application waits for
it, or tells by its time what came of it.
"""

import json
from dataclasses import dataclass

from idp import audit, clock, language
from idp.audit import Event, Outcome
from idp.authenticators import identifiers, sending
from idp.authenticators.sending import Sending
from idp.caller import Caller
from idp.installation import Installation
from idp.messages import Post, links
from idp.messages.links import Purpose
from idp.oidc.clients import registry
from idp.oidc.clients.client import Client
from idp.oidc.clients.registry import Registry
from idp.store import db, people
from idp.store.canaries import MARK
from idp.store.db import Work
from idp.store.messages import outbox
from idp.store.messages.outbox import OutboxRow
from idp.store.oidc import ciba_requests
from idp.store.oidc.ciba_requests import CibaRow
from idp.store.people import PersonRow

CHANNEL = "reach"
MOST_OPEN = 3
"""Requests that wait for one person at a time …"""
PER_HOUR = 10
"""… and that one person is told of in an hour, of all applications together …"""
OF_ONE = PER_HOUR // 2
"""… and of one application: it cannot keep the others from being heard."""
PURPOSE = "ciba"
"""What text messages are counted as."""


def leave(work: Work, post: Post, request_id: str, lifetime: int) -> None:
    """Leave it to the worker to reach the person of a request, within `lifetime` seconds."""
    content: dict[str, object] = {"request": request_id, "address": work.caller.address}
    post.leave(work, channel=CHANNEL, kind="ciba", content=content, lifetime=lifetime)


@dataclass(frozen=True)
class Reaching:
    """The outbox's channel `reach`: requests whose people are to be told."""

    installation: Installation
    registry: Registry
    seconds: float = 10.0
    """A limit for what has none of its own: a few statements."""

    def send(self, row: OutboxRow) -> None:
        """Tell the person of a request, if there is one, and if that is not too often.

        Raises:
            SealError: the request was sealed with a key that is not in the keyring.
        """
        keyring = self.installation.keyring
        about = json.loads(keyring.open(row.sealed, outbox.place(row.id)))
        with db.work(self.installation.engine) as work:
            work.caller = Caller(address=about["address"])
            # Done with the message or not at all: of two workers, one message comes.
            if outbox.mark_sent(work, row, None):
                self._reach(work, ciba_requests.by_id(work, about["request"]))

    def note(self, work: Work, row: OutboxRow, state: str, reason: str | None) -> None:
        """Record that nobody was reached in time; what came of others has its event already."""
        if state != "sent":
            audit.record(work, Event.CIBA_HELD, Outcome.REFUSED, reason=f"given up: {reason}")

    def _reach(self, work: Work, row: CibaRow | None) -> None:
        client = self.registry.find(work, row.client_id) if row is not None else None
        if row is None or row.over or client is None:
            return
        person, why_not = _judged(work, row)
        if person is not None and not why_not:
            # Of two questions at once the second counts the first. Who is held back waits for no
            # one, and nothing of the person changes: the epoch stays.
            people.wait_for_changes(work, person.id)
            person, why_not = _judged(work, row)
        if person is None or why_not or not ciba_requests.reached(work, row.id):
            _note(work, Event.CIBA_HELD, row, person, why_not)
            return
        _note(work, Event.CIBA_ASKED, row, person, self._told(work, row, client, person))

    def _told(self, work: Work, row: CibaRow, client: Client, person: PersonRow) -> str:
        """Tell a person by the way that there is; return by which, in words."""
        for channel in self._order(person):
            if channel == "mail" and self._by_mail(person):
                self._send(work, "mail", "ciba", person.email, row, client, person)
                return "by mail"
            if channel == "sms" and self._by_sms(work, row, person):
                self._send(work, "sms", "ciba-sms", person.phone or "", row, client, person)
                return "by text message"
        return "in the account alone"

    def _order(self, person: PersonRow) -> tuple[str, ...]:
        wish = self.installation.settings.sms.requests
        return {"first": ("sms", "mail"), "never": ("mail",)}.get(wish, ("mail", "sms"))

    def _by_mail(self, person: PersonRow) -> bool:
        confirmed = bool(person.email) and person.email_verified
        return confirmed and self.installation.post.available("mail")

    def _by_sms(self, work: Work, row: CibaRow, person: PersonRow) -> bool:
        """Return True if a text message may go to a confirmed number; it is counted then."""
        sms, to = self.installation.settings.sms, person.phone
        if to is None or not person.phone_verified or sms.service == "verify":
            return False
        if not self.installation.post.available("sms"):
            return False
        if not identifiers.reachable(to, sms.countries, sms.number_types):
            return False
        where = self.installation.keyring.keyed_digest("destination", "sms", to)
        wish = Sending(PURPOSE, "sms", row.id, person.id, to, where)
        return sending.admit(work, wish, sms.per_hour, sms) is None

    def _send(
        self,
        work: Work,
        channel: str,
        kind: str,
        to: str,
        row: CibaRow,
        client: Client,
        person: PersonRow,
    ) -> None:
        settings, left = self.installation.settings, row.expires_at - clock.now()
        mailed = to if channel == "mail" else None
        link = links.make(
            work,
            settings.server.issuer,
            Purpose.ANSWER,
            person.id,
            sent_to=mailed,
            data={"request": row.id},
        )
        values: dict[str, object] = {
            "brand": settings.brand.name,
            "name": person.name,
            "application": client.name,
            "message": row.message or "",
            "link": link,
            "link_minutes": max(1, left // 60),
            **settings.brand.support,
        }
        with language.speaking(language.first_known([person.locale], settings.brand.language)):
            self.installation.post.enqueue(
                work, channel=channel, kind=kind, to=to, values=values, lifetime=left
            )


def attach(installation: Installation) -> None:
    """Let the outbox of an installation reach people, in workers and commands alike."""
    installation.post.add_writer(CHANNEL, Reaching(installation, registry.of(installation)))


def _judged(work: Work, row: CibaRow) -> tuple[PersonRow | None, str]:
    """Return who is meant, as things are now, and why they are not told; "" if nothing is."""
    person = people.by_id(work, row.person_id) if row.person_id is not None else None
    return person, _why_not(work, row, person)


def _why_not(work: Work, row: CibaRow, person: PersonRow | None) -> str:
    """Say why a person is not told; "" when nothing speaks against it."""
    if person is None:
        return "nobody of that name"
    if person.disabled_at is not None:
        return "the account is switched off"
    if person.id.startswith(MARK):
        return "the canary reads no mail"
    load = ciba_requests.load(work, person.id, row.client_id)
    if load.disowned:
        return "the person said in the last day: this was not me"
    if load.open >= MOST_OPEN:
        return f"{load.open} requests wait for an answer"
    if load.lately >= PER_HOUR:
        return f"{load.lately} requests in an hour"
    return f"{load.of_one} of this application in an hour" if load.of_one >= OF_ONE else ""


def _note(work: Work, event: Event, row: CibaRow, person: PersonRow | None, reason: str) -> None:
    audit.record(
        work,
        event,
        Outcome.REFUSED if event is Event.CIBA_HELD else Outcome.DONE,
        person=person.id if person else None,
        client=row.client_id,
        reason=reason,
    )
