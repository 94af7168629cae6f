"""The interface of every grant, and the two values that pass between it and the endpoint."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidScopeError

from idp.audit import Event
from idp.oidc.apis import details
from idp.oidc.client_auth.keys import ClientKeys
from idp.oidc.clients.client import Client
from idp.oidc.jose.encrypting import Recipient
from idp.oidc.tokens.binding.proof import Proof
from idp.oidc.tokens.binding.proofs import Proofs
from idp.oidc.tokens.exchanging import Exchange
from idp.oidc.tokens.issuer import Issuer
from idp.oidc.tokens.resources import NAME, granted, still
from idp.store.db import Work
from idp.store.db.statements import Change
from idp.store.oidc.authorizations import AuthorizationRow


@dataclass(frozen=True)
class TokenRequest:
    """The request of a client that has proved who it is, and is registered for the grant."""

    work: Work
    client: Client
    form: Mapping[str, str]
    """Every parameter once, none of them empty."""
    issuer: Issuer
    proof: Proof | None = None
    """Of a key (RFC 9449): right by itself, and not used up yet."""
    proofs: Proofs | None = None
    keys: ClientKeys | None = None
    """Those of clients; None: nothing can be encrypted for one."""
    certificate: str | None = None
    """What the tokens are bound to by a certificate (RFC 8705), as it is stored."""

    @property
    def jkt(self) -> str | None:
        """What the tokens are bound to: the key or certificate shown; None: they are a bearer's."""
        if self.certificate is not None:
            return self.certificate
        return None if self.proof is None else self.proof.jkt

    def recipient(self, scope: tuple[str, ...]) -> Recipient | None:
        """Return how the ID token is encrypted that comes with a `scope`; None: it is not.

        Raises:
            NoEncryptionKey, KeysBusy: see `ClientKeys.recipient`.
        """
        client, alg = self.client, self.client.id_token_encrypted_response_alg
        if alg is None or self.keys is None or "openid" not in scope:
            return None
        return self.keys.recipient(self.work, client, alg, client.id_token_encrypted_response_enc)

    def use_proof(self) -> None:
        """Use the proof up, if there is one.

        Raises:
            InvalidProof: it was used before.
        """
        if self.proofs is not None:
            self.proofs.use(self.work, self.proof)

    def shows(self, jkt: str | None) -> None:
        """Demand the key that what is presented is bound to; None: to none.

        Raises:
            InvalidGrantError: it is not shown.
        """
        if jkt is not None and jkt != self.jkt:
            raise InvalidGrantError("this is bound to a key, of which no proof came")

    def resource(self, before: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the APIs that the token is for, of those that were granted `before`, if any were.

        Raises:
            InvalidTarget: others are asked for.
        """
        return granted(self.issuer.name, self.client, self.form.get(NAME, ""), before)

    def still(self, before: tuple[str, ...]) -> tuple[str, ...]:
        """Return what the client may have today of the scope that was granted `before`.

        Raises:
            InvalidScopeError: nothing is left of it.
        """
        left = still(self.client, before)
        if before and not left:
            raise InvalidScopeError()
        return left

    def details(self, before: str | None, resource: tuple[str, ...]) -> str | None:
        """Return the details that the token is good for, of those that were granted `before`.

        Raises:
            InvalidDetails: others are asked for.
        """
        return details.granted(self.form.get(details.NAME, ""), before, resource)

    def no_details(self) -> None:
        """Refuse details where no person has agreed to any.

        Raises:
            InvalidDetails: there are some.
        """
        details.granted(self.form.get(details.NAME, ""), None, ())


@dataclass(frozen=True)
class Granted:
    """What tokens are issued for, and which."""

    scope: tuple[str, ...]
    """Of the access token."""
    authorization: AuthorizationRow | None = None
    """None: the client asks for itself (RFC 6749 section 4.4)."""
    refresh_token: str | None = None
    """The value to hand out; None: none."""
    refresh_scope: tuple[str, ...] | None = None
    """What the refresh token is good for; None: all that was authorized."""
    store_refresh: bool = True
    """False: it is stored already."""
    event: Event = Event.TOKEN_ISSUED
    resource: tuple[str, ...] = ()
    """The APIs that the access token is for; none: as the client is registered."""
    details: str | None = None
    """The single acts that the access token is good for: `apis.details.kept`."""
    exchange: Exchange | None = None
    """The token that another is given for, where that is what is granted (RFC 8693)."""
    claim: Change | None = None
    """What uses up what was presented, by changing a row; None: nothing is."""


class Grant(ABC):
    """One value of `grant_type`. Threads share one: it keeps nothing of a request."""

    name: ClassVar[str]
    """The value, as clients are registered for it and discovery tells of it."""
    public: ClassVar[bool] = True
    """Clients that cannot prove who they are may use it too (RFC 6749 section 2.1)."""

    @abstractmethod
    def authorize(self, request: TokenRequest) -> Granted:
        """Validate what the client presents, and return what it is worth and how it is claimed.

        The claim is one conditional change. It is committed with the tokens, once they are signed:
        nothing is used up for tokens that cannot be.

        Raises:
            OAuth2Error: the standard's refusal (RFC 6749 section 5.2), with what the client is
                told.
        """

    def not_claimed(self, request: TokenRequest, granted: Granted) -> Granted:
        """Return what is granted all the same when the claim of `granted` changed nothing.

        Someone else was first, or what was presented ended a moment ago. Nothing was kept so far.

        Raises:
            OAuth2Error: as `authorize`, for all that is not granted.
        """
        raise InvalidGrantError()
