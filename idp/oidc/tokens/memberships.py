"""Groups and roles as one application is told of them: by prefix, under the name that it reads.

Owns the form alone. Whether an application may know them is decided by scope and consent, as for
every claim (`idp.oidc.tokens.claims`); what they let anyone do is the application's own business.
"""

from collections.abc import Mapping
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
