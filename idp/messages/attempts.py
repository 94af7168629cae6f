"""One attempt to send a message, and what follows when it fails.

Owns the ways to send, who writes what is no finished letter, and the bounds of a call. It opens no
transaction: who leases the message before, and marks it after, is `post`.
"""

import json
import logging
import traceback
from collections import defaultdict
from collections.abc import Callable
from functools import partial

from idp import clock, spans
from idp.crypto import Keyring
from idp.errors import SealError
from idp.messages.carriers import backends
from idp.messages.carriers.transport import DeliveryError, Letter, Transport
from idp.messages.plans import PLANS
from idp.messages.senders import Late, Limit
from idp.messages.writer import Writer
from idp.settings.values import Settings
from idp.store.db import Work
from idp.store.messages import outbox
from idp.store.messages.outbox import OutboxRow

_log = logging.getLogger(__name__)

LONGEST = 25.0
"""Seconds that one attempt may take at the most: it ends before the lease does (`post.LEASE`)."""
Call = Callable[[], str | None]


class Attempts:
    """How this process sends the messages of an installation."""

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self._settings = settings
        self._keyring = keyring
        self.ways: dict[str, tuple[Transport, ...]] = {}
        """The ways of each channel that was used so far."""
        self._writers: dict[str, Writer] = {}
        # Each way has its own: calls that hang in one must not keep the next one from being tried.
        self._limits: defaultdict[tuple[str, int], Limit] = defaultdict(Limit)
        # A little less than the setting: a page that waits that long hears how it ended.
        sms = min(0.9 * settings.sms.twilio_timeout, LONGEST / len(settings.sms.ways))
        self._seconds = {"sms": sms, "voice": sms, "mail": LONGEST}

    def add_writer(self, channel: str, writer: Writer) -> None:
        """Let `writer` write and deliver the messages of `channel`."""
        self._writers[channel] = writer
        self._seconds[channel] = writer.seconds

    def writer(self, channel: str) -> Writer | None:
        """Return who writes the messages of a channel; None where they are finished letters."""
        return self._writers.get(channel)

    def send(self, row: OutboxRow) -> str | None:
        """Send a leased message and return the carrier's reference.

        Raises:
            DeliveryError: it was not sent.
        """
        left = row.expires_at - clock.now()
        if left <= 0:
            raise DeliveryError(True, "expired")
        if PLANS[row.channel].exhausted(row.attempts):
            raise DeliveryError(True, "given up: earlier senders ended without a word")
        try:
            calls = self._calls(row, left)
        except SealError as error:
            raise DeliveryError(True, str(error)) from None
        failed: list[DeliveryError] = []
        for number, call in enumerate(calls):
            try:
                return self._one(row, number, call)
            except DeliveryError as error:
                failed.append(error)
                if error.of_this_letter:
                    break
        raise together(failed)

    def _one(self, row: OutboxRow, number: int, call: Call) -> str | None:
        """Send by one of the ways, within its bounds.

        Raises:
            DeliveryError: it was not sent.
        """
        try:
            with spans.around(f"send {row.channel}", **{"acrux.message": row.kind}):
                limit = self._limits[row.channel, number]
                return limit.call(self._seconds[row.channel], call)
        except DeliveryError:
            raise
        except SealError as error:
            raise DeliveryError(True, str(error)) from None
        except Late as error:
            raise DeliveryError(False, str(error)) from None
        except Exception as error:
            _log.error("sending %s %s broke: %s", row.kind, row.id, trace(error))
            raise DeliveryError(False, type(error).__name__) from None

    def _calls(self, row: OutboxRow, left: int) -> list[Call]:
        """Return what delivers a message, in the order in which it is tried.

        Raises:
            SealError: it does not open.
        """
        writer = self._writers.get(row.channel)
        if writer is not None:
            return [partial(writer.send, row)]
        if row.about is not None:
            raise DeliveryError(False, f"nothing here writes messages of {row.channel}")
        content = json.loads(self._keyring.open(row.sealed, outbox.place(row.id)))
        letter = Letter(row.id, seconds=left, **content)
        return [partial(way.send, letter) for way in self._ways(row.channel)]

    def _ways(self, channel: str) -> tuple[Transport, ...]:
        """Return the ways of a channel, made at its first message (twice at worst)."""
        if channel not in self.ways:
            self.ways[channel] = backends.ways(self._settings, channel)
        return self.ways[channel]


def together(failed: list[DeliveryError]) -> DeliveryError:
    """Return what to say of a letter that went by none of its ways."""
    if len(failed) == 1:
        return failed[0]
    final = any(one.of_this_letter for one in failed) or all(one.final for one in failed)
    return DeliveryError(final, "; then ".join(one.plain for one in failed))


def after(row: OutboxRow, error: DeliveryError) -> tuple[Callable[[Work], bool], str]:
    """Say what becomes of a message that was not sent: how to mark it, and its state then."""
    due_at = None
    if not error.final:
        due_at = PLANS[row.channel].next_at(clock.now(), row.attempts, row.expires_at)
    if due_at is None:
        return partial(outbox.mark_failed, row=row, error=error.plain), "failed"
    return partial(outbox.mark_late, row=row, due_at=due_at, error=error.plain), "late"


def trace(error: Exception) -> str:
    """Tell where an unforeseen exception came from; its own text might name a number or a code."""
    frames = traceback.format_tb(error.__traceback__)
    return f"{type(error).__name__}\n{''.join(frames)}"
