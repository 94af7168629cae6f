"""A webhook: batches of lines by POST, signed as Standard Webhooks 1.0.0 has it (HMAC-SHA-256).

A batch has arrived when the answer is 2xx. No redirect is followed: the address is the operator's,
and a signed batch goes nowhere else.
"""

import base64
import hmac
import ssl
from collections.abc import Sequence
from http.client import HTTPException, HTTPResponse, HTTPSConnection

from idp import clock
from idp.audit.export import MEDIA_TYPES
from idp.audit.streaming.receivers import Receiver, UnsentError
from idp.settings.values import Stream
from idp.store.events import EventRow

SECONDS = 20.0
"""For each step of a call."""
PREFIX = "whsec_"
LONGEST_WAIT = 3600
"""Seconds for which a receiver may ask to be left alone."""
_READ = 1000


def deliver(
    receiver: Receiver, rows: Sequence[EventRow], context: ssl.SSLContext, stream: Stream
) -> None:
    """Post events and wait for the answer.

    Raises:
        UnsentError: it is not 2xx, or there is none.
    """
    body = "".join(f"{receiver.write(row)}\n" for row in rows).encode()
    headers = signed(body, f"acrux-{rows[0].id}-{rows[-1].id}-{len(rows)}", clock.now(), stream)
    headers["Content-Type"] = MEDIA_TYPES[receiver.form]
    if stream.authorization:
        headers["Authorization"] = stream.authorization
    connection = HTTPSConnection(receiver.host, receiver.port, timeout=SECONDS, context=context)
    try:
        connection.request("POST", receiver.path, body, headers)
        answer = connection.getresponse()
        answer.read(_READ)
    except TimeoutError:
        raise UnsentError("it did not answer in time", too_large=True) from None
    except (OSError, HTTPException, ValueError) as error:
        raise UnsentError(f"{receiver.host}:{receiver.port}: {error}") from None
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise UnsentError(
            f"it answered {answer.status}", wait=_wait(answer), too_large=answer.status == 413
        )


def signed(body: bytes, name: str, at: int, stream: Stream) -> dict[str, str]:
    """Return the headers that sign a body: `name` is the batch, `at` the moment in seconds."""
    key = base64.b64decode(stream.secret.removeprefix(PREFIX))
    mac = hmac.digest(key, f"{name}.{at}.".encode() + body, "sha256")
    return {
        "webhook-id": name,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def _wait(answer: HTTPResponse) -> int:
    said = str(answer.headers.get("Retry-After") or "").strip()
    return min(int(said), LONGEST_WAIT) if said.isascii() and said.isdigit() else 0
