"""What a browser holds at a guarded host: an access token of its application."""

from dataclasses import dataclass

from idp.oidc.clients.client import Client
from idp.oidc.tokens import access_tokens
from idp.oidc.tokens.access_tokens import NOT_CONFINED
from idp.store.db import Work
from idp.store.oidc.authorizations import AuthorizationRow
from idp.store.people import PersonRow


@dataclass(frozen=True)
class Entry:
    """A live token, and whose sign-in it rests on."""

    token: str
    expires_at: int
    about: AuthorizationRow
    person: PersonRow
    """As of now."""


def find(work: Work, client: Client, token: str) -> Entry | None:
    """Return what `token` is worth at the host of `client`; None for whatever is not of it."""
    access = access_tokens.find(work, token) if token else None
    if access is None or access.client_id != client.client_id:
        return None
    if access.authorization is None or access.person is None or access.confined != NOT_CONFINED:
        # One that is for an API, or good with its key alone, is more than a cookie can show.
        return None
    return Entry(token, access.expires_at, access.authorization, access.person)
