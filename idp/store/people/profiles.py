"""What a profile holds beside addresses and numbers: names, claims, user type, groups, roles."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.people import PersonRow
from idp.store.people import groups as group_store
from idp.store.tags.kinds import PERSON


@dataclass(frozen=True)
class Profile:
    """What is to stand in a profile from now on."""

    name: str
    claims: Mapping[str, Any | None]
    """Standard claims that change; None takes one away."""
    groups: tuple[str, ...]
    roles: frozenset[str]
    user_type: str | None = None
    """None: as it is."""


_READ = Statement("SELECT claims, member_of, roles FROM person WHERE id = :id")
_REPLACE = Statement(
    "UPDATE person SET name = :name, claims = :claims, member_of = :member_of, roles = :roles,"
    " user_type = :user_type, updated_at = :now, tag = :tag WHERE id = :id AND name = :old_name"
    " AND claims = :old_claims AND member_of = :old_groups AND roles = :old_roles"
    " AND user_type = :old_type"
)

_RENAME = Statement(
    "UPDATE person SET username = :new, updated_at = :now WHERE id = :id AND username = :old"
    " AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id <> :own"
    " AND (o.email = :address OR o.username = :name))"
)


def change(work: Work, person: PersonRow, profile: Profile) -> bool:
    """Change the profile of a person as it was read.

    False when another change of it came in between.
    """
    row = work.one(_READ, id=person.id)
    if row is None:
        return False
    claims, groups, roles = row
    as_read = (person.claims, person.groups, person.roles)
    if (json.loads(claims), tuple(json.loads(groups)), frozenset(roles.split())) != as_read:
        return False
    together = {**person.claims, **profile.claims}
    kept = {key: value for key, value in together.items() if value is not None}
    decisive = {
        "id": person.id,
        "user_type": profile.user_type or person.user_type,
        "roles": " ".join(sorted(profile.roles)),
        "member_of": json.dumps(profile.groups),
    }
    changed = work.run(
        _REPLACE,
        **decisive,
        tag=PERSON.tag(work, **decisive),
        name=profile.name,
        claims=json.dumps(kept),
        now=clock.now(),
        old_name=person.name,
        old_claims=claims,
        old_groups=groups,
        old_roles=roles,
        old_type=person.user_type,
    )
    group_store.ensure(work, set(profile.groups) - set(person.groups))
    return changed == 1


def rename(work: Work, person: PersonRow, username: str) -> bool:
    """Give a person another user name, in its normal form.

    False when it is someone else's name or address, or the person's own is already another one.
    """
    changed = work.unless_taken(
        _RENAME,
        id=person.id,
        own=person.id,
        old=person.username,
        new=username,
        address=username,
        name=username,
        now=clock.now(),
    )
    return changed == 1
