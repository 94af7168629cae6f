"""Laravel: its users as JSON, hashes included: `User::all()->makeVisible('password')->toJson()`."""

from collections.abc import Iterator, Mapping

from idp.people.intake import json_files
from idp.people.intake.held import File
from idp.people.intake.json_files import text


def people(path: File) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the people of an export.

    A secret for codes (`two_factor_secret`) is enciphered with the application's key, and stays.
    """
    for number, user in json_files.objects(path):
        found = user or {}
        yield (
            number,
            {
                "username": text(found.get("username")),
                "email": text(found.get("email")),
                "name": text(found.get("name")),
                "some_phone": text(found.get("phone")),
                "verified": "true" if found.get("email_verified_at") else "false",
                "phone_verified": "true" if found.get("phone_verified_at") else "false",
                "enabled": "false" if found.get("deleted_at") else "",
                "password_hash": text(found.get("password")),
            },
        )
