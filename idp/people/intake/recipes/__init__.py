"""Exports of other providers and frameworks, read as a file of people.

Owns what the members of each export mean. Each recipe yields people by the names of our columns;
all else is as for any other file.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from idp.people.intake.columns import recognise
from idp.people.intake.files import Record, Source
from idp.people.intake.held import File
from idp.people.intake.recipes import aspnet, auth0, django, keycloak, laravel

Recipe = Callable[[File], Iterator[tuple[int, Mapping[str, str]]]]
"""From a file to people, each by the number of its line or of its place, with values by column."""
RECIPES: dict[str, Recipe] = {
    "keycloak": keycloak.people,
    "auth0": auth0.people,
    "django": django.people,
    "laravel": laravel.people,
    "aspnet": aspnet.people,
}
_COLUMNS = (
    *("username", "email", "name", "given_name", "family_name", "phone", "some_phone", "type"),
    *("groups", "roles", "verified", "phone_verified", "enabled", "password_hash", "totp_secret"),
)
_HEADER = tuple("phone number" if name == "some_phone" else name for name in _COLUMNS)


@dataclass(frozen=True)
class Converted(Source):
    """An export that a recipe reads."""

    recipe: str = ""

    def records(self) -> Iterator[Record]:
        """Yield the people of the export.

        Raises:
            CommandError: it is none of this kind.
        """
        for number, values in RECIPES[self.recipe](self.path):
            yield Record(number, tuple(values.get(name, "") for name in _COLUMNS))


def open_export(recipe: str, path: File) -> Source:
    """Return an export as a file of people."""
    return Converted(path, "utf-8", "", recognise(list(_HEADER)), 0, recipe=recipe)
