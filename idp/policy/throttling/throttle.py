"""How often one may guess. Pure arithmetic over a counter; `store.throttles` keeps the counter.

Two shapes: a growing wait per person and factor, which slows a guesser without shutting a person
out for long (NIST SP 800-63B-4 3.2.2), and a window per source or destination, which caps a flood.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    """A counter as stored. Times in seconds since 1970 UTC."""

    count: int = 0
    since: int = 0
    """When the present window began."""
    next_at: int = 0
    """No attempt is admitted before this time."""


@dataclass(frozen=True)
class Held:
    """Not admitted. `wait` is in seconds; None means until someone lifts it."""

    wait: int | None


@dataclass(frozen=True)
class Growing:
    """`free` attempts without a wait, then waits doubling from `first` to `cap` seconds.

    At `limit` attempts without a success the factor is shut until it is set up again.
    """

    free: int = 5
    first: int = 30
    cap: int = 900
    limit: int = 100

    def admit(self, tally: Tally, now: int) -> Tally | Held:
        """Count one attempt at `now`: the tally to store, or Held."""
        if tally.count >= self.limit:
            return Held(None)
        if now < tally.next_at:
            return Held(tally.next_at - now)
        count = tally.count + 1
        over = count - self.free
        wait = min(self.first * 2 ** min(over, 30), self.cap) if over >= 0 else 0
        return Tally(count, tally.since or now, now + wait)

    @property
    def steady(self) -> int:
        """The attempts after which every further wait is the longest."""
        count = self.free
        while count < self.limit and self.first * 2 ** (count - self.free) < self.cap:
            count += 1
        return count


@dataclass(frozen=True)
class Shares:
    """How the `limit` of one factor's failures in a row is divided, so that the sum stays it.

    Browsers that the person has signed in with have guesses of their own, which no stranger can
    use up; only the `browsers` newest, or anyone who signs in often would raise the sum.
    """

    limit: int

    @property
    def each(self) -> int:
        """The failures in a row that one known browser may make."""
        return max(1, self.limit // 10)

    @property
    def browsers(self) -> int:
        return min(3, (self.limit - 1) // self.each)

    @property
    def strangers(self) -> int:
        """The failures in a row of all others together."""
        return self.limit - self.each * self.browsers


@dataclass(frozen=True)
class Window:
    """At most `limit` attempts in `seconds`."""

    limit: int
    seconds: int

    def admit(self, tally: Tally, now: int) -> Tally | Held:
        """Count one attempt at `now`: the tally to store, or Held until the window ends."""
        if now >= tally.since + self.seconds:
            return Tally(1, now, 0)
        if tally.count >= self.limit:
            return Held(tally.since + self.seconds - now)
        return Tally(tally.count + 1, tally.since, 0)


Limit = Growing | Window
