"""What became of a mail that a command has sent: said as it is, never as it was meant."""

from idp.cli.context import Context
from idp.store.messages import outbox

MAIL_WAIT = 5.0
"""Seconds for which a command waits for its mail; after that the worker sends it."""
_AGAIN = "it is tried again where `acrux serve` or `acrux worker` runs"


def trouble(at_hand: Context, mail: str | None) -> str | None:
    """Wait a little for a mail on its way; return why it was not sent, None when it was."""
    if mail is None:
        return None
    at_hand.installation.post.wait(mail, MAIL_WAIT)
    with at_hand.work() as work:
        state, error = outbox.outcome(work, mail)
    if state == "sent":
        return None
    if state == "failed":
        return f"{error or 'it was given up'} (given up)"
    return f"{error or 'the mail server has not answered yet'} ({_AGAIN})"
