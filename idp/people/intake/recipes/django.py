"""Django: `manage.py dumpdata auth account otp_totp`, of what there is of these.

People are the model that has a password and ends with `user`; addresses confirmed are those of
allauth, apps those of django-otp.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.people.intake import json_files
from idp.people.intake.held import File
from idp.people.intake.json_files import text

_UNUSABLE = "!"


@dataclass
class _Beside:
    """What other tables say of people, by their keys."""

    groups: dict[Any, str] = field(default_factory=dict)
    confirmed: set[tuple[Any, str]] = field(default_factory=set)
    apps: dict[Any, str] = field(default_factory=dict)

    def note(self, model: str, key: Any, fields: Mapping[str, Any]) -> None:
        if model == "auth.group":
            self.groups[key] = text(fields.get("name"))
        elif model == "account.emailaddress" and fields.get("verified") is True:
            self.confirmed.add((_key(fields.get("user")), text(fields.get("email")).lower()))
        elif model == "otp_totp.totpdevice" and (secret := _app(fields)):
            self.apps[_key(fields.get("user"))] = secret


def people(path: File) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the people of a dump; what belongs to them may stand before or behind."""
    beside = _Beside()
    for _number, model, key, fields in _rows(path):
        beside.note(model, key, fields)
    for number, model, key, fields in _rows(path):
        if model.endswith("user") and "password" in fields:
            yield number, _values(key, fields, beside)


def _rows(path: File) -> Iterator[tuple[int, str, Any, Mapping[str, Any]]]:
    for number, row in json_files.objects(path):
        fields = row.get("fields") if row else None
        if row and isinstance(fields, dict):
            yield number, text(row.get("model")).lower(), _key(row.get("pk")), fields


def _values(key: Any, fields: Mapping[str, Any], beside: _Beside) -> dict[str, str]:
    email = text(fields.get("email"))
    username = text(fields.get("username"))
    # By natural keys a group, or a person, goes by its name.
    named = fields.get("groups")
    groups = [
        beside.groups.get(_key(one), _key(one) if isinstance(_key(one), str) else "")
        for one in (named if isinstance(named, list) else ())
    ]
    password = text(fields.get("password"))
    keys = (key, username)
    return {
        "username": username,
        "email": email,
        "given_name": text(fields.get("first_name")),
        "family_name": text(fields.get("last_name")),
        "groups": ";".join(filter(None, groups)),
        "enabled": "false" if fields.get("is_active") is False else "",
        "verified": _flag(any((one, email.lower()) in beside.confirmed for one in keys)),
        "password_hash": "" if password.startswith(_UNUSABLE) else password,
        "totp_secret": next((beside.apps[one] for one in keys if one in beside.apps), ""),
    }


def _app(fields: Mapping[str, Any]) -> str | None:
    """Return the secret, in hex there, of an app with six digits each 30 seconds."""
    usual = (fields.get("digits"), fields.get("step"), fields.get("t0"))
    if usual != (6, 30, 0) or fields.get("confirmed") is not True:
        return None
    try:
        return base64.b32encode(bytes.fromhex(text(fields.get("key")))).decode()
    except ValueError:
        return None


def _key(value: Any) -> Any:
    """Return a key that may be looked up: natural ones are lists."""
    if isinstance(value, list):
        return text(value[0]) if value else ""
    return value if isinstance(value, int | str) else ""


def _flag(value: bool) -> str:
    return "true" if value else "false"
