"""Groups and roles as one application is told of them: by prefix, under the name that it reads.

Owns the form alone. Whether an application may know them is decided by scope and consent, as for
every claim (`idp.oidc.tokens.claims`); what they let anybody do is the application's own business.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from idp.oidc.clients.registry import Client

KINDS = ("groups", "roles")
"""Scopes, claims, and what a client's settings `…_claim` and `…_prefix` are about."""
DEEPEST = 5
"""Members within each other: `resource_access.app.roles` has three."""
_DOT = re.compile(r"(?<!\\)\.")
_NAME = re.compile(r"[!-~]{1,200}")


def path(name: str) -> tuple[str, ...]:
    """Return the members that lead to a claim: a dot nests, unless written `\\.` or in an address.

    So `realm_access.roles` is a member of an object, and `https://example.org/roles` is not.
    """
    if "://" in name:
        return (name,)
    return tuple(part.replace("\\.", ".") for part in _DOT.split(name))


def problems(names: Iterable[str], reserved: Collection[str]) -> list[str]:
    """Return why claims cannot be called `names`; none may lie within another, or be `reserved`."""
    found = []
    paths = [path(name) for name in names]
    for name, steps in zip(names, paths, strict=True):
        if not _NAME.fullmatch(name) or "" in steps or len(steps) > DEEPEST:
            found.append(f"{name!r} cannot be the name of a claim")
        elif steps[0] in reserved:
            found.append(f"{steps[0]} is a claim of another meaning")
    for index, steps in enumerate(paths):
        others = paths[:index] + paths[index + 1 :]
        if any(other[: len(steps)] == steps for other in others):
            found.append("groups and roles need claims of their own")
            break
    return found


def placed(client: Client, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return `found` with its groups and roles as this client reads them.

    A list that is empty is told too: it says that somebody is in no group any more.
    """
    told = {name: value for name, value in found.items() if name not in KINDS}
    for kind in KINDS:
        if kind not in found:
            continue
        name, prefix = _settings(client, kind)
        *outer, last = path(name)
        place = told
        for step in outer:
            place = place.setdefault(step, {})
        place[last] = [one for one in found[kind] if one.startswith(prefix)]
    return told


def _settings(client: Client, kind: str) -> tuple[str, str]:
    """Return the name of the claim, and what a group or role must begin with to be told."""
    if kind == "groups":
        return client.groups_claim, client.groups_prefix or ""
    return client.roles_claim, client.roles_prefix or ""
