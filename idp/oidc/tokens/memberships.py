"""Groups and roles as one application is told of them: by prefix, under the name that it reads.

Owns the form alone. Whether an application may know them is decided by scope and consent, as for
every claim (`idp.oidc.tokens.claims`); what they let anyone do is the application's own business.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from idp.oidc.clients.client import Client
from idp.oidc.clients.membership_names import path
from idp.oidc.vocabulary import MEMBERSHIPS


def placed(client: Client, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return `found` with its groups and roles as this client reads them.

    A list that is empty is told too: it says that someone is in no group any more.
    """
    told = {name: value for name, value in found.items() if name not in MEMBERSHIPS}
    for kind in MEMBERSHIPS:
        if kind not in found:
            continue
        *outer, last = path(client.groups_claim if kind == "groups" else client.roles_claim)
        place = told
        for step in outer:
            place = place.setdefault(step, {})
        place[last] = shown(client, kind, found[kind])
    return told


def shown(client: Client, kind: str, names: Iterable[str]) -> list[str]:
    """Return those of the groups or roles that this client is told of."""
    prefix = (client.groups_prefix if kind == "groups" else client.roles_prefix) or ""
    return [one for one in names if one.startswith(prefix)]
