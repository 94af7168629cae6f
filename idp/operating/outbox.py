"""Messages that wait to be sent, or could not be: listed, and tried again at once."""

from dataclasses import dataclass
from typing import Any

from idp import audit, clock
from idp.audit import Event
from idp.installation import Installation
from idp.operating.actor import Actor, acts
from idp.operating.refusals import Conflict, NotFound
from idp.policy.roles import Action
from idp.store.db import Work
from idp.store.messages import unsent
from idp.store.messages.unsent import UnsentRow

PAGE = 100


@dataclass(frozen=True)
class Unsent:
    """A message that was not sent: why, and when it is tried next."""

    row: UnsentRow

    def described(self) -> dict[str, Any]:
        """Return what is told of it, as JSON has it: never its text, nor to whom."""
        row = self.row
        return {
            "id": row.id,
            "channel": row.channel,
            "kind": row.kind,
            "state": row.state,
            "attempts": row.attempts,
            "error": row.error,
            "created_at": clock.iso(row.created_at),
            "due_at": clock.iso(row.due_at) if row.state != "failed" else None,
            "expires_at": clock.iso(row.expires_at),
        }


class Outbox:
    """The messages of one installation, as an operator looks at them."""

    def __init__(self, installation: Installation) -> None:
        self._post = installation.post

    @acts(Action.MESSAGES_READ)
    def page(self, work: Work, _actor: Actor, after: str = "", limit: int = PAGE) -> list[Unsent]:
        """Return messages that wait or failed, by id, from the one after `after` on."""
        return [Unsent(row) for row in unsent.after(work, after, limit)]

    @acts(Action.MESSAGES_RETRY)
    def try_again(self, work: Work, _actor: Actor, message_id: str) -> Unsent:
        """Let a message that waits for its next attempt have it now.

        A message that failed has no text any more: whoever it was for asks for another.

        Raises:
            NotFound: there is none.
            Conflict: it was sent, given up, or is too old.
        """
        row = unsent.one(work, message_id)
        if row is None:
            raise NotFound(f"there is no message {message_id!r} that was not sent")
        if not unsent.hasten(work, message_id):
            raise Conflict(f"the message {message_id} cannot be sent again: it is {row.state}")
        audit.record(
            work,
            Event.MESSAGE_RETRIED,
            reason=f"{row.channel} {row.kind}",
            message=message_id,
            before=row.due_at,
            after=clock.now(),
        )
        now = unsent.one(work, message_id)
        assert now is not None
        return Unsent(now)
