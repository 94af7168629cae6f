"""A host whose pages a proxy guards: how its rules are written, and what they say.

Pure. Owns the members `forward_origin` and `forward_paths`; whether somebody may come to a page is
`idp.forward`'s to decide.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

from idp.oidc.uris import HOST_AND_PORT, SENT, origin_of

RESERVED = "/.acrux/"
"""Where the proxy of a guarded host sends what is Acrux's own."""
CALLBACK = f"{RESERVED}callback"
ROOT = "/"
MOST = 100
"""Paths with words of their own at one host."""
LONGEST = 500
"""Characters of a path."""
SHORTEST_AGE = 60
"""Seconds: with less, whoever has just signed in would be sent to sign in again."""
_LISTS = ("user_types", "groups")
_NAMES = ("public", "acr", "max_age", *_LISTS)


@dataclass(frozen=True)
class Needs:
    """What somebody needs for a page. None and () ask for nothing beyond being signed in."""

    public: bool = False
    """Everybody comes here: nobody is asked who they are."""
    acr: str | None = None
    """The level that the sign-in reached, at least."""
    max_age: int | None = None
    """How long ago the oldest proof of it may be, in seconds."""
    user_types: tuple[str, ...] = ()
    """One of these."""
    groups: tuple[str, ...] = ()
    """At least one of these."""


@dataclass(frozen=True)
class GuardedPath:
    """A path, and all below it."""

    path: str
    """`/`, or without a slash at its end."""
    needs: Needs

    def holds(self, reading: str) -> bool:
        """Return True if `reading` is this path or below it, as it is spelled, or as it is sent.

        What protects reaches further than what opens: small and capital letters are one to it.
        """
        if self.path == ROOT:
            return True
        if self.needs.public:
            return _at(reading, self.path) or _at(reading, self._sent)
        return _at(reading.casefold(), self.path.casefold())

    @cached_property
    def _sent(self) -> str:
        """The path as browsers send it: what is not ASCII, they spell in no other way."""
        return quote(self.path, safe=SENT)


def read(written: Mapping[str, Any] | None) -> tuple[GuardedPath, ...]:
    """Return what a checked `forward_paths` says, the longest path first; `/` is always there.

    What a path does not say, the one above it says.
    """
    stated: dict[str, dict[str, Any]] = {ROOT: {}}
    stated |= {_plain(path): dict(said) for path, said in (written or {}).items()}
    found = []
    for path in stated:
        said: dict[str, Any] = {}
        for above in sorted(stated, key=len):
            if _below(path, above):
                # Whoever asks for something below a public page does not mean it to be public.
                said = {**said, "public": False, **stated[above]}
        found.append(GuardedPath(path, _needs(said)))
    return tuple(sorted(found, key=lambda one: -len(one.path)))


def _at(reading: str, path: str) -> bool:
    return reading == path or reading.startswith(f"{path}/")


def _below(path: str, above: str) -> bool:
    return above in (ROOT, path) or path.casefold().startswith(f"{above.casefold()}/")


def _needs(said: Mapping[str, Any]) -> Needs:
    if said.get("public"):
        return Needs(public=True)
    types, groups = (tuple(said.get(name, ())) for name in _LISTS)
    return Needs(False, said.get("acr"), said.get("max_age"), types, groups)


def _plain(path: str) -> str:
    return path.rstrip("/") or ROOT


# -- what may be registered


def origin_problems(origin: str | None) -> Iterator[str]:
    """Yield what is wrong with `forward_origin`."""
    if origin is None:
        return
    parts = urlsplit(origin)
    if origin_of(origin) != origin or not HOST_AND_PORT.fullmatch(parts.netloc):
        yield "forward_origin must be as https://wiki.example.org: no path, small letters"
    elif parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        yield "forward_origin must be https, or http on a loopback address"


def path_problems(written: Mapping[str, Any] | None, levels: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with `forward_paths`; `levels` can be reached here."""
    if len(written or {}) > MOST:
        yield f"at most {MOST} paths have needs of their own"
        return
    plain = [_plain(path).casefold() for path in written or {}]
    if len(set(plain)) < len(plain):
        yield "one path stands there twice"
    for path, said in (written or {}).items():
        yield from (f"{path}: {text}" for text in _path_problems(path, said, levels))


def _path_problems(path: str, said: Any, levels: tuple[str, ...]) -> Iterator[str]:
    decent = path.isprintable() and not set(path) & set("%?#\\;") and "//" not in path
    if not path.startswith("/") or len(path) > LONGEST or not decent or _has_dots(path):
        yield "a path begins with / and is spelled as it is meant, without %, ?, ; and dots"
        return
    if _plain(path).casefold().startswith(RESERVED.rstrip("/")):
        yield f"{RESERVED} is Acrux's own"
    if not isinstance(said, dict) or not said.keys() <= set(_NAMES):
        yield f"say an object of {', '.join(_NAMES)}"
        return
    yield from _value_problems(said, levels)


def _has_dots(path: str) -> bool:
    return any(part in (".", "..") for part in path.split("/"))


def _value_problems(said: Mapping[str, Any], levels: tuple[str, ...]) -> Iterator[str]:
    if type(said.get("public", False)) is not bool:
        yield "public must be true or false"
    elif said.get("public") and len(said) > 1:
        yield "what is public asks for nothing else"
    if "acr" in said and said["acr"] not in levels:
        yield f"acr must be one of {', '.join(levels)}"
    age = said.get("max_age", SHORTEST_AGE)
    if type(age) is not int or age < SHORTEST_AGE:
        yield f"max_age must be {SHORTEST_AGE} seconds or more"
    for name in _LISTS:
        values = said.get(name, [])
        if not isinstance(values, list) or not all(isinstance(one, str) and one for one in values):
            yield f"{name} must be a list of names"
