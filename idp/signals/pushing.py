"""Tokens are pushed to applications (RFC 8935): one stream's in their order, each at least once.

A token is deleted after it was taken; a process that dies before sends it again. One process at a
time pushes a stream, without a transaction or connection of the database held meanwhile.
"""

import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from idp import audit, clock, crypto
from idp.audit import Event, Outcome
from idp.egress import EgressError, Fetcher
from idp.errors import SealError
from idp.installation import Installation
from idp.oidc.clients import registry
from idp.oidc.tokens.signers import NoKey
from idp.signals import configuration, stopping
from idp.signals.tokens import Writer
from idp.store import db
from idp.store.signals import sets, streams
from idp.store.signals.sets import SetRow
from idp.store.signals.streams import StreamRow

MEDIA_TYPE = "application/secevent+jwt"
AT_ONCE = 16
"""Streams that are pushed at the same time by a process: a few slow ones keep no other waiting."""
BATCH = 20
"""Tokens that are signed for one look at the database."""
SECONDS = 10.0
"""For one token."""
TURN = 10.0
"""Seconds after which the other streams have their turn: what is left is pushed at the next look.
"""
LONGEST_WAIT = 900
_TAKEN = (200, 202, 204)
_OF_THE_TOKEN = ("invalid_request", "invalid_state")
"""Errors (RFC 8935 section 2.4, SSF 8.1.4.1) that another try of the same token would meet again;
the others are about keys, names and rights, which somebody mends."""
_log = logging.getLogger("acrux.signals")


class _NotTaken(Exception):
    """A token was not taken: one line for operators. `for_good`: it never will be."""

    def __init__(self, said: str, *, for_good: bool = False) -> None:
        super().__init__(said)
        self.for_good = for_good


class Pushing:
    """Pushes what waits. Any number of processes may."""

    def __init__(self, installation: Installation) -> None:
        self._this = installation
        self._engine = installation.engine
        self._registry = registry.of(installation)
        self._writer = Writer(installation)
        self._fetcher = Fetcher(installation.settings.egress)
        self._holder = crypto.random_token(16)
        self._pool: ThreadPoolExecutor | None = None
        self._under_way: dict[str, Future[int]] = {}
        """By the stream's id; each is there once."""

    def carry_out(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Push what is due, streams beside each other; return how many tokens were taken."""
        self._begin(stopped)
        begun = list(self._under_way.values())
        wait(begun)
        self.end()
        return sum(one.result() for one in begun)

    def look(self, stopped: Callable[[], bool]) -> None:
        """Begin to push what is due, and wait for none of it.

        Raises:
            Exception: what a stream met that was begun before; the others are not held up by it.
        """
        over = [key for key, one in self._under_way.items() if one.done()]
        ended = [self._under_way.pop(key) for key in over]
        self._begin(stopped)
        for one in ended:
            one.result()

    def end(self) -> None:
        """Wait for what is being pushed; what has not begun is left to the next."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._pool, self._under_way = None, {}

    def _begin(self, stopped: Callable[[], bool]) -> None:
        with db.work(self._engine) as work:
            due = streams.due(work, LONGEST_WAIT) if streams.count(work) else []
        for one in due:
            if one not in self._under_way:
                self._pool = self._pool or ThreadPoolExecutor(AT_ONCE, "acrux-push")
                self._under_way[one] = self._pool.submit(self._push, one, stopped)

    def _push(self, stream_id: str, stopped: Callable[[], bool]) -> int:
        with db.work(self._engine) as work:
            row = streams.claim_turn(work, stream_id, self._holder, LONGEST_WAIT)
        if row is None:
            return 0
        taken, until = 0, time.monotonic() + TURN
        while not stopped() and time.monotonic() < until:
            written = self._written(row)
            if not written:
                break
            for one, token in written:
                over = stopped() or time.monotonic() >= until
                if over or not self._one(row, one, token):
                    self._leave(row)
                    return taken
                taken += 1
        self._leave(row)
        return taken

    def _leave(self, row: StreamRow) -> None:
        with db.work(self._engine) as work:
            streams.leave_turn(work, row)

    def _written(self, row: StreamRow) -> list[tuple[SetRow, str]]:
        """Return what is next, signed; nothing, where the application gets nothing any more."""
        with db.work(self._engine) as work:
            client = self._registry.find(work, row.client_id)
            if client is None or not configuration.receives(client):
                return []
            waiting = sets.waiting_next(work, row.id, BATCH)
            try:
                return [(one, self._writer.written(work, client, one)) for one in waiting]
            except NoKey as error:
                self._failed(work, row, str(error))
                return []

    def _one(self, row: StreamRow, one: SetRow, token: str) -> bool:
        """Push a token; False when no other is to be tried now."""
        try:
            self._post(row, token)
        except _NotTaken as error:
            with db.work(self._engine) as work:
                if not error.for_good:
                    self._failed(work, row, str(error))
                    return False
                note_refusal(work, row, one, str(error))
                return self._go_on(work, row, one)
        with db.work(self._engine) as work:
            return self._go_on(work, row, one)

    def _go_on(self, work: db.Work, row: StreamRow, one: SetRow) -> bool:
        if not streams.go_on(work, row, 1):
            return False
        sets.take(work, row.id, [one.jti])
        return True

    def _failed(self, work: db.Work, row: StreamRow, why: str) -> None:
        _log.warning("signals for %s wait: %s", row.client_id, why)
        now = streams.of(work, row.client_id)
        if now is None:
            return
        wait = min(1 << min(now.failures, 16), LONGEST_WAIT)
        if not streams.fail(work, row, why, wait):
            return
        since = now.failing_since
        if since is not None and clock.now() - since > stopping.GIVEN_UP:
            stopping.away(work, now)

    def _post(self, row: StreamRow, token: str) -> None:
        """Post one token (RFC 8935 section 2.1).

        Raises:
            _NotTaken: it was not taken.
        """
        headers = {"Accept": "application/json"}
        if row.sealed is not None:
            try:
                shown = self._this.keyring.open(row.sealed, streams.place(row.id))
            except SealError:
                raise _NotTaken("its header cannot be opened") from None
            headers["Authorization"] = shown.decode()
        try:
            answer = self._fetcher.post(
                configuration.endpoint(row) or "",
                token.encode(),
                MEDIA_TYPE,
                headers,
                seconds=SECONDS,
                anywhere=False,
            )
        except EgressError as error:
            raise _NotTaken(error.reason) from None
        if answer.status in _TAKEN:
            return
        said = _error(answer.body) if answer.status == 400 else ""
        words = f"the answer was {answer.status}" + (f" ({said})" if said else "")
        raise _NotTaken(words, for_good=said in _OF_THE_TOKEN)


def note_refusal(work: db.Work, row: StreamRow, one: SetRow, why: str) -> None:
    """Record that an application does not take a token: it is not sent again."""
    audit.record(
        work,
        Event.SIGNAL_REFUSED,
        Outcome.REFUSED,
        person=one.person_id,
        client=row.client_id,
        reason=why[:200],
        signal=one.event,
        stream=row.id,
    )


def _error(body: bytes) -> str:
    """Return the error of an answer (RFC 8935 section 2.3): a word, or nothing."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    said = str(found.get("err", "")) if isinstance(found, dict) else ""
    return said[:40] if said.isascii() and said.isprintable() else ""
