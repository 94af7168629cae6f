"""Points in time as people write and read them. Whole seconds since 1970 UTC inside, always.

What people read is in the installation's zone, and names it; tables for auditors are in UTC.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from idp import language
from idp.errors import AcruxError

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


_zone: tzinfo = UTC


def zone(name: str) -> tzinfo:
    """Return a zone of the IANA database, such as `Pacific/Auckland`.

    Raises:
        ValueError: there is no such zone.
    """
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone is called {name[:60]!r}") from None


def use_zone(name: str) -> None:
    """Let people read times of a zone, see `zone`."""
    global _zone
    _zone = zone(name)


class MomentError(AcruxError):
    """A text is no point in time; the line says what one looks like."""


def read(text: str, *, end_of_day: bool = False, zone: str = "UTC") -> int:
    """Return the second that `text` names: `2027-02-01`, or RFC 3339 with its zone.

    A mere date is midnight in `zone` (IANA) at its beginning; with `end_of_day`, at its end. Where
    that day begins later, because the clocks went forward at midnight, it is that later time.

    Raises:
        MomentError: it is neither.
    """
    text = text.strip()
    try:
        if _DAY.fullmatch(text):
            day = datetime.fromisoformat(text) + timedelta(days=1 if end_of_day else 0)
            return midnight(day.date(), zone)
        if found := _MOMENT.fullmatch(text):
            day_text, time_text, offset = found.groups()
            whole = f"{day_text}T{time_text}{offset.upper().replace('Z', '+00:00')}"
            return int(datetime.fromisoformat(whole).timestamp())
    except (ValueError, OverflowError):
        pass
    raise MomentError(
        f"{text[:40]!r} is no date: write 2027-02-01, or 2027-02-01T09:00:00+13:00 with the zone"
    )


def midnight(of: date, name: str) -> int:
    """Return when a day begins in the zone `name`: the first second that has its date there.

    A midnight that exists twice is the first one; one that was left out is the next time there is.
    """
    there = zone(name)
    wall = datetime.combine(of, time(), there)
    at = int(wall.timestamp())
    if datetime.fromtimestamp(at, there).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return at
    # The clocks went forward over midnight: the gap ends where the offset changes.
    before, after = int(wall.replace(fold=1).timestamp()), at
    while after - before > 1:
        middle = (before + after) // 2
        early = datetime.fromtimestamp(middle, there).date() < of
        before, after = (middle, after) if early else (before, middle)
    return after


def date_in(at: int, name: str) -> date:
    """Return the date that the second `at` has in the zone `name`."""
    return datetime.fromtimestamp(at, zone(name)).date()


def day(at: int) -> str:
    """Return a date in words, in the language spoken: `1 February 2027`."""
    return language.day(datetime.fromtimestamp(at, _zone).date())


def weekday(at: int) -> str:
    """Return a date in words with its day of the week: `Monday, 1 February 2027`."""
    return language.weekday(datetime.fromtimestamp(at, _zone).date())


def beginning(at: int, name: str) -> str:
    """Return the day of `at` in the zone `name` in words, and the time unless the day begins then.

    `Monday, 1 February 2027`, or `Monday, 1 February 2027, 09:00 NZDT`.
    """
    there = datetime.fromtimestamp(at, zone(name))
    day = language.weekday(there.date())
    return day if midnight(there.date(), name) == at else f"{day}, {there:%H:%M %Z}"


def whole(at: int, name: str | None = None) -> str:
    """Return a time with its day of the week, in the zone `name` or the installation's.

    As in `Monday 1 February 2027, 00:00 NZDT`.
    """
    there = datetime.fromtimestamp(at, zone(name) if name is not None else _zone)
    return f"{language.weekday(there.date())}, {there:%H:%M %Z}"


def minute(at: int) -> str:
    """Return a date and time in words: `1 February 2027, 09:30 NZDT`."""
    return f"{day(at)}, {hour(at)}"


def hour(at: int) -> str:
    """Return a time of the present day as pages say it: `09:30 NZDT`."""
    return f"{datetime.fromtimestamp(at, _zone):%H:%M %Z}"


def later(at: int, now: int) -> str:
    """Return a time to come, rounded up to the full minute, with its day unless that is today."""
    at = -(-at // 60) * 60
    today, then = (datetime.fromtimestamp(moment, _zone).date() for moment in (now, at))
    return hour(at) if today == then else minute(at)


def second(at: int) -> str:
    """Return a time as tables show it: `2027-02-01 09:30:15 UTC`."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
