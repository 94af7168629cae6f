"""How the installation looks, and what its messages say in the place of our words.

One number stands for all of it, so that whoever keeps a copy asks for that alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.service import Look, Wording
from idp.store.rows import Piece, reader

_ID = 1


@dataclass(frozen=True)
class LookRow:
    """What was decided, by the names of the settings; what is not there is as they say."""

    version: int
    data: dict[str, str]


@dataclass(frozen=True)
class WordingRow:
    """What a message says in a language, with placeholders in braces."""

    kind: str
    language: str
    subject: str
    body: str


NONE = LookRow(0, {})
_ROW = reader(LookRow, Look, data=Piece(Look.data, json.loads))
_WORDS = reader(WordingRow, Wording)
_FIND = Statement(f"SELECT {_ROW.columns} FROM look WHERE id = {_ID}")
_VERSION = Statement(f"SELECT version FROM look WHERE id = {_ID}")
_OPEN = Statement(
    f"INSERT INTO look (id, version, data) VALUES ({_ID}, 0, '{{}}') ON CONFLICT DO NOTHING"
)
_MOVE = Statement(f"UPDATE look SET version = version + 1 WHERE id = {_ID} AND version = :version")
_CHANGE = Statement(f"UPDATE look SET data = :data WHERE id = {_ID}")
_ALL = Statement(f"SELECT {_WORDS.columns} FROM wording ORDER BY kind, language")
_PUT = Statement(
    "INSERT INTO wording (kind, language, subject, body) VALUES (:kind, :language, :subject, :body)"
    " ON CONFLICT (kind, language) DO UPDATE SET subject = excluded.subject, body = excluded.body"
)
_REMOVE = Statement("DELETE FROM wording WHERE kind = :kind AND language = :language")


def version(work: Work) -> int:
    """Return the number that stands for all of it; 0 while nothing was decided."""
    return int(work.value(_VERSION) or 0)


def find(work: Work) -> LookRow:
    """Return what was decided of the look."""
    return _ROW.one(work.one(_FIND)) or NONE


def words(work: Work) -> list[WordingRow]:
    """Return all that is said in the place of our words."""
    return _WORDS.all(work.all(_ALL))


def move_on(work: Work, seen: int) -> bool:
    """Begin a change of what was seen as this version; False where somebody else was faster."""
    work.run(_OPEN)
    return work.run(_MOVE, version=seen) == 1


def change(work: Work, data: Mapping[str, str]) -> None:
    """Let this be the look; after `move_on`."""
    work.run(_CHANGE, data=json.dumps(data))


def put(work: Work, row: WordingRow) -> None:
    """Let a message say this; after `move_on`."""
    work.run(_PUT, kind=row.kind, language=row.language, subject=row.subject, body=row.body)


def remove(work: Work, kind: str, language: str) -> None:
    """Let a message say our words again; after `move_on`."""
    work.run(_REMOVE, kind=kind, language=language)
