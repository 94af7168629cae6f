"""What writes the messages that hold no text: one for each channel of that kind, see `Post`."""

from typing import Protocol

from idp.store.db import Work
from idp.store.outbox import OutboxRow


class Writer(Protocol):
    """A channel whose messages are written when they are delivered: all they hold is `about`."""

    @property
    def seconds(self) -> float:
        """Return what one attempt may take."""
        ...

    def send(self, row: OutboxRow) -> None:
        """Write and deliver the message, in no transaction.

        Raises:
            DeliveryError: it was not delivered.
        """
        ...

    def note(self, work: Work, row: OutboxRow, state: str, reason: str | None) -> None:
        """Record, in the transaction that marks it so, that a message is `sent` or `failed`."""
        ...
