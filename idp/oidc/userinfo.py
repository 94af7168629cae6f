"""The userinfo endpoint (OIDC Core 5.3): an access token in, what it covers of a person out."""

import json
from typing import Any

from werkzeug.exceptions import RequestEntityTooLarge

from idp.oidc.client_auth.keys import KeysBusy, NoEncryptionKey
from idp.oidc.clients.client import Client
from idp.oidc.jose.signing import signed
from idp.oidc.json_answers import NOT_STORED, answer, error_answer
from idp.oidc.provider import Provider
from idp.oidc.tokens import access_tokens, claims, mapped
from idp.oidc.tokens.access_tokens import Access
from idp.oidc.tokens.binding import holding
from idp.oidc.tokens.binding.holding import NotHeld, Token
from idp.oidc.tokens.binding.proofs import nonce_header
from idp.oidc.tokens.signers import NoKey
from idp.store.db import Work
from idp.store.oidc.authorizations import AuthorizationRow
from idp.store.people import PersonRow
from idp.web.lane.plain import Answer, AnyRequest

REALM = "userinfo"
PATH = "/userinfo"
FORM = "application/x-www-form-urlencoded"


class Refusal(Exception):
    """What RFC 6750 section 3 answers instead."""

    scheme = "Bearer"

    def __init__(self, status: int, error: str = "", description: str = "", **more: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.description = description
        self.more = more


class KeyRefusal(Refusal):
    """What RFC 9449 section 7.1 answers of a token that is bound to a key."""

    def __init__(self, error: NotHeld) -> None:
        super().__init__(401, error.error, error.description, **error.more)
        self.scheme = error.scheme
        self.nonce = error.nonce


class UserinfoEndpoint:
    """What /userinfo needs."""

    def __init__(self, provider: Provider) -> None:
        self._registry = provider.registry
        self._issuer = provider.issuer
        self._proofs = provider.proofs
        self._keys = provider.client_keys

    def answer(self, work: Work, request: AnyRequest) -> Answer:
        """Answer a request by GET or POST, as JSON, signed or encrypted, as it is registered."""
        try:
            token = bearer(request)
            access, authorization, person = _access(work, token)
            client = self._registry.find(work, access.client_id)
            if client is None:
                raise _invalid_token()
            proof = holding.check(self._proofs, work, request, PATH, token, access.confined.jkt)
            found = self._told(work, client, known(client, access, authorization, person))
            if proof is None:
                return found
            return found._replace(headers=(*found.headers, *self._proofs.told(proof)))
        except NotHeld as error:
            return _refused(KeyRefusal(error))
        except Refusal as refusal:
            return _refused(refusal)
        except (NoKey, NoEncryptionKey, KeysBusy) as error:
            return error_answer(error)

    def _told(self, work: Work, client: Client, found: dict[str, Any]) -> Answer:
        alg = client.userinfo_signed_response_alg
        recipient = self._keys.recipient(
            work,
            client,
            client.userinfo_encrypted_response_alg,
            client.userinfo_encrypted_response_enc,
        )
        if alg is not None:
            content = {"iss": self._issuer.name, "aud": client.client_id, **found}
            token = signed(self._issuer.signer(work, alg), content)
        elif recipient is not None:
            token = json.dumps(found)
        else:
            return answer(200, found)
        if recipient is not None:
            token = recipient.encrypted(token, nested=alg is not None)
        return Answer(200, (("Content-Type", "application/jwt"), *NOT_STORED), token.encode())


def _access(work: Work, token: Token) -> tuple[Access, AuthorizationRow, PersonRow]:
    access = access_tokens.find(work, token.value)
    if access is None:
        raise _invalid_token()
    about, person = access.authorization, access.person
    if about is None or person is None or "openid" not in access.scope:
        raise Refusal(
            403, "insufficient_scope", "the access token is not good for this", scope="openid"
        )
    return access, about, person


def known(
    client: Client, access: Access, authorization: AuthorizationRow, person: PersonRow
) -> dict[str, Any]:
    """Return `sub`, and what the token covers: its scopes, and claims asked for one by one.

    Those were granted with the whole scope; a token that was narrowed brings its scopes only. What
    is said of the sign-in, to a client that is registered for it, is that of the ID token.
    """
    names = claims.of_scope(access.scope)
    if not access.narrowed:
        names |= claims.asked(authorization.claims, "userinfo")
    found = {"sub": authorization.subject, **claims.told(client, person, names)}
    if client.claim_mapping:
        due = mapped.due(client, authorization, access.scope, "userinfo")
        mapped.put(found, due, client, person)
    if client.userinfo_sign_in:
        found |= access_tokens.of_sign_in(authorization)
    return found


def bearer(request: AnyRequest) -> Token:
    """Return the access token of a request: in the header, or in a form body (RFC 6750 section 2).

    Raises:
        Refusal: there is none, or it is given in more ways than one.
    """
    shown = holding.in_header(request.headers.get("Authorization", ""))
    found = [shown] if shown is not None else []
    if request.method == "POST" and request.mimetype == FORM:
        try:
            found += map(Token, request.form.getlist("access_token"))
        except RequestEntityTooLarge:
            raise Refusal(413, "invalid_request", "the request is too large") from None
    if len(found) > 1 or (found and "access_token" in request.args):
        raise Refusal(400, "invalid_request", "send the access token once, in one way")
    if not found:
        # Also when it stands in the address: RFC 6750 section 2.3 is not offered, logs keep those.
        raise Refusal(401)
    return found[0]


def _invalid_token() -> Refusal:
    return Refusal(401, "invalid_token", "the access token is unknown, expired or revoked")


def _refused(refusal: Refusal) -> Answer:
    """RFC 6750 section 3: who sent no token is told the realm and nothing else."""
    said = {"error": refusal.error, "error_description": refusal.description}
    said = {name: value for name, value in said.items() if value}
    parts = {"realm": REALM, **said, **refusal.more}
    challenge = ", ".join(f'{name}="{value}"' for name, value in parts.items())
    nonce = refusal.nonce if isinstance(refusal, KeyRefusal) else ""
    return answer(
        refusal.status,
        said,
        ("WWW-Authenticate", f"{refusal.scheme} {challenge}"),
        *(nonce_header(nonce) if nonce else ()),
    )
