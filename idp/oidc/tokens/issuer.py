"""The one way to make a token: an Authorization goes in, tokens and their event come out.

Every claim about the sign-in was fixed when the code was issued (docs/acr.md rule 12); nothing here
looks at the session or at what the person has enrolled. The tokens of one answer have one leaf in
the ledger of evidence, in the same transaction: without it there are none.
"""

from dataclasses import dataclass
from typing import Any

from idp import clock, crypto
from idp.audit import Event
from idp.evidence import leaf
from idp.ledger.writing import Ledger
from idp.oidc.apis import details
from idp.oidc.clients.client import Client
from idp.oidc.jose import signing
from idp.oidc.jose.encrypting import Recipient
from idp.oidc.jose.signing import Signer, half_hash
from idp.oidc.tokens import access_tokens, id_tokens, lifetimes, record, signers
from idp.oidc.tokens.access_tokens import NOT_CONFINED, Access, Confined
from idp.oidc.tokens.binding import confirmation
from idp.oidc.tokens.id_tokens import read_hint
from idp.oidc.tokens.resources import scope_for
from idp.oidc.tokens.signers import NoKey
from idp.oidc.tokens.signing_keys import Keys
from idp.settings.values import Settings
from idp.store.db import Work
from idp.store.db.statements import Change
from idp.store.oidc import tokens
from idp.store.oidc.authorizations import AuthorizationRow
from idp.store.oidc.tokens import NewToken

__all__ = ["Issuer", "read_hint"]


