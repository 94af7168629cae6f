"""People who come from a directory: added at their first sign-in, and sorted as it says.

Name, user type and groups follow the directory at each sign-in with its password. An address does
not: whoever moves it there would move where our messages go. Roles are never taken from there.
"""

import logging

from idp.authenticators import identifiers
from idp.authenticators.base import Kind, Rejected
from idp.directory.answers import Entry
from idp.errors import CommandError
from idp.language import _
from idp.people import newcomers, sorting
from idp.settings.values import Settings
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.people.profiles import Profile

BY = "as the directory says"
NOT_HERE = _(
    "Your password is right, and your account in the directory cannot be used here: its name or"
    " e-mail address is missing, or is somebody else's here. Ask for help."
)

_log = logging.getLogger("acrux.directory")


class FromDirectory:
    """Takes people in, for one installation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def welcome(self, work: Work, entry: Entry) -> PersonRow | Rejected:
        """Add the person of an entry, with the event; the caller has the turn to add.

        Its address counts as confirmed: the organisation gave it.
        """
        try:
            new = newcomers.checked(
                self._settings,
                username=entry.username,
                email=entry.email,
                name=entry.name,
                user_type=entry.user_type,
                verified=True,
                groups=_groups(entry) or (),
            )
            person_id = newcomers.insert(work, new, reason="from the directory")
        except CommandError as error:
            _log.warning("an entry of the directory cannot come in: %s", error)
            return Rejected(f"from the directory: {error}", NOT_HERE, Kind.UNCHECKED)
        person = people.by_id(work, person_id)
        assert person is not None
        return person

    def follow(self, work: Work, person_id: str, entry: Entry) -> None:
        """Let a profile be what the entry says, with the event; the person is locked."""
        person = people.by_id(work, person_id)
        if person is None:
            return
        groups = _groups(entry)
        wanted = Profile(
            identifiers.full_name(entry.name) or person.name,
            {},
            person.groups if groups is None else groups,
            person.roles,
            _type(entry),
        )
        sorting.change(work, person, wanted, BY)


def _groups(entry: Entry) -> tuple[str, ...] | None:
    """Return the groups of an entry; those that can be none here count for nothing."""
    if entry.groups is None:
        return None
    found = sorted({name for text in entry.groups if (name := identifiers.group(text))})
    left = len(set(entry.groups)) - len(found[: newcomers.MOST])
    if left:
        _log.warning("%d groups that the directory says of a person can be none here", left)
    return tuple(found[: newcomers.MOST])


def _type(entry: Entry) -> str | None:
    """Return the user type of an entry; None where it says none, or what can be none here."""
    try:
        return newcomers.type_name(entry.user_type) if entry.user_type else None
    except CommandError as error:
        _log.warning("what the directory says of a person is left: %s", error)
        return None
