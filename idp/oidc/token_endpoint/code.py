"""The authorization code grant (RFC 6749 section 4.1.3), with PKCE (RFC 7636).

A valid code works once; its second valid use ends all that it gave.
"""

import re

from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError

from idp import audit, crypto
from idp.audit import Event, Outcome
from idp.oidc.token_endpoint.grant import Grant, Granted, TokenRequest
from idp.store.oidc import authorizations
from idp.store.oidc.authorizations import AuthorizationRow

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""RFC 7636 section 4.1."""


class CodeGrant(Grant):
    """The code of an authorization response, for the client and the address it was sent to."""

    name = "authorization_code"

    def authorize(self, request: TokenRequest) -> Granted:
        row = _authorization(request)
        check_verifier(row.code_challenge, request.form.get("code_verifier"))
        request.shows(row.jkt)
        return worth(request, row)

    def not_claimed(self, request: TokenRequest, granted: Granted) -> Granted:
        """Used before: client, redirect URI and verifier were right, so someone has the code."""
        raise used_before(request, crypto.digest(request.form["code"]), "code")


def worth(request: TokenRequest, row: AuthorizationRow) -> Granted:
    """Return what the code of an authorization is worth, once.

    Raises:
        InvalidTarget, InvalidDetails: a resource, or a detail, is asked for that was not granted.
        InvalidScopeError: the client may have nothing more of it.
    """
    wants_refresh = "offline_access" in row.scope
    resource = request.resource(row.resource)
    return Granted(
        request.still(row.scope),
        authorization=row,
        refresh_token=crypto.random_token(32) if wants_refresh else None,
        resource=resource,
        details=request.details(row.details, resource),
        claim=authorizations.use_of_code(row.id),
    )


def used_before(request: TokenRequest, digest: str, kind: str) -> InvalidGrantError:
    """End all that came of a code that was used already, and return the refusal.

    `kind` is what the code is called. One that expired, or was revoked, ends nothing more.
    """
    again = authorizations.by_code(request.work, digest)
    if again is not None and again.code_used_at is not None:
        authorizations.revoke(request.work, again.id)
        audit.record(
            request.work,
            Event.TOKEN_REUSED,
            Outcome.REFUSED,
            person=again.person_id,
            client=request.client.client_id,
            sid=again.sid,
            reason=f"a {kind} was used again: everything from it is revoked",
            authorization=again.id,
        )
    return InvalidGrantError(f"the {kind} was used, has expired, or was revoked")


def _authorization(request: TokenRequest) -> AuthorizationRow:
    """Return what the code stands for, used or not.

    Raises:
        InvalidRequestError: there is no code.
        InvalidGrantError: it is not one of this client, or went to another redirect URI.
    """
    code = request.form.get("code")
    if code is None:
        raise InvalidRequestError("Missing 'code' in request.")
    row = authorizations.by_code(request.work, crypto.digest(code))
    if row is None or row.client_id != request.client.client_id:
        raise InvalidGrantError("Invalid 'code' in request.")
    if row.redirect_uri and request.form.get("redirect_uri") != row.redirect_uri:
        raise InvalidGrantError("Invalid 'redirect_uri' in request.")
    return row


def check_verifier(challenge: str | None, verifier: str | None) -> None:
    """Compare a verifier with the challenge of its code: S256 alone (RFC 7636 section 4.6).

    Raises:
        InvalidRequestError: one of the two is missing, or the verifier is no such text.
        InvalidGrantError: they do not belong together.
    """
    if not challenge:
        if not verifier:
            return
        # The downgrade of RFC 9700 section 4.8.2: this code was bound to nothing.
        raise InvalidRequestError(
            "The authorization request had no 'code_challenge', but a 'code_verifier' was provided."
        )
    if not verifier:
        raise InvalidRequestError("Missing 'code_verifier'")
    if not _VERIFIER.fullmatch(verifier):
        raise InvalidRequestError("Invalid 'code_verifier'")
    if not crypto.same(crypto.digest(verifier), challenge):
        raise InvalidGrantError("Code challenge failed.")
