"""Tokens that a directory keeps for long, where it can ask for none: made, listed, ended.

Each is bound to a client that is a directory, opens nothing else, and is shown once. Two work at
most, so that one takes the place of the other without a gap.
"""

from dataclasses import dataclass, field
from typing import Any

from idp import audit, clock, crypto
from idp.audit import Event
from idp.errors import CommandError
from idp.installation import Installation
from idp.oidc.clients.client import parse
from idp.oidc.tokens import signing_keys
from idp.oidc.tokens.issuer import Issuer
from idp.operating.actor import Actor, acts
from idp.operating.refusals import NotFound, Reserved
from idp.policy.roles import DIRECTORY_SCOPE, Action
from idp.store.db import Work
from idp.store.oidc import client_tokens, clients
from idp.store.oidc.client_tokens import LastingRow

DAY = 86_400
MOST_DAYS = 730
LONGEST_OVERLAP = 30
"""Days for which a token that has a successor may go on working."""


@dataclass(frozen=True)
class LastingToken:
    """A token that was just made, to be told this once. `expires_at` in seconds since 1970."""

    token: str = field(repr=False)
    label: str
    expires_at: int

    def described(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "token": self.token,
            "label": self.label,
            "expires_at": clock.iso(self.expires_at),
        }


class DirectoryTokens:
    """The lasting tokens of one installation."""

    def __init__(self, installation: Installation) -> None:
        keys = signing_keys.of(installation)
        self._issuer = Issuer(
            installation.settings, installation.keyring, keys, installation.ledger
        )

    @acts(Action.CLIENTS_CHANGE)
    def make(
        self, work: Work, actor: Actor, client_id: str, *, days: int = 365, overlap: int = 0
    ) -> LastingToken:
        """Make a token for so many days; the one before works for `overlap` days more.

        Raises:
            NotFound: there is no such client.
            CommandError: it is no directory, or too many days.
            Reserved: the actor is not the command.
        """
        _check_by_command(actor)
        if not (1 <= days <= MOST_DAYS and 0 <= overlap <= LONGEST_OVERLAP):
            limits = f"1 to {MOST_DAYS} days, with an overlap of {LONGEST_OVERLAP} at most"
            raise CommandError(limits)
        row = clients.find(work, client_id)
        if row is None:
            raise NotFound(f"there is no client {client_id}")
        if DIRECTORY_SCOPE not in parse(row).api_scopes:
            way = f"`acrux client set {client_id} api_scopes={DIRECTORY_SCOPE}`"
            raise CommandError(f"{client_id} is no directory: {way} makes it one")
        _make_room(work, client_id, overlap)
        label = crypto.random_name(6)
        seconds = days * DAY
        scope = (DIRECTORY_SCOPE,)
        token, change = self._issuer.issue_lasting(work, client_id, scope, seconds, label)
        work.run(change.statement, **change.values)
        return LastingToken(token, label, clock.now() + seconds)

    @acts(Action.CLIENTS_READ)
    def of(self, work: Work, _actor: Actor, client_id: str) -> list[LastingRow]:
        """Return the tokens of a client that work, the oldest first; never the tokens themselves.

        Raises:
            NotFound: there is no such client.
        """
        if clients.find(work, client_id) is None:
            raise NotFound(f"there is no client {client_id}")
        return _live(work, client_id)

    @acts(Action.CLIENTS_CHANGE)
    def end(self, work: Work, actor: Actor, client_id: str, label: str) -> None:
        """End a token at once.

        Raises:
            NotFound: the client has none of this label.
            Reserved: the actor is not the command.
        """
        _check_by_command(actor)
        for row in _live(work, client_id):
            if row.label == label:
                _end(work, row, "ended by an operator")
                return
        raise NotFound(f"{client_id} has no token {label}")


def _check_by_command(actor: Actor) -> None:
    if not actor.unbound:
        raise Reserved("the tokens of a directory are made and ended by the command alone")


def _live(work: Work, client_id: str) -> list[LastingRow]:
    now = clock.now()
    return [row for row in client_tokens.lasting(work, client_id) if row.expires_at > now]


def _make_room(work: Work, client_id: str, overlap: int) -> None:
    """Let the last token go on for a while, and all before it end."""
    found = _live(work, client_id)
    kept = found[-1:] if overlap else []
    for row in found[: len(found) - len(kept)]:
        _end(work, row, "another one has taken its place")
    until = clock.now() + overlap * DAY
    for row in kept:
        if until < row.expires_at:
            client_tokens.end_at(work, row, until)


def _end(work: Work, row: LastingRow, why: str) -> None:
    client_tokens.revoke(work, row.digest)
    audit.record(work, Event.OWN_TOKEN_REVOKED, client=row.client_id, reason=f"{row.label}: {why}")
