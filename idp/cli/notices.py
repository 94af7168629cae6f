"""`acrux notices`: mails ahead of a date that came back."""

from typing import TextIO

import click

from idp.cli import context
from idp.cli.output import json_option, print_json
from idp.operating.actor import OPERATOR
from idp.rollout.mails import call_list


@click.group()
def notices() -> None:
    """Mails ahead of the dates of a rollout; `acrux stage notices` shows them."""


@notices.command()
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"))
@json_option
def bounced(file: TextIO, as_json: bool) -> None:
    """Note that mails to the addresses in FILE came back; `-` reads standard input.

    One address a line, or delivery reports as mail servers send them.
    """
    at_hand = context.open_installation()
    found = call_list.addresses(file)
    with at_hand.work() as work:
        outcome = at_hand.cases.rollout_mails.came_back(work, OPERATOR, found)
    if as_json:
        print_json(vars(outcome))
        return
    click.echo(f"{len(outcome.people)} of {len(found)} addresses: their mails came back.")
    for address in outcome.untold:
        click.echo(f"{address}: no mail of a stage was sent there.")
    for address in outcome.unknown:
        click.echo(f"{address}: nobody has this address.")
