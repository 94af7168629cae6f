"""`acrux keys`: the keys that sign tokens."""

import time

import click

from idp.cli import context
from idp.cli.context import Context
from idp.cli.output import json_option, print_json, print_table, when
from idp.oidc.vocabulary import SIGNING_ALGS
from idp.operating.actor import OPERATOR
from idp.operating.keys import Lacking


@click.group()
def keys() -> None:
    """Keys that sign tokens."""


@keys.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List all keys, and what each does now."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = [one.described() for one in at_hand.cases.keys.everything(work, OPERATOR)]
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
    with at_hand.work() as work:
        keys_made = at_hand.cases.keys.rotate(work, OPERATOR, alg, at_once=at_once)
    made = [{"kid": k.kid, "alg": k.alg, "active_at": when(k.active_at)} for k in keys_made]
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
        try:
            with at_hand.work() as work:
                at_hand.cases.keys.check_processes(work, OPERATOR)
            return
        except Lacking as lacking:
            if time.monotonic() >= until:
                raise
            if not told:
                click.echo(
                    f"Waiting for processes that lack the newest key: {lacking.who}", err=True
                )
        told = True
        time.sleep(1)


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
        found = at_hand.cases.keys.withdraw(work, OPERATOR, kid, compromised=compromised)
    if as_json:
        print_json({"kid": kid, "alg": found.alg, "withdrawn": True})
    else:
        click.echo(f"{kid} is published no longer. Servers take it up within seconds.")
