"""What comes out of the API of the look, the settings and people taken together, as types.

As in `told`, which owns people, applications and the rollout.
"""

from dataclasses import dataclass
from typing import Any

from idp.api.v1.told import Told


@dataclass(frozen=True)
class HeldLook(Told):
    """How it looks; "" where there is nothing."""

    accent: str
    """A colour, as #rrggbb."""
    logo: str
    support_email: str
    support_phone: str
    support_hours: str
    support_url: str


@dataclass(frozen=True)
class Look(Told):
    """How it looks, and what of that was decided here; the rest is as the settings say."""

    in_force: HeldLook
    decided: HeldLook


@dataclass(frozen=True)
class PictureKept(Told):
    """The address of a picture that was just kept, which the look can name as its logo."""

    logo: str


@dataclass(frozen=True)
class Wording(Told):
    """What a message says in a language, in the place of our words."""

    kind: str
    language: str
    subject: str
    body: str


@dataclass(frozen=True)
class Wordings(Told):
    """All that is said in the place of our words."""

    items: list[Wording]


@dataclass(frozen=True)
class Setting(Told):
    """A setting in force."""

    name: str
    value: str | None
    """Null of a secret."""
    is_set: bool
    origin: str
    """A file, or the name of a variable; "" as by default."""


@dataclass(frozen=True)
class Settings(Told):
    """All settings, section by section."""

    items: list[Setting]


@dataclass(frozen=True)
class Kind(Told):
    """A user type or a group."""

    name: str
    people: int
    """How many have it."""
    stages: list[str]
    """The stages that name it, or everyone."""
    version: str
    """For If-Match, where it is given another name."""


@dataclass(frozen=True)
class ApiTold(Told):
    """An API that applications get tokens for."""

    id: str
    audience: str
    """What `aud` calls it."""
    name: str
    published: bool
    """The metadata tells everybody of its scopes and types."""
    scopes: dict[str, Any]
    """Words by language for each."""
    types: dict[str, Any]
    """Types of authorization details (RFC 9396), each with `words` and `members`."""
    created_at: str


@dataclass(frozen=True)
class ApiList(Told):
    """All APIs."""

    items: list[ApiTold]


@dataclass(frozen=True)
class GuardedLine(Told):
    """A path of a guarded host with what it needs, all that the paths above it say included."""

    path: str
    public: bool
    """Everybody comes there, without a sign-in."""
    acr: str | None
    """What a sign-in is asked for; null for any, and where no single one states all."""
    max_age: int | None
    """How old its oldest proof may be, in seconds."""
    user_types: list[str]
    """One of these; empty for any."""
    groups: list[str]
    """One of these at least; empty for any."""
    reachable: bool
    """False: no single sign-in states all levels that are asked, and nobody comes there."""


@dataclass(frozen=True)
class GuardedHost(Told):
    """A host whose pages a proxy guards."""

    client_id: str
    name: str
    """Of the application."""
    origin: str
    state: str
    """`guarded`; `switched-off` or `twice` (two applications have it): nobody comes there."""
    lines: list[GuardedLine]
    """The first that fits a path counts."""


@dataclass(frozen=True)
class GuardedHostList(Told):
    """All guarded hosts, by their address."""

    items: list[GuardedHost]


@dataclass(frozen=True)
class LineMet(Told):
    """Which line an address meets; several where servers may read it in several ways."""

    origin: str
    path: str
    outcome: str
    """`sign-in`, `everybody`, `acrux` (the proxy hands it over), or nobody: `no-host`, `twice`,
    `switched-off`, `no-path`, `unreachable`."""
    client_id: str | None
    name: str | None
    lines: list[GuardedLine]
    """Every one counts."""
    acr: str | None
    """What the sign-in is asked for."""
    max_age: int | None


@dataclass(frozen=True)
class Renamed(Told):
    """What a new name was given to."""

    name: str
    people: int
    stages: list[str]
    """The stages that named it, and name it so now."""
    notes: list[str]
    """What is another thing from now on, and may be a mistake."""


@dataclass(frozen=True)
class Kinds(Told):
    """The user types and groups that people have."""

    types: list[Kind]
    groups: list[Kind]


@dataclass(frozen=True)
class HeldException(Told):
    """A stage that does not reach a person until a time."""

    stage: str
    until: str
    reason: str
    author: str
    """Who gave it."""


@dataclass(frozen=True)
class Exceptions(Told):
    """The exceptions of a person that hold now."""

    items: list[HeldException]


@dataclass(frozen=True)
class LastingToken(Told):
    """A token of a directory that works, known by its label; never the token."""

    label: str
    created_at: str
    expires_at: str


@dataclass(frozen=True)
class LastingTokens(Told):
    """The tokens of a directory, the oldest first."""

    items: list[LastingToken]


@dataclass(frozen=True)
class Sign(Told):
    """A sign that several people use an account, how often it was seen, and its points."""

    sign: str
    count: int
    points: int
    text: str


@dataclass(frozen=True)
class SharedProfile(Told):
    """An account that several people may use."""

    sub: str
    username: str
    name: str
    email: str
    type: str
    score: int
    reasons: list[Sign]
    state: str
    """`suspected`, `asked` (its owner was written to) or `closing`."""
    asked_at: str | None
    closes_at: str | None
    made: list[str]
    """The user names of the profiles that were made from it."""
    until: str
    """The end of the last day that was counted."""


@dataclass(frozen=True)
class SharedProfiles(Told):
    """All of them, the highest score first."""

    items: list[SharedProfile]


@dataclass(frozen=True)
class Made(Told):
    """Someone who was added."""

    username: str
    sub: str


@dataclass(frozen=True)
class SplitDone(Told):
    """Who has a profile of their own now, and when the shared one closes."""

    sub: str
    closes_at: str
    people: list[Made]
