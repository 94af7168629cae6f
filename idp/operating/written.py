"""Members of an application as people write them: KEY=VALUE, a line each."""

import json
from collections.abc import Iterable
from typing import Any

from idp.errors import CommandError
from idp.oidc.clients.client import MEMBERS

_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def changes(pairs: Iterable[str]) -> dict[str, Any]:
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
        value = _value(key, text.strip())
        if isinstance(value, list) and isinstance(found.get(key), list):
            value = found[key] + value
        found[key] = value
    return found


def line(key: str, value: Any) -> str:
    """Return a member as `changes` reads it."""
    if isinstance(value, bool):
        return f"{key}={'true' if value else 'false'}"
    if isinstance(value, list | tuple):
        return f"{key}={','.join(map(str, value))}"
    return f"{key}={value if isinstance(value, str | int) else json.dumps(value)}"


def _value(key: str, text: str) -> Any:
    kind = MEMBERS[key].kind if key in MEMBERS else str
    if not text:
        return None
    if kind is dict or (kind is list and text.startswith("[")):
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
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, kind):
        wanted = "object" if kind is dict else "array"
        raise CommandError(f"{key} must be a JSON {wanted}, or @FILE with one")
    return found
