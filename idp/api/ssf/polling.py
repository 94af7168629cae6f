"""Polling (RFC 8936): what was taken is acknowledged, and what waits is given, in its order.

A token is given until it is acknowledged. Nobody is kept waiting: an answer with none comes at once
(section 2.2 leaves to the transmitter for how long it holds a request).
"""

import json
from typing import Any

from idp.api.ssf.reading import bad
from idp.installation import Installation
from idp.oidc.clients.client import Client
from idp.signals.pushing import note_refusal
from idp.signals.tokens import Writer
from idp.store.db import Work
from idp.store.signals import sets, streams
from idp.store.signals.streams import ENABLED, StreamRow

MOST = 100
"""Tokens of one answer, and as many are asked for where it is not said."""
ACKNOWLEDGED = 1000
_LONGEST = 43


class Polling:
    """Answers the polls of an installation. Threads share one."""

    def __init__(self, installation: Installation) -> None:
        self._writer = Writer(installation)

    def answer(
        self, work: Work, client: Client, row: StreamRow, sent: dict[str, Any]
    ) -> dict[str, Any]:
        """Take what is acknowledged, and return what waits (section 2.3).

        Of a stream that is stopped only what is about itself.

        Raises:
            Problem: the request cannot be read.
            NoKey: there is none to sign by.
        """
        most = _most(sent)
        done = _jtis(sent.get("ack", []), "ack")
        refused = _errors(sent.get("setErrs", {}))
        if refused:
            known = {one.jti: one for one in sets.known(work, row.id, list(refused))}
            for jti, one in known.items():
                note_refusal(work, row, one, refused[jti])
        count = sets.take(work, row.id, [*done, *refused])
        if count:
            streams.taken(work, row.id, count)
        of_stream = row.status != ENABLED
        found = sets.waiting_next(work, row.id, most + 1, of_stream=of_stream)
        given = {one.jti: self._writer.written(work, client, one) for one in found[:most]}
        return {"sets": given, **({"moreAvailable": True} if len(found) > most else {})}


def _most(sent: dict[str, Any]) -> int:
    most = sent.get("maxEvents", MOST)
    if type(most) is not int or most < 0:
        raise bad("maxEvents must be a number")
    if not isinstance(sent.get("returnImmediately", False), bool):
        raise bad("returnImmediately must be true or false")
    return min(most, MOST)


def _jtis(found: Any, name: str) -> list[str]:
    if not isinstance(found, list) or len(found) > ACKNOWLEDGED:
        raise bad(f"{name} must be a list of {ACKNOWLEDGED} at most")
    if not all(isinstance(one, str) for one in found):
        raise bad(f"{name} must be a list of texts")
    # What is longer is no token of ours.
    return [one for one in found if len(one) <= _LONGEST]


def _errors(found: Any) -> dict[str, str]:
    """Return the tokens that were refused (section 2.6), each with what was said, in short."""
    if not isinstance(found, dict):
        raise bad("setErrs must be an object")
    refused = {}
    for jti in _jtis(list(found), "setErrs"):
        said = found[jti]
        if not isinstance(said, dict) or not isinstance(said.get("err"), str):
            raise bad("setErrs must say err of each token")
        plain = "".join(c for c in said["err"] if c.isascii() and c.isprintable())
        refused[jti] = json.dumps(plain[:60])
    return refused
