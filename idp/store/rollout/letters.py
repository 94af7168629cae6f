"""What a stage says in its mails in the place of the default words."""

from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.notices import RolloutLetter
from idp.store.rows import reader


@dataclass(frozen=True)
class LetterRow:
    """Subject and body in one language; `letter` is "" for every mail of the stage."""

    letter: str
    language: str
    subject: str
    body: str


_ROW = reader(LetterRow, RolloutLetter)
_OF = Statement(f"SELECT {_ROW.columns} FROM rollout_letter WHERE stage_id = :stage_id")
_PUT = Statement(
    "INSERT INTO rollout_letter (stage_id, letter, language, subject, body)"
    " VALUES (:stage_id, :letter, :language, :subject, :body)"
    " ON CONFLICT (stage_id, letter, language) DO UPDATE"
    " SET subject = excluded.subject, body = excluded.body"
)
_REMOVE = Statement(
    "DELETE FROM rollout_letter"
    " WHERE stage_id = :stage_id AND letter = :letter AND language = :language"
)
_FORGET = Statement("DELETE FROM rollout_letter WHERE stage_id = :stage_id")


def of(work: Work, stage_id: str) -> dict[tuple[str, str], LetterRow]:
    """Return the words of a stage, by letter and language."""
    found = _ROW.all(work.all(_OF, stage_id=stage_id))
    return {(row.letter, row.language): row for row in found}


def put(work: Work, stage_id: str, row: LetterRow) -> None:
    """Store words in the place of those of before."""
    values = {"letter": row.letter, "language": row.language}
    work.run(_PUT, stage_id=stage_id, **values, subject=row.subject, body=row.body)


def remove(work: Work, stage_id: str, letter: str, language: str) -> bool:
    """Remove words; False when there are none."""
    return work.run(_REMOVE, stage_id=stage_id, letter=letter, language=language) == 1


def forget(work: Work, stage_id: str) -> None:
    """Remove all words of a stage, which is going."""
    work.run(_FORGET, stage_id=stage_id)
