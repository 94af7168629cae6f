"""What the ledger calls people, and whom it means. Owns no key: they are sealed."""

from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.evidence import Pseudonym
from idp.store.rows import reader


@dataclass(frozen=True)
class PseudonymRow:
    """A person's name in the ledger; `key` is sealed at `place(person_id)`."""

    person_id: str
    name: str
    key: bytes


def place(person_id: str) -> str:
    """Return the sealing place of a person's key."""
    return f"pseudonym:key:{person_id}"


_ROW = reader(PseudonymRow, Pseudonym)
_OF = Statement(f"SELECT {_ROW.columns} FROM pseudonym WHERE person_id = :person_id")
_BY_NAME = Statement("SELECT person_id FROM pseudonym WHERE name = :name")
_ADD = Statement("INSERT INTO pseudonym (person_id, name, key) VALUES (:person_id, :name, :key)")


def of(work: Work, person_id: str) -> PseudonymRow | None:
    """Return what the ledger calls a person; None where it has not named them yet."""
    return _ROW.one(work.one(_OF, person_id=person_id))


def person_of(work: Work, name: str) -> str | None:
    """Return the `sub` of whom the ledger calls `name`; None for no one, or no one any more."""
    found: str | None = work.value(_BY_NAME, name=name)
    return found


def add(work: Work, row: PseudonymRow) -> bool:
    """Store a person's name; False when they have one already, or were deleted."""
    return work.unless_taken(_ADD, **vars(row)) == 1
