"""What comes out of the API of the rollout's mails and forecasts, as types.

As in `told`, which owns people, applications and stages.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from idp.api.v1.told import Told


@dataclass(frozen=True)
class MailCount(Told):
    """How many mails of one kind are in one state."""

    stage: str
    date: str | None
    """The date that they tell of."""
    kind: str
    """`announced`, `tomorrow`, `today`, or a reminder with its days: `reminder-7`."""
    state: str
    """`queued`, `sent`, `refused`, `failed`, `bounced`, or `none` and `unconfirmed`: no address."""
    people: int
    opened: int
    """How many of them began to set something up."""


@dataclass(frozen=True)
class MailCounts(Told):
    """What became of the mails of a stage."""

    items: list[MailCount]


@dataclass(frozen=True)
class StageMail(Told):
    """One mail, and whom it is for."""

    sub: str
    username: str
    email: str
    kind: str
    state: str
    words: str
    """What the mail server said, or why it was given up."""
    at: str
    opened: str | None
    """When its person began to set something up."""


@dataclass(frozen=True)
class ToCall(Told):
    """Somebody whom no mail reached."""

    sub: str
    username: str
    name: str
    phone: str | None
    email: str
    why: str


@dataclass(frozen=True)
class Bounced(Told):
    """What a list of addresses did."""

    people: list[str]
    """Addresses of people whose mails came back."""
    untold: list[str]
    """Those of people who were sent no mail of a stage that could have come back."""
    unknown: list[str]
    """Those that nobody has."""


@dataclass(frozen=True)
class OwnLetter(Told):
    """What a mail says in the place of our words, with its placeholders."""

    letter: str
    """`announced`, `reminder`, `tomorrow`, `today`, or `every`."""
    language: str
    subject: str
    body: str


@dataclass(frozen=True)
class OwnWords(Told):
    """All that a stage's mails say in the place of our words."""

    items: list[OwnLetter]


@dataclass(frozen=True)
class StageWords(Told):
    """A mail of a stage as it arrives."""

    letter: str
    language: str
    own: OwnLetter | None
    """Null: our words."""
    subject: str
    body: str


@dataclass(frozen=True)
class Forecast(Told):
    """How the people of a stage will fare once it is in force, all grace used up."""

    stage: str
    state: str
    """`counted`; `counting`: the numbers come; `asks-nothing`: of so many people it is not counted.
    """
    at: str | None
    """The time that it is about."""
    counted_at: str | None
    """When it was counted; null: just now."""
    looked_at: int | None
    """How many people the count that is under way has looked at."""
    people: int
    ready: int
    asked: int
    """Who will be asked to set up."""
    stuck: int
    methods: dict[str, int]
    """What sign-ins of those who are ready will rest on."""
    reasons: dict[str, int]
    """Why people are stuck; of several reasons each counts."""
    doubts: dict[str, int]


@dataclass(frozen=True)
class Remedy(Told):
    """A reason, and what mends it."""

    code: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Forecasted(Told):
    """Somebody in a forecast."""

    sub: str
    username: str
    name: str
    type: str
    grace: int
    """Sign-ins that will go on without, all the same."""
    reasons: list[Remedy]


@dataclass(frozen=True)
class AdoptionCount(Told):
    """How many people had something on one day (UTC)."""

    day: str
    user_type: str | None
    """Null: everyone."""
    what: str
    """`people`, `second`, a method, or what is lacking: `texts-only`, `one-way`, `no-codes`."""
    people: int


@dataclass(frozen=True)
class NextDate(Told):
    """When a stage will be enforced."""

    stage: str
    from_: Annotated[str, Field(serialization_alias="from")]


@dataclass(frozen=True)
class Adoption(Told):
    """Who had what set up, day by day."""

    days: list[AdoptionCount]
    next: list[NextDate]


@dataclass(frozen=True)
class Lacking(Told):
    """Somebody with a second step who lacks something."""

    sub: str
    username: str
    email: str
    user_type: str
