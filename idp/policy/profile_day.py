"""What one day of one person says about whether several people use the account. Pure.

Numbers go in and numbers come out: no content, no address and no name is kept. A day is one in UTC;
what is counted of it (gaps, hours of use) is the same in every zone.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import combinations, pairwise
from typing import NamedTuple

DAY = 86400
HOUR = 3600
SWITCHED_WITHIN = 600
"""Seconds between two uses that come from two browsers in two networks."""
IN_USE = 1800
"""Seconds from a browser's first use of the day to its last from which on it was worked in."""
DENIED_WITHIN = 3600
"""Seconds after a sign-in of the person's own within which "this was not me" is a sign."""


class What(StrEnum):
    """What happened, as far as it says anything here."""

    SIGNED_IN = "signed-in"
    """In a browser, from a network: an application was opened, by a new sign-in or a live one."""
    SIGNED_OUT = "signed-out"
    SET_UP = "set-up"
    """An authenticator app was set up."""
    ELSEWHERE = "elsewhere"
    """A code was typed that had been asked for in another browser."""
    DENIED = "denied"
    """The person said "this was not me"."""


class Happening(NamedTuple):
    """One thing that happened, in seconds since 1970 UTC. `browser` is its session's `sid`.

    A tuple, because a day of an installation has a million of them.
    """

    at: int
    what: What
    browser: str = ""
    network: str = ""


@dataclass(frozen=True)
class DayCounts:
    """What is kept of a day."""

    switches: int = 0
    """How often use moved within ten minutes to another browser in another network."""
    apart: int = 0
    """Pairs of browsers signed in at once and both worked in, one only after the other; 0 where any
    two were in use together."""
    spread: int = 0
    """Hours of the day that use runs through: 24 less the longest rest."""
    elsewhere: int = 0
    set_ups: int = 0
    denied: int = 0

    @property
    def says_something(self) -> bool:
        """Return True if the day is worth a row: an ordinary day is none."""
        return any(astuple(self)[:2]) or any(astuple(self)[3:]) or self.spread > LONG


LONG = 16
"""Hours of a day that one person does not use an account through, day after day."""


@lru_cache(maxsize=65536)
def network(address: str | None) -> str:
    """Return the network that an address is of: /24 of IPv4, /48 of IPv6; "" for no address."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    bits = 24 if found.version == 4 else 48
    return str(ipaddress.ip_network((found, bits), strict=False))


def counted(happenings: Iterable[Happening], idle: int) -> DayCounts:
    """Return what a person's day counts; `idle`: seconds without use that end a session."""
    ordered = sorted(happenings)
    uses = [each for each in ordered if each.what is What.SIGNED_IN]
    return DayCounts(
        switches=_switches(uses),
        apart=_apart(_spans(ordered, idle)) if len({use.browser for use in uses}) > 1 else 0,
        spread=_spread(uses),
        elsewhere=_number(ordered, What.ELSEWHERE),
        set_ups=_number(ordered, What.SET_UP),
        denied=_denied(ordered),
    )


def _number(happenings: Iterable[Happening], what: What) -> int:
    return sum(each.what is what for each in happenings)


def _switches(uses: Sequence[Happening]) -> int:
    if len({use.network for use in uses}) < 2:
        return 0
    return sum(map(_switched, pairwise(uses)))


def _switched(pair: tuple[Happening, Happening]) -> bool:
    one, next_ = pair
    known = bool(one.network and next_.network)
    other = one.browser != next_.browser and one.network != next_.network
    return known and other and next_.at - one.at <= SWITCHED_WITHIN


@dataclass
class _Span:
    """A browser's use in the day; `alive` is when its session ends if nothing follows."""

    first: int
    last: int
    alive: int = field(default=0)

    def meets(self, other: "_Span") -> bool:
        return self.first <= other.last and other.first <= self.last

    def follows(self, other: "_Span") -> bool:
        """Return True if this browser came after `other`, which was still signed in."""
        return other.last < self.first <= other.alive


def _spans(ordered: Iterable[Happening], idle: int) -> list[_Span]:
    spans: dict[str, _Span] = {}
    for each in ordered:
        if each.what is What.SIGNED_IN:
            span = spans.setdefault(each.browser, _Span(each.at, each.at))
            span.last, span.alive = each.at, each.at + idle
        elif each.what is What.SIGNED_OUT and each.browser in spans:
            spans[each.browser].alive = each.at
    return [span for span in spans.values() if span.last - span.first >= IN_USE]


def _apart(spans: Sequence[_Span]) -> int:
    pairs = list(combinations(spans, 2))
    if any(one.meets(other) for one, other in pairs):
        return 0
    return sum(one.follows(other) or other.follows(one) for one, other in pairs)


def _spread(uses: Iterable[Happening]) -> int:
    """The rest is taken round the clock: a night at work is no long day."""
    hours = sorted({use.at % DAY // HOUR for use in uses})
    if not hours:
        return 0
    again = [*hours, hours[0] + 24]
    return 24 - max(later - earlier - 1 for earlier, later in pairwise(again))


def _denied(ordered: Iterable[Happening]) -> int:
    signed_in, denied = -DENIED_WITHIN - 1, 0
    for each in ordered:
        if each.what is What.SIGNED_IN:
            signed_in = each.at
        elif each.what is What.DENIED and each.at - signed_in <= DENIED_WITHIN:
            denied += 1
    return denied
