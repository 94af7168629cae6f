"""Streams of signals to applications: made, changed, stopped, verified; whom each is about.

An application looks after its own by SSF's addresses, an operator after any by command.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp import crypto
from idp.audit import Event
from idp.egress import Fetcher
from idp.errors import CommandError, SealError
from idp.installation import Installation
from idp.operating.actor import Actor, acts
from idp.operating.applications.stream_rows import (
    overtaken,
    own,
    receiver,
    record,
    record_subject,
)
from idp.operating.refusals import Conflict, NotFound
from idp.policy.roles import Action
from idp.signals import configuration, naming, stopping
from idp.signals import vocabulary as words
from idp.signals.configuration import NotTaken, Wanted
from idp.store import people
from idp.store.db import Work
from idp.store.service import streams as followers
from idp.store.signals import sets, streams, subjects
from idp.store.signals.streams import StreamRow

STATUSES = ("enabled", "paused", "disabled")
REASON_MOST = 200
STATE_MOST = 1024
"""Characters of a reason, and of what a verification says back."""


class TooSoon(CommandError):
    """A stream was verified a moment ago."""


@dataclass(frozen=True)
class Stream:
    """A stream as operators see it."""

    row: StreamRow
    waiting: sets.Waiting


class Streams:
    """The streams of one installation."""

    def __init__(self, installation: Installation) -> None:
        self._keyring = installation.keyring
        self._fetcher = Fetcher(installation.settings.egress)
        self.issuer = installation.settings.server.issuer

    # -- looking

    @acts(Action.CLIENTS_READ)
    def everyone(self, work: Work, _actor: Actor) -> list[Stream]:
        """Return all streams, by application."""
        return [Stream(row, sets.waiting(work, row.id)) for row in streams.everyone(work)]

    @acts(Action.CLIENTS_READ)
    def of(self, work: Work, _actor: Actor, client_id: str) -> StreamRow | None:
        """Return the stream of an application, if it has one."""
        return streams.of(work, client_id)

    @acts(Action.CLIENTS_READ)
    def one(self, work: Work, _actor: Actor, client_id: str, stream_id: str | None) -> StreamRow:
        """Return the stream of an application.

        Raises:
            NotFound: it has none, or not of this id.
        """
        return own(work, client_id, stream_id)

    # -- changing

    @acts(Action.CLIENTS_CHANGE)
    def add(self, work: Work, _actor: Actor, client_id: str, sent: Mapping[str, Any]) -> StreamRow:
        """Make the stream of an application, from this moment on.

        Raises:
            NotTaken: it cannot be like this.
            Conflict: there is one.
            NotFound, CommandError: there is no such application, or it may have none.
        """
        client = receiver(work, client_id)
        wanted = configuration.wanted(self._fetcher, sent)
        stream_id = crypto.random_name(22)
        added = streams.add(
            work,
            id=stream_id,
            client_id=client_id,
            sector=client.sector,
            data=wanted.data,
            sealed=self._sealed(stream_id, wanted),
            pushed=wanted.endpoint is not None,
        )
        if not added:
            raise Conflict(f"{client_id} has a stream already")
        followers.begin(work, followers.SIGNALS)
        record(
            work,
            Event.SIGNALS_ADDED,
            client_id,
            stream_id,
            said=configuration.recorded(wanted.data),
        )
        return own(work, client_id)

    @acts(Action.CLIENTS_CHANGE)
    def update(
        self, work: Work, _actor: Actor, client_id: str, sent: Mapping[str, Any], stream_id: str
    ) -> StreamRow:
        """Change the members that were sent.

        Raises:
            NotTaken, NotFound, Changed: as it says.
        """
        row = own(work, client_id, stream_id)
        shown = None if "delivery" in sent else self._shown(row)
        wanted = configuration.changed(self._fetcher, self.issuer, row, sent, shown)
        return self._stored(work, row, wanted)

    @acts(Action.CLIENTS_CHANGE)
    def replace(
        self, work: Work, _actor: Actor, client_id: str, sent: Mapping[str, Any], stream_id: str
    ) -> StreamRow:
        """Let a stream be what was sent, and nothing of what it was.

        Raises:
            NotTaken, NotFound, Changed: as it says.
        """
        row = own(work, client_id, stream_id)
        configuration.check_ours(self.issuer, row, sent)
        return self._stored(work, row, configuration.wanted(self._fetcher, sent))

    @acts(Action.CLIENTS_CHANGE)
    def delete(self, work: Work, _actor: Actor, client_id: str, stream_id: str | None) -> StreamRow:
        """Delete a stream, with all that waits in it.

        Raises:
            NotFound: there is none.
        """
        row = own(work, client_id, stream_id)
        if not streams.delete(work, row.id):
            raise NotFound("there is no such stream")
        record(work, Event.SIGNALS_DELETED, client_id, row.id)
        return row

    @acts(Action.CLIENTS_CHANGE)
    def set_status(
        self,
        work: Work,
        actor: Actor,
        client_id: str,
        stream_id: str | None,
        status: str,
        reason: str | None = None,
    ) -> StreamRow:
        """Enable, pause or disable a stream. Where an operator does, its application is told.

        Raises:
            NotTaken, NotFound, Changed: as it says.
        """
        row = own(work, client_id, stream_id)
        if status not in STATUSES:
            raise NotTaken(f"status must be one of {', '.join(STATUSES)}")
        if reason is not None and (len(reason) > REASON_MOST or not reason.isprintable()):
            raise NotTaken(f"reason must be a text of {REASON_MOST} characters at most")
        if not streams.set_status(work, row, status, reason):
            raise overtaken(client_id)
        if not actor.alone and status != row.status:
            stopping.tell(work, row, status, reason)
        record(work, Event.SIGNALS_CHANGED, client_id, row.id, status=status, why=reason)
        return own(work, client_id)

    # -- whom it is about

    @acts(Action.CLIENTS_CHANGE)
    def add_subject(
        self, work: Work, _actor: Actor, client_id: str, stream_id: str | None, sent: Any
    ) -> None:
        """Let a stream be about a person whom its application names; nothing, where it knows none.

        Raises:
            NoSubject, NotFound: as it says.
        """
        row, subject, person = self._meant(work, client_id, stream_id, sent)
        if person is not None:
            kind = subject["format"] if subject["format"] != "iss_sub" else None
            subjects.say(work, row.id, person, subjects.ADDED, kind)
            record_subject(work, row, person, subjects.ADDED)

    @acts(Action.CLIENTS_CHANGE)
    def remove_subject(
        self, work: Work, _actor: Actor, client_id: str, stream_id: str | None, sent: Any
    ) -> None:
        """Let a stream be about a person no more.

        Raises:
            NoSubject, NotFound: as it says.
        """
        row, _, person = self._meant(work, client_id, stream_id, sent)
        if person is not None:
            subjects.say(work, row.id, person, subjects.REMOVED)
            record_subject(work, row, person, subjects.REMOVED)

    @acts(Action.CLIENTS_CHANGE)
    def include(self, work: Work, _actor: Actor, client_id: str, name: str) -> None:
        """Let a stream be about somebody who never signed in to its application.

        Raises:
            NotFound: there is no such stream, or nobody.
        """
        row = own(work, client_id)
        person = people.by_name(work, name.strip().lower())
        if person is None:
            raise NotFound(f"there is nobody called {name!r}")
        client = receiver(work, client_id)
        subject = naming.as_known(work, self.issuer, client, person.id)
        subjects.say(work, row.id, person.id, subjects.ADDED, subject["format"])
        record_subject(work, row, person.id, subjects.ADDED)

    # -- verifying

    @acts(Action.CLIENTS_CHANGE)
    def verify(
        self,
        work: Work,
        _actor: Actor,
        client_id: str,
        stream_id: str | None,
        state: str | None = None,
    ) -> None:
        """Let a stream say that it works (SSF 1.0 section 8.1.4).

        Raises:
            NotTaken, NotFound: as it says.
            TooSoon: the last time was a moment ago.
        """
        row = own(work, client_id, stream_id)
        if state is not None and (len(state) > STATE_MOST or "\0" in state):
            raise NotTaken(f"state must be a text of {STATE_MOST} characters at most")
        if not streams.claim_verification(work, row.id, configuration.VERIFY_EVERY):
            raise TooSoon(
                f"a stream is verified every {configuration.VERIFY_EVERY} seconds at most"
            )
        body = {} if state is None else {"state": state}
        said = {"sub_id": {"format": "opaque", "id": row.id}, "events": {words.VERIFICATION: body}}
        sets.replace(work, row.id, words.VERIFICATION, said)

    # -- parts

    def _stored(self, work: Work, row: StreamRow, wanted: Wanted) -> StreamRow:
        sealed, pushed = self._sealed(row.id, wanted), wanted.endpoint is not None
        if not streams.change(work, row, wanted.data, sealed, pushed):
            raise overtaken(row.client_id)
        record(
            work,
            Event.SIGNALS_CHANGED,
            row.client_id,
            row.id,
            before=configuration.recorded(row.data),
            after=configuration.recorded(wanted.data),
        )
        return own(work, row.client_id)

    def _shown(self, row: StreamRow) -> str | None:
        """Return what is shown at a stream's address.

        Raises:
            NotTaken: it does not open any more.
        """
        if row.sealed is None:
            return None
        try:
            return self._keyring.open(row.sealed, streams.place(row.id)).decode()
        except SealError:
            raise NotTaken("delivery.authorization_header is lost: send delivery again") from None

    def _sealed(self, stream_id: str, wanted: Wanted) -> bytes | None:
        if wanted.header is None:
            return None
        return self._keyring.seal(wanted.header.encode(), streams.place(stream_id))

    def _meant(
        self, work: Work, client_id: str, stream_id: str | None, sent: Any
    ) -> tuple[StreamRow, dict[str, Any], str | None]:
        row = own(work, client_id, stream_id)
        subject = naming.checked(sent)
        client = receiver(work, client_id)
        return row, subject, naming.whom(work, self.issuer, client, subject)
