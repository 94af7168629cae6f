"""The marks of sign-ins in progress: put and taken away, each change one conditional UPDATE.

A change names its marks and leaves all others as they are, whoever puts some at the same time. Owns
no meaning of a mark (`policy.steps.Mark`) and not what ends them all (`store.signin.interactions`).
"""

from idp.policy.steps import NO_MARKS, Mark
from idp.store.db import Work
from idp.store.db.statements import Statement

_PUT = Statement(
    "UPDATE interaction SET marks = (marks & :others) | :marks"
    " WHERE id = :id AND claimed_at IS NULL AND person_id = :person_id"
)
_PUT_BY_BROWSER = Statement(
    "UPDATE interaction SET marks = marks | :marks WHERE id = :id AND claimed_at IS NULL"
)
_CLAIM = Statement(
    "UPDATE interaction SET marks = marks | :marks WHERE id = :id AND person_id = :person_id"
    " AND claimed_at IS NULL AND refused IS NULL AND (marks & :marks) = 0"
)
_DROP = Statement("UPDATE interaction SET marks = marks & :others WHERE id = :id")
_DROP_ELSEWHERE = Statement(
    "UPDATE interaction SET marks = marks & :others WHERE person_id = :person_id"
    " AND id <> :spared AND claimed_at IS NULL AND (marks & :marks) <> 0"
)


def put(
    work: Work, interaction_id: str, person_id: str, marks: Mark, without: Mark = NO_MARKS
) -> bool:
    """Take `without` from a person's sign-in, and put `marks`: what is in both stands then.

    False once the sign-in is finished, or someone else's.
    """
    values = {"id": interaction_id, "person_id": person_id, "marks": marks.value}
    return work.run(_PUT, **values, others=~without.value) == 1


def put_by_browser(work: Work, interaction_id: str, marks: Mark) -> None:
    """Put marks of the browser (`policy.steps.OF_BROWSER`), whichever person is in front of it."""
    work.run(_PUT_BY_BROWSER, id=interaction_id, marks=marks.value)


def claim(work: Work, interaction_id: str, person_id: str, mark: Mark) -> bool:
    """Put a mark that is not there yet: True for exactly one caller, of a sign-in that goes on."""
    return work.run(_CLAIM, id=interaction_id, person_id=person_id, marks=mark.value) == 1


def drop(work: Work, interaction_id: str, mark: Mark) -> None:
    """Take away what was claimed in this transaction, and could not be done."""
    work.run(_DROP, id=interaction_id, others=~mark.value)


def drop_elsewhere(work: Work, person_id: str, mark: Mark, spared: str = "") -> None:
    """Take a mark from every open sign-in of a person but the one `spared`."""
    values = {"marks": mark.value, "others": ~mark.value}
    work.run(_DROP_ELSEWHERE, person_id=person_id, spared=spared, **values)
