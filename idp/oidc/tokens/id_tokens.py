"""ID tokens (OIDC Core 2): what they say, and how one of ours is known again as a hint."""

from typing import Any

from joserfc import jwt

from idp.oidc.clients.client import Client
from idp.oidc.jose.compact import read_header
from idp.oidc.tokens import claims, mapped
from idp.oidc.tokens.signing_keys import Ring
from idp.store import people
from idp.store.db import Work
from idp.store.oidc.authorizations import AuthorizationRow

_TYPES = (None, "jwt")


def of_sign_in(authorization: AuthorizationRow) -> dict[str, Any]:
    """Return what an authorization says of the sign-in it came from."""
    found: dict[str, Any] = {"acr": authorization.acr, "sid": authorization.sid}
    if authorization.amr:
        found["amr"] = list(authorization.amr)
    if authorization.says_auth_time:
        found["auth_time"] = authorization.auth_time
    return found


def told(client: Client, scope: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scopes whose claims an ID token of this client says beside its access token."""
    return scope if client.id_token_claims == "scope" else ()


def content(
    work: Work,
    client: Client,
    authorization: AuthorizationRow,
    scope: tuple[str, ...],
    granted: tuple[str, ...],
) -> dict[str, Any]:
    """Return what an ID token says of whom and of how; when, and by whom, is its maker's.

    What is said of the person comes first: nothing of it stands for what the sign-in says.
    """
    found = of_person(work, client, authorization, scope, granted)
    found |= of_sign_in(authorization)
    found |= {"sub": authorization.subject, "aud": client.client_id}
    return found


def of_person(
    work: Work,
    client: Client,
    authorization: AuthorizationRow,
    scope: tuple[str, ...],
    granted: tuple[str, ...],
) -> dict[str, Any]:
    """Return the claims about the person that belong into this client's ID token.

    Those asked for one by one (OIDC Core 5.5), and those that `scope` covers (OIDC Core 5.4): none
    where the application has an access token and is expected to ask userinfo. What the client reads
    under names of its own is there as far as the `granted` scopes go.
    """
    names = claims.asked(authorization.claims, "id_token") | claims.of_scope(scope)
    due = client.claim_mapping and mapped.due(client, authorization, granted, "id_token")
    person = people.by_id(work, authorization.person_id) if names or due else None
    if person is None:
        return {}
    found = claims.told(client, person, names)
    if due:
        mapped.put(found, due, client, person)
    return found


def read_hint(ring: Ring, issuer: str, token: str, client_id: str | None) -> dict[str, Any] | None:
    """Return the claims of one of our ID tokens, expired or not; None when it is not ours.

    Checked are our signature by a key we published, the algorithm of that key, `typ`, `iss`, `aud`,
    and that it is an ID token (it has a `sid`, and no `events` as a logout token has): no other
    token of ours passes for one.
    """
    try:
        header = read_header(token)
        alg, key = ring.public[header.kid or ""]
        found: dict[str, Any] = jwt.decode(token, key, algorithms=[alg]).claims
    except Exception:  # whatever a stranger's token breaks, it is not ours
        return None
    if header.typ not in _TYPES or "events" in found:
        return None
    ours = found.get("iss") == issuer and all(isinstance(found.get(n), str) for n in ("sub", "sid"))
    if not ours or (client_id is not None and found.get("aud") != client_id):
        return None
    return found
