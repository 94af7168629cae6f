"""What comes out of the API, as types: the description shows them. Never a secret but a new one.

Frozen values as everywhere. Pydantic reads their annotations.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, create_model

from idp.api.v1.taken import member
from idp.oidc.clients.client import MEMBERS, Client

TOLD = ConfigDict()


def _held(name: str) -> tuple[Any, Any]:
    """Return a member as it is told: null only where nothing holds by default."""
    kind, described = member(name)
    default = getattr(Client, name, None)
    known = MEMBERS[name]
    kinds: dict[type, Any] = {list: list[str], dict: dict[str, Any]}
    exact = kind if default is None else kinds.get(known.kind, known.kind)
    return (exact, Field(..., description=described.description))


_HELD: dict[str, Any] = {name: _held(name) for name in MEMBERS}
ClientTold = create_model(
    "Client",
    __config__=TOLD,
    __doc__="An application: what is registered, and what holds by default.",
    client_id=(str, ...),
    name=(str, ...),
    **_HELD,
    manages_itself=(bool, Field(..., description="It registered itself, and may change it.")),
    created_at=(str, ...),
)


@dataclass(frozen=True)
class Told:
    """What is common to answers: their attributes are described by what stands below them."""

    __pydantic_config__: ClassVar[ConfigDict] = TOLD


@dataclass(frozen=True)
class Person(Told):
    """A person."""

    sub: str
    username: str
    name: str
    email: str
    email_verified: bool
    phone: str | None
    phone_verified: bool
    type: str
    roles: list[str]
    groups: list[str]
    methods: list[str]
    """What is set up to sign in with."""
    state: str
    """`on`, or `off` when switched off."""
    created_at: str


@dataclass(frozen=True)
class AddedPerson(Person):
    """A person who was just added."""

    invited: bool


@dataclass(frozen=True)
class Factor(Told):
    """Something a person signs in with; never its secret."""

    method: str
    since: str
    last_used: str | None


@dataclass(frozen=True)
class Factors(Told):
    """All that a person signs in with."""

    items: list[Factor]


@dataclass(frozen=True)
class Why(Told):
    """Why a person cannot sign in, or what would be asked."""

    sub: str
    username: str
    problems: list[dict[str, Any]]
    asked: list[str]
    factors: list[dict[str, Any]]
    counters: list[dict[str, Any]]
    failures: list[dict[str, Any]]


@dataclass(frozen=True)
class Departed(Told):
    """What ended with a person."""

    sub: str
    username: str
    sessions: int
    applications: int
    """How many were told."""
    messages: int
    """How many are not sent any more."""


@dataclass(frozen=True)
class SignedOut(Told):
    """How many sessions ended."""

    sub: str
    sessions: int


@dataclass(frozen=True)
class Released(Told):
    """What was counted against a person, and is forgotten."""

    sub: str
    released: list[str]


@dataclass(frozen=True)
class Sent(Told):
    """A message that is on its way: its id in the outbox."""

    sub: str
    message: str | None


@dataclass(frozen=True)
class ResetDone(Told):
    """What became of a way to sign in."""

    sub: str
    method: str
    removed: int
    sessions: int
    message: str | None
    """The message with the link to set up a new one; null: none could be mailed."""
    notes: list[str]


@dataclass(frozen=True)
class Secret(Told):
    """A new secret, told this once."""

    client_id: str
    client_secret: str | None


@dataclass(frozen=True)
class InitialToken(Told):
    """A token for `/register`, told this once."""

    initial_access_token: str
    uses: int
    expires_at: str


@dataclass(frozen=True)
class Key(Told):
    """A key that signs tokens: its public half."""

    kid: str
    alg: str
    state: str
    created_at: str
    active_at: str
    retired_at: str | None
    public: dict[str, Any]


@dataclass(frozen=True)
class MadeKey(Told):
    """A key that was just made."""

    kid: str
    alg: str
    active_at: str


@dataclass(frozen=True)
class Keys(Told):
    """All keys."""

    items: list[Key]


@dataclass(frozen=True)
class MadeKeys(Told):
    """Keys that were just made."""

    items: list[MadeKey]


@dataclass(frozen=True)
class Gone(Told):
    """What is there no longer."""

    id: str


@dataclass(frozen=True)
class Message(Told):
    """A message that was not sent: neither its text, nor to whom."""

    id: str
    channel: str
    kind: str
    state: str
    """`due`, `late` (tried, and to be tried again) or `failed` (given up)."""
    attempts: int
    error: str | None
    created_at: str
    due_at: str | None
    expires_at: str


@dataclass(frozen=True)
class Stage(Told):
    """One part of a rollout."""

    id: str
    audience: list[str]
    excluded: list[str]
    level: str
    requirement: str
    from_: Annotated[str | None, Field(serialization_alias="from")]
    announced_from: str | None
    zone: str
    reminders: list[int]
    grace: int
    grace_administrators: int
    why: dict[str, str]
    guidance: str
    proof: str
    state: str
    version: int


@dataclass(frozen=True)
class Stages(Told):
    """All stages, earliest first."""

    items: list[Stage]


@dataclass(frozen=True)
class StageException(Told):
    """Whom a stage does not reach, until when; null: it does again."""

    stage: str
    person: str
    until: str | None


@dataclass(frozen=True)
class HappenedEvent(Told):
    """One event of the trail."""

    id: int
    at: str
    event: str
    outcome: str
    person: str | None
    username: str | None
    client: str | None
    sid: str | None
    acr: str | None
    amr: list[str]
    source: str | None
    reason: str | None
    data: dict[str, Any] | None
    request: str | None
    times: int


@dataclass(frozen=True)
class SignIn(Told):
    """A sign-in that an application got tokens of, and how it was proved."""

    at: str
    client: str
    person: str | None
    """The `sub`; null of someone who was deleted, and of a client that asked for itself."""
    username: str | None
    sid: str | None
    jti: str
    """What finds its record in the ledger."""
    acr: str
    amr: list[str]
    after: str
    """The cursor of those before it, in short."""


@dataclass(frozen=True)
class Preview(Told):
    """What tokens would say of somebody; `…` stands for what is another one each time."""

    scope: str
    consents: list[str]
    """What the person would be asked for, as scopes and `claim:NAME`."""
    id_token: dict[str, Any]
    userinfo: dict[str, Any]
    introspection: dict[str, Any]
    access_token: dict[str, Any] | None = None
    """Of an application whose access tokens are signed (RFC 9068)."""


@dataclass(frozen=True)
class ProblemTold(Told):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = field(default_factory=list)
    """What of the body or the query cannot be, and why."""
