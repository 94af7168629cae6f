"""Questions that auditors kept: a page with its filters, under a name, for all who may look."""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.audit import AuditQuestion
from idp.store.models.people import Person
from idp.store.rows import reader

MOST = 200
"""How many there may be."""


@dataclass(frozen=True)
class QuestionRow:
    """A question; `username` is of who kept it, None of someone who was deleted."""

    id: int
    name: str
    page: str
    query: str
    saved_by: str
    saved_at: int
    username: str | None


_ROW = reader(QuestionRow, {AuditQuestion: "q", Person: "p"}, username=Person.username)
_FROM = f"SELECT {_ROW.columns} FROM audit_question q LEFT JOIN person p ON p.id = q.saved_by"
_ALL = Statement(f"{_FROM} ORDER BY q.name, q.id")
_ONE = Statement(f"{_FROM} WHERE q.id = :id")
_ADD = Statement(
    "INSERT INTO audit_question (name, page, query, saved_by, saved_at)"
    " SELECT CAST(:name AS VARCHAR), CAST(:page AS VARCHAR), CAST(:query AS VARCHAR),"
    " CAST(:saved_by AS VARCHAR), CAST(:now AS BIGINT)"
    " WHERE (SELECT count(*) FROM audit_question) < :most"
)
_REMOVE = Statement("DELETE FROM audit_question WHERE id = :id")


def everything(work: Work) -> list[QuestionRow]:
    """Return all questions, by name."""
    return _ROW.all(work.all(_ALL))


def by_id(work: Work, question_id: int) -> QuestionRow | None:
    """Return a question; None where there is none."""
    return _ROW.one(work.one(_ONE, id=question_id))


def add(work: Work, *, name: str, page: str, query: str, saved_by: str) -> bool:
    """Keep a question; False when there are `MOST` already."""
    values = {"name": name, "page": page, "query": query, "saved_by": saved_by}
    return work.run(_ADD, **values, now=clock.now(), most=MOST) == 1


def remove(work: Work, question_id: int) -> bool:
    """Forget a question; False when there was none."""
    return work.run(_REMOVE, id=question_id) == 1
