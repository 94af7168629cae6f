"""Tokens by which a client may register itself where that is not open to everyone (RFC 7591)."""

from dataclasses import dataclass, field
from typing import Any

from idp import audit, clock, crypto
from idp.audit import Event
from idp.errors import CommandError
from idp.operating.actor import Actor, acts
from idp.policy.roles import Action
from idp.store.db import Work
from idp.store.oidc import client_tokens

DAY = 86_400
MOST_USES, MOST_DAYS = 10_000, 365


@dataclass(frozen=True)
class InitialToken:
    """A token that was just made, to be told this once. `expires_at` in seconds since 1970."""

    token: str = field(repr=False)
    uses: int
    expires_at: int

    def described(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "initial_access_token": self.token,
            "uses": self.uses,
            "expires_at": clock.iso(self.expires_at),
        }


class InitialTokens:
    """The initial access tokens of one installation."""

    @acts(Action.CLIENTS_CHANGE)
    def make(self, work: Work, _actor: Actor, *, uses: int = 1, days: int = 7) -> InitialToken:
        """Make a token that is good for so many registrations, for so many days.

        Raises:
            CommandError: too many, or none.
        """
        if not (1 <= uses <= MOST_USES and 1 <= days <= MOST_DAYS):
            raise CommandError(f"1 to {MOST_USES} uses, for 1 to {MOST_DAYS} days")
        token, expires_at = crypto.random_token(), clock.now() + days * DAY
        client_tokens.add_initial(
            work, digest=crypto.digest(token), uses=uses, expires_at=expires_at
        )
        audit.record(work, Event.INITIAL_TOKEN_ADDED, uses=uses, expires_at=expires_at)
        return InitialToken(token, uses, expires_at)
