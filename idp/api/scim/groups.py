"""A group as SCIM says it, and who is to come and go by a change that names them."""

import re
from dataclasses import dataclass
from typing import Any

from scim2_models import InvalidValueException, PatchOp, Resource

from idp.api.scim.people import meta
from idp.api.scim.shapes import GROUP, USER, Group
from idp.operating.directory.entries import GroupEntry, WantedGroup

MEMBERS = "members"
_ONE = re.compile(r'members\[\s*value\s+eq\s+"([A-Za-z0-9_-]+)"\s*\]', re.IGNORECASE)


@dataclass(frozen=True)
class Moves:
    """Who comes into a group, and who goes, by `sub`."""

    come: frozenset[str]
    go: frozenset[str]


def told(entry: GroupEntry) -> Resource[Any]:
    """Return a group as a directory is told of it."""
    members = [{"value": sub, "$ref": f"Users/{sub}", "type": USER} for sub in entry.members or ()]
    row = entry.group
    return Group.model_validate(
        {
            "id": row.id,
            "externalId": entry.external_id,
            "displayName": entry.name,
            "members": members or None,
            "meta": meta(GROUP, row.created_at, row.updated_at, entry.version),
        }
    )


def wanted(resource: Any) -> WantedGroup:
    """Return a group as a directory wants it.

    Raises:
        InvalidValueException: a member is not named, or is a group.
    """
    members = resource.members or []
    if any(not one.value or (one.type or USER) != USER for one in members):
        raise InvalidValueException(detail="a member is a person, named by its value")
    return WantedGroup(
        resource.display_name, resource.external_id, frozenset(one.value for one in members)
    )


def moves(change: "PatchOp[Any]") -> Moves | None:
    """Return who comes and goes, where a change says nothing else and names everyone.

    Then nobody has to look at all the others, of whom there may be thousands.
    """
    come, go = set[str](), set[str]()
    for one in change.operations or []:
        named = _named(one)
        if named is None or one.op not in ("add", "remove"):
            return None
        to, away = (come, go) if one.op == "add" else (go, come)
        to |= named
        away -= named
    return Moves(frozenset(come), frozenset(go))


def _named(one: Any) -> set[str] | None:
    path = str(one.path or "")
    by_filter = _ONE.fullmatch(path)
    if by_filter and one.op == "remove" and one.value is None:
        return {by_filter[1]}
    if path.casefold() != MEMBERS or not isinstance(one.value, list) or not one.value:
        return None
    found = set[str]()
    for item in one.value:
        sub = item.get("value") if isinstance(item, dict) else None
        if not isinstance(sub, str) or not sub or (item.get("type") or USER) != USER:
            return None
        found.add(sub)
    return found
