"""Days of people, counted: the events they are counted from, and the rows that are kept.

A row is what its day's events say, whoever counts them and how often: it is written whole, never
added to. So a count that was broken off is made again, and two workers at once write the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields

from idp import clock
from idp.policy.profile_day import DAY, LONG, DayCounts
from idp.policy.shared_profiles import BACK_AND_FORTH
from idp.store.canaries import HIDDEN
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.service import Event
from idp.store.rows import reader


@dataclass(frozen=True)
class Happened:
    """An event that a day is counted from."""

    person_id: str
    at: int
    kind: str
    sid: str | None
    source: str | None
    reason: str | None


_HAPPENED = reader(Happened, Event)
KINDS = 5
"""How many kinds of event `happened` asks for."""
_KIND = " OR ".join(f"kind = :kind{number}" for number in range(KINDS))
# The day is looked up by its time: a slice of the people, over all years, is many more rows.
_OF_DAY = Statement(
    f"SELECT {_HAPPENED.columns} FROM event WHERE at >= :since AND at < :until"
    f" AND person_id || '' > :after AND person_id || '' <= :last AND ({_KIND})"
)
_SLICE = Statement(
    f"SELECT id FROM person WHERE id > :after AND id {HIDDEN} ORDER BY id LIMIT :limit"
)
_FIRST = Statement("SELECT min(at) FROM event")


def people_after(work: Work, after: str, limit: int) -> list[str]:
    """Return the next people by `sub`, a slice of everyone."""
    found: list[str] = work.column(_SLICE, after=after, limit=limit)
    return found


def happened(work: Work, day: int, after: str, last: str, kinds: Iterable[str]) -> list[Happened]:
    """Return a day's events of these `KINDS` kinds, of people in a slice, in no order."""
    named = {f"kind{number}": kind for number, kind in enumerate(kinds)}
    since = day * DAY
    values = {"since": since, "until": since + DAY, "after": after, "last": last}
    return _HAPPENED.all(work.all(_OF_DAY, **values, **named))


def first_day(work: Work) -> int | None:
    """Return the day of the oldest event."""
    at: int | None = work.value(_FIRST)
    return None if at is None else at // DAY


_COUNTS = [field.name for field in fields(DayCounts)]
_PUT = Statement(
    f"INSERT INTO profile_day (person_id, day, {', '.join(_COUNTS)})"
    f" SELECT p.id, CAST(:day AS INTEGER), "
    + ", ".join(f"CAST(:{name} AS INTEGER)" for name in _COUNTS)
    + " FROM person p WHERE p.id = :person_id ON CONFLICT (person_id, day) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COUNTS)
)
_DONE = Statement(
    "INSERT INTO profile_day_done (day, at) VALUES (:day, :now) ON CONFLICT DO NOTHING"
)
_DAYS_DONE = Statement("SELECT day FROM profile_day_done WHERE day >= :since ORDER BY day")
_FORGET = Statement(
    "DELETE FROM profile_day WHERE (person_id, day) IN (SELECT d.person_id, d.day"
    " FROM profile_day d WHERE d.day < :before LIMIT :batch FOR UPDATE SKIP LOCKED)"
)
_FORGET_DONE = Statement("DELETE FROM profile_day_done WHERE day < :before")


def put(work: Work, person_id: str, day: int, counts: DayCounts) -> None:
    """Write what a day counts, in the place of what was written of it; later, with the commit."""
    work.later(_PUT, person_id=person_id, day=day, **asdict(counts))


def mark_done(work: Work, day: int) -> bool:
    """Remember that a day was counted for everyone: True for exactly one caller."""
    return work.run(_DONE, day=day, now=clock.now()) == 1


def done(work: Work, since: int) -> list[int]:
    """Return the days from `since` on that were counted, oldest first."""
    found: list[int] = work.column(_DAYS_DONE, since=since)
    return found


def forget(work: Work, before: int, batch: int) -> int:
    """Delete a batch of what is older than a day, and return how many rows that were."""
    work.run(_FORGET_DONE, before=before)
    return work.run(_FORGET, before=before, batch=batch)


@dataclass(frozen=True)
class Sums:
    """What the days of one person that are kept say together."""

    alternating: int
    apart: int
    elsewhere: int
    hours: int
    denied: int


# Days that were looked at and found to be one person's count no more.
_SINCE_KEPT = (
    " FROM profile_day d LEFT JOIN shared_profile s ON s.person_id = d.person_id"
    " WHERE d.day >= :since AND (s.kept_day IS NULL OR d.day > s.kept_day)"
)
_SUMS = Statement(
    "SELECT d.person_id,"
    f" sum(CASE WHEN d.switches >= {BACK_AND_FORTH} THEN 1 ELSE 0 END),"
    " sum(CASE WHEN d.apart > 0 THEN 1 ELSE 0 END), sum(d.elsewhere),"
    f" sum(CASE WHEN d.spread > {LONG} THEN 1 ELSE 0 END), sum(d.denied)"
    f"{_SINCE_KEPT} GROUP BY d.person_id"
)
_SET_UPS = Statement(f"SELECT d.person_id, d.day, d.set_ups{_SINCE_KEPT} AND d.set_ups > 0")


def sums(work: Work, since: int) -> Mapping[str, Sums]:
    """Return what the days from `since` on say of each person that they say anything of."""
    return {person_id: Sums(*map(int, rest)) for person_id, *rest in work.all(_SUMS, since=since)}


def set_ups(work: Work, since: int) -> Mapping[str, list[tuple[int, int]]]:
    """Return for each person the days from `since` on with set-ups of an app, and how many."""
    found: dict[str, list[tuple[int, int]]] = {}
    for person_id, day, count in work.all(_SET_UPS, since=since):
        found.setdefault(person_id, []).append((day, count))
    return found
