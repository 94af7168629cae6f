"""What goes into the API, as types: queries and bodies. They check, and the description shows them.

Frozen values as everywhere; a use case's own where it fits. Pydantic reads their annotations.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, create_model

from idp.api.v1.routes import Paged
from idp.oidc.clients.client import MEMBERS
from idp.operating.people.written import Newcomer, ProfileChange
from idp.rollout.drafts import Wanted

TAKEN = ConfigDict(extra="forbid", strict=True, str_max_length=4096)
"""Of what comes in: no member that means nothing, and no value that has to be guessed."""
ASKED = ConfigDict(extra="forbid", str_max_length=512)
"""Of a query, where everything is text."""
Limit = Annotated[int, Field(ge=1, le=1000)]


@dataclass(frozen=True)
class Part(Paged):
    """Which part of a list."""

    __pydantic_config__: ClassVar[ConfigDict] = ASKED
    limit: Limit = 100
    """How many items at most."""
    cursor: str = ""
    """`next` of the page before; empty for the first."""


@dataclass(frozen=True)
class PeopleAsked(Part):
    """Which people."""

    search: str = ""
    """How the user name or the address begins, or a part of the name."""
    type: str = ""
    """Their user type."""
    group: str = ""
    """A group they are in."""


@dataclass(frozen=True)
class EventsAsked(Part):
    """Which events."""

    person: str = ""
    """A user name, an e-mail address or a `sub`."""
    client: str = ""
    event: str = ""
    """Its name, such as `operator:client:changed`."""
    outcome: str = ""
    """`done` or `refused`."""


@dataclass(frozen=True)
class Withdrawal:
    """How a key is withdrawn."""

    __pydantic_config__: ClassVar[ConfigDict] = ASKED
    compromised: bool = False
    """Its private half may be known: at once, whoever still needs it."""


@dataclass(frozen=True)
class NewPerson(Newcomer):
    """Someone to be added."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    invite: bool = False
    """Mail a link to choose a password with."""


@dataclass(frozen=True)
class PersonChange(ProfileChange):
    """What is to be another one of a person; what is left out stays."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN


@dataclass(frozen=True)
class Address:
    """An e-mail address. `verified`: it is known to be the person's, without a code."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    email: str
    verified: bool = False


@dataclass(frozen=True)
class Number:
    """A mobile number, null for none. `verified`: it is known to be the person's."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    phone: str | None
    verified: bool = False


@dataclass(frozen=True)
class Method:
    """A way to sign in, such as `totp`."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    method: str


@dataclass(frozen=True)
class SomeMethod:
    """A way to sign in; null for all."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    method: str | None = None


@dataclass(frozen=True)
class Invitation:
    """Which application the person is led to afterwards."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    client: str | None = None


@dataclass(frozen=True)
class Rotation:
    """For how many seconds the secret before works beside the new one."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    overlap: Annotated[int, Field(ge=0, le=604_800)] = 0


@dataclass(frozen=True)
class Picture:
    """A PNG, JPEG or WebP picture of at most 32 KiB."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN | {"str_max_length": 43_692}
    picture: str
    """Its bytes in base64."""


@dataclass(frozen=True)
class Registrations:
    """How many clients may register themselves, and for how many days."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    uses: Annotated[int, Field(ge=1, le=10_000)] = 1
    days: Annotated[int, Field(ge=1, le=365)] = 7


@dataclass(frozen=True)
class KeyRotation:
    """Which keys are made anew: of one algorithm, or of all in use. `now`: they sign at once."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    alg: str | None = None
    now: bool = False


@dataclass(frozen=True)
class StageWanted(Wanted):
    """What is written of a stage; what is left out stays."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    grace: Annotated[int, Field(ge=0, le=1000)] | None = None
    grace_privileged: Annotated[int, Field(ge=0, le=1000)] | None = None
    why: dict[str, str] | None = None
    told_again: bool = False
    """People may be mailed an earlier date than the one that they know."""


@dataclass(frozen=True)
class ExceptionWanted:
    """Whom a stage does not reach, until when, and why."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    person: str
    """The `sub`."""
    until: str
    """A date, or RFC 3339."""
    reason: str


@dataclass(frozen=True)
class LookWanted:
    """How it looks; what is left out is as the settings say."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    accent: str = ""
    """A colour, as #rrggbb."""
    logo: str = ""
    """What keeping a picture answered."""
    support_email: str = ""
    support_phone: str = ""
    support_hours: str = ""
    support_url: str = ""


@dataclass(frozen=True)
class WordsWanted:
    """What a message says: text, with its placeholders in braces."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    body: str
    subject: str = ""
    """Nothing for a text message."""


@dataclass(frozen=True)
class Kept:
    """Why it is one person's after all."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    reason: str = ""


@dataclass(frozen=True)
class OneOfThem:
    """One of the users of a shared profile."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    username: str
    email: str
    name: str = ""


@dataclass(frozen=True)
class SplitWanted:
    """Who gets a profile of their own, and when the shared one closes."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    closes: str
    """A date, or RFC 3339."""
    people: Annotated[list[OneOfThem], Field(max_length=50)] = field(default_factory=list)


def member(name: str) -> tuple[Any, Any]:
    """Return a member of an application as a body may give it: its type, and what it is."""
    known = MEMBERS[name]
    kinds: dict[type, Any] = {list: list[str], dict: dict[str, Any]}
    return (kinds.get(known.kind, known.kind) | None, Field(None, description=known.meaning))


_MEMBERS: dict[str, Any] = {name: member(name) for name in MEMBERS}
NewClient = create_model(
    "NewClient",
    __config__=TAKEN,
    __doc__="An application to be registered; null is as left out.",
    name=(str, Field(..., description="What people call it.")),
    client_id=(str | None, Field(None, description="Drawn if not given.")),
    **_MEMBERS,
)
ClientChange = create_model(
    "ClientChange",
    __config__=TAKEN,
    __doc__="Members that are to be other ones; null takes one away, what is left out stays.",
    name=(str, Field("", description="What people call it.")),
    **_MEMBERS,
)


@dataclass(frozen=True)
class PreviewAsked:
    """Of whom, and with which changes."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    person: str
    """The `sub`, user name or e-mail address."""
    members: ClientChange | None = None  # type: ignore[valid-type]
    """As if these were registered."""
    scope: str | None = None
    """As if these scopes were asked for; all that it may ask for when not given."""


@dataclass(frozen=True)
class SignInsAsked(Part):
    """Which sign-ins."""

    person: str = ""
    """The `sub`."""
    client: str = ""
    acr: str = ""
    amr: str = ""
    """One of the values, such as `sms`."""
