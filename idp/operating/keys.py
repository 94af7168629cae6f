"""The keys that sign tokens: listed, made anew, withdrawn."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from idp import audit, clock
from idp.audit import Event
from idp.errors import CommandError
from idp.installation import Installation
from idp.keyring import presence
from idp.oidc.tokens.signing_keys import generate
from idp.oidc.vocabulary import SIGNING_ALGS
from idp.operating.actor import Actor, acts
from idp.operating.refusals import Conflict, NotFound
from idp.policy.roles import Action
from idp.store.db import Work
from idp.store.oidc import signing_keys
from idp.store.oidc.signing_keys import KeyRow

AHEAD = 600
"""Seconds for which a key is published before it signs: longer than anyone may keep our JWKS."""


class Lacking(Conflict):
    """A process that is at work could not open what would be sealed: no key is made."""

    def __init__(self, who: str) -> None:
        super().__init__(
            f"these processes lack the newest key of the keyring: {who}; copy the keyring to their"
            " machines, and run this again"
        )
        self.who = who


@dataclass(frozen=True)
class Standing:
    """A key, and what it does now: `refused`, `retired`, `next`, `signing` or `earlier`."""

    row: KeyRow
    state: str

    def described(self) -> dict[str, Any]:
        """Return what is told of the key, as JSON has it: its public half."""
        return {
            "kid": self.row.kid,
            "alg": self.row.alg,
            "state": self.state,
            "created_at": clock.iso(self.row.created_at),
            "active_at": clock.iso(self.row.active_at),
            "retired_at": None if self.row.retired_at is None else clock.iso(self.row.retired_at),
            "public": json.loads(self.row.public),
        }


@dataclass(frozen=True)
class Made:
    """A key that was just made. `active_at` is when it begins to sign, in seconds since 1970."""

    kid: str
    alg: str
    active_at: int


class SigningKeys:
    """The signing keys of one installation."""

    def __init__(self, installation: Installation) -> None:
        self._keyring = installation.keyring
        self._needed = installation.settings.session.absolute

    @acts(Action.KEYS_READ)
    def everything(self, work: Work, _actor: Actor) -> list[Standing]:
        """Return all keys, with what each does now."""
        rows, ours = signing_keys.listed(work), signing_keys.everything(work)
        now = clock.now()
        signing = {row.alg: row.kid for row in ours if _may_sign(row, now)}
        return [Standing(row, _state(row, signing, now, ours=row in ours)) for row in rows]

    @acts(Action.KEYS_CHANGE)
    def check_processes(self, work: Work, _actor: Actor) -> None:
        """Look whether every process could open what is sealed now.

        Raises:
            Lacking: one could not.
        """
        lacking = presence.lacking(work, self._keyring)
        if lacking:
            raise Lacking(presence.named(lacking))

    @acts(Action.KEYS_CHANGE)
    def rotate(
        self, work: Work, actor: Actor, alg: str | None = None, *, at_once: bool = False
    ) -> list[Made]:
        """Make a new key, of each algorithm in use or of `alg` alone; it is published now.

        It signs ten minutes from now, or `at_once`, and then the others sign no more. The first
        of an algorithm signs at once: no one has a copy to be out of date.

        Raises:
            Lacking: see `check_processes`.
            CommandError, Conflict: no such algorithm, or a new key waits already.
        """
        if alg is not None and alg not in SIGNING_ALGS:
            raise CommandError(f"{alg!r} is none of {', '.join(SIGNING_ALGS)}")
        self.check_processes(work, actor)
        rows = signing_keys.everything(work)
        algs = (alg,) if alg else tuple(dict.fromkeys(row.alg for row in rows))
        return [
            self._make(work, each, [row for row in rows if row.alg == each], at_once=at_once)
            for each in algs
        ]

    def _make(self, work: Work, alg: str, rows: Sequence[KeyRow], *, at_once: bool) -> Made:
        active_at = _begins(rows, alg, at_once=at_once)
        kid = generate(work, self._keyring, alg, active_at=active_at)
        if at_once:
            signing_keys.retire(work, alg, kid)
        reason = f"{alg} {kid}"
        audit.record(work, Event.KEY_ADDED, reason=reason, alg=alg, kid=kid, active_at=active_at)
        return Made(kid, alg, active_at)

    @acts(Action.KEYS_CHANGE)
    def withdraw(self, work: Work, _actor: Actor, kid: str, *, compromised: bool = False) -> KeyRow:
        """Publish a key no longer; one that is `compromised`, even if tokens still need it.

        Raises:
            NotFound: there is none.
            Conflict: it signs, or what it signed may still be needed.
        """
        rows = signing_keys.listed(work)
        found = next((row for row in rows if row.kid == kid), None)
        if found is None:
            raise NotFound(f"there is no key {kid!r}: see `acrux keys list`")
        if found in signing_keys.everything(work):
            self._must_be_silent(found, rows, compromised=compromised)
        signing_keys.remove(work, kid)
        audit.record(
            work,
            Event.KEY_WITHDRAWN,
            reason=f"{found.alg} {kid}{' compromised' if compromised else ''}",
            alg=found.alg,
            kid=kid,
        )
        return found

    def _must_be_silent(self, key: KeyRow, rows: Sequence[KeyRow], *, compromised: bool) -> None:
        silent = _silent_since(key, rows)
        if silent is None:
            raise Conflict(f"{key.kid} signs, or is about to: `acrux keys rotate` first")
        free_at = silent + self._needed
        if not compromised and clock.now() < free_at:
            until = clock.iso(free_at)
            raise Conflict(
                f"{key.kid} signed until {clock.iso(silent)}: applications may need it until"
                f" {until}"
            )


def _begins(rows: Sequence[KeyRow], alg: str, *, at_once: bool) -> int:
    """Return when a new key of `alg` begins to sign."""
    now = clock.now()
    if at_once or not rows:
        return now
    waiting = [row for row in rows if row.retired_at is None and row.active_at > now]
    if waiting:
        signs = clock.iso(waiting[0].active_at)
        raise Conflict(f"a new {alg} key waits already and signs from {signs}")
    return now + AHEAD


def _silent_since(key: KeyRow, rows: Sequence[KeyRow]) -> int | None:
    """Return since when `key` has signed nothing; None while it signs or waits for its turn."""
    now = clock.now()
    if key.retired_at is not None:
        return key.retired_at
    later = [
        row.active_at
        for row in rows
        if row.alg == key.alg and row.retired_at is None and key.active_at < row.active_at <= now
    ]
    return min(later, default=None)


def _may_sign(row: KeyRow, now: int) -> bool:
    return row.retired_at is None and row.active_at <= now


def _state(row: KeyRow, signing: dict[str, str], now: int, *, ours: bool) -> str:
    if not ours:
        return "refused"
    if row.retired_at is not None:
        return "retired"
    if row.active_at > now:
        return "next"
    return "signing" if signing.get(row.alg) == row.kid else "earlier"
