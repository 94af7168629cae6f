"""`acrux keys`: the keys that sign tokens."""

import json
import time
from typing import Any

import click

from idp import audit, clock, presence
from idp.audit import Event
from idp.cli import context
from idp.cli.context import Context
from idp.cli.output import json_option, print_json, print_table, when
from idp.errors import CommandError
from idp.oidc.tokens.signing_keys import generate
from idp.oidc.vocabulary import SIGNING_ALGS
from idp.store.oidc import signing_keys
from idp.store.oidc.signing_keys import KeyRow

AHEAD = 600
"""Seconds for which a key is published before it signs: longer than anyone may keep our JWKS."""


@click.group()
def keys() -> None:
    """Keys that sign tokens."""


@keys.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List all keys, and what each does now."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        rows, ours = signing_keys.listed(work), signing_keys.everything(work)
    now = clock.now()
    signing = {row.alg: row.kid for row in ours if _may_sign(row, now)}
    found = [_record(row, signing, now, ours=row in ours) for row in rows]
    if as_json:
        print_json(found)
        return
    print_table(
        ("KID", "ALG", "STATE", "SIGNS FROM", "RETIRED"),
        [(k["kid"], k["alg"], k["state"], k["active_at"], k["retired_at"]) for k in found],
        "There is no key: `acrux init` makes the first ones.",
    )


@keys.command()
@click.option(
    "--alg", type=click.Choice(SIGNING_ALGS), help="Only this one.  [default: all in use]"
)
@click.option("--now", "at_once", is_flag=True, help="Sign with it at once and retire the others.")
@click.option(
    "--wait",
    type=click.IntRange(0, 3600),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="For processes that lack the newest key of the keyring.",
)
@json_option
def rotate(alg: str | None, at_once: bool, wait: int, as_json: bool) -> None:
    """Make new keys.

    They are published now and sign ten minutes from now. With --now they sign at once, and
    applications that keep a copy of our keys refuse new tokens until they fetch them again. The
    first key of an algorithm signs at once: no one has a copy to be out of date.

    What is made is sealed with the newest key of the keyring. No key is made while a process of any
    machine could not open it.
    """
    at_hand = context.open_installation()
    _wait_for_all(at_hand, wait)
    made: list[dict[str, Any]] = []
    with at_hand.work() as work:
        rows = signing_keys.everything(work)
        for each in (alg,) if alg else dict.fromkeys(row.alg for row in rows):
            active_at = _begins([row for row in rows if row.alg == each], each, at_once=at_once)
            kid = generate(work, at_hand.installation.keyring, each, active_at=active_at)
            if at_once:
                signing_keys.retire(work, each, kid)
            audit.record(
                work,
                Event.KEY_ADDED,
                reason=f"{each} {kid}",
                alg=each,
                kid=kid,
                active_at=active_at,
            )
            made.append({"kid": kid, "alg": each, "active_at": when(active_at)})
    if as_json:
        print_json(made)
        return
    for key in made:
        click.echo(f"{key['alg']}: {key['kid']} is published, and signs from {key['active_at']}.")


def _wait_for_all(at_hand: Context, seconds: int) -> None:
    """Wait until every process could open what is sealed now, or name those that could not."""
    until = time.monotonic() + seconds
    told = False
    while True:
        with at_hand.work() as work:
            lacking = presence.lacking(work, at_hand.installation.keyring)
        if not lacking:
            return
        who = presence.named(lacking)
        if time.monotonic() >= until:
            raise CommandError(
                f"these processes lack the newest key of the keyring: {who}; copy the keyring to"
                " their machines, and run this again"
            )
        if not told:
            click.echo(f"Waiting for processes that lack the newest key: {who}", err=True)
        told = True
        time.sleep(1)


def _begins(rows: list[KeyRow], alg: str, *, at_once: bool) -> int:
    """Return when a new key of `alg` begins to sign."""
    now = clock.now()
    if at_once or not rows:
        return now
    waiting = [row for row in rows if row.retired_at is None and row.active_at > now]
    if waiting:
        raise CommandError(
            f"a new {alg} key waits already and signs from {when(waiting[0].active_at)}"
        )
    return now + AHEAD


# A name that begins with "-" (keys of earlier versions) is not taken for an option.
@keys.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("kid")
@click.option("--compromised", is_flag=True, help="Its private half may be known: at once.")
@json_option
def withdraw(kid: str, compromised: bool, as_json: bool) -> None:
    """Publish a key no longer.

    What it signed is verified by no one from then on, old ID tokens in a sign-out included. So a
    key must have been silent for as long as a session lasts, unless it is --compromised.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        rows = signing_keys.listed(work)
        found = next((row for row in rows if row.kid == kid), None)
        if found is None:
            raise CommandError(f"there is no key {kid!r}: see `acrux keys list`")
        if found in signing_keys.everything(work):
            _must_be_silent(at_hand, found, rows, compromised=compromised)
        signing_keys.remove(work, kid)
        audit.record(
            work,
            Event.KEY_WITHDRAWN,
            reason=f"{found.alg} {kid}{' compromised' if compromised else ''}",
            alg=found.alg,
            kid=kid,
        )
    if as_json:
        print_json({"kid": kid, "alg": found.alg, "withdrawn": True})
    else:
        click.echo(f"{kid} is published no longer. Servers take it up within seconds.")


def _must_be_silent(
    at_hand: Context, key: KeyRow, rows: list[KeyRow], *, compromised: bool
) -> None:
    silent = _silent_since(key, rows)
    if silent is None:
        raise CommandError(f"{key.kid} signs, or is about to: `acrux keys rotate` first")
    free_at = silent + at_hand.installation.settings.session.absolute
    if not compromised and clock.now() < free_at:
        raise CommandError(
            f"{key.kid} signed until {when(silent)}: applications may need it until {when(free_at)}"
        )


def _silent_since(key: KeyRow, rows: list[KeyRow]) -> int | None:
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


def _record(row: KeyRow, signing: dict[str, str], now: int, *, ours: bool) -> dict[str, Any]:
    if not ours:
        state = "refused"
    elif row.retired_at is not None:
        state = "retired"
    elif row.active_at > now:
        state = "next"
    else:
        state = "signing" if signing.get(row.alg) == row.kid else "earlier"
    return {
        "kid": row.kid,
        "alg": row.alg,
        "state": state,
        "created_at": when(row.created_at),
        "active_at": when(row.active_at),
        "retired_at": when(row.retired_at),
        "public": json.loads(row.public),
    }
