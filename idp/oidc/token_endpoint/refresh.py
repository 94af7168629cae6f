"""The refresh token grant (RFC 6749 section 6), with rotation (RFC 9700 section 4.14.2).

Each token works once. A client whose answer got lost is given the very same successor again, for a
moment; any other second use ends the family. Of a client that proves itself, and is registered so,
a token stays the same (FAPI 2.0 Security Profile section 5.3.2.1), and each use makes it last.
"""

from dataclasses import replace

from authlib.oauth2.rfc6749.errors import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
)

from idp import audit, clock, crypto
from idp.audit import Event, Outcome
from idp.oidc.token_endpoint.grant import Grant, Granted, TokenRequest
from idp.oidc.tokens import lifetimes
from idp.store.db.statements import Change
from idp.store.oidc import authorizations, tokens
from idp.store.oidc.tokens import TokenRow


class RefreshGrant(Grant):
    """A refresh token of this client, and the one successor that it has."""

    name = "refresh_token"

    def authorize(self, request: TokenRequest) -> Granted:
        row = _stored(request)
        scope = _narrowed(request, row)
        resource = request.resource(row.authorization.resource)
        details = request.details(row.authorization.details, resource)
        if not row.live:
            raise _over()
        # One that was used up while they rotated stays used up.
        rotates = request.client.rotate_refresh_tokens or row.used_at is not None
        given = request.form["refresh_token"]
        return Granted(
            scope,
            authorization=row.authorization,
            refresh_token=request.issuer.successor(given) if rotates else given,
            refresh_scope=row.scope,
            store_refresh=rotates,
            event=Event.TOKEN_REFRESHED,
            resource=resource,
            details=details,
            claim=tokens.use_of_refresh(row.digest) if rotates else _use_of_kept(request, row),
        )

    def not_claimed(self, request: TokenRequest, granted: Granted) -> Granted:
        """Used before: a client whose answer got lost is given the successor that is stored."""
        successor = request.issuer.successor(request.form["refresh_token"])
        _only_a_lost_answer(request, _stored(request), successor)
        return replace(granted, refresh_token=successor, store_refresh=False, claim=None)


def _use_of_kept(request: TokenRequest, row: TokenRow) -> Change:
    """Return the claim of a token that stays: it lasts from now on as a new one would."""
    rules, since = request.issuer.settings.oidc, row.authorization.created_at
    ends = lifetimes.refresh_ends(request.client, rules, since, clock.now())
    return tokens.use_of_kept(request.work, row, ends)


def _stored(request: TokenRequest) -> TokenRow:
    """Return the token that is presented, whatever its state.

    Raises:
        InvalidRequestError: there is none.
        InvalidGrantError: it is not one of this client. No word of why: it tells who asks nothing.
    """
    value = request.form.get("refresh_token")
    if value is None:
        raise InvalidRequestError("Missing 'refresh_token' in request.")
    row = tokens.find(request.work, crypto.digest(value), "refresh")
    if row is None or row.authorization.client_id != request.client.client_id:
        raise InvalidGrantError()
    request.shows(row.jkt)
    return row


def _narrowed(request: TokenRequest, row: TokenRow) -> tuple[str, ...]:
    """Return the scope of the access token: less than granted if less was asked for, or is left.

    The new refresh token keeps the scope of the one presented, no less (RFC 6749 section 6 demands
    it) and no more.

    Raises:
        InvalidScopeError: more was asked for than the token has, and the client may have today.
    """
    wanted, left = request.form.get("scope", "").split(), request.still(row.scope)
    if not set(wanted) <= set(left):
        raise InvalidScopeError()
    return tuple(name for name in left if not wanted or name in wanted)


def _only_a_lost_answer(request: TokenRequest, row: TokenRow, successor: str) -> None:
    """Go on when the token was used a moment ago and no one used what it gave.

    Raises:
        InvalidGrantError: it was used in earnest, or has ended meanwhile.
    """
    again = tokens.find(request.work, row.digest, "refresh")
    following = tokens.find(request.work, crypto.digest(successor), "refresh")
    if again is None or again.used_at is None or not again.live:
        raise _over()
    fresh = clock.now() - again.used_at < request.issuer.settings.oidc.refresh_grace
    if not fresh or following is None or following.used_at is not None:
        _end_family(request, row)
        raise InvalidGrantError("the refresh token was used before")


def _end_family(request: TokenRequest, row: TokenRow) -> None:
    authorizations.revoke(request.work, row.authorization.id)
    audit.record(
        request.work,
        Event.TOKEN_REUSED,
        Outcome.REFUSED,
        person=row.authorization.person_id,
        client=request.client.client_id,
        sid=row.authorization.sid,
        reason="a refresh token was used again: its family is revoked",
        authorization=row.authorization.id,
    )


def _over() -> InvalidGrantError:
    return InvalidGrantError("the refresh token has expired or was revoked")
