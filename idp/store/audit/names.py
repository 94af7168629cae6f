"""What people and applications are called, for lists that have only their identifiers."""

from collections.abc import Iterable
from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement


@dataclass(frozen=True)
class Named:
    """A person, as lists show one; `gone` is of someone who was deleted."""

    id: str
    name: str
    username: str
    gone: bool = False


_PERSON = Statement("SELECT name, username FROM person WHERE id = :id")
_DEPARTED = Statement("SELECT username FROM departed WHERE subject = :id")
_CLIENT = Statement("SELECT name FROM client WHERE id = :id")
_CLIENTS = Statement("SELECT id, name FROM client ORDER BY name, id LIMIT :most")


def of_people(work: Work, ids: Iterable[str | None]) -> dict[str, Named]:
    """Return those of `ids` who are here, or were."""
    found = {}
    for one in {*ids} - {None}:
        assert one is not None
        row = work.one(_PERSON, id=one)
        if row is not None:
            found[one] = Named(one, *row)
        elif (former := work.value(_DEPARTED, id=one)) is not None:
            found[one] = Named(one, "", former, gone=True)
    return found


def of_clients(work: Work, ids: Iterable[str | None]) -> dict[str, str]:
    """Return the names of those of `ids` that are registered."""
    asked = {one: work.value(_CLIENT, id=one) for one in {*ids} if one}
    return {one: name for one, name in asked.items() if name is not None}


def clients(work: Work, most: int) -> list[tuple[str, str]]:
    """Return identifier and name of registered applications, by name: up to `most`."""
    return [(one, name) for one, name in work.all(_CLIENTS, most=most)]
