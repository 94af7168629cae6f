"""What a sign-in is for: the request of an application, or of a page of ours, checked and frozen.

It holds what the policy decides on (`Demand.ask`) and what only the pages and the answer need. It
travels as JSON in the interaction's row, in one flat object: a row of the version before is read,
and one of this version by that, while an upgrade goes from process to process. `parameters` belongs
to the code that began the sign-in, and is carried untouched.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
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
    """Where its answers go, of one that registered itself and that no one has checked since."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What its sign-in page says, by language."""
    support: Mapping[str, str] = field(default_factory=dict)
    """Whom its people may ask, as `settings.values.Brand.support` has it; empty: us."""
    ways: tuple[str, ...] = ()
    """Methods that are offered first."""


@dataclass(frozen=True)
class Deed:
    """One single act that a person is asked to agree to, apart from being signed in."""

    words: Mapping[str, str]
    """A sentence by language, with `{name}` for each value."""
    values: Mapping[str, Any]
    """By name: a `kind` and a `value`, as JSON has them (`pages.deeds` shows them)."""


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
    ask: Ask = field(default_factory=Ask)
    """What the policy decides on, but for what only a sign-in tells: see `asked_in`."""
    grantee: str = ""
    """As whom it is let in: see `oidc.clients.registry.Client.grantee`."""
    keeps: int = 0
    """Seconds for which the application may go on without the person; 0: it may not."""
    wish: Wish | None = None
    """An address or number to be proved, for a page of ours; of no one else than `ask.subject`."""
    given_up_to: str = ""
    """Where a refusal leads, for a page of ours; "": to a page that says so."""
    parameters: dict[str, Any] = field(default_factory=dict)
    scope_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What is said, by language, of scopes that an operator named."""
    deeds: tuple[Deed, ...] = ()
    """Asked for each time, whoever asks: no answer of before stands for them."""
    deeds_digest: str = ""
    """What stands for the deeds in ledger and trail, which tell nothing of them."""
    agreed: str = ""
    """What stands for all that somebody agreed to in this sign-in, where it can become another."""

    @property
    def requested(self) -> str:
        """Return the wish for a level in words, for the auditor."""
        ask, parts = self.ask, []
        if ask.essential is not None:
            parts.append("essential " + " ".join(ask.essential))
        if ask.acr_values:
            parts.append("acr_values " + " ".join(ask.acr_values))
        if ask.floor:
            parts.append("floor " + ask.floor)
        if ask.max_age is not None:
            parts.append(f"max_age {ask.max_age}")
        if ask.prompt:
            parts.append("prompt " + " ".join(sorted(ask.prompt)))
        return "; ".join(parts)

    def asked_in(self, interaction: str) -> Ask:
        """Return what the policy decides on in one sign-in."""
        changes, deeds = self.wish is not None, bool(self.deeds)
        if (self.ask.interaction, self.ask.change, self.ask.deeds) == (interaction, changes, deeds):
            return self.ask
        return replace(self.ask, interaction=interaction, change=changes, deeds=deeds)

    def to_json(self) -> str:
        """Return the JSON that `from_json` reads: one object, with what is asked among the rest."""
        values = dict(vars(self))
        ask, parameters = values.pop("ask"), values.pop("parameters")
        values |= {name: getattr(ask, name) for name in _ASKED}
        for name in _MORE:
            if not values[name]:
                del values[name]
        return json.dumps(values | {"parameters": parameters}, default=_plain)

    @classmethod
    def from_json(cls, text: str) -> "Demand":
        """Read what `to_json` wrote, here or in a version before."""
        values = json.loads(text)
        asked = {name: values.pop(name) for name in _ASKED if name in values}
        if values["application"] is not None:
            found = values["application"]
            found["ways"] = tuple(found.get("ways", ()))
            values["application"] = Application(**found)
        if values.get("wish") is not None:
            values["wish"] = Wish(**values["wish"])
        values["ui_locales"] = tuple(values.get("ui_locales", ()))
        if "deeds" in values:
            values["deeds"] = tuple(Deed(**one) for one in values["deeds"])
        return cls(**values, ask=_read(asked))


_KNOWN = ("interaction", "change", "deeds")
_ASKED = tuple(one.name for one in fields(Ask) if one.name not in _KNOWN)
"""What is kept of an Ask; the rest is known from where it is asked (`Demand.asked_in`)."""
_LATER = ("words", "support", "ways")
"""Members of an Application that the version before cannot read: written if they say something."""
_MORE = ("scope_words", "deeds", "deeds_digest", "agreed")
"""The same of a Demand."""
_SETS = ("prompt", "scopes")
_LISTS = ("acr_values", "essential")


def _plain(value: Application | Deed | Wish | frozenset[str]) -> Any:
    """Return what JSON has for what it does not know."""
    if isinstance(value, frozenset):
        return sorted(value)
    return {name: one for name, one in vars(value).items() if one or name not in _LATER}


def _read(asked: dict[str, Any]) -> Ask:
    sets = {name: frozenset(asked[name]) for name in _SETS if name in asked}
    lists = {name: tuple(asked[name]) for name in _LISTS if asked.get(name) is not None}
    return Ask(**asked | sets | lists)
