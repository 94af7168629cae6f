"""Sign-ins line by line, newest first: out of the lines that are made of the sealed leaves.

Each number of means is asked for by itself, so that an index gives the newest at once, however many
there are; there are a few dozen at most.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement

EXAMINED = 5_000
"""Sign-ins of one person that one search looks at."""
LAST = 2**62


@dataclass(frozen=True)
class Wanted:
    """Which sign-ins: each narrows, None or empty leaves open."""

    means: tuple[int, ...]
    """The numbers of what tokens said."""
    client: str = ""
    people: tuple[str, ...] | None = None
    """Whose, by `sub`."""
    sid: str = ""
    since: int = 0
    until: int = LAST
    before: tuple[int, int] = (LAST, LAST)
    """The time and number of the line that those wanted come after."""


@dataclass(frozen=True)
class Line:
    """One sign-in; `person_id` and all behind it are None of someone who was deleted."""

    seq: int
    at: int
    client_id: str
    means: int
    who: str | None
    sid: str | None
    jti: str
    person_id: str | None
    username: str | None
    name: str | None
    client: str | None


_COLUMNS = "seq, at, client_id, means, who, sid, jti"
_WITHIN = (
    "at >= :since AND at < :until AND (at, seq) < (:before_at, :before_seq)"
    " ORDER BY at DESC, seq DESC LIMIT :most"
)
_NAMES = (
    ", y.person_id, p.username, p.name, c.name FROM ({inner}) s"
    " LEFT JOIN pseudonym y ON y.name = s.who LEFT JOIN person p ON p.id = y.person_id"
    " LEFT JOIN client c ON c.id = s.client_id ORDER BY s.at DESC, s.seq DESC"
)


def _lines(where: str) -> Statement:
    inner = f"SELECT {_COLUMNS} FROM audit_sign_in WHERE {where} AND {_WITHIN}"
    shown = ", ".join(f"s.{name.strip()}" for name in _COLUMNS.split(","))
    return Statement(f"SELECT {shown}{_NAMES.format(inner=inner)}")


_BY_CLIENT = _lines("client_id = :client AND means = :means")
_BY_MEANS = _lines("means = :means")
_BY_PERSON = _lines("who = :who")
_BY_SID = _lines("sid = :sid")
_HAS_SID = Statement("SELECT 1 FROM audit_sign_in WHERE sid = :sid LIMIT 1")
_PSEUDONYM = Statement("SELECT name FROM pseudonym WHERE person_id = :person_id")


def listing(work: Work, wanted: Wanted, limit: int) -> list[Line]:
    """Return up to `limit` sign-ins, newest first."""
    at, seq = wanted.before
    common = {
        "since": wanted.since,
        "until": wanted.until,
        "before_at": at,
        "before_seq": seq,
    }
    found: list[Line] = []
    if wanted.sid:
        found += _read(work.all(_BY_SID, sid=wanted.sid, most=EXAMINED, **common))
    elif wanted.people is not None:
        for who in _pseudonyms(work, wanted.people):
            found += _read(work.all(_BY_PERSON, who=who, most=EXAMINED, **common))
    else:
        for means in wanted.means:
            values = {"means": means, "most": limit, **common}
            if wanted.client:
                found += _read(work.all(_BY_CLIENT, client=wanted.client, **values))
            else:
                found += _read(work.all(_BY_MEANS, **values))
    kept = [one for one in found if _matches(wanted, one)]
    return sorted(kept, key=lambda one: (-one.at, -one.seq))[:limit]


def _matches(wanted: Wanted, line: Line) -> bool:
    return line.means in wanted.means and (not wanted.client or line.client_id == wanted.client)


def _pseudonyms(work: Work, people: Iterable[str]) -> list[str]:
    found = (work.value(_PSEUDONYM, person_id=one) for one in people)
    return [name for name in found if name is not None]


def _read(rows: Iterable[tuple[object, ...]]) -> list[Line]:
    return [Line(*row) for row in rows]  # type: ignore[arg-type]


def has_sid(work: Work, sid: str) -> bool:
    """Tell whether a sign-in has this `sid`."""
    return work.one(_HAS_SID, sid=sid) is not None
