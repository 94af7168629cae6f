"""The outbox as the rest of Acrux sees it: put a message in, have it sent, learn how it fares.

A message is sealed and stored in the caller's unit of work. Once that is committed, a thread of
this process tries to send it; what it could not send, `acrux worker` tries again. One attempt is:
lease in one transaction, send in none, mark in another. A process that dies in between leaves a
message that may be sent a second time when the lease is over, never one that is lost.

How one attempt is made, and what follows when it fails, is in `attempts`. Until another is made a
message is `late`, and the page hears `failed` at once: its person should choose another way, not
wait.
"""

import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import Empty
from typing import Any

from idp import language
from idp.crypto import Keyring
from idp.messages import attempts, texts
from idp.messages.attempts import Attempts
from idp.messages.carriers import backends
from idp.messages.carriers.transport import DeliveryError
from idp.messages.checking import Checker
from idp.messages.look import Looks
from idp.messages.plans import PLANS
from idp.messages.senders import Senders, Waiting, Word
from idp.messages.writer import Writer
from idp.settings.values import Settings
from idp.store.db import PATIENCE, Work, work
from idp.store.messages import outbox

_log = logging.getLogger(__name__)

LEASE = 30
"""Seconds for which a message is one sender's."""
LOOK = 0.25
"""Seconds between looks at the outbox, for what another process may have sent."""
BATCH = 12
"""How many messages `deliver_due` takes at once: a new text message never waits for many mails."""
Note = Callable[[Work, str, str, str], None]
"""Called with the unit of work, the message's id, its state, and why it failed."""


