"""Whose a request is: an access token of our own, for this API and within its scopes.

A program has its token by client credentials, or a person has given it one by signing in; then the
person's roles count, and the sign-in must be as strong and as new as the console asks.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from flask import Request

from idp import clock
from idp.api.v1.problems import Problem
from idp.installation import Installation
from idp.oidc import provider
from idp.oidc.clients.client import Client
from idp.oidc.tokens import access_tokens
from idp.oidc.tokens.access_tokens import Access
from idp.oidc.tokens.binding import holding
from idp.oidc.tokens.binding.holding import NotHeld, Token
from idp.oidc.tokens.binding.proofs import nonce_header
from idp.operating.actor import Actor
from idp.policy import roles
from idp.policy.reach import implies
from idp.store.db import Work

FRESH = 300
"""Seconds for which a sign-in allows changes, as in the console."""
REALM = "acrux"


@dataclass(frozen=True)
class Bearing:
    """Who asks: the actor, the client that brought the token, and when the person signed in."""

    actor: Actor
    client_id: str
    signed_in_at: int | None
    """In seconds since 1970; None: no one did, the client acts for itself."""

    @property
    def name(self) -> str:
        """What sets this one apart from all others."""
        return f"{self.client_id} {self.actor.person or ''}"


class NotForThis(Problem):
    """A token is good, and not for this: the client that brought it is known."""

    def __init__(self, client_id: str, scope: str) -> None:
        text = "the access token is not good for this"
        refused = challenge("insufficient_scope", text, 403, more={"scope": scope})
        super().__init__(403, refused.code, text, headers=refused.headers)
        self.client_id = client_id


class Bearers:
    """Reads tokens, for one installation."""

    def __init__(self, installation: Installation) -> None:
        shared = provider.of(installation)
        self._registry, self._proofs = shared.registry, shared.proofs
        self._rules = installation.signin.rules
        self._level = installation.settings.console_level

    def of(self, work: Work, request: Request) -> Bearing:
        """Return who asks, and let the trail know it.

        Raises:
            Problem: the token is none that opens this API, or the sign-in is not strong enough.
        """
        access, client = self._access(work, request)
        held = [scope for scope in access.scope if scope in client.api_scopes]
        scopes = [scope for scope in held if scope in roles.SCOPES]
        if not scopes:
            raise challenge("invalid_token", "the access token is not for this API")
        found = self._bearing(access, roles.within(scopes))
        work.caller = replace(work.caller, acting=found.actor.person, program=found.client_id)
        return found

    def directory(self, work: Work, request: Request) -> Bearing:
        """Return which directory asks, and let the trail know it.

        Raises:
            NotForThis: the client is known, and is no directory.
            Problem: the token is none.
        """
        access, client = self._access(work, request)
        held = roles.DIRECTORY_SCOPE in access.scope and roles.DIRECTORY_SCOPE in client.api_scopes
        if not held or access.authorization is not None:
            raise NotForThis(access.client_id, roles.DIRECTORY_SCOPE)
        work.caller = replace(work.caller, program=access.client_id)
        return Bearing(Actor(roles.PROGRAM, within=roles.DIRECTORY), access.client_id, None)

    def receiver(self, work: Work, request: Request, scopes: Collection[str]) -> Bearing:
        """Return which application asks for its own signals, with one of `scopes`.

        Raises:
            NotForThis: the client is known, and may not.
            Problem: the token is none.
        """
        access, client = self._access(work, request)
        held = {*scopes} & {*access.scope} & {*client.api_scopes}
        if not held or access.authorization is not None:
            raise NotForThis(access.client_id, " ".join(sorted(scopes)))
        work.caller = replace(work.caller, program=access.client_id)
        return Bearing(Actor(roles.PROGRAM, within=roles.RECEIVER), access.client_id, None)

    def _access(self, work: Work, request: Request) -> tuple[Access, Client]:
        """Return the token of a request, shown as it must be, and whose it is.

        Raises:
            Problem: there is none, or its key is not shown.
        """
        token = _token(request)
        access = access_tokens.find(work, token.value)
        client = self._registry.find(work, access.client_id) if access else None
        if access is None or client is None:
            raise challenge("invalid_token", "the access token is unknown, expired or revoked")
        try:
            jkt = access.confined.jkt
            if holding.check(self._proofs, work, request, request.path, token, jkt) is not None:
                # It is used up, whatever becomes of the request, and other units count that.
                work.commit()
        except NotHeld as error:
            raise _key_challenge(error) from None
        return access, client

    def _bearing(self, access: Access, within: frozenset[roles.Action]) -> Bearing:
        about, person = access.authorization, access.person
        if about is None or person is None:
            return Bearing(Actor(roles.PROGRAM, within=within), access.client_id, None)
        wanted, held = self._rules.level(self._level), self._rules.level(about.acr or "")
        if wanted is None or held is None or not implies(held, wanted):
            raise stronger("the sign-in was not strong enough", acr_values=self._level)
        if wanted.lifetime is not None and clock.now() - about.auth_time > wanted.lifetime:
            raise stronger("the sign-in was too long ago", acr_values=self._level)
        actor = Actor(person.roles, person.id, within)
        return Bearing(actor, access.client_id, about.auth_time)

    def check_fresh(self, bearing: Bearing) -> None:
        """Demand a new sign-in before a person changes something.

        Raises:
            Problem: the last one was longer ago than `FRESH` seconds.
        """
        at = bearing.signed_in_at
        if at is not None and clock.now() - at > FRESH:
            raise stronger(
                "a change needs a new sign-in", acr_values=self._level, max_age=str(FRESH)
            )


def challenge(
    error: str, text: str, status: int = 401, *, more: Mapping[str, str] | None = None
) -> Problem:
    """Return the refusal of a token (RFC 6750 section 3)."""
    headers = _authenticate(error, text, more or {})
    return Problem(status, error.replace("_", "-"), text, headers=headers)


def stronger(text: str, **wanted: str) -> Problem:
    """Return the refusal of a sign-in, with the one that would do (RFC 9470 section 3)."""
    return challenge("insufficient_user_authentication", text, more=wanted)


def _key_challenge(error: NotHeld) -> Problem:
    """Return the refusal of a token that is bound to a key (RFC 9449 section 7.1)."""
    headers = _authenticate(error.error, error.description, error.more, error.scheme)
    if error.nonce:
        headers |= dict(nonce_header(error.nonce))
    return Problem(401, error.error.replace("_", "-"), error.description, headers=headers)


def _authenticate(
    error: str, text: str, more: Mapping[str, str], scheme: str = "Bearer"
) -> dict[str, str]:
    parts = {"realm": REALM, "error": error, "error_description": text, **more}
    said = ", ".join(f'{name}="{value}"' for name, value in parts.items())
    return {"WWW-Authenticate": f"{scheme} {said}"}


def _token(request: Request) -> Token:
    found = holding.in_header(request.headers.get("Authorization", ""))
    if found is None:
        said = {"WWW-Authenticate": f'Bearer realm="{REALM}"'}
        raise Problem(401, "no-token", "send an access token", headers=said)
    return found
