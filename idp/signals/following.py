"""From the trail into the streams: each event that means something, once, in its order.

A stream's tokens are committed together with the place in the trail up to which it was read, by one
process at a time (`store.service.streams`): a process that dies has done neither.
"""

import logging
from collections.abc import Callable

from idp import crypto
from idp.audit.streaming.frontier import Frontier
from idp.installation import Installation
from idp.oidc.clients import registry
from idp.oidc.clients.client import Client
from idp.signals import filling, meaning, naming, stopping
from idp.signals.configuration import delivered, receives
from idp.signals.meaning import Signal
from idp.store import db, events
from idp.store.db import Work
from idp.store.events import EventRow, Filter
from idp.store.service import streams as followers
from idp.store.service.streams import Turn
from idp.store.signals import sets, streams, subjects
from idp.store.signals.streams import DISABLED, StreamRow

BATCH = 200
"""Events of one transaction."""
LONGEST_WAIT = 3600
_log = logging.getLogger("acrux.signals")


class _Overtaken(Exception):
    """Another process has the turn by now: what this one wrote is undone."""


class Following:
    """Reads the trail for all streams. Any number of processes may; one at a time has the turn."""

    def __init__(self, installation: Installation) -> None:
        self._this = installation
        self._registry = registry.of(installation)
        self._frontier = Frontier(installation.engine)
        self._holder = crypto.random_token(16)
        self._idle = False

    def carry_out(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Read what is new; return how many tokens wait more than before."""
        engine, added = self._this.engine, 0
        with db.work(engine) as work:
            if not streams.count(work):
                self._rest(work)
                return 0
            self._idle = False
            followers.begin(work, followers.SIGNALS)
        with db.work(engine) as work:
            turn = followers.claim_turn(work, followers.SIGNALS, self._holder, LONGEST_WAIT)
        if turn is None:
            return 0
        try:
            while not stopped():
                count, moved = self._batch(turn)
                added += count
                if moved == turn:
                    break
                turn = moved
        except _Overtaken:
            return added
        with db.work(engine) as work:
            followers.leave_turn(work, followers.SIGNALS, turn)
        return added

    def _rest(self, work: Work) -> None:
        """Hold on to no event of the trail where nobody is told."""
        if not self._idle:
            followers.forget(work, followers.SIGNALS)
            self._idle = True

    def _batch(self, turn: Turn) -> tuple[int, Turn]:
        """Read some events; return how many tokens came of them, and where the reader is then."""
        limit = self._frontier.limit()
        if limit <= turn.position:
            return 0, turn
        with db.work(self._this.engine) as work:
            wanted = Filter(after_id=turn.position, before_id=limit + 1, kinds=meaning.KINDS)
            rows = events.listing(work, wanted, BATCH, oldest_first=True)
            position = rows[-1].id if len(rows) == BATCH else limit
            added = self._told(work, rows) if rows else 0
            moved = Turn(turn.fence, position, position)
            if not followers.move(work, followers.SIGNALS, turn, position, position, len(rows)):
                raise _Overtaken
        return added, moved

    def _told(self, work: Work, rows: list[EventRow]) -> int:
        added = 0
        found = [(row, signal) for row in rows for signal in meaning.of(row)]
        listening = self._listening(work) if found else []
        told = self._settled(work, found, {n for one, _ in listening for n in delivered(one)})
        for stream, client in listening if told else ():
            if client.sector != stream.sector:
                streams.set_sector(work, stream.id, client.sector)
            added += self._into(work, stream, client, told)
        for row in rows:
            if row.kind == "operator:person:deleted" and row.person_id is not None:
                subjects.forget(work, row.person_id)
        return added

    def _listening(self, work: Work) -> list[tuple[StreamRow, Client]]:
        """Return the streams that are told anything at all, with their applications."""
        found = ((one, self._registry.find(work, one.client_id)) for one in streams.everyone(work))
        return [
            (stream, client)
            for stream, client in found
            if client is not None and receives(client) and stream.status != DISABLED
        ]

    def _settled(
        self, work: Work, found: list[tuple[EventRow, Signal]], names: set[str]
    ) -> list[tuple[EventRow, Signal]]:
        """Return what some stream asked for: nothing is looked up for what nobody is told."""
        asked = ((row, signal) for row, signal in found if signal.event in names)
        settled = ((row, filling.settled(work, self._this, row, signal)) for row, signal in asked)
        return [(row, signal) for row, signal in settled if signal is not None]

    def _into(
        self, work: Work, stream: StreamRow, client: Client, told: list[tuple[EventRow, Signal]]
    ) -> int:
        """Let a stream have what is about its people, as long as there is room in it."""
        names, added = delivered(stream), 0
        room = stopping.MOST - sets.waiting(work, stream.id).count
        issuer = self._this.settings.server.issuer
        for row, signal in told:
            # What was before the stream was made, in the same second too, may be told; not earlier.
            if signal.event not in names or row.at < stream.created_at or not row.person_id:
                continue
            sub_id = naming.of(work, issuer, stream, client, row.person_id, signal.sid)
            said = (
                None
                if sub_id is None
                else filling.filled(work, self._this, client, row, signal, sub_id)
            )
            if said is None:
                continue
            if added >= room:
                stopping.overfull(work, stream)
                _log.warning("the signals to %s do not fit any more", stream.client_id)
                return added
            sets.add(work, stream.id, row.person_id, signal.event, said)
            added += 1
        return added
