"""A row of the API: an address and a method, the use case behind it, what goes in and comes out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from idp.operating.actor import Actor, action_of
from idp.operating.cases import Cases
from idp.policy.roles import Action
from idp.store.db import Work

READS = frozenset({"GET", "HEAD"})
MOST = 1000
"""Items of a page."""


@dataclass(frozen=True)
class Paged:
    """Which part of a list."""

    limit: int = 100
    """How many items at most, up to 1000."""
    cursor: str = ""
    """`next` of the page before; empty for the first."""


@dataclass(frozen=True)
class Asked:
    """A request as a use case needs it: checked, and by whom."""

    work: Work
    actor: Actor
    can: Cases
    values: Mapping[str, str]
    """What stands in the address."""
    body: Any = None
    query: Any = None
    seen: str | None = None
    """The version that the request is about (If-Match); None: whichever there is."""

    def value(self, name: str) -> str:
        """Return a part of the address."""
        return self.values[name]


@dataclass(frozen=True)
class Reply:
    """What is answered: JSON, the version of what it tells, where a new thing is, the next page."""

    value: Any
    version: str | None = None
    location: str | None = None


@dataclass(frozen=True)
class Page:
    """A page of a list: its items, and the key of the last one where there may be more."""

    items: list[Any]
    last: str | None = None


@dataclass(frozen=True)
class Route:
    """One row. `body`, `query` and `reply` are types, which the description is made from."""

    method: str
    path: str
    case: Callable[..., Any]
    does: Callable[[Asked], Reply | Page]
    says: str
    reply: Any
    body: Any = None
    query: Any = None
    status: int = 200
    versioned: bool = False
    """It changes what was read: the version is named, and another one is refused."""
    large: bool = False
    """Its body may be as long as a file (`server.max_upload`)."""
    name: str = field(default="")

    @cached_property
    def action(self) -> Action:
        """Return what this is, for `policy.roles`."""
        return action_of(self.case)

    @property
    def changes(self) -> bool:
        return self.method not in READS

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return what matches its address."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))

    @property
    def parts(self) -> list[str]:
        """Return the names of what stands in its address."""
        return re.findall(r"\{(\w+)\}", self.path)


def page_of(found: list[Any], limit: int, described: Callable[[Any], Any], key: str) -> Page:
    """Return a page of what was found, whose last item is named by its member `key`."""
    items = [described(one) for one in found]
    return Page(items, str(items[-1][key]) if len(items) == limit else None)
