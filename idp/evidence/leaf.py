"""The leaves of the ledger: their texts, each the very bytes that are hashed (docs/evidence.md).

A token leaf stands for all tokens of one answer, a change leaf for one event that decides what a
later acr is worth, a policy leaf for the rules themselves. They hold no personal data.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp import crypto
from idp.evidence.canonical import canonical, plain

VERSION = 1
_REFERENCE_BYTES = 16
ACCESS = ".at"
"""Ends the `jti` of a JWT access token, which stands in the leaf of what comes before it."""


@dataclass(frozen=True)
class TokenLeaf:
    """What a token leaf says. Times are in seconds since 1970 UTC."""

    jti: str
    """What finds the leaf: see `reference_of`."""
    at: int
    iss: str
    client: str
    grant: str
    """The grant type, or `front_channel` for what the authorization endpoint gave out."""
    tokens: tuple[str, ...]
    """The tokens of this answer: `access_token`, `id_token`, `refresh_token`."""
    scope: tuple[str, ...]
    acr: str | None = None
    """None, like all that follows: no one signed in, and the client asked for itself."""
    amr: tuple[str, ...] = ()
    auth_time: int | None = None
    sid: str | None = None
    basis: str | None = None
    """`evidence.basis`; None of what was authorized before there was a ledger."""

    def text(self) -> str:
        """Return the leaf as canonical JSON."""
        before: dict[str, Any] = {}
        if self.acr is not None:
            before = {"acr": self.acr, "amr": self.amr}
        before["at"] = self.at
        after: dict[str, Any] = {
            "client": self.client,
            "grant": self.grant,
            "iss": self.iss,
            "jti": self.jti,
            "kind": "token",
            "scope": self.scope,
            "tokens": self.tokens,
            "v": VERSION,
        }
        if self.acr is not None:
            before["auth_time"] = self.auth_time
            after["sid"] = self.sid
        basis = f'"basis":{self.basis},' if self.basis else ""
        # Spliced in, not read and written again: it is canonical, and its name comes in between.
        head, tail = plain(before), plain(after)
        return f"{head[:-1]},{basis}{tail[1:]}"


def change(
    *, jti: str, at: int, iss: str, what: str, values: Mapping[str, Any], who: str | None
) -> str:
    """Return the leaf of an event that decides what later tokens are worth.

    `who` is the pseudonym of whom it is about; `values` are hashed, with what no one guesses among
    them: the clear ones stand in the event.
    """
    found: dict[str, Any] = {
        "at": at,
        "event": event_digest(values),
        "iss": iss,
        "jti": jti,
        "kind": "change",
        "v": VERSION,
        "what": what,
    }
    if who is not None:
        found["who"] = who
    return canonical(found).decode()


def event_digest(values: Mapping[str, Any]) -> str:
    """Return what a change leaf says of an event with these columns."""
    return crypto.base64url(hashlib.sha256(canonical(values)).digest())


def policy(*, at: int, iss: str, content: Mapping[str, Any], digest: str) -> str:
    """Return the leaf of rules in force from `at` on; `digest` is theirs, and its `jti`."""
    return canonical(
        {
            "at": at,
            "iss": iss,
            "jti": digest,
            "kind": "policy",
            "rules": content,
            "v": VERSION,
        }
    ).decode()


def new_reference() -> str:
    """Return a new `jti`: 128 random bits."""
    return crypto.random_token(_REFERENCE_BYTES)


def reference_of(token: str) -> str:
    """Return the `jti` of the leaf of an opaque access token: it tells nothing of the token."""
    found = hashlib.sha256(b"acrux ledger " + token.encode()).digest()
    return crypto.base64url(found[:_REFERENCE_BYTES])


def references(said: str) -> tuple[str, ...]:
    """Return the `jti` that a leaf may have of which somebody has `said` a token or a `jti`."""
    if said.count(".") == 2:
        found = _said_by(said)
        return () if found is None else (found.removesuffix(ACCESS),)
    return said.removesuffix(ACCESS), reference_of(said)


def _said_by(token: str) -> str | None:
    """Return the `jti` that a signed token says; what it is worth, only its leaf tells."""
    try:
        claims = json.loads(crypto.from_base64url(token.split(".")[1]))
        jti = claims["jti"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return jti if isinstance(jti, str) else None
