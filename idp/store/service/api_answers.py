"""Answers of the API that are kept for whoever sends the same request again, sealed, for a day."""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.service import ApiAnswer
from idp.store.rows import reader

KEPT = 86_400
"""Seconds for which an answer is kept."""
LEASE = 60
"""Seconds after which a request that never ended may be sent again."""


@dataclass(frozen=True)
class AnswerRow:
    """What was asked, by its digest, and the sealed answer; None while it is under way.

    It opens at `place(digest)`.
    """

    asked: str
    sealed: bytes | None


def place(digest: str) -> str:
    """Return the sealing place of an answer."""
    return f"api_answer:sealed:{digest}"


_ROW = reader(AnswerRow, ApiAnswer)
_FIND = Statement(f"SELECT {_ROW.columns} FROM api_answer WHERE digest = :digest")
_CLAIM = Statement(
    "INSERT INTO api_answer (digest, asked, sealed, begun_at, expires_at)"
    " VALUES (:digest, :asked, NULL, :now, :until) ON CONFLICT (digest) DO UPDATE"
    " SET asked = excluded.asked, sealed = NULL, begun_at = excluded.begun_at,"
    " expires_at = excluded.expires_at"
    " WHERE (api_answer.sealed IS NULL AND api_answer.begun_at <= :left_before)"
    " OR api_answer.expires_at <= :over_at"
)
_KEEP = Statement("UPDATE api_answer SET sealed = :sealed WHERE digest = :digest")
_GIVE_UP = Statement("DELETE FROM api_answer WHERE digest = :digest AND sealed IS NULL")


def claim(work: Work, digest: str, asked: str) -> bool:
    """Begin what is asked: True for exactly one caller, until it ends or is left."""
    now = clock.now()
    values = {"left_before": now - LEASE, "over_at": now}
    return work.run(_CLAIM, digest=digest, asked=asked, now=now, until=now + KEPT, **values) == 1


def find(work: Work, digest: str) -> AnswerRow | None:
    """Return what was asked and answered; None where nothing was."""
    return _ROW.one(work.one(_FIND, digest=digest))


def keep(work: Work, digest: str, sealed: bytes) -> None:
    """Keep an answer, with the commit of what it tells of."""
    work.later(_KEEP, digest=digest, sealed=sealed)


def give_up(work: Work, digest: str) -> None:
    """Let what was begun be asked anew."""
    work.run(_GIVE_UP, digest=digest)
