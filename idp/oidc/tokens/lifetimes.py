"""For how long each token of one application lives: as it is registered, else as set for all.

Owns the arithmetic; all of it in seconds. What ends a token before is the store's.
"""

from idp.oidc.clients.client import Client
from idp.settings.values import Oidc

GUARDED = 3600
"""Seconds for which a browser comes to a guarded host before it is sent round by the sign-in, which
mostly shows nothing. What a page has typed into it meanwhile is lost then."""


def access(client: Client, rules: Oidc) -> int:
    """Return how long an access token opens anything."""
    usual = rules.access_token_lifetime if client.forward_origin is None else GUARDED
    return client.access_token_lifetime or usual


def id_token(client: Client, rules: Oidc) -> int:
    """Return after how long an ID token expires."""
    return client.id_token_lifetime or rules.id_token_lifetime


def connected(client: Client, rules: Oidc) -> int:
    """Return how long after a sign-in an application may go on without the person.

    Never longer than for all: the forecast of a stage and what is cleaned away count on that.
    """
    return min(client.refresh_token_lifetime or rules.refresh_absolute, rules.refresh_absolute)


def refresh_ends(client: Client, rules: Oidc, signed_in_at: int, now: int) -> int:
    """Return when a refresh token that is made now ends without use."""
    idle = min(client.refresh_token_idle or rules.refresh_idle, rules.refresh_idle)
    return min(now + idle, signed_in_at + connected(client, rules))
