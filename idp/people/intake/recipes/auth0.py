"""Auth0: the export with hashes that its support gives, as JSON Lines."""

from collections.abc import Iterator, Mapping
from typing import Any

from idp.people.intake import json_files
from idp.people.intake.held import File
from idp.people.intake.json_files import text


def people(path: File) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the people of an export."""
    for number, user in json_files.objects(path):
        yield number, _values(user or {})


def _values(user: Mapping[str, Any]) -> dict[str, str]:
    groups = _list(user, "app_metadata", "groups")
    roles = _list(user, "app_metadata", "roles")
    return {
        "username": text(user.get("username") or user.get("nickname")),
        "email": text(user.get("email")),
        "name": text(user.get("name")),
        "given_name": text(user.get("given_name")),
        "family_name": text(user.get("family_name")),
        "some_phone": text(user.get("phone_number")),
        "phone_verified": _flag(user.get("phone_verified")),
        "verified": _flag(user.get("email_verified")),
        "enabled": "false" if user.get("blocked") is True else "",
        "groups": groups,
        "roles": roles,
        "password_hash": text(user.get("passwordHash")),
    }


def _list(user: Mapping[str, Any], name: str, member: str) -> str:
    found = user.get(name)
    return text(found.get(member)) if isinstance(found, dict) else ""


def _flag(value: Any) -> str:
    return "true" if value is True else "false"
