"""Adding and changing a client as one step: what is registered, and the secret that it calls for.

The command line and dynamic registration both come through here. The caller checks the metadata,
records the event and commits.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.crypto import Keyring, random_bytes
from idp.oidc.clients.client import Client, from_metadata, parse
from idp.oidc.clients.secrets import SECRET_METHODS, SIGNING_METHOD, NewSecret, new_secret
from idp.store.db import Work
from idp.store.oidc import authorizations, clients
from idp.store.oidc.clients import ClientRow


@dataclass(frozen=True)
class Stored:
    """A registration as it is now; `secret` when one was drawn, to be told this once."""

    client: Client
    secret: str | None = field(repr=False)


def new_id() -> str:
    """Return a random client_id, in characters that no shell and no option parser minds."""
    return random_bytes(16).hex()


def add(
    work: Work,
    keyring: Keyring,
    client_id: str,
    name: str,
    data: Mapping[str, Any],
    *,
    registration_digest: str | None = None,
    brought: NewSecret | None = None,
) -> Stored | None:
    """Store a new client, with a secret if its method has one; None when the id is taken.

    It is taken by another client, or because a person is called so (`sub`). A secret is drawn,
    unless the client has `brought` one, which is not told.
    """
    client = from_metadata(data, client_id=client_id, name=name)
    method = client.token_endpoint_auth_method
    if method not in SECRET_METHODS:
        drawn = None
    else:
        drawn = brought or new_secret(keyring, client_id, method)
    added = clients.add(
        work,
        client_id,
        name,
        drawn.digest if drawn else None,
        json.dumps(data),
        sealed_secret=drawn.sealed if drawn else None,
        registration_digest=registration_digest,
    )
    told = drawn.text if drawn and drawn is not brought else None
    return Stored(client, told) if added else None


def change(
    work: Work, keyring: Keyring, seen: ClientRow, name: str, data: Mapping[str, Any]
) -> Stored | None:
    """Store changed metadata in the place of `seen`; None when someone else was faster.

    A secret goes when the new method has none, stays when it still serves, and is drawn again when
    there is none, or none that could verify what the client signs with it.
    """
    client = from_metadata(data, client_id=seen.id, name=name)
    method = client.token_endpoint_auth_method
    digest, sealed, text = seen.secret_digest, seen.sealed_secret, None
    if method not in SECRET_METHODS:
        digest = sealed = None
    elif digest is None or (method == SIGNING_METHOD and sealed is None):
        drawn = new_secret(keyring, seen.id, method)
        digest, sealed, text = drawn.digest, drawn.sealed, drawn.text
    elif method != SIGNING_METHOD:
        sealed = None
    changed = clients.replace(
        work, seen, name, json.dumps(data), secret_digest=digest, sealed_secret=sealed
    )
    return Stored(client, text) if changed else None


def replace_own(
    work: Work, keyring: Keyring, seen: ClientRow, name: str, data: Mapping[str, Any]
) -> Stored | None:
    """Store what a client says of itself now: as `change`, and for whom it no longer is.

    Under another name, at another place or with other scopes it is not the one that people let in:
    their consents and all that came of them end. Nor is it the one that an operator vouched for, if
    that or anything else that people see of it has changed.
    """
    before, after = parse(seen), from_metadata(data, client_id=seen.id, name=name)
    another = _let_in(before) != _let_in(after)
    if another or _shown(before) != _shown(after):
        data = {member: value for member, value in data.items() if member != "vouched"}
    if another:
        authorizations.lock_people_of(work, seen.id)
    stored = change(work, keyring, seen, name, data)
    if stored is not None and another:
        authorizations.end_client(work, seen.id)
    return stored


def _let_in(client: Client) -> tuple[Any, ...]:
    return client.name, client.places, frozenset(client.scopes or ())


def _shown(client: Client) -> tuple[Any, ...]:
    return client.logo_uri, client.client_uri, client.policy_uri, client.tos_uri
