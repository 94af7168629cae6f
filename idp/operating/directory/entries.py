"""People and groups as a directory knows them, and as it wants them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from idp import crypto
from idp.errors import CommandError
from idp.operating.people.naming import version_of
from idp.operating.refusals import NotFound
from idp.store import canaries
from idp.store.people import PersonRow
from idp.store.people.groups import GroupRow

NAME, TYPE, ACTIVE, PRIMARY, SECONDARY = "name", "type", "active", "primary", "secondary"


LONGEST_NAME, LONGEST_ID = 254, 255
"""Characters of a user name as a directory spells it, and of what it calls somebody."""


def check_called(external_id: str | None, username: str = "") -> None:
    """Let a directory call a person or a group so.

    Raises:
        CommandError: it is too long to be kept.
    """
    if len(username) > LONGEST_NAME:
        raise CommandError(f"a user name has {LONGEST_NAME} characters at most")
    if len(external_id or "") > LONGEST_ID:
        raise CommandError(f"an externalId has {LONGEST_ID} characters at most")


def known(sub: str) -> str:
    """Return what may be the `sub` of somebody: the canary's people are nobody.

    Raises:
        NotFound: it is that of one of them.
    """
    if sub.startswith(canaries.MARK):
        raise NotFound("there is nobody of that id")
    return sub


@dataclass(frozen=True)
class Entry:
    """A person, with what the directory that asks calls them."""

    person: PersonRow
    username: str
    """As the directory spells it."""
    external_id: str | None
    off_at: int | None
    """When it switched the person off, in seconds since 1970, if it ever did."""
    unsaid: frozenset[str]
    """Of `NAME`, `TYPE` and `ACTIVE` those that it does not say: we have a value all the same.

    `PRIMARY`: whether the one address is the primary one it did not say either; `SECONDARY`: it
    said that it is not.
    """
    type: str
    """In the directory's words, as all that follows."""
    roles: tuple[str, ...]
    """Those that a directory gives and takes."""
    groups: tuple[tuple[str, str], ...]
    """Ids and names."""

    @property
    def version(self) -> str:
        """Return what is another one after every change."""
        own = [version_of(self.person), self.username, self.external_id, sorted(self.unsaid)]
        return crypto.digest(json.dumps(own))[:22]


@dataclass(frozen=True)
class Wanted:
    """A person as a directory wants them, all of it; None is what it does not say."""

    username: str
    email: str | None = None
    """None: the user name, where that is an address."""
    primary: bool | None = None
    """The address is said to be the primary one, or not."""
    name: str | None = None
    """What pages call the person; None: given and family name together."""
    phone: str | None = None
    type: str | None = None
    roles: tuple[str, ...] = ()
    claims: Mapping[str, str | None] = field(default_factory=dict)
    """Standard claims; None takes one away."""
    active: bool | None = None
    external_id: str | None = None

    @property
    def unsaid(self) -> frozenset[str]:
        """Return what everyone has here, and is not said."""
        said = {NAME: self.name, TYPE: self.type, ACTIVE: self.active, PRIMARY: self.primary}
        found = frozenset(what for what, value in said.items() if value is None)
        return found | {SECONDARY} if self.primary is False else found


@dataclass(frozen=True)
class GroupEntry:
    """A group, with what the directory that asks calls it."""

    group: GroupRow
    name: str
    external_id: str | None
    members: tuple[str, ...] | None
    """The `sub` of each; None where nobody asked."""

    @property
    def version(self) -> str | None:
        """Return what is another one after every change; None where the members are not known."""
        if self.members is None:
            return None
        own = [self.group.name, self.group.updated_at, self.external_id, *self.members]
        return crypto.digest(json.dumps(own))[:22]


@dataclass(frozen=True)
class WantedGroup:
    """A group as a directory wants it."""

    name: str
    external_id: str | None = None
    members: frozenset[str] = frozenset()
    """The `sub` of each."""
