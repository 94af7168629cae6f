"""What a sign-in is for: the request of an application, or of a page of ours, checked and frozen.

It travels as JSON in the interaction's row. `parameters` belongs to whoever began the sign-in and
is carried untouched.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from idp.policy.types import Ask


@dataclass(frozen=True)
class Application:
    """What the pages say of the application that waits."""

    name: str
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    unvetted: str = ""
    """Where its answers go, of one that registered itself and that nobody has checked since."""


EMAIL, PHONE = "email", "phone"


@dataclass(frozen=True)
class Wish:
    """Another address (EMAIL) or number (PHONE) for a profile, in its normal form."""

    what: str
    value: str


@dataclass(frozen=True)
class Demand:
    """One wish for a signed-in person. Without a client it is a page of ours, at `return_to`."""

    client_id: str | None = None
    application: Application | None = None
    return_to: str = ""
    """Where the browser goes when all is done or refused: a path; `{id}` is the interaction."""
    redirect_uri: str | None = None
    """Where the answer will be sent in the end."""
    login_hint: str = ""
    ui_locales: tuple[str, ...] = ()
    """Languages that the application asked for, best first (OIDC Core 3.1.2.1)."""
    acr_values: tuple[str, ...] = ()
    essential: tuple[str, ...] | None = None
    max_age: int | None = None
    prompt: frozenset[str] = frozenset()
    floor: str | None = None
    scopes: frozenset[str] = frozenset()
    """What is to be consented to: scopes, and single claims as `claim:email`."""
    consent_needed: bool = False
    grantee: str = ""
    """As whom it is let in: see `oidc.clients.registry.Client.grantee`."""
    unassured: bool = False
    """Any program on the device may receive the answer: `oidc.clients.registry.Client.assured`."""
    keeps: int = 0
    """Seconds for which the application may go on without the person; 0: it may not."""
    subject: str | None = None
    accepts_bootstrap: bool = True
    enrol: str | None = None
    """A method to be added, for a page of ours."""
    waited: bool = False
    """It is added with a weaker proof: asked for, and waited for (`idp.people.lost_ways`)."""
    wish: Wish | None = None
    """An address or number to be proved, for a page of ours; of nobody else than `subject`."""
    given_up_to: str = ""
    """Where a refusal leads, for a page of ours; "": to a page that says so."""
    offers: bool = True
    """A passkey may be offered on the way."""
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def requested(self) -> str:
        """Return the wish for a level in words, for the auditor."""
        parts = []
        if self.essential is not None:
            parts.append("essential " + " ".join(self.essential))
        if self.acr_values:
            parts.append("acr_values " + " ".join(self.acr_values))
        if self.floor:
            parts.append("floor " + self.floor)
        if self.max_age is not None:
            parts.append(f"max_age {self.max_age}")
        if self.prompt:
            parts.append("prompt " + " ".join(sorted(self.prompt)))
        return "; ".join(parts)

    def ask(self, interaction: str) -> Ask:
        """Return the part that the policy decides on."""
        return Ask(
            interaction=interaction,
            acr_values=self.acr_values,
            essential=self.essential,
            max_age=self.max_age,
            prompt=self.prompt,
            floor=self.floor,
            scopes=self.scopes,
            consent_needed=self.consent_needed,
            unassured=self.unassured,
            subject=self.subject,
            accepts_bootstrap=self.accepts_bootstrap,
            enrol=self.enrol,
            waited=self.waited,
            change=self.wish is not None,
            offers=self.offers,
        )

    def to_json(self) -> str:
        """Return the JSON that `from_json` reads."""
        values = asdict(self)
        for name in ("prompt", "scopes"):
            values[name] = sorted(values[name])
        return json.dumps(values)

    @classmethod
    def from_json(cls, text: str) -> "Demand":
        """Read what `to_json` wrote."""
        values = json.loads(text)
        if values["application"] is not None:
            values["application"] = Application(**values["application"])
        if values.get("wish") is not None:
            values["wish"] = Wish(**values["wish"])
        for name in ("prompt", "scopes"):
            values[name] = frozenset(values[name])
        for name in ("acr_values", "ui_locales"):
            values[name] = tuple(values.get(name, ()))
        if values["essential"] is not None:
            values["essential"] = tuple(values["essential"])
        return cls(**values)
