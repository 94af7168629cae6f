"""Claims that an application reads under names of its own: what it is told, as what, and where.

Pure. Owns what may be mapped and how that is written; whether a token may say it, by scope and
consent, is `idp.oidc.tokens.mapped`'s. What the protocol itself says can never be another thing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from idp.oidc import vocabulary
from idp.oidc.clients.membership_names import DEEPEST, NAME, path
from idp.oidc.vocabulary import PERSONAL

PLACES = ("id_token", "userinfo", "introspection", "access_token")
"""Where a claim may stand; the last in JWT access tokens alone."""
USUAL = PLACES[:2]
"""Where it stands if nothing else is said."""
USER_TYPE = "user_type"
SOURCES = PERSONAL | {USER_TYPE}
"""What of a person can be told: the standard claims, and the user type, which no scope covers."""
PROTOCOL = vocabulary.RESERVED - PERSONAL
"""What says who signed in, how, for whom and until when: nothing else is ever called so."""
ITS_OWN = frozenset(
    {
        *("email", "email_verified", "phone_number", "phone_number_verified"),
        *("address", "updated_at"),
    }
)
"""Claims that applications believe because of another one, or by their form: only what they are."""
MOST = 30
"""Claims that are mapped for one application: tokens travel in headers."""


@dataclass(frozen=True)
class Mapped:
    """One claim: `source` of a person, said as `path` in each of `places`."""

    path: tuple[str, ...]
    source: str
    places: tuple[str, ...]
    unasked: bool
    """Told although no scope that was asked for covers it: the page that asks says so."""


def read(written: Mapping[str, Any] | None) -> tuple[Mapped, ...]:
    """Return what a checked `claim_mapping` says."""
    return tuple(
        Mapped(
            path(name), one["from"], tuple(one.get("in", USUAL)), bool(one.get("unasked", False))
        )
        for name, one in (written or {}).items()
    )


def problems(written: Mapping[str, Any], memberships: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a mapping; `memberships` are the names of groups and roles."""
    if len(written) > MOST:
        return [f"at most {MOST} claims are mapped"]
    found = [text for name, one in written.items() for text in _problems(name, one)]
    return found or list(_overlaps(written, memberships))


def _problems(name: str, one: Any) -> Iterator[str]:
    if not NAME.fullmatch(name) or "" in path(name) or len(path(name)) > DEEPEST:
        yield f"{name!r} cannot be the name of a claim"
        return
    if not isinstance(one, dict) or not {"from"} <= one.keys() <= {"from", "in", "unasked"}:
        yield f'{name}: say {{"from": …}}, and if need be "in" and "unasked"'
        return
    source, places = one["from"], one.get("in", list(USUAL))
    if not isinstance(source, str) or source not in SOURCES:
        yield f"{name}: from must be one of {', '.join(sorted(SOURCES))}"
    elif source == USER_TYPE and one.get("unasked") is not True:
        yield f'{name}: no scope covers {USER_TYPE}: say "unasked": true'
    if not isinstance(places, list) or not places or any(one not in PLACES for one in places):
        yield f"{name}: in must be a list of {', '.join(PLACES)}"
    if not isinstance(one.get("unasked", False), bool):
        yield f"{name}: unasked must be true or false"
    yield from _other_meaning(name, source)


def _other_meaning(name: str, source: Any) -> Iterator[str]:
    first, *within = path(name)
    # Many a library reads `Acr` as `acr` (Go's), and believes the last of the two.
    plain = first.lower()
    if plain in PROTOCOL:
        yield f"{first} is said by the protocol, and can be nothing else"
    elif within and plain in PERSONAL - {*vocabulary.MEMBERSHIPS}:
        yield f"{first} is a claim of its own: nothing lies within it"
    elif plain in ITS_OWN and source != plain:
        yield f"{first} is believed to be what it is called: nothing else is"


def _overlaps(written: Mapping[str, Any], memberships: Mapping[str, str]) -> Iterator[str]:
    """Yield what would stand within another, or in the place of groups or roles."""
    taken = {path(name.lower()): kind for kind, name in memberships.items()}
    mine = {path(name.lower()): one["from"] for name, one in written.items()}
    for steps, source in mine.items():
        for other, kind in (taken | mine).items():
            shared = min(len(steps), len(other))
            within = other != steps and steps[:shared] == other[:shared]
            if within or (other == steps and taken.get(other, source) != source):
                yield f"{'.'.join(steps)} stands in the way of {'.'.join(other)} ({kind})"
                return
    if len(mine) < len(written):
        yield "two claims have one name"
