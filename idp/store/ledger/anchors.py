"""How far each place outside has the checkpoints, and since when one does not take them.

One process at a time delivers to a place: it claims the row until a moment (`AnchorRow.due_at`),
which is a condition of what it writes afterwards.
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.evidence import LedgerAnchor
from idp.store.rows import reader

_FAR = 86_400 * 32
"""Seconds ahead that no row is due by right: it was put off before a clock was set back."""


@dataclass(frozen=True)
class AnchorRow:
    """A place, by the name that the settings give it.

    `size` is that of the last checkpoint that arrived, `message` a mail that is under way with the
    checkpoint over `under_way` rows. `failing_since` is None while all is well.
    """

    name: str
    size: int
    arrived_at: int | None
    due_at: int
    failures: int
    failing_since: int | None
    problem: str | None
    message: str | None
    under_way: int | None


_ROW = reader(AnchorRow, LedgerAnchor)
_ALL = Statement(f"SELECT {_ROW.columns} FROM ledger_anchor ORDER BY name")
_ADD = Statement(
    "INSERT INTO ledger_anchor (name, size, due_at, failures) VALUES (:name, :size, 0, 0)"
    " ON CONFLICT (name) DO NOTHING"
)
_CLAIM = Statement(
    "UPDATE ledger_anchor SET due_at = :until WHERE name = :name AND (due_at <= :now"
    " OR due_at > :far OR due_at = :until OR (:at_once = 1 AND failing_since IS NOT NULL))"
)
_FORGET = Statement("DELETE FROM ledger_anchor WHERE name = :name")
_OWN = " WHERE name = :name AND due_at = :claimed"
_ARRIVED = Statement(
    "UPDATE ledger_anchor SET size = :size, arrived_at = :now, due_at = 0, failures = 0,"
    " failing_since = NULL, problem = NULL" + _OWN
)
_FAILED = Statement(
    "UPDATE ledger_anchor SET due_at = :due_at, failures = failures + 1, problem = :problem,"
    " failing_since = coalesce(failing_since, :now)" + _OWN
)
_POSTED = Statement(
    "UPDATE ledger_anchor SET message = :message, under_way = :size, due_at = :due_at" + _OWN
)
_MAIL_ARRIVED = Statement(
    "UPDATE ledger_anchor SET size = under_way, message = NULL, under_way = NULL, failures = 0,"
    " arrived_at = :now, failing_since = NULL, problem = NULL WHERE message = :message"
)
_MAIL_FAILED = Statement(
    "UPDATE ledger_anchor SET message = NULL, under_way = NULL, failures = failures + 1,"
    " problem = :problem, failing_since = coalesce(failing_since, :now) WHERE message = :message"
)


def everything(work: Work) -> dict[str, AnchorRow]:
    """Return all rows by name, also those of places that are not set any more."""
    return {row.name: row for row in _ROW.all(work.all(_ALL))}


def add(work: Work, name: str, size: int) -> None:
    """Begin with a place that is to get what comes behind the checkpoint over `size` rows."""
    work.run(_ADD, name=name, size=size)


def is_due(row: AnchorRow) -> bool:
    """Tell whether a place may be tried now."""
    return not clock.now() < row.due_at <= clock.now() + _FAR


def claim(work: Work, name: str, until: int, at_once: bool) -> bool:
    """Take a place that is due, until a moment; to be committed at once.

    With `at_once`, also one that is left alone after a failure.
    """
    now = clock.now()
    values = {"name": name, "now": now, "until": until, "far": now + _FAR}
    return work.run(_CLAIM, **values, at_once=int(at_once)) == 1


def forget(work: Work, name: str) -> None:
    """Know nothing of a place any more."""
    work.run(_FORGET, name=name)


def arrived(work: Work, name: str, claimed: int, size: int) -> None:
    """Note that all checkpoints up to the one over `size` rows are there."""
    work.run(_ARRIVED, name=name, claimed=claimed, size=size, now=clock.now())


def failed(work: Work, name: str, claimed: int, problem: str, due_at: int) -> None:
    """Note why a place took nothing, and when it is tried again."""
    now = clock.now()
    work.run(_FAILED, name=name, claimed=claimed, problem=problem, due_at=due_at, now=now)


def posted(work: Work, name: str, claimed: int, message: str, size: int, due_at: int) -> None:
    """Note that a mail with the checkpoint over `size` rows waits to be sent."""
    work.run(_POSTED, name=name, claimed=claimed, message=message, size=size, due_at=due_at)


def mail_sent(work: Work, message: str) -> None:
    """Note that a mail was taken by the mail server."""
    work.run(_MAIL_ARRIVED, message=message, now=clock.now())


def mail_failed(work: Work, message: str, problem: str) -> None:
    """Note that a mail was given up; the next one is written when it is due."""
    work.run(_MAIL_FAILED, message=message, problem=problem, now=clock.now())
