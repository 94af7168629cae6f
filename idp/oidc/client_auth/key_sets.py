"""JSON documents that clients publish, kept for a while: their key sets.

One fetch serves all who wait for it. Anyone who asks for more than is known makes us fetch again,
but seldom: a stranger who invents key ids must not turn us on someone's server. A fetch that fails
leaves the older document in use for a short while, and nothing longer. Slow addresses hold few of
our threads: those of one host a fair share of them, those that strangers named another.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from idp import clock
from idp.egress import EgressError, Fetcher, Shares
from idp.store.db import Work

PAUSE = 10
"""Seconds between two fetches of one address that strangers or failures cause."""
STALE = 600
"""Seconds for which a document is used beyond its time when it cannot be fetched again."""
LIMIT = 65_536
"""Bytes of a document."""
FETCH_SECONDS = 5.0
WAITING = 16
"""Requests of one process that may fetch or wait at once, half of them for what strangers named."""
SHARE = 8
"""And how many of these for one host."""
_MAX_ADDRESSES = 1000

Content = TypeVar("Content")


@dataclass(frozen=True)
class Held(Generic[Content]):
    """A document as it was fetched; in use from `since` to before `until`."""

    content: Content
    since: int
    until: int

    def usable(self, beyond: int = 0) -> bool:
        """Return True if it is in use now, or was until `beyond` seconds ago."""
        return self.since <= clock.now() < self.until + beyond


@dataclass
class _Place(Generic[Content]):
    """What is known of one address."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    held: Held[Content] | None = None
    next_try: int = 0
    """Not fetched before, because the last fetch failed."""
    next_ask: int = 0
    """Not fetched before only because someone misses something."""


class Busy(Exception):
    """Too many wait for slow addresses already, and there is nothing to go on with."""


class KeySets(Generic[Content]):
    """Documents by address. Threads share one."""

    def __init__(
        self, fetcher: Fetcher, seconds: int, read: Callable[[Mapping[str, Any]], Content]
    ) -> None:
        """Keep what `read` makes of a document for `seconds`, or less if its server says so.

        `read` raises ValueError for what is no such document.
        """
        self._fetcher = fetcher
        self._seconds = seconds
        self._read = read
        self._places: dict[str, _Place[Content]] = {}
        self._shares = Shares(WAITING, SHARE)

    def current(self, work: Work, uri: str, *, strange: bool = False) -> Held[Content] | None:
        """Return the document at `uri`, fetched if need be; None when it cannot be had.

        `strange`: no one here has checked who named it.

        Raises:
            Busy: it was not even tried.
        """
        place = self._place(uri)
        held = place.held
        if held is not None and held.usable():
            return held
        # Anyone who has something to go on with does not wait while another fetches.
        wait = held is None or not held.usable(STALE)
        with self._shares.place(uri, strange=strange) as free:
            found = self._renew(work, uri, place, held, wait=wait) if free else held
        if found is not None and found.usable(STALE):
            return found
        if not free:
            raise Busy
        return None

    def newer(
        self, work: Work, uri: str, seen: Held[Content], *, strange: bool = False
    ) -> Held[Content] | None:
        """Return a document that is newer than `seen`; None when there is none for now.

        Raises:
            Busy: it was not even tried.
        """
        place = self._place(uri)
        with self._shares.place(uri, strange=strange) as free:
            if not free:
                raise Busy
            found = self._renew(work, uri, place, seen, wait=True, asked=True)
        return found if found is not seen else None

    def _place(self, uri: str) -> _Place[Content]:
        found = self._places.get(uri)
        if found is None:
            if len(self._places) >= _MAX_ADDRESSES:
                self._places.clear()
            found = self._places.setdefault(uri, _Place())
        return found

    def _renew(
        self,
        work: Work,
        uri: str,
        place: _Place[Content],
        seen: Held[Content] | None,
        *,
        wait: bool,
        asked: bool = False,
    ) -> Held[Content] | None:
        """Fetch, unless another did so meanwhile or it is too early; return what is there then.

        What `work` did so far is committed: nobody waits for a stranger's server while a
        transaction is open.
        """
        work.commit()
        work.release()
        if not place.lock.acquire(timeout=FETCH_SECONDS if wait else 0):
            return place.held
        try:
            now = clock.now()
            early = _early(now, place.next_try) or (asked and _early(now, place.next_ask))
            if place.held is seen and not early:
                if asked:
                    place.next_ask = now + PAUSE
                self._fetch(uri, place, now)
            return place.held
        finally:
            place.lock.release()

    def _fetch(self, uri: str, place: _Place[Content], now: int) -> None:
        try:
            answer = self._fetcher.get(uri, limit=LIMIT, seconds=FETCH_SECONDS)
            if answer.status != 200:
                raise ValueError("not the document")
            document = json.loads(answer.body)
            if not isinstance(document, dict):
                raise ValueError("no JSON object")
            content = self._read(document)
        except (EgressError, ValueError, RecursionError):
            place.next_try = clock.now() + PAUSE
            return
        seconds = self._seconds if answer.max_age is None else min(self._seconds, answer.max_age)
        place.held = Held(content, now, now + max(seconds, PAUSE))


def _early(now: int, moment: int) -> bool:
    """Return True if `moment` is to come; one beyond a pause is of a clock that was put back."""
    return now < moment <= now + PAUSE
