"""Who was deleted: the `sub` of each, so that no one else ever gets it, and the name for the trail.

A subject that applications of one sector knew somebody by (pairwise) stands here too, without a
name. Rows are kept for good: an application may hold what it knew of a `sub` for as long.
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.people import Departed
from idp.store.rows import reader


@dataclass(frozen=True)
class DepartedRow:
    """Someone who was deleted. The user name may be another person's by now."""

    subject: str
    username: str | None
    """None for a pairwise subject."""
    at: int


_ROW = reader(DepartedRow, Departed)
_KNOWN = Statement("SELECT count(*) FROM departed WHERE subject = :subject")
_ADD = Statement(
    "INSERT INTO departed (subject, username, at) SELECT p.id, p.username, :now FROM person p"
    " WHERE p.id = :person_id"
)
_ADD_PAIRWISE = Statement(
    "INSERT INTO departed (subject, at) SELECT w.subject, :now FROM pairwise w"
    " WHERE w.person_id = :person_id"
)
_NAMED = Statement(
    f"SELECT {_ROW.columns} FROM departed WHERE subject = :name OR username = :username"
    " ORDER BY at DESC LIMIT 1"
)


def known(work: Work, subject: str) -> bool:
    """Return True if a subject was somebody's who was deleted."""
    return bool(work.value(_KNOWN, subject=subject))


def add(work: Work, person_id: str) -> None:
    """Keep the subjects of someone who is about to be deleted."""
    for statement in (_ADD, _ADD_PAIRWISE):
        work.run(statement, person_id=person_id, now=clock.now())


def named(work: Work, name: str) -> DepartedRow | None:
    """Return who was deleted last with this `sub`, or user name in its normal form."""
    return _ROW.one(work.one(_NAMED, name=name, username=name.lower()))
