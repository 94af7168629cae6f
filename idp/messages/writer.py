"""What deals with the messages that are no finished letters: one for each such channel."""

from typing import Protocol

from idp.store.db import Work
from idp.store.messages.outbox import OutboxRow


class Writer(Protocol):
    """A channel whose messages are written, or acted on, when they are delivered."""

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
