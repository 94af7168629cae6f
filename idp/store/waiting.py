"""Changes of how someone signs in that were asked for and wait: asked, stopped, done once."""

from dataclasses import dataclass

from idp import clock
from idp.crypto import random_token
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.people import PendingChange
from idp.store.rows import reader


@dataclass(frozen=True)
class WaitingRow:
    """A change that waits. `credential_id` is what it removes; `label` and `source` who asked."""

    id: str
    person_id: str
    what: str
    method: str
    credential_id: str | None
    asked_at: int
    due_at: int
    opened_at: int | None


_ROW = reader(WaitingRow, PendingChange)
_ADD = Statement(
    "INSERT INTO pending_change (id, person_id, what, method, credential_id, asked_at, due_at,"
    " label, source) VALUES (:id, :person_id, :what, :method, :credential_id, :now, :due_at,"
    " :label, :source)"
)
_OF = Statement(
    f"SELECT {_ROW.columns} FROM pending_change WHERE person_id = :person_id AND ended_at IS NULL"
    " ORDER BY asked_at, id"
)
_DUE = Statement(
    f"SELECT {_ROW.columns} FROM pending_change WHERE ended_at IS NULL AND due_at <= :now"
    " ORDER BY due_at, id LIMIT :limit OFFSET :offset"
)
_END = Statement(
    "UPDATE pending_change SET ended_at = :now, ended = :how WHERE id = :id"
    " AND person_id = :person_id AND ended_at IS NULL"
)
_END_ALL = Statement(
    "UPDATE pending_change SET ended_at = :now, ended = :how WHERE person_id = :person_id"
    " AND ended_at IS NULL"
)
_ADDED = Statement(
    "UPDATE pending_change SET ended_at = :now, ended = 'done' WHERE person_id = :person_id"
    " AND what = 'add' AND method = :method AND ended_at IS NULL"
)
_OPENED = Statement(
    "UPDATE pending_change SET opened_at = :now WHERE id = :id AND opened_at IS NULL"
    " AND ended_at IS NULL"
)


def add(
    work: Work, person_id: str, *, what: str, method: str, credential_id: str | None, wait: int
) -> str:
    """Let a change wait for `wait` seconds; return its id."""
    now, waiting_id, caller = clock.now(), random_token(16), work.caller
    work.run(
        _ADD,
        id=waiting_id,
        person_id=person_id,
        what=what,
        method=method,
        credential_id=credential_id,
        now=now,
        due_at=now + wait,
        label=caller.browser,
        source=caller.address,
    )
    return waiting_id


def of(work: Work, person_id: str) -> list[WaitingRow]:
    """Return what waits for a person, oldest first."""
    return _ROW.all(work.all(_OF, person_id=person_id))


def due(work: Work, limit: int, offset: int = 0) -> list[WaitingRow]:
    """Return changes whose wait is over, the longest over first."""
    return _ROW.all(work.all(_DUE, now=clock.now(), limit=limit, offset=offset))


def end(work: Work, person_id: str, waiting_id: str, how: str) -> bool:
    """End one: True for exactly one caller. `how`: done, stopped, used, refused or expired."""
    return work.run(_END, id=waiting_id, person_id=person_id, how=how, now=clock.now()) == 1


def end_all(work: Work, person_id: str, how: str) -> int:
    """End all that waits for a person; return how many those were."""
    return work.run(_END_ALL, person_id=person_id, how=how, now=clock.now())


def added(work: Work, person_id: str, method: str) -> None:
    """A way was added: what waited for that is done."""
    work.run(_ADDED, person_id=person_id, method=method, now=clock.now())


def opened(work: Work, waiting_id: str) -> bool:
    """Note that the person is told that the wait is over: True for exactly one caller."""
    return work.run(_OPENED, id=waiting_id, now=clock.now()) == 1
