"""A registered application as the protocol sees it: one frozen value of its metadata.

Owns what follows from the members themselves, such as whether a redirect URI is allowed. It never
reads the database: `registry` finds clients.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from idp import clock, crypto
from idp.oidc.clients import claim_mapping, guarded, profiles
from idp.oidc.clients.claim_mapping import Mapped
from idp.oidc.clients.guarded import GuardedPath
from idp.oidc.clients.members import members_of, operators, standard
from idp.oidc.clients.redirect_addresses import but_port, place
from idp.oidc.uris import decent_uri
from idp.signin.demand import Application
from idp.store.oidc.clients import ClientRow

LOGOS = "/logos/"
"""Where pictures that were uploaded are."""


@dataclass(frozen=True)
class Client:
    """A registered application: its members, each with its default and what it means.

    Each is a line here and nothing elsewhere (`MEMBERS`); rules between them are in `metadata`.
    """

    client_id: str
    name: str
    secret_digest: str | None = field(default=None, repr=False)
    sealed_secret: bytes | None = field(default=None, repr=False)
    redirect_uris: tuple[str, ...] = standard((), "where answers may be sent: compared exactly")
    post_logout_redirect_uris: tuple[str, ...] = standard((), "where a sign-out may end")
    response_types: tuple[str, ...] = standard(("code",), "what it asks of /authorize")
    grant_types: tuple[str, ...] = standard(
        ("authorization_code", "refresh_token"), "what it asks of /token"
    )
    application_type: str = standard("web", "web or native")
    contacts: tuple[str, ...] = standard((), "addresses of who is responsible")
    client_uri: str | None = standard(None, "its home page")
    logo_uri: str | None = standard(None, "its logo, shown on the sign-in page")
    policy_uri: str | None = standard(None, "how it handles data, linked on the sign-in page")
    tos_uri: str | None = standard(None, "its terms, linked on the sign-in page")
    initiate_login_uri: str | None = standard(None, "where a sign-in may be begun from outside")
    scope: str | None = standard(
        None, "the scopes it may ask for, apart by spaces; all when not given"
    )
    token_endpoint_auth_method: str = standard("client_secret_basic", "how it authenticates itself")
    token_endpoint_auth_signing_alg: str | None = standard(None, "how it signs its assertions")
    jwks_uri: str | None = standard(None, "where its public keys are")
    jwks: Mapping[str, Any] | None = standard(None, "its public keys")
    request_uris: tuple[str, ...] = standard((), "where its request objects may be")
    request_object_signing_alg: str | None = standard(None, "how it signs request objects")
    require_signed_request_object: bool = standard(False, "refuse requests that are not signed")
    require_pushed_authorization_requests: bool = standard(
        False, "refuse requests that were not pushed (RFC 9126)"
    )
    dpop_bound_access_tokens: bool = standard(
        False, "its access tokens are bound to a key that it shows (RFC 9449)"
    )
    tls_client_certificate_bound_access_tokens: bool = standard(
        False, "its access tokens are bound to the certificate that it shows (RFC 8705)"
    )
    tls_client_auth_subject_dn: str | None = standard(
        None, "tls_client_auth: the subject of its certificate, as RFC 4514 writes it …"
    )
    tls_client_auth_san_dns: str | None = standard(None, "… or a host name of it …")
    tls_client_auth_san_uri: str | None = standard(None, "… or a URI …")
    tls_client_auth_san_ip: str | None = standard(None, "… or an address of the internet …")
    tls_client_auth_san_email: str | None = standard(None, "… or an e-mail address: one of them")
    id_token_signed_response_alg: str = standard("RS256", "how its ID tokens are signed")
    userinfo_signed_response_alg: str | None = standard(None, "sign userinfo for it: how")
    id_token_encrypted_response_alg: str | None = standard(
        None, "encrypt its ID tokens to a key of its own: how"
    )
    id_token_encrypted_response_enc: str | None = standard(None, "… and with which cipher")
    userinfo_encrypted_response_alg: str | None = standard(None, "encrypt userinfo: how")
    userinfo_encrypted_response_enc: str | None = standard(None, "… and with which cipher")
    authorization_encrypted_response_alg: str | None = standard(
        None, "encrypt answers that are signed, to a key in jwks: how"
    )
    authorization_encrypted_response_enc: str | None = standard(None, "… and with which cipher")
    introspection_encrypted_response_alg: str | None = standard(
        None, "encrypt introspection that is signed: how"
    )
    introspection_encrypted_response_enc: str | None = standard(None, "… and with which cipher")
    introspection_signed_response_alg: str | None = standard(
        None, "how introspection is signed for it where it asks for that; as ID tokens"
    )
    authorization_signed_response_alg: str | None = standard(
        None, "how answers are signed, in response_mode jwt; as ID tokens when not given"
    )
    subject_type: str = standard("public", "public, or pairwise: a sub of its sector's own")
    sector_identifier_uri: str | None = standard(None, "the list of redirect URIs of its sector")
    backchannel_logout_uri: str | None = standard(None, "where it is told of the end of a session")
    backchannel_logout_session_required: bool = standard(False, "it needs sid in that message")
    frontchannel_logout_uri: str | None = standard(
        None, "the page that ends its session in a frame"
    )
    frontchannel_logout_session_required: bool = standard(False, "it needs iss and sid there")
    backchannel_token_delivery_mode: str | None = standard(
        None, "how it is told of an answer that it asked for behind the browser: poll or ping"
    )
    backchannel_client_notification_endpoint: str | None = standard(
        None, "where it is told by ping that it may ask for its tokens"
    )
    backchannel_authentication_request_signing_alg: str | None = standard(
        None, "how it signs what it asks behind the browser; then all of it is signed"
    )
    default_acr_values: tuple[str, ...] = standard(
        (), "acr values asked for when a request names none"
    )
    default_max_age: int | None = standard(None, "max_age when a request names none, in seconds")
    require_auth_time: bool = standard(False, "always say auth_time")
    pkce: str = operators("required", "required, or optional for a client with a secret")
    profile: str | None = operators(
        None,
        "a stricter profile that it is held to: fapi2 (FAPI 2.0 Security Profile), or fapi-ciba",
    )
    strict_authentication: bool = operators(
        False, "its secret comes in the registered way alone: header or form"
    )
    assertion_audience: str = operators("any", "issuer: aud of its assertions is nothing else; any")
    audience: tuple[str, ...] = operators((), "aud of its JWT access tokens; itself when not given")
    access_token_format: str = operators("opaque", "opaque, or jwt (RFC 9068)")
    access_token_signing_alg: str = operators(
        # What every resource server must be able to verify (RFC 9068 section 2.1).
        "RS256",
        "how its JWT access tokens are signed: as every API can read them, or ES256",
    )
    resource_server: bool = operators(False, "it may introspect the tokens of others")
    min_acr: str | None = operators(None, "the level demanded of everybody here: a floor")
    acr_values_mode: str = operators(
        "voluntary", "voluntary, or required: acr_values are met or refused"
    )
    accepts_bootstrap: bool = operators(True, "a factor set up in the same sign-in counts")
    first_party: bool = operators(False, "ours: nobody is asked for consent")
    vouched: bool = operators(False, "it registered itself, and you have checked whose it is")
    id_token_claims: str = operators(
        "lean", "lean, or scope: ID tokens say what the scopes cover, as userinfo does"
    )
    userinfo_sign_in: bool = operators(False, "userinfo says acr, amr and auth_time as well")
    groups_claim: str = operators(
        "groups", "what it calls groups; a dot nests: realm_access.groups"
    )
    roles_claim: str = operators("roles", "what it calls roles; a dot nests: realm_access.roles")
    groups_prefix: str | None = operators(
        None, "it is told of groups that begin so, and of no other"
    )
    roles_prefix: str | None = operators(None, "it is told of roles that begin so, and of no other")
    claim_mapping: Mapping[str, Any] | None = operators(
        None,
        "claims under names of its own, as {NAME: {from, in, unasked}}: docs/connect.md",
    )
    access_token_lifetime: int | None = operators(
        None, "seconds for which its access tokens work; as set for all when not given"
    )
    id_token_lifetime: int | None = operators(
        None, "seconds until its ID tokens expire; as set for all when not given"
    )
    refresh_token_idle: int | None = operators(
        None, "a refresh token ends after so many seconds without use; never later than for all"
    )
    refresh_token_lifetime: int | None = operators(
        None, "… and so many seconds after the sign-in; never later than for all"
    )
    rotate_refresh_tokens: bool = operators(
        True, "a refresh token works once, and brings the next; no: for one that proves itself"
    )
    sign_in_words: Mapping[str, Any] | None = operators(
        None, 'what its sign-in page says, by language: {"en": "…"}'
    )
    logo: str | None = operators(None, "its logo, kept here: acrux client logo")
    support_email: str | None = operators(None, "whom its people write to, in place of yours")
    support_phone: str | None = operators(None, "whom its people call")
    support_url: str | None = operators(None, "where its people find help")
    first_ways: tuple[str, ...] = operators(
        (), "ways to sign in that are offered first here, such as webauthn"
    )
    forward_origin: str | None = operators(
        None, "the host whose pages a proxy guards by Acrux, as https://wiki.example.org"
    )
    forward_paths: Mapping[str, Any] | None = operators(
        None,
        "what its pages need there, as {PATH: {public, acr, max_age, user_types, groups}}:"
        " docs/forward.md",
    )
    switched_off: bool = operators(False, "nobody signs in to it, and it gets and uses no token")
    api_scopes: tuple[str, ...] = operators(
        (), "what it may do with the API of Acrux itself, such as acrux:people:read"
    )
    resource_scopes: Mapping[str, Any] | None = operators(
        None, "scopes of registered APIs that it may ask for, as {AUDIENCE: [SCOPE]}: acrux api"
    )
    authorization_details_types: tuple[str, ...] = operators(
        (), "types of details that it may ask people to agree to (RFC 9396): acrux api"
    )
    speaks_for: tuple[str, ...] = operators(
        (), "audiences of the APIs that it is: of these introspection tells it everything"
    )
    exchange_from: tuple[str, ...] = operators(
        (), "client ids of applications whose access tokens it may exchange (RFC 8693)"
    )
    former_secret: Mapping[str, Any] | None = field(default=None, repr=False)
    """The secret that was replaced, as `digest`, and `until` when it works, in seconds since 1970.
    """
    self_registered: bool = False
    """It came by dynamic registration, and can change what it is registered with."""

    @cached_property
    def mapped(self) -> tuple[Mapped, ...]:
        """Return the claims that it is told under names of its own."""
        return claim_mapping.read(self.claim_mapping)

    @cached_property
    def guarded_paths(self) -> tuple[GuardedPath, ...]:
        """Return what the pages of its guarded host need, the longest path first."""
        return guarded.read(self.forward_paths)

    @cached_property
    def scope_apis(self) -> Mapping[str, str]:
        """Return the scopes of registered APIs that it may ask for, each with its audience."""
        given = self.resource_scopes or {}
        return {scope: audience for audience, scopes in given.items() for scope in scopes}

    @property
    def guarded_callback(self) -> str | None:
        """Return where a sign-in for its guarded host ends; None when it has no such host."""
        return None if self.forward_origin is None else self.forward_origin + guarded.CALLBACK

    def application(self, redirect_uri: str) -> Application:
        """Return what pages say of this client, which is answered at `redirect_uri`.

        A picture is worth more than a name to anyone who pretends: an unvetted client has none.
        """
        shown = Application(
            self.name,
            f"{LOGOS}{self.logo}" if self.logo else self.logo_uri,
            self.policy_uri,
            self.tos_uri,
            words=self.sign_in_words or {},
            support=self._support,
            ways=self.first_ways,
        )
        if self.unvetted:
            shown = replace(shown, logo_uri=None, unvetted=place(redirect_uri))
        return shown

    @property
    def _support(self) -> dict[str, str]:
        """Return whom its people may ask, all of it or none: one contact is not half of another."""
        found = {
            "support_email": self.support_email,
            "support_phone": self.support_phone,
            "support_url": self.support_url,
        }
        return {name: one or "" for name, one in found.items()} if any(found.values()) else {}

    @property
    def unvetted(self) -> bool:
        """Return True if no one here has ever looked at what it says of itself."""
        return self.self_registered and not (self.vouched or self.first_party)

    @property
    def grantee(self) -> str:
        """Return whom people let in who let this client in: "" for one that operators register.

        A client that registered itself may become another one. What was granted to the one before
        is not granted to it, however late the grant is stored.
        """
        if not self.self_registered:
            return ""
        return crypto.digest(json.dumps([self.name, *self.places]))

    @property
    def places(self) -> tuple[str, ...]:
        """Return where its answers may go: every host, and the scheme of every app."""
        return tuple(sorted({place(uri) for uri in self.redirect_uris}))

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """Return the scopes it may ask for; None: all of `vocabulary.SCOPES`."""
        return None if self.scope is None else tuple(self.scope.split())

    @property
    def signs_access_tokens(self) -> bool:
        """Return True if APIs can read its access tokens (RFC 9068)."""
        return self.access_token_format == "jwt"

    @property
    def introspection_alg(self) -> str:
        """Return how introspection is signed for it where it asks for that (RFC 9701 section 6)."""
        return self.introspection_signed_response_alg or self.id_token_signed_response_alg

    @property
    def response_alg(self) -> str:
        """Return how an answer is signed where that is asked for (JARM section 3)."""
        return self.authorization_signed_response_alg or self.id_token_signed_response_alg

    @property
    def public(self) -> bool:
        return self.token_endpoint_auth_method == "none"

    @property
    def sector(self) -> str | None:
        """Return the sector of a pairwise client (OIDC Core 8.1); None for public subjects.

        It is the host that all its addresses prove to be its own. A private-use scheme and a
        loopback address prove nothing, whatever host they name: such a client is alone in its
        sector.
        """
        if self.subject_type != "pairwise":
            return None
        if self.sector_identifier_uri is not None:
            return urlsplit(self.sector_identifier_uri).hostname or self.client_id
        hosts = {urlsplit(uri).hostname for uri in self.redirect_uris}
        owned = all(uri.startswith("https:") for uri in self.redirect_uris)
        host = hosts.pop() if owned and len(hosts) == 1 else None
        return host or self.client_id

    @property
    def on_device(self) -> bool:
        """Return True if it runs where its users are: a secret in it is none (RFC 8252 8.5)."""
        return self.public or self.application_type == "native"

    def allows_redirect(self, uri: str) -> bool:
        """Return True if `uri` is registered: exactly, but for the loopback port of a native app.

        RFC 9700 section 2.1; RFC 8252 section 7.3 lets what runs on the device choose its port. A
        server that listens on the device it runs on has one port, and registers it.
        """
        if uri in self.redirect_uris or uri == self.guarded_callback:
            return True
        # A port must be a number and nothing else: the URI ends up in headers.
        if not (self.on_device and decent_uri(uri)):
            return False
        asked = but_port(uri)
        return asked is not None and asked in map(but_port, self.redirect_uris)

    def assured(self, uri: str, *, tokens: bool) -> bool:
        """Return True if an answer at `uri` is of use to this client alone (RFC 8252 section 8.6).

        An https address has one owner. A private-use scheme and a loopback address are taken by any
        program on the device; there only a secret that is one tells who redeems a code, and nothing
        does when the answer itself holds `tokens`.
        """
        return uri.startswith("https:") or not (self.on_device or tokens)

    def signs_by(self, algs: tuple[str, ...]) -> tuple[str, ...]:
        """Return by which of `algs` it may sign."""
        return profiles.allowed(self.profile, algs)

    def check_client_secret(self, secret: str) -> bool:
        """Compare a secret, or the one before it for a while; what is no text of ours is wrong."""
        digest, former = crypto.digest(secret), self.former_secret
        if self.secret_digest is None:
            return False
        if former is not None and clock.now() < former["until"]:
            return crypto.same(digest, self.secret_digest) | crypto.same(digest, former["digest"])
        return crypto.same(digest, self.secret_digest)


def parse(row: ClientRow) -> Client:
    """Return the client that a row holds."""
    return from_metadata(
        json.loads(row.data),
        client_id=row.id,
        name=row.name,
        secret_digest=row.secret_digest,
        sealed_secret=row.sealed_secret,
        self_registered=row.registration_digest is not None,
    )


def from_metadata(data: Mapping[str, Any], **values: Any) -> Client:
    """Return the client that registered members describe; lists become tuples.

    What its profile switches on is on.
    """
    for key, value in data.items():
        values[key] = tuple(value) if isinstance(value, list) else value
    return Client(**{**values, **profiles.implied(data)})


MEMBERS = members_of(Client)
"""What may be registered of a client: for the command, registration and documents alike."""
