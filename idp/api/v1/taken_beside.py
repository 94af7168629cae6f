"""What goes into the API of the rollout's mails, forecasts, imports and exports, as types.

As in `taken`, which owns people, applications and stages.
"""

from dataclasses import KW_ONLY, dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from idp.api.v1.taken import ASKED, TAKEN, Part

FILE = ConfigDict(extra="forbid", strict=True)
"""Of what a file brings: as long as `server.max_upload` lets it be."""
MOST_CLIENTS = 100


@dataclass(frozen=True)
class SomePart(Part):
    """Which part of a list."""


@dataclass(frozen=True)
class PlainPart(Part):
    """Which part of a list; how long one is, is its own."""


@dataclass(frozen=True)
class KindRename:
    """Which user type or group, and what it is called from now on."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    kind: Literal["type", "group"]
    name: str
    new_name: str


@dataclass(frozen=True)
class ApiChange:
    """What an API has; what is left out stays as it is."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    name: str | None = None
    published: bool | None = None
    """The metadata tells everybody of its scopes and types."""
    scopes: dict[str, Any] | None = None
    """Words by language for each: `{"pay:read": {"en": "See pay runs"}}`."""
    types: dict[str, Any] | None = None
    """Types of authorization details (RFC 9396), each with `words` and `members`."""


@dataclass(frozen=True)
class NewApi(ApiChange):
    """An API that is registered."""

    _: KW_ONLY
    id: str
    """Its short name."""
    audience: str
    """What `aud` calls it."""


@dataclass(frozen=True)
class AddressAsked:
    """Which address."""

    __pydantic_config__: ClassVar[ConfigDict] = ASKED | {"str_max_length": 10_000}
    url: str
    """Whole, as a browser has it: `https://wiki.example.org/admin`."""


@dataclass(frozen=True)
class ForecastAsked(Part):
    """Which people of a forecast."""

    state: Literal["stuck", "asked"] = "stuck"
    """`stuck`, or `asked` to set up."""
    type: str = ""
    """Their user type."""
    reason: str = ""
    """The code of a reason that keeps them."""


@dataclass(frozen=True)
class AdoptionAsked:
    """How far back."""

    __pydantic_config__: ClassVar[ConfigDict] = ASKED
    days: Annotated[int, Field(ge=1, le=3650)] = 90


@dataclass(frozen=True)
class LetterWanted:
    """What a mail says, with its placeholders in braces: name, date, brand, link, support."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN | {"str_max_length": 16_384}
    subject: str
    body: str


@dataclass(frozen=True)
class CameBack:
    """Addresses at which nobody got a mail."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    addresses: Annotated[list[str], Field(max_length=1000)]


@dataclass(frozen=True)
class ImportWanted:
    """A file of people, or people as rows."""

    __pydantic_config__: ClassVar[ConfigDict] = FILE
    name: Annotated[str, Field(min_length=1, max_length=100)] = "people.csv"
    """What the file is called; its ending says whether it is CSV, JSON or JSON Lines."""
    content: str = ""
    """The file, as text."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """In the place of a file: people, each with members that are called like columns."""
    product: Annotated[str, Field(max_length=16)] = ""
    """Whose export the file is, such as `keycloak`; nothing for a table."""


@dataclass(frozen=True)
class ImportCheck:
    """How a dry run is to go; carrying out does the same."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    update: bool = False
    """Whoever is there already is changed."""
    invite: bool = False
    """Whoever is new is mailed a link to choose a password with."""
    columns: dict[str, str] = field(default_factory=dict)
    """What columns are to be read as, by their names; those left out are as guessed."""


@dataclass(frozen=True)
class ImportRun:
    """Whether wrong rows are left out; otherwise one that is wrong lets nothing be done."""

    __pydantic_config__: ClassVar[ConfigDict] = TAKEN
    skip_bad: bool = False


@dataclass(frozen=True)
class ClientsWanted:
    """A file of applications."""

    __pydantic_config__: ClassVar[ConfigDict] = FILE
    content: Annotated[dict[str, Any] | list[Any], Field(...)]
    """The file, as JSON: an export of a product, or applications as our own export has them."""
    product: Annotated[str, Field(max_length=16)] = ""
    """Whose export it is: `keycloak`, `auth0`, or nothing."""
    dry_run: bool = False
    """Say what would be done, and do nothing."""