@dataclass(frozen=True)
class Issuer:
    """What making tokens needs of the installation."""

    settings: Settings
    keyring: crypto.Keyring
    keys: Keys
    ledger: Ledger

    @property
    def name(self) -> str:
        return self.settings.server.issuer

    def signer(self, work: Work, alg: str) -> Signer:
        """Return the key that signs by `alg` now.

        Raises:
            NoKey: there is none.
        """
        return signers.signer(work, self.keys, alg)

    def issue(
        self,
        work: Work,
        client: Client,
        authorization: AuthorizationRow,
        *,
        grant: str,
        scope: tuple[str, ...] | None = None,
        refresh_token: str | None = None,
        refresh_scope: tuple[str, ...] | None = None,
        store_refresh: bool = True,
        event: Event = Event.TOKEN_ISSUED,
        confined: Confined = NOT_CONFINED,
        recipient: Recipient | None = None,
    ) -> dict[str, Any]:
        """Return the token response (RFC 6749 section 5.1, OIDC Core 3.1.3.3 and 12.2).

        `grant` is the grant type that they are issued for. `scope` narrows the access token (never
        the refresh token); without openid in it there is no ID token. `refresh_token` is the value
        to hand out, None for none, and `refresh_scope` what it is good for; `store_refresh` is
        False when it is stored already. `confined` says what narrows the access token further,
        and `recipient` to whom the ID token is encrypted, if it is.

        Raises:
            NoKey: they cannot be signed; nothing is used up for them.
        """
        now = clock.now()
        granted = scope or authorization.scope
        response, access = self._access(work, client, granted, authorization, now, confined)
        new = [access_tokens.as_new(access, response["access_token"])]
        jti = access.jti
        if refresh_token is not None:
            if store_refresh:
                full = refresh_scope or authorization.scope
                new.append(self._refresh(client, authorization, refresh_token, full, now, confined))
            response["refresh_token"] = refresh_token
        tokens.add(work, authorization.id, new, now)
        if "openid" in granted:
            hashed = {"at_hash": response["access_token"]}
            nonce = authorization.nonce if event is Event.TOKEN_ISSUED else None
            response["id_token"] = self._id_token(
                work,
                client,
                authorization,
                now,
                jti,
                hashed,
                nonce=nonce,
                scope=id_tokens.told(client, granted),
                granted=granted,
                recipient=recipient,
            )
            if client.backchannel_logout_uri is not None:
                # Keycloak as a broker finds the session of a logout token by this member alone.
                # No other client gets it: libraries that watch sessions from a page would take it
                # for the value of Session Management 1.0 of the same name.
                response["session_state"] = authorization.sid
        record.of_person(
            work,
            self.ledger,
            authorization,
            response,
            event=event,
            grant=grant,
            scope=access.scope,
            jti=jti,
            at=now,
            bound=confirmation.way(confined.jkt),
        )
        return response

    def front_channel(
        self,
        work: Work,
        client: Client,
        authorization: AuthorizationRow,
        *,
        code: str | None,
        state: str | None,
        with_access_token: bool,
        with_id_token: bool,
    ) -> dict[str, str]:
        """Return the tokens of an authorization response (OIDC Core 3.2.2.5, 3.3.2.5), as text.

        They belong to `authorization` like those of its code, and end with them. The ID token is
        bound to what comes with it by at_hash, c_hash and s_hash.

        Raises:
            PageError: there is no key for the client's algorithm.
        """
        now = clock.now()
        fields: dict[str, str] = {}
        jti = leaf.new_reference()
        signers.check_for_a_page(work, self.keys, client)
        if with_access_token:
            confined = Confined(authorization.resource)
            made, access = self._access(
                work, client, authorization.scope, authorization, now, confined
            )
            new = access_tokens.as_new(access, made["access_token"])
            tokens.add(work, authorization.id, [new], now)
            jti = access.jti
            fields = {name: str(value) for name, value in made.items()}
        if with_id_token:
            token = fields.get("access_token")
            # Without an access token there is no userinfo to ask (OIDC Core 5.4).
            alone = token is None and code is None
            hashed = {"at_hash": token, "c_hash": code, "s_hash": state}
            fields["id_token"] = self._id_token(
                work,
                client,
                authorization,
                now,
                jti,
                {name: value for name, value in hashed.items() if value is not None},
                nonce=authorization.nonce,
                scope=authorization.scope if alone else id_tokens.told(client, authorization.scope),
                granted=authorization.scope,
            )
        record.of_person(
            work,
            self.ledger,
            authorization,
            fields,
            event=Event.TOKEN_ISSUED,
            grant=record.FRONT_CHANNEL,
            scope=authorization.scope,
            jti=jti,
            at=now,
        )
        return fields

    def issue_own(
        self,
        work: Work,
        client: Client,
        scope: tuple[str, ...],
        grant: str,
        confined: Confined = NOT_CONFINED,
    ) -> tuple[dict[str, Any], Change]:
        """Return the token response to a client that asks for itself (RFC 6749 section 4.4.3).

        With it what stores the token: it changes no row when the client was deleted meanwhile.

        Raises:
            NoKey: they cannot be signed; nothing is used up for them.
        """
        response, access = self._access(work, client, scope, None, clock.now(), confined)
        record.of_client(work, self.ledger, access, grant)
        return response, access_tokens.addition(work, access, response["access_token"])

    def issue_lasting(
        self, work: Work, client_id: str, scope: tuple[str, ...], seconds: int, label: str
    ) -> tuple[str, Change]:
        """Return a token for a client that keeps it for long, and what stores it by its `label`.

        An operator hands it to whoever can ask for none.
        """
        now = clock.now()
        token, jti = access_tokens.opaque()
        access = Access(client_id, scope, now, now + seconds, None, jti=jti)
        record.of_client(work, self.ledger, access, record.HANDED_OVER, f"{label}, by an operator")
        return token, access_tokens.addition(work, access, token, label)

    def successor(self, refresh_token: str) -> str:
        """Return the one refresh token that may follow `refresh_token`.

        Derived, not drawn: a client whose answer got lost is given the very same successor again,
        although only digests are stored.
        """
        return self.keyring.keyed_digest("refresh-successor", refresh_token)

    def _refresh(
        self,
        client: Client,
        authorization: AuthorizationRow,
        token: str,
        scope: tuple[str, ...],
        now: int,
        confined: Confined,
    ) -> NewToken:
        ends = lifetimes.refresh_ends(client, self.settings.oidc, authorization.created_at, now)
        # A client that proves itself is bound by that (RFC 9449 section 5).
        jkt = confined.jkt if client.public else None
        return NewToken(crypto.digest(token), "refresh", scope, ends, jkt=jkt)

    def _access(
        self,
        work: Work,
        client: Client,
        scope: tuple[str, ...],
        authorization: AuthorizationRow | None,
        now: int,
        confined: Confined,
    ) -> tuple[dict[str, Any], Access]:
        lifetime = lifetimes.access(client, self.settings.oidc)
        scope = scope_for(self.name, client, scope, confined.resource)
        signer = signers.of_access_tokens(work, self.keys, client)
        token, jti = ("", leaf.new_reference()) if signer else access_tokens.opaque()
        access = Access(
            client.client_id, scope, now, now + lifetime, authorization, jti=jti, confined=confined
        )
        if signer is not None:
            token = access_tokens.jwt(work, self.name, client, access, signer)
        response: dict[str, Any] = {
            "access_token": token,
            "token_type": access.kind,
            "expires_in": lifetime,
        }
        if scope:
            response["scope"] = " ".join(scope)
        if confined.details is not None:
            response[details.NAME] = details.told(access.details)
        return response, access

    def _id_token(
        self,
        work: Work,
        client: Client,
        authorization: AuthorizationRow,
        now: int,
        jti: str,
        hashed: dict[str, str],
        *,
        nonce: str | None,
        scope: tuple[str, ...],
        granted: tuple[str, ...],
        recipient: Recipient | None = None,
    ) -> str:
        """Return a signed ID token (OIDC Core 2); `hashed` are values by claim.

        It is encrypted to `recipient`, and to a client that wants that it is never told otherwise.

        `scope`: the scopes whose claims it says beside those asked for one by one, of those that
        are `granted`.
        """
        if recipient is None and client.id_token_encrypted_response_alg is not None:
            raise NoKey(client.id_token_encrypted_response_alg)
        signer = self.signer(work, client.id_token_signed_response_alg)
        content = id_tokens.content(work, client, authorization, scope, granted)
        content |= {name: half_hash(value, signer.alg) for name, value in hashed.items()}
        ends = now + lifetimes.id_token(client, self.settings.oidc)
        content |= {"iss": self.name, "iat": now, "exp": ends, "jti": jti}
        if nonce is not None:
            content["nonce"] = nonce
        token = signing.signed(signer, content)
        return token if recipient is None else recipient.encrypted(token)
