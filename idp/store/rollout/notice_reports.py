"""Questions about mails ahead of a stage's date, for whoever looks after a rollout."""

from collections.abc import Iterator
from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.notices import RolloutNotice
from idp.store.models.people import Person
from idp.store.rollout.notices import QUEUED, SENT
from idp.store.rows import Piece, reader

PAGE = 2000


@dataclass(frozen=True)
class CountRow:
    """How many mails of one kind, about one date of a stage, are in one state."""

    stage_id: str
    enforce_at: int
    kind: str
    state: str
    count: int
    opened: int
    """How many of their people began to set something up."""


@dataclass(frozen=True)
class NoticeRow:
    """One mail, and whom it is for."""

    person_id: str
    username: str
    name: str
    email: str
    phone: str | None
    kind: str
    state: str
    words: str
    """What the mail server said, or why it was given up; "" when it was not."""
    queued_at: int
    opened_at: int | None


_COUNTS = Statement(
    "SELECT stage_id, enforce_at, kind, state, count(*), count(opened_at) FROM rollout_notice"
    " WHERE :stage_id = '' OR stage_id = :stage_id"
    " GROUP BY stage_id, enforce_at, kind, state ORDER BY stage_id, enforce_at, kind, state"
)
_ROW = reader(
    NoticeRow,
    {RolloutNotice: "n", Person: "p"},
    username=Piece("p.username"),
    name=Piece("p.name"),
    email=Piece("p.email"),
    phone=Piece("p.phone"),
)
_FROM = (
    f"SELECT {_ROW.columns} FROM rollout_notice n JOIN person p ON p.id = n.person_id"
    " WHERE n.stage_id = :stage_id AND n.enforce_at = :enforce_at"
    " AND (n.person_id, n.kind) > (:after, :kind)"
)
_LAST = "zzzz"
"""What comes after the name of every kind of mail."""
_ORDER = " ORDER BY n.person_id, n.kind LIMIT :limit"
_ALL = Statement(_FROM + _ORDER)
_UNREACHED = Statement(
    f"{_FROM} AND p.disabled_at IS NULL AND NOT EXISTS (SELECT 1 FROM rollout_notice o"
    " WHERE o.stage_id = n.stage_id AND o.enforce_at = n.enforce_at"
    f" AND o.person_id = n.person_id AND o.state IN ('{QUEUED}', '{SENT}')){_ORDER}"
)


def counts(work: Work, stage_id: str = "") -> list[CountRow]:
    """Return the numbers of a stage, or of all of them."""
    return [CountRow(*row) for row in work.all(_COUNTS, stage_id=stage_id)]


def everyone(
    work: Work, stage_id: str, enforce_at: int, after: tuple[str, str] = ("", "")
) -> Iterator[NoticeRow]:
    """Return each mail about a date of a stage, by `sub` and kind, from the one after `after`."""
    return _pages(work, _ALL, stage_id, enforce_at, *after)


def unreached(work: Work, stage_id: str, enforce_at: int, after: str = "") -> Iterator[NoticeRow]:
    """Return the last mail to each person whom none reached about a date of a stage.

    By `sub`, from the one after `after` on.
    """
    last: NoticeRow | None = None
    for row in _pages(work, _UNREACHED, stage_id, enforce_at, after, _LAST if after else ""):
        if last and last.person_id != row.person_id:
            yield last
            last = None
        if last is None or row.queued_at >= last.queued_at:
            last = row
    if last:
        yield last


def _pages(
    work: Work, statement: Statement, stage_id: str, enforce_at: int, after: str, kind: str
) -> Iterator[NoticeRow]:
    key = {"stage_id": stage_id, "enforce_at": enforce_at}
    while page := _ROW.all(work.all(statement, **key, after=after, kind=kind, limit=PAGE)):
        yield from page
        after, kind = page[-1].person_id, page[-1].kind
