"""The `acrux` command: what an operator does from a terminal or a script.

Owns words, options and exit statuses. Every change goes through the same functions as in the
browser and is recorded as an event in the same transaction; a secret is printed only when it was
asked for, and once. Errors are one line on standard error: status 1, and 2 for wrong usage.
"""

import sys
from importlib import import_module
from typing import Any

import click

from idp.cli.problems import sentence
from idp.serving import process

_COMMANDS = {
    "demo": "demo:demo",
    "init": "database.setup:init",
    "upgrade": "database.setup:upgrade",
    "serve": "running.serve:serve",
    "worker": "running.worker:worker",
    "doctor": "doctor:doctor",
    "user": "user:user",
    "client": "client:client",
    "api": "apis:api",
    "guard": "guarding:guard",
    "keys": "keys:keys",
    "rows": "auditing.rows:rows",
    "canary": "auditing.canary:canary",
    "rp-check": "rp_check:rp_check",
    "stage": "stage:stage",
    "notices": "notices:notices",
    "profiles": "profiles:profiles",
    "audit": "auditing.audit:audit",
    "ledger": "auditing.ledger:ledger",
    "pack": "auditing.pack:pack",
    "stream": "auditing.stream:stream",
    "backup": "database.backup:backup",
    "restore": "database.restore:restore",
    "settings": "settings:settings",
    "export": "database.export:export",
    "import": "database.export:import_",
    "standards": "standards:standards",
}
"""In the order shown; each is imported when it is needed."""


class Problem(click.ClickException):
    """A command that cannot be carried out: one line, status 1."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        click.echo(f"acrux: {' '.join(self.message.split())}", file=file, err=True)


class Commands(click.Group):
    """The commands, each imported when it is needed, and their errors in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        place, _, name = _COMMANDS[cmd_name].partition(":")
        module = f"idp.cli.{place}"
        if module not in sys.modules:
            with process.loading():
                import_module(module)
        found: click.Command = getattr(sys.modules[module], name)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.ClickException:
            raise
        except Exception as error:
            said = sentence(error)
            if said is None:
                raise
            raise Problem(said) from None


@click.group(cls=Commands, name="acrux", context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Acrux: an OpenID Provider whose acr and amr are true."""
