"""Sending: events go to one receiver in the order of their numbers, at least once; none is lost.

The cursor moves after the receiver has them; a process that dies before sends them again. On
PostgreSQL transactions end in another order than their events are numbered in, so nothing is sent
beyond the number up to which all that was begun is over.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from idp import crypto
from idp.audit.streaming import receivers, syslog, webhook
from idp.audit.streaming.frontier import Frontier
from idp.audit.streaming.receivers import Receiver, UnsentError
from idp.settings.values import Settings
from idp.store import db, events
from idp.store.db.connections import Engine
from idp.store.events import EventRow, Filter
from idp.store.service import streams
from idp.store.service.streams import Turn

BATCH = 500
"""Events that are sent at once; fewer after a receiver took too long for so many."""
LONGEST_WAIT = webhook.LONGEST_WAIT
_FIRST_WAIT, _LONGEST_BACK_OFF = 1, 300
_log = logging.getLogger("acrux.stream")


@dataclass(frozen=True)
class Report:
    """What one call did: how many events arrived, and why no more did, if that was not all."""

    sent: int
    error: str | None = None


class Sender:
    """Sends to one receiver. Any number of processes may have one; one at a time has the turn."""

    def __init__(self, settings: Settings, engine: Engine, receiver: Receiver) -> None:
        self._stream, self._engine = settings.stream, engine
        self._host = urlsplit(settings.server.issuer).hostname or "acrux"
        self.receiver = receiver
        self._id = crypto.random_token(16)
        self._frontier = Frontier(engine)
        self._most = BATCH
        self._failures = 0

    def send(self, stopped: Callable[[], bool] = lambda: False) -> Report:
        """Send what waits, until all has arrived, something is wrong, or `stopped` says so."""
        name, sent = self.receiver.name, 0
        with db.work(self._engine) as work:
            streams.begin(work, name)
        with db.work(self._engine) as work:
            turn = streams.claim_turn(work, name, self._id, LONGEST_WAIT)
        if turn is None:
            return Report(0)
        while not stopped():
            rows, moved = self._next(turn)
            if moved == turn:
                break
            try:
                self._deliver(rows)
            except UnsentError as error:
                self._failed(turn, error)
                return Report(sent, str(error))
            if not self._moved(turn, moved, len(rows)):
                return Report(sent)
            turn, sent = moved, sent + len(rows)
        with db.work(self._engine) as work:
            streams.leave_turn(work, name, turn)
        return Report(sent)

    def _next(self, turn: Turn) -> tuple[list[EventRow], Turn]:
        """Return what is sent next, and where the cursor is then."""
        limit = self._frontier.limit()
        with db.work(self._engine) as work:
            page = Filter(after_id=turn.position, before_id=limit + 1)
            rows = events.listing(work, page, self._most, oldest_first=True)
            if rows:
                return rows, Turn(turn.fence, rows[-1].id, turn.recounted)
            return self._recounted(work, turn)

    def _recounted(self, work: db.Work, turn: Turn) -> tuple[list[EventRow], Turn]:
        """Return events once more of which there were several alike, now that all are counted."""
        until = streams.counted_until(work, turn)
        numbers = streams.counted(work, turn.recounted, until)[: self._most]
        if len(numbers) == self._most:
            until = numbers[-1]
        rows = [row for number in numbers for row in _one(work, number)]
        return rows, Turn(turn.fence, turn.position, until)

    def _deliver(self, rows: list[EventRow]) -> None:
        if not rows:
            return
        try:
            context = receivers.tls(self._stream)
        except (OSError, ValueError) as error:
            raise UnsentError(f"stream.ca_bundle or stream.certificate: {error}") from None
        if self.receiver.scheme == "https":
            webhook.deliver(self.receiver, rows, context, self._stream)
        else:
            syslog.deliver(self.receiver, rows, context, self._host)

    def _moved(self, turn: Turn, moved: Turn, count: int) -> bool:
        """Move the cursor; False when the turn is another's by now."""
        with db.work(self._engine) as work:
            done = streams.move(
                work, self.receiver.name, turn, moved.position, moved.recounted, count
            )
        self._most = min(self._most * 2, BATCH)
        self._failures = 0
        return done

    def _failed(self, turn: Turn, error: UnsentError) -> None:
        if error.too_large:
            self._most = max(1, self._most // 2)
        wait = min(_FIRST_WAIT << min(self._failures, 16), _LONGEST_BACK_OFF)
        self._failures += 1
        with db.work(self._engine) as work:
            streams.fail(work, self.receiver.name, turn, str(error), max(wait, error.wait))
        _log.warning("events for %s wait: %s", self.receiver.name, error)


def _one(work: db.Work, number: int) -> list[EventRow]:
    return events.listing(work, Filter(after_id=number - 1, before_id=number + 1), 1)


def senders(settings: Settings, engine: Engine) -> list[Sender]:
    """Return a sender for each receiver that the settings name."""
    return [Sender(settings, engine, one) for one in receivers.all_of(settings.stream)]
