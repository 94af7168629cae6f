"""One attempt to send a message, and what follows when it fails.

Owns the ways to send, who writes what is no finished letter, and the bounds of a call. It opens no
transaction: who leases the message before, and marks it after, is `post`.
"""

import json
import logging
import traceback
from collections.abc import Callable
from functools import partial

from idp import clock, spans
from idp.crypto import Keyring
from idp.errors import SealError
from idp.messages import backends
from idp.messages.plans import PLANS
from idp.messages.senders import Late, Limit
from idp.messages.transport import DeliveryError, Letter, Transport
from idp.messages.writer import Writer
from idp.settings.values import Settings
from idp.store.db import Work
from idp.store.messages import outbox
from idp.store.messages.outbox import OutboxRow

_log = logging.getLogger(__name__)

LONGEST = 25.0
"""Seconds that one attempt may take at the most: it ends before the lease does (`post.LEASE`)."""


class Attempts:
    """How this process sends the messages of an installation."""

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self._settings = settings
        self._keyring = keyring
        self.ways: dict[str, Transport] = {}
        """The way of each channel that was used so far."""
        self._writers: dict[str, Writer] = {}
        self._limits = {channel: Limit() for channel in PLANS}
        # A little less than the setting: a page that waits that long hears how it ended.
        sms = min(0.9 * settings.sms.twilio_timeout, LONGEST)
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
            call = self._call(row, left)
            with spans.around(f"send {row.channel}", **{"acrux.message": row.kind}):
                return self._limits[row.channel].call(self._seconds[row.channel], call)
        except DeliveryError:
            raise
        except SealError as error:
            raise DeliveryError(True, str(error)) from None
        except Late as error:
            raise DeliveryError(False, str(error)) from None
        except Exception as error:
            _log.error("sending %s %s broke: %s", row.kind, row.id, trace(error))
            raise DeliveryError(False, type(error).__name__) from None

    def _call(self, row: OutboxRow, left: int) -> Callable[[], str | None]:
        """Return what delivers a message."""
        writer = self._writers.get(row.channel)
        if writer is not None:
            return partial(writer.send, row)
        if row.about is not None:
            raise DeliveryError(False, f"nothing here writes messages of {row.channel}")
        content = json.loads(self._keyring.open(row.sealed, outbox.place(row.id)))
        letter = Letter(row.id, seconds=left, **content)
        return lambda: self._way(row.channel).send(letter)

    def _way(self, channel: str) -> Transport:
        """Return the way of a channel, made at its first message (twice at worst)."""
        if channel not in self.ways:
            self.ways[channel] = backends.make(self._settings, channel)
        return self.ways[channel]


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
