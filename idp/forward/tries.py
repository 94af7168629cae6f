"""What a browser brings back from a sign-in for a guarded host: a cookie for each that is begun.

Owns what is in it, sealed: the state, the verifier of PKCE and where the person wanted to go. So an
answer that another browser began is worth nothing here (RFC 9700 section 4.7).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from idp import clock, crypto
from idp.crypto import Keyring
from idp.errors import SealError
from idp.forward import cookies
from idp.oidc.clients.guarded import RESERVED

LASTS = 1800
"""Seconds: as long as a sign-in may take."""
MOST = 4
"""Tries of one browser at one host, in windows of their own; of more, the oldest goes."""
LONGEST = 2000
"""Characters of a path that is come back to; a longer one leads to the first page."""
_TARGET = re.compile(r"/(?![/\\])[!-~]*")
_NAME = re.compile(r"(__Host-)?acrux-try-[0-9a-f]{8}-[A-Za-z0-9_-]{8}")


@dataclass(frozen=True)
class Try:
    """A sign-in that was begun at a guarded host."""

    origin: str
    state: str
    verifier: str
    target: str
    """The path that was wanted, with its query."""
    begun_at: int

    @property
    def path(self) -> str:
        """Return the target without its query."""
        return self.target.partition("?")[0]

    @property
    def cookie(self) -> str:
        """Return the name of its cookie; names sort by time."""
        return cookies.name(self.origin, f"try-{self.begun_at:08x}-{self.state[:8]}")


def begin(origin: str, target: str) -> Try:
    """Return a new one; a `target` that is no path of the host becomes its first page."""
    decent = len(target) <= LONGEST and _TARGET.fullmatch(target)
    return Try(
        origin,
        crypto.random_token(24),
        crypto.random_token(48),
        target if decent and not target.startswith(RESERVED) else "/",
        clock.now(),
    )


def sealed(keyring: Keyring, begun: Try) -> str:
    """Return what the cookie holds."""
    content = json.dumps(asdict(begun)).encode()
    return crypto.base64url(keyring.seal(content, _place(begun.origin)))


def brought(keyring: Keyring, jar: Mapping[str, str], origin: str, state: str) -> Try | None:
    """Return what was begun in this browser with `state`, half an hour ago at most."""
    for name in named(jar):
        found = _opened(keyring, jar[name], origin)
        if found is not None and state and crypto.same(found.state, state):
            return found if clock.now() - found.begun_at <= LASTS else None
    return None


def named(jar: Mapping[str, str]) -> list[str]:
    """Return the names of such cookies, the oldest first."""
    return sorted(name for name in jar if _NAME.fullmatch(name))


def surplus(jar: Mapping[str, str]) -> list[str]:
    """Return the names of those that give way to one more."""
    kept = named(jar)
    return kept[: max(0, len(kept) + 1 - MOST)]


def _opened(keyring: Keyring, text: str, origin: str) -> Try | None:
    try:
        raw = crypto.from_base64url(text)
        return Try(**json.loads(keyring.open(raw, _place(origin))))
    except (SealError, ValueError, TypeError):
        return None


def _place(origin: str) -> str:
    return f"forward:try:{origin}"
