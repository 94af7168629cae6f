"""What an application is told of a person: by scope or by claim (OIDC Core 5.4, 5.5)."""

import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from idp.oidc import vocabulary
from idp.oidc.clients.client import Client
from idp.oidc.tokens import memberships, profile
from idp.oidc.vocabulary import BY_SCOPE
from idp.store import people
from idp.store.people import PersonRow

NONE: frozenset[str] = frozenset()


def of_person(person: PersonRow) -> dict[str, Any]:
    """Return every standard claim about a person that is known and well-formed."""
    found = profile.holds(person.claims)
    found |= {
        "preferred_username": person.username,
        "updated_at": person.updated_at,
        "email": person.email,
        "email_verified": person.email_verified,
        "groups": list(person.groups),
        "roles": sorted(person.roles - people.OWN_ROLES),
    }
    if profile.text(person.name):
        found["name"] = person.name
    if person.phone:
        found |= {"phone_number": person.phone, "phone_number_verified": person.phone_verified}
    return found


@lru_cache(maxsize=256)
def of_scope(scope: tuple[str, ...]) -> frozenset[str]:
    """Return the names of the claims that the scopes cover."""
    return frozenset(name for one in scope for name in BY_SCOPE.get(one, ()))


def asked(text: str | None, part: str) -> frozenset[str]:
    """Return the claims that were asked for one by one for `part`: id_token or userinfo.

    Or those that are told `unasked`, as the person was told (`oidc.tokens.mapped`).

    `text` is what an Authorization keeps of the claims parameter (OIDC Core 5.5).
    """
    return frozenset(json.loads(text).get(part, ())) if text else frozenset()


def told(client: Client, person: PersonRow, names: Collection[str]) -> dict[str, Any]:
    """Return those of the claims called `names` that are known, as this client reads them."""
    found = of_person(person)
    known = {name: found[name] for name in sorted(found.keys() & set(names))}
    return memberships.placed(client, known)


def of_memberships(
    client: Client, person: PersonRow | None, scope: tuple[str, ...]
) -> dict[str, Any]:
    """Return the groups and roles that `scope` covers, for anyone who is shown the access token.

    RFC 9068 section 2.2.3.1 names both for a token that an API reads by itself.
    """
    names = of_scope(scope) & set(vocabulary.MEMBERSHIPS)
    return told(client, person, names) if person and names else {}
