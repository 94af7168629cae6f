"""Tables of the protocol: applications, what they were granted, and their tokens."""

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model
from idp.store.models.columns import Id, Seconds


class Client(Model):
    """An application (relying party). `data` is its registered metadata.

    A secret is kept as a digest; sealed only where the client signs with it (client_secret_jwt).
    """

    __tablename__ = "client"
    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    secret_digest: Mapped[str | None] = mapped_column(Id)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    registration_digest: Mapped[str | None] = mapped_column(Id)
    data: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    updated_at: Mapped[int] = mapped_column(Seconds)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class SigningKey(Model):
    """A key that signs tokens; the private half sealed, the public half exactly as published."""

    __tablename__ = "signing_key"
    kid: Mapped[str] = mapped_column(Id, primary_key=True)
    alg: Mapped[str] = mapped_column(String(16))
    private: Mapped[bytes] = mapped_column(LargeBinary)
    public: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    active_at: Mapped[int] = mapped_column(Seconds)
    retired_at: Mapped[int | None] = mapped_column(Seconds)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class Grant(Model):
    """What a person consented to for a client."""

    __tablename__ = "grant"
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    client_id: Mapped[str] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True
    )
    scopes: Mapped[str] = mapped_column(Text)
    granted_at: Mapped[int] = mapped_column(Seconds)
    grantee: Mapped[str] = mapped_column(Id, server_default=text("''"))


class Authorization(Model):
    """A finished sign-in for one client, its code, and all that every token from it says."""

    __tablename__ = "authorization"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code_digest: Mapped[str] = mapped_column(Id, unique=True)
    code_expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    code_used_at: Mapped[int | None] = mapped_column(Seconds)
    redirect_uri: Mapped[str] = mapped_column(Text)
    code_challenge: Mapped[str | None] = mapped_column(String(128))
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    subject: Mapped[str] = mapped_column(Id, server_default=text("''"))
    session_id: Mapped[str | None] = mapped_column(Id, index=True)
    sid: Mapped[str] = mapped_column(Id)
    scope: Mapped[str] = mapped_column(Text)
    claims: Mapped[str | None] = mapped_column(Text)
    nonce: Mapped[str | None] = mapped_column(Text)
    acr: Mapped[str] = mapped_column(String(200))
    amr: Mapped[str] = mapped_column(String(200))
    methods: Mapped[str] = mapped_column(String(200))
    auth_time: Mapped[int] = mapped_column(Seconds)
    says_auth_time: Mapped[bool]
    created_at: Mapped[int] = mapped_column(Seconds)
    revoked_at: Mapped[int | None] = mapped_column(Seconds)
    basis: Mapped[str | None] = mapped_column(Text)
    resource: Mapped[str | None] = mapped_column(Text)
    jkt: Mapped[str | None] = mapped_column(Id)
    details: Mapped[str | None] = mapped_column(Text)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class Token(Model):
    """An access or refresh token, by digest; what it says stands in its authorization."""

    __tablename__ = "token"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    authorization_id: Mapped[str] = mapped_column(
        ForeignKey("authorization.id", ondelete="CASCADE"), index=True
    )
    scope: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    used_at: Mapped[int | None] = mapped_column(Seconds)
    resource: Mapped[str | None] = mapped_column(Text)
    jkt: Mapped[str | None] = mapped_column(Id)
    details: Mapped[str | None] = mapped_column(Text)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class ClientToken(Model):
    """An access token that a client got for itself (RFC 6749 section 4.4): no one signed in.

    One with a `label` was made by an operator, and lasts: see `operating.directory.tokens`.
    """

    __tablename__ = "client_token"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    scope: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    label: Mapped[str | None] = mapped_column(String(64))
    resource: Mapped[str | None] = mapped_column(Text)
    jkt: Mapped[str | None] = mapped_column(Id)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class PushedRequest(Model):
    """An authorization request that its client pushed (RFC 9126), by the digest of its name."""

    __tablename__ = "pushed_request"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    parameters: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class Picture(Model):
    """A picture that an operator uploaded, by its digest: see `store.oidc.pictures`."""

    __tablename__ = "picture"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int] = mapped_column(Seconds)


class Pairwise(Model):
    """What the clients of one sector call a person (OIDC Core 8.1): drawn once, kept for good."""

    __tablename__ = "pairwise"
    sector: Mapped[str] = mapped_column(String(255), primary_key=True)
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    subject: Mapped[str] = mapped_column(Id, unique=True)


class InitialAccessToken(Model):
    """Lets its holder register some clients (RFC 7591 section 3)."""

    __tablename__ = "initial_access_token"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    uses_left: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)


class Spent(Model):
    """The digest of something that may be used once, for as long as it could be used again."""

    __tablename__ = "spent"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)


class ExchangedToken(Model):
    """An access token that a service got for another token, to speak to the next one (RFC 8693).

    It rests on the token that a person's sign-in gave (`token_digest`), perhaps by others between
    (`parent_digest`), and goes with them. `audience` and `act` are JSON.
    """

    __tablename__ = "exchanged_token"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    token_digest: Mapped[str] = mapped_column(
        ForeignKey("token.digest", ondelete="CASCADE"), index=True
    )
    parent_digest: Mapped[str | None] = mapped_column(
        ForeignKey("exchanged_token.digest", ondelete="CASCADE"), index=True
    )
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    scope: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    jkt: Mapped[str | None] = mapped_column(Id)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class DeviceRequest(Model):
    """A device that asks for a sign-in elsewhere (RFC 8628): its codes, as digests, and its wish.

    `request` is the Demand, `wait` the seconds between two questions of the device, and `answer`
    what a person said.
    """

    __tablename__ = "device_request"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    device_digest: Mapped[str] = mapped_column(Id, unique=True)
    user_digest: Mapped[str] = mapped_column(Id, unique=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    request: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(String(64))
    browser: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    wait: Mapped[int] = mapped_column(Integer)
    asked_at: Mapped[int] = mapped_column(Seconds)
    answered_at: Mapped[int | None] = mapped_column(Seconds)
    answer: Mapped[str | None] = mapped_column(String(16))
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class CibaRequest(Model):
    """An application that asks behind the browser for a person's sign-in (OpenID CIBA).

    `request` is the Demand, `message` what the person compares, `notify` (sealed) what the
    application is told of an answer with, and `reached_at` when the person was told; who is not
    known here never is. The rest is as of a device.
    """

    __tablename__ = "ciba_request"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code_digest: Mapped[str] = mapped_column(Id, unique=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[str | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    request: Mapped[str] = mapped_column(Text)
    message: Mapped[str | None] = mapped_column(String(200))
    notify: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)
    wait: Mapped[int] = mapped_column(Integer)
    asked_at: Mapped[int] = mapped_column(Seconds)
    reached_at: Mapped[int | None] = mapped_column(Seconds)
    answered_at: Mapped[int | None] = mapped_column(Seconds)
    answer: Mapped[str | None] = mapped_column(String(16))
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class Api(Model):
    """An API that applications get tokens for: its scopes and kinds of details, as JSON in `data`.

    `audience` is what `aud` calls it.
    """

    __tablename__ = "api"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    audience: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    data: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(Seconds)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)