class Post:
    """The messages of one installation. Every process has its own, on the same outbox."""

    def __init__(self, settings: Settings, keyring: Keyring, engine: Any) -> None:
        self._settings = settings
        self._keyring = keyring
        self._engine = engine
        self.looks = Looks(settings, engine)
        """How the installation looks, and what its messages say."""
        self._attempts = Attempts(settings, keyring)
        self._notes: dict[str, Note] = {}
        # One group of threads a channel: a mail server that hangs must not hold text messages up.
        self._senders = {channel: Senders(self._attempt) for channel in PLANS}
        self._waiting = Waiting()
        self.checker = Checker(settings.sms)
        """Asks the carrier about codes of its own."""

    def add_writer(self, channel: str, writer: Writer) -> None:
        """Let `writer` write and deliver the messages of `channel`."""
        self._attempts.add_writer(channel, writer)

    def watch(self, kinds: str, note: Note) -> None:
        """Have `note` told what became of each message whose kind begins with `kinds`.

        It is called in the transaction that notes that, once: `sent`, or `failed` with the reason.
        """
        self._notes[kinds] = note

    def listen(self, channel: str) -> None:
        """Send at once what arises below this part: the messages of `channel` that hold no text."""
        outbox.listen(self._engine, channel, self._senders[channel].submit)

    @property
    def issuer(self) -> str:
        """Where the links in messages begin: never with what a request names as its host."""
        return self._settings.server.issuer

    def available(self, channel: str) -> bool:
        """Return True if messages of `channel` (`sms`, `voice` or `mail`) can be sent at all."""
        return backends.backend(self._settings, channel) != "off"

    def enqueue(
        self,
        work: Work,
        *,
        channel: str,
        kind: str,
        to: str,
        values: dict[str, object],
        lifetime: int,
        at_once: bool = True,
    ) -> str:
        """Store the message `kind`, filled in with `values`; return its outbox id.

        It is sent to `to` (E.164, or a mail address) soon after `work` is committed, and given up
        after `lifetime` seconds. One of very many is left to the worker (`at_once` is False): a
        command that ends would break off what it is sending. Texts that name how long a code works
        take it from the settings.

        Raises:
            jinja2.TemplateNotFound, jinja2.UndefinedError: no such kind, or a value is missing.
        """
        codes = self._settings.mail if channel == "mail" else self._settings.sms
        known: dict[str, object] = {"minutes": max(1, codes.code_lifetime // 60)}
        if channel == "sms":
            values = {**values, "brand": self._settings.brand.short}
        whole = {**known, **values, **self.looks.support(values)}
        subject, body = texts.render(channel, kind, whole, self.looks.own(kind, whole))
        return self.enqueue_text(
            *(work, channel, kind, to, (subject, body)), lifetime=lifetime, at_once=at_once
        )

    def enqueue_text(
        self,
        work: Work,
        channel: str,
        kind: str,
        to: str,
        text: tuple[str, str],
        *,
        lifetime: int,
        at_once: bool = True,
    ) -> str:
        """Store a message whose subject and body are written already; as `enqueue`."""
        content: dict[str, object] = {"to": to, "subject": text[0], "body": text[1]}
        return self._put(work, channel, kind, content, lifetime, at_once)

    def enqueue_verification(
        self,
        work: Work,
        *,
        channel: str,
        kind: str,
        to: str,
        own: list[str],
        foreign: list[str],
        lifetime: int,
    ) -> str:
        """Store that the carrier is to send `to` a code of its own; return the outbox id.

        `own` and `foreign` are its ids of verifications, see `transport.Letter`. Once it is sent,
        the message's reference is the id to check with (`checker`).
        """
        text: dict[str, object] = {"to": to, "subject": "", "body": ""}
        return self._put(work, channel, kind, {**text, "own": own, "foreign": foreign}, lifetime)

    def leave(
        self, work: Work, *, channel: str, kind: str, content: dict[str, object], lifetime: int
    ) -> str:
        """Store what the writer of `channel` is to deal with; return the outbox id.

        The worker does it at its next look, and no process that answers pages: how busy one is
        must not tell what someone asked of it.
        """
        outbox_id = outbox.new_id()
        sealed = self._keyring.seal(json.dumps(content).encode(), outbox.place(outbox_id))
        outbox.add(work, outbox_id, channel=channel, kind=kind, sealed=sealed, lifetime=lifetime)
        return outbox_id

    def _put(
        self,
        work: Work,
        channel: str,
        kind: str,
        content: dict[str, object],
        lifetime: int,
        at_once: bool = True,
    ) -> str:
        outbox_id = outbox.new_id()
        content |= {"kind": kind, "language": language.spoken()}
        sealed = self._keyring.seal(json.dumps(content).encode(), outbox.place(outbox_id))
        outbox.add(
            work,
            outbox_id,
            channel=channel,
            kind=kind,
            sealed=sealed,
            lifetime=lifetime,
            destination=self._destination(channel, str(content["to"])),
        )
        if at_once:
            work.after_commit(partial(self._senders[channel].submit, outbox_id))
        return outbox_id

    def withdraw(self, work: Work, channel: str, to: str) -> int:
        """Delete what waits to be sent to a mail address (`mail`) or a number (`sms`, calls too).

        Return how many messages those were.
        """
        return outbox.withdraw(work, self._destination(channel, to))

    def _destination(self, channel: str, to: str) -> str:
        return self._keyring.keyed_digest("outbox", "mail" if channel == "mail" else "number", to)

    def wait(self, outbox_id: str, seconds: float) -> str:
        """Return `sent`, `failed` or (nothing known yet) `due`, waiting at most `seconds`.

        This process's own sender is heard at once, another's within `LOOK` seconds. While four
        callers wait already, further ones get the present state. `failed` also stands for `late`:
        the present attempt failed, and another may follow. The unit of work that holds the message
        must be committed before, or there is nothing to wait for.
        """
        until = time.monotonic() + seconds
        with self._waiting.listen(outbox_id) as word:
            state = self._state(outbox_id)
            while state == "due" and word is not None and time.monotonic() < until:
                left = until - time.monotonic()
                state = _hear(word, min(left, LOOK)) or self._state(outbox_id)
        return state

    def deliver(self, outbox_id: str) -> None:
        """Try to send one message now, unless another sender has it or it is done."""
        with work(self._engine) as unit:
            row = outbox.lease(unit, outbox_id, LEASE)
        if row is None:
            return
        reason: str | None = None
        try:
            reference = self._attempts.send(row)
        except DeliveryError as error:
            reason = str(error)
            mark, state = attempts.after(row, error)
            _log.warning("%s %s is %s: %s", row.kind, row.id, state, error.plain)
        else:
            mark, state = partial(outbox.mark_sent, row=row, reference=reference), "sent"
            _log.info("%s %s is sent", row.kind, row.id)
        writer = self._attempts.writer(row.channel)
        with work(self._engine) as unit:
            if mark(unit) and state != "late":
                if writer is not None:
                    writer.note(unit, row, state, reason)
                for kinds, note in self._notes.items():
                    if row.kind.startswith(kinds):
                        note(unit, row.id, state, reason or "")
        self._waiting.tell(row.id, _for_page(state))

    def settle(self, seconds: float) -> bool:
        """Wait until this process sends nothing any more, at most `seconds` for each channel.

        Anyone who closes the engine calls it before: a sender still holds one of its connections.
        """
        states = [senders.settle(seconds) for senders in self._senders.values()]
        return all(states)

    def deliver_due(self) -> int:
        """Try to send what is due, text messages first; return how many were dealt with.

        Call it again at once while it returns more than none.
        """
        with work(self._engine) as unit:
            ids = outbox.due(unit, BATCH)
        if not ids:
            return 0
        with ThreadPoolExecutor(4, "acrux-worker") as pool:
            return sum(pool.map(self._attempt, ids))

    def _attempt(self, outbox_id: str) -> bool:
        """Deliver in a thread of our own, where no one would see an exception.

        False when there was one: the message is as it was, and must not count as dealt with.
        """
        try:
            self.deliver(outbox_id)
        except Exception as error:
            _log.error("message %s could not be handled: %s", outbox_id, attempts.trace(error))
            return False
        return True

    def _state(self, outbox_id: str) -> str:
        with work(self._engine, PATIENCE) as unit:
            return _for_page(outbox.state(unit, outbox_id))


def _hear(word: Word, seconds: float) -> str | None:
    try:
        return word.get(timeout=max(0.0, seconds))
    except Empty:
        return None


def _for_page(state: str | None) -> str:
    """Return what a person should be told: a message that is late or unknown has failed."""
    return state if state in ("due", "sent") else "failed"
