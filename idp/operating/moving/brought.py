"""An application as a file brings it, whoever made the file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

SHORTEST_SECRET = 32
"""Characters of a secret that is taken along: as many as Keycloak draws. Its digest has no salt."""
ANYWHERE = "*"


@dataclass(frozen=True)
class Brought:
    """What a file says of an application, in our members; printed, it shows no secret."""

    client_id: str
    name: str
    members: Mapping[str, Any]
    secret: str | None = field(default=None, repr=False)
    """Its secret, so that nothing changes on its side."""
    digest: str | None = field(default=None, repr=False)
    """Or what is stored of it here, in a file of our own."""
    left_out: str = ""
    """Why it is not for us."""
    notes: tuple[str, ...] = ()
    """What it has there, and will not have here."""

    def answered_at(self, uris: Iterable[str]) -> "Brought":
        """Return it with more addresses that answers may go to."""
        there = self.members.get("redirect_uris") or []
        return replace(self, members={**self.members, "redirect_uris": [*there, *uris]})


def kept_secret(text: Any, notes: list[str]) -> str | None:
    """Return a secret that may be taken along; a note says why another is drawn."""
    if not isinstance(text, str) or not text.strip("*"):
        return None
    if len(text) < SHORTEST_SECRET:
        notes.append(f"its secret is shorter than {SHORTEST_SECRET} characters: it gets a new one")
        return None
    return text


def exact(uris: Any, notes: list[str], root: str = "") -> list[str]:
    """Return the addresses that are compared exactly, relative ones below `root`.

    What has a wildcard is left out, with a note (RFC 9700 section 2.1).
    """
    found = []
    for uri in uris if isinstance(uris, list) else []:
        if not isinstance(uri, str) or not uri:
            continue
        if ANYWHERE in uri:
            notes.append(f"{uri} stands for many addresses: register those that it uses")
        else:
            found.append(f"{root.rstrip('/')}{uri}" if uri.startswith("/") and root else uri)
    return list(dict.fromkeys(found))


def texts(**values: Any) -> dict[str, str]:
    """Return the values that are texts and not empty."""
    return {name: value for name, value in values.items() if isinstance(value, str) and value}
