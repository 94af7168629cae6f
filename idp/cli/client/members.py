"""Members of a client on the command line: KEY=VALUE in, a table out."""

import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import click

from idp.cli.output import json_option, print_json, print_table
from idp.errors import CommandError
from idp.oidc.clients.client import MEMBERS, Client

_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
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
    """Return the members that KEY=VALUE texts give; None removes one.

    Raises:
        CommandError: no such member, or no such value.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise CommandError(f"{pair!r} is not KEY=VALUE")
        if key != "name" and key not in MEMBERS:
            raise CommandError(f"{key!r} is no member of a client: name, {', '.join(MEMBERS)}")
        value = _value(key, text)
        if isinstance(value, list) and isinstance(found.get(key), list):
            value = found[key] + value
        found[key] = value
    return found


def _value(key: str, text: str) -> Any:
    kind = MEMBERS[key].kind if key in MEMBERS else str
    if not text:
        return None
    if kind is dict or (kind is list and text.startswith("@")):
        return _json(key, kind, text)
    if kind is list:
        # Of all lists only response_types has values with spaces in them.
        parts = text.split(",") if key == "response_types" else text.replace(",", " ").split()
        return [part.strip() for part in parts if part.strip()]
    try:
        if kind is bool:
            return _TRUTH[text.lower()]
        return int(text) if kind is int else text
    except (KeyError, ValueError):
        wanted = "true or false" if kind is bool else "a whole number"
        raise CommandError(f"{key} must be {wanted}") from None


def _json(key: str, kind: type, text: str) -> Any:
    """Return JSON, given as it is or as @FILE."""
    try:
        found = json.loads(Path(text[1:]).read_bytes() if text.startswith("@") else text)
    except OSError as error:
        raise CommandError(f"{text[1:]} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, kind):
        wanted = "object" if kind is dict else "array"
        raise CommandError(f"{key} must be a JSON {wanted}, or @FILE with one")
    return found
