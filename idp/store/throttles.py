"""Counters of attempts. An attempt is counted, and that count committed, before it is evaluated."""

from idp import clock
from idp.policy.throttling.throttle import Held, Limit, Tally
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.sign_in import Throttle
from idp.store.rows import reader

_TALLY = reader(Tally, Throttle)
_READ = Statement(f'SELECT {_TALLY.columns} FROM throttle WHERE "key" = :key')
_OPEN = Statement(
    'INSERT INTO throttle ("key", count, since, next_at) VALUES (:key, :count, :since, :next_at)'
    ' ON CONFLICT ("key") DO NOTHING'
)
_STEP = Statement(
    "UPDATE throttle SET count = :count, since = :since, next_at = :next_at"
    ' WHERE "key" = :key AND count = :seen_count AND since = :seen_since'
    " AND next_at = :seen_next_at"
)
_FORGIVE = Statement('DELETE FROM throttle WHERE "key" = :key')
_RETURN = Statement('UPDATE throttle SET count = count - 1 WHERE "key" = :key AND count > 0')
_UNDO = Statement(
    'UPDATE throttle SET count = count - 1, next_at = 0 WHERE "key" = :key AND count > 0'
)
_EASE = Statement(
    "UPDATE throttle SET count = CASE WHEN next_at < :idle THEN 0 WHEN count > :steady"
    ' THEN :steady ELSE count END WHERE "key" = :key'
)
_TRIES = 50


def count(work: Work, key: str, limit: Limit) -> Held | None:
    """Count one attempt under `key`; Held when it may not be made.

    The counter moves by compare-and-set, so parallel callers are counted one after another. The
    caller commits before it evaluates the attempt.
    """
    for _ in range(_TRIES):
        seen = _TALLY.one(work.one(_READ, key=key))
        verdict = limit.admit(seen or Tally(), clock.now())
        if isinstance(verdict, Held):
            return verdict
        if _moved(work, key, seen, verdict):
            return None
    return Held(1)


def _moved(work: Work, key: str, seen: Tally | None, now: Tally) -> bool:
    """Move a counter on; False when it is no longer as it was seen (None: not there)."""
    values = {"key": key, "count": now.count, "since": now.since, "next_at": now.next_at}
    if seen is None:
        return work.run(_OPEN, **values) == 1
    changed = work.run(
        _STEP,
        **values,
        seen_count=seen.count,
        seen_since=seen.since,
        seen_next_at=seen.next_at,
    )
    return changed == 1


def tally(work: Work, key: str) -> Tally:
    """Return the counter as it stands, without counting."""
    return _TALLY.one(work.one(_READ, key=key)) or Tally()


def forgive(work: Work, key: str) -> None:
    """Forget the failures under `key`, after a success of that very factor; with the commit."""
    work.later(_FORGIVE, key=key)


def ease(work: Work, key: str, steady: int, idle: int) -> None:
    """Let guesses under `key` go on at the longest wait (`steady`); with the commit.

    Those that no one has added to for `idle` seconds are forgotten.
    """
    work.later(_EASE, key=key, steady=steady, idle=clock.now() - idle)


def give_back(work: Work, key: str) -> None:
    """Take one attempt back from a window, because it was no failure; with the commit."""
    work.later(_RETURN, key=key)


def undo(work: Work, key: str) -> None:
    """Take one guess back with the wait that it began, as if never made; with the commit."""
    work.later(_UNDO, key=key)
