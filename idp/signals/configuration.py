"""What a stream may be: what its application may say of it, and what it is told (SSF 8.1.1)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.egress import Fetcher
from idp.oidc.clients.client import Client
from idp.policy.roles import SIGNALS_MANAGE, SIGNALS_READ
from idp.signals import vocabulary as words
from idp.store.signals.streams import StreamRow

EVENTS_MOST = 100
LONGEST = 255
"""Characters of a description, or of an event's name."""
HEADER_MOST = 1024
VERIFY_EVERY = 5
"""Seconds that pass between two verifications of a stream."""
_OURS = ("iss", "aud", "events_supported", "events_delivered", "min_verification_interval")
"""Members that an update may name, and must name as they are (SSF sections 8.1.1.3, 8.1.1.4)."""


class NotTaken(Exception):
    """A stream cannot be like this: the line says why, without anything of our network."""


@dataclass(frozen=True)
class Wanted:
    """What an application says of its stream; `header` is shown at its address."""

    requested: tuple[str, ...] | None
    description: str | None
    endpoint: str | None
    """Where tokens are pushed; None: it polls."""
    header: str | None = None

    @property
    def data(self) -> str:
        """Return what is stored of it, but for the secret."""
        found = {
            "events_requested": None if self.requested is None else list(self.requested),
            "description": self.description,
            "endpoint_url": self.endpoint,
        }
        return json.dumps({name: one for name, one in found.items() if one is not None})


def recorded(data: str) -> dict[str, Any]:
    """Return what the trail keeps of a stream: what stands behind `?` may be a secret."""
    found: dict[str, Any] = json.loads(data)
    if "endpoint_url" in found:
        found["endpoint_url"] = found["endpoint_url"].partition("?")[0]
    return found


def receives(client: Client) -> bool:
    """Return True if an operator lets an application be told."""
    return SIGNALS_MANAGE in client.api_scopes or SIGNALS_READ in client.api_scopes


def requested(row: StreamRow) -> tuple[str, ...] | None:
    """Return the events that an application asked for; None: it named none."""
    found = json.loads(row.data).get("events_requested")
    return None if found is None else tuple(found)


def delivered(row: StreamRow) -> tuple[str, ...]:
    """Return the events that are told; all that there are where none were named."""
    asked = requested(row)
    return tuple(one for one in words.SUPPORTED if asked is None or one in asked)


def endpoint(row: StreamRow) -> str | None:
    """Return where tokens are pushed."""
    found: str | None = json.loads(row.data).get("endpoint_url")
    return found


def described(issuer: str, row: StreamRow) -> dict[str, Any]:
    """Return a stream as its application reads it (section 8.1.1), without what is secret."""
    data = json.loads(row.data)
    pushed = {"method": words.PUSH, "endpoint_url": data.get("endpoint_url")}
    polled = {"method": words.POLL, "endpoint_url": f"{issuer}/ssf/poll/{row.id}"}
    found = {
        "stream_id": row.id,
        "iss": issuer,
        "aud": row.client_id,
        "events_supported": list(words.SUPPORTED),
        "events_requested": data.get("events_requested"),
        "events_delivered": list(delivered(row)),
        "delivery": pushed if row.pushed else polled,
        "min_verification_interval": VERIFY_EVERY,
        "description": data.get("description"),
    }
    return {name: one for name, one in found.items() if one is not None}


def state(row: StreamRow) -> dict[str, Any]:
    """Return the status of a stream (section 8.1.2)."""
    said = {"stream_id": row.id, "status": row.status}
    return said | ({"reason": row.reason} if row.reason else {})


def wanted(fetcher: Fetcher, sent: Mapping[str, Any]) -> Wanted:
    """Return what a whole configuration says; without a delivery, it polls.

    Raises:
        NotTaken: it cannot be.
    """
    target, header = _delivery(fetcher, sent.get("delivery"))
    return Wanted(_events(sent), _description(sent), target, header)


def changed(
    fetcher: Fetcher, issuer: str, row: StreamRow, sent: Mapping[str, Any], header: str | None
) -> Wanted:
    """Return what a stream is after an update of the members that were sent (section 8.1.1.3).

    A delivery is replaced as a whole: no secret goes to another address than it was given for.

    Raises:
        NotTaken: it cannot be.
    """
    check_ours(issuer, row, sent)
    data = json.loads(row.data)
    target, shown = data.get("endpoint_url"), header
    if "delivery" in sent:
        target, shown = _delivery(fetcher, sent["delivery"])
    asked = _events(sent) if "events_requested" in sent else requested(row)
    text = _description(sent) if "description" in sent else data.get("description")
    return Wanted(asked, text, target, shown)


def check_ours(issuer: str, row: StreamRow, sent: Mapping[str, Any]) -> None:
    """Look whether what is ours was sent as it is.

    Raises:
        NotTaken: it was not.
    """
    is_so = described(issuer, row)
    for name in _OURS:
        if name in sent and not _alike(sent[name], is_so[name]):
            raise NotTaken(f"{name} is another")


def _alike(left: Any, right: Any) -> bool:
    if isinstance(right, str):
        return bool(left in (right, [right]))
    if isinstance(right, list) and isinstance(left, list):
        return all(isinstance(one, str) for one in left) and sorted(left) == sorted(right)
    return type(left) is type(right) and left == right


def _events(sent: Mapping[str, Any]) -> tuple[str, ...] | None:
    found = sent.get("events_requested")
    if found is None:
        return None
    if not isinstance(found, list) or len(found) > EVENTS_MOST:
        raise NotTaken("events_requested must be a list of events")
    if not all(isinstance(one, str) and 0 < len(one) <= LONGEST and _plain(one) for one in found):
        raise NotTaken("events_requested must be a list of events")
    return tuple(dict.fromkeys(found))


def _description(sent: Mapping[str, Any]) -> str | None:
    found = sent.get("description")
    if found is None:
        return None
    if not isinstance(found, str) or "\0" in found:
        raise NotTaken("description must be a text")
    return found[:LONGEST]


def _delivery(fetcher: Fetcher, found: Any) -> tuple[str | None, str | None]:
    """Return where tokens are pushed, and what is shown there; none where they are polled."""
    if found is None:
        return None, None
    if not isinstance(found, dict):
        raise NotTaken("delivery must be an object")
    method, target = found.get("method", words.POLL), found.get("endpoint_url")
    if method == words.POLL:
        return None, None
    if method != words.PUSH:
        raise NotTaken("delivery.method is not one of delivery_methods_supported")
    if not isinstance(target, str) or fetcher.problem(target) is not None:
        raise NotTaken("delivery.endpoint_url must be an https address that can be reached")
    header = found.get("authorization_header")
    if header is None:
        return target, None
    if not isinstance(header, str) or not 0 < len(header) <= HEADER_MOST or not _plain(header):
        raise NotTaken("delivery.authorization_header must be a header")
    return target, header


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
