"""A webhook: batches of lines by POST, signed (`idp.webhooks`).

A batch has arrived when the answer is 2xx.
"""

import ssl
from collections.abc import Sequence

from idp import clock, webhooks
from idp.audit.export import MEDIA_TYPES
from idp.audit.streaming.receivers import Receiver, UnsentError
from idp.settings.values import Stream
from idp.store.events import EventRow

SECONDS = 20.0
"""For each step of a call."""
LONGEST_WAIT = 3600
"""Seconds for which a receiver may ask to be left alone."""


def deliver(
    receiver: Receiver, rows: Sequence[EventRow], context: ssl.SSLContext, stream: Stream
) -> None:
    """Post events and wait for the answer.

    Raises:
        UnsentError: it is not 2xx, or there is none.
    """
    body = "".join(f"{receiver.write(row)}\n" for row in rows).encode()
    name = f"acrux-{rows[0].id}-{rows[-1].id}-{len(rows)}"
    headers = webhooks.signed(stream.secret, name, clock.now(), body)
    headers["Content-Type"] = MEDIA_TYPES[receiver.form]
    if stream.authorization:
        headers["Authorization"] = stream.authorization
    place = webhooks.Place(receiver.host, receiver.port, receiver.path)
    try:
        answer = webhooks.post(place, body, headers, context, SECONDS)
    except webhooks.UnansweredError as error:
        raise UnsentError(str(error), too_large=error.late) from None
    if not answer.accepted:
        raise UnsentError(
            f"it answered {answer.status}", wait=_wait(answer), too_large=answer.status == 413
        )


def _wait(answer: webhooks.Answer) -> int:
    said = answer.headers.get("retry-after", "").strip()
    return min(int(said), LONGEST_WAIT) if said.isascii() and said.isdigit() else 0
