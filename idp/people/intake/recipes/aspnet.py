"""ASP.NET Core Identity: the rows of `AspNetUsers` as JSON, such as `FOR JSON PATH` of SQL Server.

A row may have `AuthenticatorKey`, the value of that name in `AspNetUserTokens`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from idp.people.intake import json_files
from idp.people.intake.held import File
from idp.people.intake.json_files import text


def people(path: File) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the people of an export."""
    for number, user in json_files.objects(path):
        yield number, _values({name.lower(): value for name, value in (user or {}).items()})


def _values(user: Mapping[str, Any]) -> dict[str, str]:
    both = user.get("twofactorenabled") is not False
    return {
        "username": text(user.get("username")),
        "email": text(user.get("email")),
        "some_phone": text(user.get("phonenumber")),
        "verified": _flag(user.get("emailconfirmed")),
        "phone_verified": _flag(user.get("phonenumberconfirmed")),
        "password_hash": text(user.get("passwordhash")),
        "totp_secret": text(user.get("authenticatorkey")) if both else "",
    }


def _flag(value: Any) -> str:
    return "true" if value in (True, 1) else "false"
