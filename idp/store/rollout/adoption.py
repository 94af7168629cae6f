"""How many people had what set up, by the day and user type: counted once a day, kept for good."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from idp import clock
from idp.store.canaries import HIDDEN
from idp.store.db import Work
from idp.store.db.statements import Statement

MARK = "*"
"""The user type of the row that says that a day was counted: all people of it."""
PEOPLE = "people"
_LIST = {"sqlite": "group_concat(c.method, ' ')", "postgresql": "string_agg(c.method, ' ')"}
_NOW = {
    name: Statement(
        "SELECT t.user_type, t.methods, t.coded, count(*) FROM (SELECT p.user_type,"
        f" (SELECT {concat} FROM credential c WHERE c.person_id = p.id) AS methods,"
        " CASE WHEN EXISTS (SELECT 1 FROM recovery_code r WHERE r.person_id = p.id"
        " AND r.used_at IS NULL) THEN 1 ELSE 0 END AS coded"
        f" FROM person p WHERE p.disabled_at IS NULL AND p.id {HIDDEN}) t"
        " GROUP BY t.user_type, t.methods, t.coded"
    )
    for name, concat in _LIST.items()
}
_MARK = Statement(
    "INSERT INTO rollout_adoption (day, user_type, what, people)"
    " VALUES (:day, :user_type, :what, :people) ON CONFLICT DO NOTHING"
)
_SINCE = Statement(
    "SELECT day, user_type, what, people FROM rollout_adoption"
    f" WHERE day >= :since AND user_type <> '{MARK}' ORDER BY day, user_type, what"
)
_COUNTED = Statement(f"SELECT 1 FROM rollout_adoption WHERE day = :day AND user_type = '{MARK}'")


# What was counted of a name that is had by others now stays under the old one.
_RENAME = Statement(
    "UPDATE rollout_adoption SET user_type = :new WHERE user_type = :old AND NOT EXISTS"
    " (SELECT 1 FROM rollout_adoption o WHERE o.user_type = :other)"
)


@dataclass(frozen=True)
class Kind:
    """So many people of a user type who have the same set up."""

    user_type: str
    methods: tuple[str, ...]
    """One for each credential, in alphabetical order."""
    coded: bool
    """They have recovery codes that were not used."""
    people: int


@dataclass(frozen=True)
class AdoptionRow:
    """How many people of a user type had `what` on a day."""

    day: str
    user_type: str
    what: str
    people: int


def kinds(work: Work) -> list[Kind]:
    """Count everyone whose account is not switched off, by what they have."""
    found: Counter[tuple[str, tuple[str, ...], bool]] = Counter()
    for user_type, methods, coded, count in work.all(_NOW[work.engine.dialect.name]):
        found[user_type, tuple(sorted((methods or "").split())), bool(coded)] += count
    return [Kind(*key, count) for key, count in found.items()]


def today() -> str:
    """Return the day it is, in UTC."""
    return clock.iso(clock.now())[:10]


def counted(work: Work, day: str) -> bool:
    """Return True if a day was counted."""
    return work.one(_COUNTED, day=day) is not None


def claim_day(work: Work, day: str, people: int) -> bool:
    """Begin to count a day: True for exactly one caller, who keeps it in this transaction."""
    return work.run(_MARK, day=day, user_type=MARK, what=PEOPLE, people=people) == 1


def keep(work: Work, day: str, counts: Mapping[tuple[str, str], int]) -> None:
    """Keep the counts of a day, by user type and what."""
    for (user_type, what), people in sorted(counts.items()):
        work.run(_MARK, day=day, user_type=user_type, what=what, people=people)


def since(work: Work, day: str) -> list[AdoptionRow]:
    """Return the counts from a day on."""
    return [AdoptionRow(*row) for row in work.all(_SINCE, since=day)]


def rename(work: Work, old: str, new: str) -> None:
    """Let what was counted of a user type go on under its new name."""
    work.run(_RENAME, old=old, new=new, other=new)
