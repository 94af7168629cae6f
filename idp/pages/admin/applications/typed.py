"""An application as a form has it: its members as fields are filled in, and read again.

Owns the way between a member's JSON and what stands in a field. Each kind of `fields.Field` is a
pair of functions here; what a value may be is said by whoever registers it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from idp import language
from idp.errors import CommandError
from idp.oidc.clients.claim_mapping import MOST, PLACES
from idp.oidc.clients.client import Client
from idp.operating.applications.registered import Registered
from idp.pages.admin.applications import typed_paths
from idp.pages.admin.applications.fields import Field, every

Form = MultiDict[str, str]
CUT = 20_000
"""Characters of a field that are read."""
SPARE, ORDERED = 3, 3
"""Rows for further claims, and places for ways that come first."""
DEFAULTS: Mapping[str, Any] = {
    name: one.default for name, one in Client.__dataclass_fields__.items()
}


@dataclass(frozen=True)
class Claim:
    """A row of the claims that are mapped, as it stands in the form."""

    name: str = ""
    source: str = ""
    places: tuple[str, ...] = ()
    unasked: bool = False


@dataclass(frozen=True)
class Typed:
    """What a form says of an application."""

    name: str
    values: Mapping[str, Any]
    """By member, as the fields show them."""


def of(client: Client | None, name: str = "") -> Typed:
    """Return an application as the form shows it; None: one that is not registered yet."""
    known = DEFAULTS if client is None else vars(client)
    values = {one.name: _KINDS[one.kind].shown(known[one.name]) for one in every().values()}
    return Typed(client.name if client else name, values)


def read() -> Typed:
    """Return what was sent, as it was typed."""
    form = request.form
    values = {one.name: _KINDS[one.kind].typed(form, one.name) for one in every().values()}
    return Typed(form.get("name", "").strip()[:CUT], values)


def members(typed: Typed) -> dict[str, Any]:
    """Return what is to be registered, None where that is as by default.

    Raises:
        CommandError: something cannot be read.
    """
    found = {}
    for one in every().values():
        value = _KINDS[one.kind].meant(one, typed.values[one.name])
        plain = DEFAULTS[one.name]
        default = list(plain) if isinstance(plain, tuple) else plain
        found[one.name] = None if value in (default, "", [], {}) else value
    return found


def changed(typed: Typed, one: Registered) -> dict[str, Any]:
    """Return what is to be another value than it is, the name among it.

    Raises:
        CommandError: something cannot be read.
    """
    now = vars(one.client)
    asked = {"name": typed.name} if typed.name != one.client.name else {}
    for name, value in members(typed).items():
        show = _KINDS[every()[name].kind].shown
        if show(DEFAULTS[name] if value is None else value) != show(now[name]):
            asked[name] = value
    return asked


# -- the kinds of fields


@dataclass(frozen=True)
class Kind:
    """How a member is shown, how it is typed, and what is meant by that."""

    shown: Callable[[Any], Any]
    typed: Callable[[Form, str], Any]
    meant: Callable[[Field, Any], Any]


def _one(form: Form, name: str) -> str:
    return form.get(name, "").strip()[:CUT]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(one: Field, text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 12:
        raise CommandError(f"{one.name} must be a whole number")
    return int(text)


def _object(one: Field, text: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise CommandError(f"{one.name} must be a JSON object")
    return found


def _several(form: Form, name: str) -> tuple[str, ...]:
    return tuple(text for text in form.getlist(name)[:50] if text)


def _claims(value: Mapping[str, Any] | None) -> tuple[Claim, ...]:
    rows = [
        Claim(name, one["from"], tuple(one.get("in", PLACES[:2])), one.get("unasked") is True)
        for name, one in (value or {}).items()
    ]
    return (*rows, *[Claim()] * min(SPARE, MOST - len(rows)))


def _typed_claims(form: Form, name: str) -> tuple[Claim, ...]:
    rows = [
        Claim(
            _one(form, f"{name}-{at}-name"),
            _one(form, f"{name}-{at}-from"),
            _several(form, f"{name}-{at}-in"),
            bool(form.get(f"{name}-{at}-unasked")),
        )
        for at in range(MOST)
    ]
    filled = [row for row in rows if row.name]
    return (*filled, *[Claim()] * min(SPARE, MOST - len(filled)))


def _meant_claims(one: Field, rows: tuple[Claim, ...]) -> dict[str, Any]:
    named = [row for row in rows if row.name]
    if len({row.name for row in named}) < len(named):
        raise CommandError(f"{one.name}: two claims have one name")
    return {
        row.name: {"from": row.source, "in": list(row.places)}
        | ({"unasked": True} if row.unasked else {})
        for row in named
    }


def _typed_words(form: Form, name: str) -> dict[str, str]:
    return {code: _one(form, f"{name}-{code}") for code in language.LANGUAGES}


_TEXT = Kind(_text, _one, lambda _one, text: text or None)
_LIST = Kind(tuple, _several, lambda _one, values: list(dict.fromkeys(values)))
_KINDS: dict[str, Kind] = {
    "text": _TEXT,
    "choice": _TEXT,
    "number": Kind(_text, _one, _number),
    "tick": Kind(bool, lambda form, name: bool(form.get(name)), lambda _one, on: on),
    "lines": Kind("\n".join, _one, lambda _one, text: text.split()),
    "ticks": _LIST,
    "order": _LIST,
    "json": Kind(lambda value: json.dumps(value) if value else "", _one, _object),
    "mapping": Kind(_claims, _typed_claims, _meant_claims),
    "paths": Kind(typed_paths.shown, typed_paths.typed, typed_paths.meant),
    "spoken": Kind(
        lambda value: dict(value or {}),
        _typed_words,
        lambda _one, said: {code: text for code, text in said.items() if text},
    ),
}
