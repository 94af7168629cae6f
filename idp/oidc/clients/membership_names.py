"""What an application may call groups and roles: a claim's name, where a dot nests.

Pure. Where a token has them under that name, `idp.oidc.tokens.memberships` says.
"""

import re
from collections.abc import Collection, Iterable

DEEPEST = 5
"""Members within each other: `resource_access.app.roles` has three."""
_DOT = re.compile(r"(?<!\\)\.")
NAME = re.compile(r"[!-~]{1,200}")


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
    # In small letters: many a library reads `Sub` as `sub` (Go's), and believes the last of both.
    paths = [path(name.lower()) for name in names]
    for name, steps in zip(names, paths, strict=True):
        if not NAME.fullmatch(name) or "" in steps or len(steps) > DEEPEST:
            found.append(f"{name!r} cannot be the name of a claim")
        elif steps[0] in reserved:
            found.append(f"{steps[0]} is a claim of another meaning")
    for index, steps in enumerate(paths):
        others = paths[:index] + paths[index + 1 :]
        if any(other[: len(steps)] == steps for other in others):
            found.append("groups and roles need claims of their own")
            break
    return found
