"""The challenges of passkeys: made here, bound to a sign-in and a purpose, answered once.

Owns what a challenge carries, and which answer is one to a challenge of ours. It never looks at a
signature: that is `webauthn`.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any

from idp import clock, crypto
from idp.crypto import Keyring
from idp.store import spent
from idp.store.db import Work

NONCE = 16
LIFETIME = 600
"""Seconds for which a challenge may be answered; the page that comes then has another one."""
_UNREADABLE = (ValueError, KeyError, TypeError, RecursionError, struct.error)


class Challenges:
    """The challenges of one installation."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def make(self, interaction: str, purpose: str) -> bytes:
        """Return a challenge that only this interaction can answer, for one purpose.

        It carries a nonce, its time and our mark, so showing a page stores nothing.
        """
        head = crypto.random_bytes(NONCE) + struct.pack(">Q", clock.now())
        return head + self._mark(interaction, purpose, head)

    def answered(self, answer: Mapping[str, Any], interaction: str, purpose: str) -> bytes | None:
        """Return the challenge of an answer if we made it for this, lately, outside any frame."""
        try:
            data = json.loads(crypto.from_base64url(answer["response"]["clientDataJSON"]))
            challenge = crypto.from_base64url(data["challenge"])
            head = challenge[: NONCE + 8]
            (made_at,) = struct.unpack(">Q", head[NONCE:])
        except _UNREADABLE:
            return None
        mark = self._mark(interaction, purpose, head).decode()
        ours = crypto.same(challenge[NONCE + 8 :].decode("latin-1"), mark)
        fresh = 0 <= clock.now() - made_at <= LIFETIME
        # A page above ours makes a frame of us, whatever `crossOrigin` says (sections 5.8.1, 7.1).
        framed = data.get("crossOrigin") or data.get("topOrigin") is not None
        return challenge if ours and fresh and not framed else None

    def claim(self, work: Work, challenge: bytes) -> bool:
        """Return True for exactly one caller with this challenge."""
        return spent.claim(work, "webauthn", challenge.hex(), lifetime=LIFETIME)

    def _mark(self, interaction: str, purpose: str, head: bytes) -> bytes:
        return self._keyring.keyed_digest("webauthn", interaction, purpose, head.hex()).encode()
