"""`acrux settings`: what is in force, and where each setting comes from."""

import json
from dataclasses import asdict

import click

from idp.cli import context
from idp.cli.output import json_option
from idp.operating.actor import OPERATOR
from idp.operating.settings_shown import SettingsShown

SET = "(set)"
NOT_SET = "(not set)"


@click.command()
@click.argument("section", default="")
@json_option
def settings(section: str, as_json: bool) -> None:
    """Print the settings in force, of one SECTION or all, each with where it comes from.

    That is a file, a variable of the environment, or nothing where it is as by default. Of a secret
    it is said whether there is one, and no more.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = list(SettingsShown(at_hand.installation).everything(work, OPERATOR))
    wanted = [one for one in found if not section or one.name.partition(".")[0] == section]
    if not wanted:
        raise click.UsageError(f"there is no section {section!r}")
    if as_json:
        click.echo(json.dumps([asdict(one) for one in wanted], ensure_ascii=False, indent=2))
        return
    for one in wanted:
        secret = SET if one.is_set else NOT_SET
        value = secret if one.value is None else one.value
        click.echo(f"{one.name} = {value}" + (f"  [{one.origin}]" if one.origin else ""))
