"""Counts of the sealed leaves: answers with tokens by day and application, and each sign-in.

A batch of leaves is counted once: with the one row that says how far the counts are.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from idp.store.db import Work
from idp.store.db.statements import Statement

DAY = 86400
WEEK = 7
"""Days; the first week began in 1970, on a Thursday."""


class Alike(NamedTuple):
    """What answers with tokens of one count have in common."""

    client_id: str
    day: int
    """Days since 1970 UTC."""
    grant_type: str
    means: int
    binding: str
    """How `asked` was asked for: `essential`, `voluntary` or "" for nothing."""
    asked: str
    floors: str
    """What had to hold anyway, as `source=level` with blanks between."""


class SignIn(NamedTuple):
    """One sign-in that an application got tokens of."""

    seq: int
    at: int
    client_id: str
    means: int
    who: str | None
    sid: str | None
    jti: str


@dataclass(frozen=True, slots=True)
class Means:
    """What tokens said together; both empty where a client asked for itself."""

    acr: str
    amr: tuple[str, ...]


def _rows(width: int, *numbers: int) -> dict[str, str]:
    """Return, for each database, the SELECT that makes rows of `width` of a JSON parameter."""

    def columns(text: str, number: str) -> str:
        return ", ".join((number if at in numbers else text) % at for at in range(width))

    sqlite = columns("json_extract(r.value, '$[%d]')", "json_extract(r.value, '$[%d]')")
    postgresql = columns("r.value ->> %d", "CAST(r.value ->> %d AS BIGINT)")
    return {
        "sqlite": f"SELECT {sqlite} FROM json_each(:rows) r WHERE 1 = 1",
        "postgresql": f"SELECT {postgresql} FROM json_array_elements(CAST(:rows AS json)) r"
        " WHERE 1 = 1",
    }


_BEGIN = Statement("INSERT INTO audit_progress (id, seq) VALUES (1, 0) ON CONFLICT (id) DO NOTHING")
_PROGRESS = Statement("SELECT seq FROM audit_progress WHERE id = 1")
_ADVANCE = Statement("UPDATE audit_progress SET seq = :after WHERE id = 1 AND seq = :before")
_MEANS = Statement("SELECT id, acr, amr FROM audit_means")
_ADD_MEANS = Statement(
    "INSERT INTO audit_means (acr, amr) VALUES (:acr, :amr) ON CONFLICT (acr, amr) DO NOTHING"
)
_MEANS_OF = Statement("SELECT id FROM audit_means WHERE acr = :acr AND amr = :amr")
_ADD_DAYS = {
    name: Statement(
        "INSERT INTO audit_day (client_id, day, grant_type, means, binding, asked, floors, answers)"
        f" {rows} ON CONFLICT (client_id, day, grant_type, means, binding, asked, floors)"
        " DO UPDATE SET answers = audit_day.answers + excluded.answers"
    )
    for name, rows in _rows(8, 1, 3, 7).items()
}
_ADD_WEEKS = {
    name: Statement(
        "INSERT INTO audit_week (client_id, week, grant_type, means, binding, asked, floors,"
        f" answers) {rows}"
        " ON CONFLICT (week, client_id, grant_type, means, binding, asked, floors)"
        " DO UPDATE SET answers = audit_week.answers + excluded.answers"
    )
    for name, rows in _rows(8, 1, 3, 7).items()
}
_ADD_SIGN_INS = {
    name: Statement(
        "INSERT INTO audit_sign_in (seq, at, client_id, means, who, sid, jti)"
        f" {rows} ON CONFLICT (seq) DO NOTHING"
    )
    for name, rows in _rows(7, 0, 1, 3).items()
}


def progress(work: Work) -> int:
    """Return how many leaves are counted."""
    return int(work.value(_PROGRESS) or 0)


def claim_progress(work: Work, before: int, after: int) -> bool:
    """Count the leaves from `before` up to `after` in this transaction; False: another did."""
    work.run(_BEGIN)
    return work.run(_ADVANCE, before=before, after=after) == 1


def means(work: Work) -> dict[int, Means]:
    """Return all that tokens ever said together, by its number."""
    return {key: Means(acr, tuple(amr.split())) for key, acr, amr in work.all(_MEANS)}


def means_of(work: Work, acr: str, amr: Sequence[str]) -> int:
    """Return the number of what tokens say together, a new one the first time."""
    values = {"acr": acr, "amr": " ".join(amr)}
    found = work.value(_MEANS_OF, **values)
    if found is None:
        work.run(_ADD_MEANS, **values)
        found = work.value(_MEANS_OF, **values)
    return int(found)


def add(work: Work, days: Mapping[Alike, int], sign_ins: Sequence[SignIn]) -> None:
    """Add the counts and lines of a batch whose progress was claimed."""
    name = work.engine.dialect.name
    weeks = Counter[Alike]()
    for alike, count in days.items():
        weeks[alike._replace(day=alike.day // WEEK)] += count
    # In one order, so that no two writers of several rows wait for each other.
    for statement, counted in ((_ADD_DAYS[name], days), (_ADD_WEEKS[name], weeks)):
        rows = sorted((*alike, count) for alike, count in counted.items())
        work.run(statement, rows=json.dumps(rows))
    if sign_ins:
        work.run(_ADD_SIGN_INS[name], rows=json.dumps(sign_ins))


_OF_CLIENT_DAYS = (
    "SELECT client_id, {day}, grant_type, means, binding, asked, floors, SUM(answers)"
    " FROM audit_day WHERE client_id = :client AND day >= :first AND day <= :last"
    " GROUP BY client_id, {group}grant_type, means, binding, asked, floors"
)
_BY_DAY = Statement(_OF_CLIENT_DAYS.format(day="day", group="day, "))
_OF_CLIENT = Statement(_OF_CLIENT_DAYS.format(day="0", group=""))
_DAYS_OF_ALL = Statement(
    "SELECT day, means, SUM(answers) FROM audit_day WHERE day >= :first AND day <= :last"
    " GROUP BY day, means"
)
_ALIKE = "client_id, grant_type, means, binding, asked, floors"
_PART = f"SELECT {_ALIKE}, answers FROM audit_"
_TOTALS = Statement(
    "SELECT client_id, 0, grant_type, means, binding, asked, floors, SUM(answers) FROM ("
    f"{_PART}day WHERE day >= :first AND day < :begin"
    f" UNION ALL {_PART}week WHERE week >= :week AND week < :until"
    f" UNION ALL {_PART}day WHERE day >= :rest AND day <= :last"
    f") parts GROUP BY {_ALIKE}"
)


def totals(work: Work, first: int, last: int) -> list[tuple[Alike, int]]:
    """Return the counts from day `first` to `last`, over all these days: `day` says nothing.

    Weeks that lie in it whole are read as weeks, which are a third as many rows.
    """
    week, until = -(-first // WEEK), (last + 1) // WEEK
    if week > until:
        week = until
    # Without a whole week, the second part of days has all of them.
    begin, rest = (week * WEEK, until * WEEK) if week < until else (first, first)
    values = {"begin": begin, "week": week, "until": until, "rest": rest}
    return [_counted(row) for row in work.all(_TOTALS, first=first, last=last, **values)]


def of_client(work: Work, client_id: str, first: int, last: int) -> list[tuple[Alike, int]]:
    """Return the same of one application."""
    return [_counted(row) for row in work.all(_OF_CLIENT, client=client_id, first=first, last=last)]


def by_day(work: Work, client_id: str, first: int, last: int) -> list[tuple[int, int, int]]:
    """Return day, number of the means and answers, of one application or ("") of all."""
    if not client_id:
        return [
            (int(row[0]), int(row[1]), int(row[2]))
            for row in work.all(_DAYS_OF_ALL, first=first, last=last)
        ]
    found = work.all(_BY_DAY, client=client_id, first=first, last=last)
    return [(row[1], row[3], int(row[7])) for row in found]


def _counted(row: Any) -> tuple[Alike, int]:
    return Alike(*row[:7]), int(row[7])
