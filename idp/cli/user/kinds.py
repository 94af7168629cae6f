"""`acrux user rename-type` and `rename-group`: another name for everyone who has it."""

import click

from idp.cli import context
from idp.cli.output import json_option, print_json
from idp.operating.actor import OPERATOR
from idp.operating.kinds import THINGS, What


@click.command("rename-type")
@click.argument("old")
@click.argument("new")
@json_option
def rename_type(old: str, new: str, as_json: bool) -> None:
    """Call the user type OLD NEW, for everyone who has it; stages that name it move along."""
    _rename("type", old, new, as_json)


@click.command("rename-group")
@click.argument("old")
@click.argument("new")
@json_option
def rename_group(old: str, new: str, as_json: bool) -> None:
    """Call the group OLD NEW, for everyone who is in it; stages that name it move along."""
    _rename("group", old, new, as_json)


def _rename(what: What, old: str, new: str, as_json: bool) -> None:
    at_hand = context.open_installation()
    with at_hand.work() as work:
        done = at_hand.cases.kinds.rename(work, OPERATOR, what, old, new)
    for note in done.notes:
        click.echo(f"note: {note}", err=True)
    if as_json:
        print_json({"name": done.name, "people": done.people, "stages": list(done.stages)})
        return
    stages = f"; stages: {', '.join(done.stages)}" if done.stages else ""
    click.echo(f"The {THINGS[what]} {old} is called {done.name}: {done.people} people{stages}.")
