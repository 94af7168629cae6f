"""People are sorted: user type, groups and roles, and what else stands in a profile.

They decide what a rollout demands of someone, what applications are told, and what someone may do
here. So a change is made from what was read, is recorded with before and after, and a word that no
one else has is pointed out: it is taken, for somebody must be the first, but mostly it is a typing
error. It never decides who may.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from idp import audit
from idp.audit import Event
from idp.errors import CommandError
from idp.language import _
from idp.policy.roles import Role
from idp.store.db import Work
from idp.store.people import PersonRow, headcounts, profiles
from idp.store.people.profiles import Profile

NAME, TYPE, GROUPS, ROLES = "name", "type", "groups", "roles"
SHOWN = 12
"""Words that exist, told with their numbers: of more than these, the ones with most people."""
ADMINISTER = (Role.OWNER, Role.ADMIN)
"""Roles without which nobody can look after the installation in a browser."""


def change(work: Work, person: PersonRow, wanted: Profile, by: str = "set") -> list[str]:
    """Change a profile, with the event, and return what was changed, in alphabetical order.

    The caller has locked the person, and read after that. `by` says what did it, for the auditor.

    Raises:
        CommandError: the profile was changed since it was read.
    """
    changed = sorted(_differences(person, wanted))
    if not changed:
        return []
    if not profiles.change(work, person, wanted):
        words = _("the profile was changed meanwhile: look, and set it again")
        raise CommandError(words, "changed-meanwhile")
    before, after = _decisive(person), _decisive_of(wanted, person)
    audit.record(
        work,
        Event.PERSON_CHANGED,
        person=person.id,
        reason=f"{by}: {' '.join(changed)}",
        before={name: before[name] for name in changed if name in before},
        after={name: after[name] for name in changed if name in after},
    )
    return changed


def _decisive(person: PersonRow) -> dict[str, Any]:
    """Return what decides what someone must and may do; a name does not, and is not recorded."""
    return {
        TYPE: person.user_type,
        GROUPS: list(person.groups),
        ROLES: sorted(person.roles),
    }


def _decisive_of(wanted: Profile, person: PersonRow) -> dict[str, Any]:
    return {
        TYPE: wanted.user_type or person.user_type,
        GROUPS: list(wanted.groups),
        ROLES: sorted(wanted.roles),
    }


def _differences(person: PersonRow, wanted: Profile) -> Iterable[str]:
    if wanted.name != person.name:
        yield NAME
    before, after = _decisive(person), _decisive_of(wanted, person)
    yield from (name for name in before if before[name] != after[name])
    for claim, value in wanted.claims.items():
        if person.claims.get(claim) != value:
            yield claim


class Known:
    """The user types and groups that people have, with their numbers, read once.

    What is new is pointed out once, and known from then on: in an import each word stands once.
    """

    def __init__(self, work: Work) -> None:
        self._types = headcounts.types(work)
        self._groups = headcounts.groups(work)

    def unknown(self, user_type: str | None, groups: Iterable[str]) -> list[str]:
        """Say of each word that nobody has yet which there are, and how many people have each."""
        said = []
        if user_type is not None and user_type not in self._types:
            said.append(f"nobody is of type {user_type!r} yet; {_listed('types', self._types)}")
            self._types[user_type] = 0
        for group in groups:
            if group not in self._groups:
                said.append(f"nobody is in group {group!r} yet; {_listed('groups', self._groups)}")
                self._groups[group] = 0
        return said


def _listed(what: str, known: Mapping[str, int]) -> str:
    found = sorted(((n, name) for name, n in known.items() if n), key=lambda one: (-one[0], one[1]))
    if not found:
        return f"there are no {what}"
    shown = ", ".join(f"{name} ({number})" for number, name in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"there are {shown}{more}"


def last_with(work: Work, person: PersonRow, kept: Iterable[str] = ()) -> list[str]:
    """Return the roles of `ADMINISTER` that nobody else has, and this person is to have no more.

    `kept` are the roles that stay. Someone switched off looks after nothing.
    """
    losing = [role.value for role in ADMINISTER if role in person.roles and role not in set(kept)]
    return [role for role in losing if not headcounts.others_with(work, role, person.id)]
