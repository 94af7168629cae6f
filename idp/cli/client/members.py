"""Members of a client on the command line: KEY=VALUE in, a table out."""

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import click

from idp.cli.output import json_option, print_json, print_table
from idp.errors import CommandError
from idp.oidc.clients.client import MEMBERS, Client
from idp.operating import written

_KINDS = {list: "list", str: "text", int: "number", bool: "true or false", dict: "JSON"}


@click.command()
@json_option
def members(as_json: bool) -> None:
    """List what can be registered of an application.

    `acrux client add --set` and `acrux client set` take each as KEY=VALUE; a client that registers
    itself may give those of the standard. Lists are separated by commas, or the key is repeated;
    lists and JSON may be read from a file by KEY=@FILE.
    """
    defaults = {f.name: f.default for f in fields(Client) if f.default is not MISSING}
    found = [
        {
            "name": name,
            "type": _KINDS[member.kind],
            "default": _plain(defaults[name]),
            "registered_by": "anybody" if member.standard else "operator",
            "meaning": member.meaning,
        }
        for name, member in MEMBERS.items()
    ]
    if as_json:
        print_json(found)
        return
    titles = ("MEMBER", "TYPE", "DEFAULT", "BY", "MEANING")
    print_table(titles, [tuple(member.values()) for member in found], "There is none.")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def changes(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Return the members that KEY=VALUE texts give; None removes one; @FILE reads a file.

    Raises:
        CommandError: no such member, or no such value, or no such file.
    """
    return written.changes([_read(pair) for pair in pairs])


def _read(pair: str) -> str:
    """Return a KEY=VALUE text, with what is in its file where the value is @FILE."""
    key, _equals, text = pair.partition("=")
    kind = MEMBERS[key].kind if key in MEMBERS else str
    if not text.startswith("@") or kind not in (dict, list):
        return pair
    try:
        return f"{key}={Path(text[1:]).read_text()}"
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise CommandError(f"{text[1:]} cannot be read: {reason}") from None
