"""Accounts that may be shared: their scores, what was made of them, and what they became."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from idp import clock
from idp.policy.shared_profiles import Reason, Score, Sign
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.people import Person
from idp.store.models.shared import SharedProfile
from idp.store.rows import Piece, reader


@dataclass(frozen=True)
class Named:
    """What an account is called, and until which day it was looked at."""

    id: str
    username: str
    email: str
    name: str
    kept_day: int | None


@dataclass(frozen=True)
class SharedRow:
    """An account with a score, or one that will be closed. Times in seconds since 1970 UTC."""

    person_id: str
    username: str
    name: str
    email: str
    user_type: str
    disabled_at: int | None
    score: int
    reasons: tuple[Reason, ...]
    scored_day: int
    kept_day: int | None
    asked_at: int | None
    """When the owner was written to."""
    closes_at: int | None
    warned_at: int | None
    """When the account was told of its last day."""
    closed_at: int | None


def _reasons(text: str) -> tuple[Reason, ...]:
    return tuple(Reason(Sign(sign), count, points) for sign, count, points in json.loads(text))


_ROW = reader(
    SharedRow,
    {SharedProfile: "s", Person: "p"},
    username=Person.username,
    name=Person.name,
    email=Person.email,
    user_type=Person.user_type,
    disabled_at=Person.disabled_at,
    reasons=Piece(SharedProfile.reasons, _reasons),
)
_FROM = f"SELECT {_ROW.columns} FROM shared_profile s JOIN person p ON p.id = s.person_id"
_REPORT = Statement(
    f"{_FROM} WHERE p.disabled_at IS NULL AND (s.score >= :threshold"
    " OR (s.closes_at IS NOT NULL AND s.closed_at IS NULL)) ORDER BY s.score DESC, p.username"
)
_OF = Statement(f"{_FROM} WHERE s.person_id = :person_id")
_DUE = Statement(
    f"{_FROM} WHERE s.closed_at IS NULL AND (s.closes_at <= :now"
    " OR (s.closes_at <= :soon AND s.warned_at IS NULL)) ORDER BY s.person_id LIMIT :limit"
)
_NAMED = reader(Named, {Person: "p", SharedProfile: "s"}, kept_day=SharedProfile.kept_day)
_NAMES = Statement(
    f"SELECT {_NAMED.columns} FROM person p LEFT JOIN shared_profile s ON s.person_id = p.id"
    " WHERE p.id > :after AND p.disabled_at IS NULL ORDER BY p.id LIMIT :limit"
)
SLICE = 5000


def report(work: Work, threshold: int) -> list[SharedRow]:
    """Return accounts in service with so many points, or a day on which they close."""
    return _ROW.all(work.all(_REPORT, threshold=threshold))


def of(work: Work, person_id: str) -> SharedRow | None:
    """Return what is known of one account; None while nothing is."""
    return _ROW.one(work.one(_OF, person_id=person_id))


def due(work: Work, soon: int, limit: int) -> list[SharedRow]:
    """Return accounts to close now, and those to be told that they close until `soon`."""
    return _ROW.all(work.all(_DUE, now=clock.now(), soon=soon, limit=limit))


def everyone_named(work: Work) -> Iterator[Named]:
    """Yield what every account in service is called."""
    after = ""
    while found := _NAMED.all(work.all(_NAMES, after=after, limit=SLICE)):
        yield from found
        after = found[-1].id


_SCORED = Statement(
    "INSERT INTO shared_profile (person_id, score, reasons, scored_day)"
    " SELECT p.id, CAST(:score AS INTEGER), CAST(:reasons AS TEXT), CAST(:day AS INTEGER)"
    " FROM person p WHERE p.id = :person_id"
    " ON CONFLICT (person_id) DO UPDATE SET score = excluded.score, reasons = excluded.reasons,"
    " scored_day = excluded.scored_day WHERE shared_profile.scored_day <= excluded.scored_day"
    # Whoever looked at it meanwhile has seen what counted here.
    " AND (shared_profile.kept_day IS NULL OR shared_profile.kept_day < excluded.scored_day)"
)
_TOUCH = Statement(
    "INSERT INTO shared_profile (person_id, score, reasons, scored_day)"
    " VALUES (:person_id, 0, '[]', 0) ON CONFLICT DO NOTHING"
)
_FADED = Statement(
    "UPDATE shared_profile SET score = 0, reasons = '[]', scored_day = :day WHERE scored_day < :day"
)
_FORGET = Statement(
    "DELETE FROM shared_profile WHERE score = 0 AND kept_day IS NULL AND asked_at IS NULL"
    " AND closes_at IS NULL AND closed_at IS NULL"
)


def put_score(work: Work, person_id: str, score: Score, day: int) -> None:
    """Write a score, as of a day, unless there is one of a later day; with the commit."""
    told = [[reason.sign.value, reason.count, reason.points] for reason in score.reasons]
    values = {"score": score.points, "reasons": json.dumps(told), "day": day}
    work.later(_SCORED, person_id=person_id, **values)


def fade(work: Work, day: int) -> None:
    """Take the score from accounts that got none on `day`, and forget those with nothing else."""
    work.run(_FADED, day=day)
    work.run(_FORGET)


_KEEP = Statement(
    "UPDATE shared_profile SET kept_day = :day, score = 0, reasons = '[]', asked_at = NULL,"
    " closes_at = NULL, warned_at = NULL, closed_at = NULL WHERE person_id = :person_id"
)
_ASKED = Statement("UPDATE shared_profile SET asked_at = :now WHERE person_id = :person_id")
_CLOSE_AT = Statement(
    "UPDATE shared_profile SET closes_at = :at, warned_at = NULL, closed_at = NULL"
    " WHERE person_id = :person_id"
)
_CLAIM_WARNING = Statement(
    "UPDATE shared_profile SET warned_at = :now WHERE person_id = :person_id"
    " AND warned_at IS NULL AND closed_at IS NULL AND closes_at = :closes_at"
)
_CLAIM_CLOSING = Statement(
    "UPDATE shared_profile SET closed_at = :now WHERE person_id = :person_id"
    " AND closed_at IS NULL AND closes_at <= :now"
)


def keep(work: Work, person_id: str, day: int) -> None:
    """Let nothing count that was seen until `day`, and let the account stay open."""
    work.run(_TOUCH, person_id=person_id)
    work.run(_KEEP, person_id=person_id, day=day)


def mark_asked(work: Work, person_id: str) -> None:
    """Remember that the owner was written to."""
    work.run(_TOUCH, person_id=person_id)
    work.run(_ASKED, person_id=person_id, now=clock.now())


def close_at(work: Work, person_id: str, at: int) -> None:
    """Set the time at which the account is closed."""
    work.run(_TOUCH, person_id=person_id)
    work.run(_CLOSE_AT, person_id=person_id, at=at)


def claim_warning(work: Work, person_id: str, closes_at: int) -> bool:
    """The account is told that it closes at this time: True for exactly one caller."""
    values = {"person_id": person_id, "closes_at": closes_at}
    return work.run(_CLAIM_WARNING, **values, now=clock.now()) == 1


def claim_closing(work: Work, person_id: str) -> bool:
    """The account is closed now: True for exactly one caller, and only when it is time."""
    return work.run(_CLAIM_CLOSING, person_id=person_id, now=clock.now()) == 1


_SPLIT = Statement(
    "INSERT INTO profile_split (person_id, shared_id, at) VALUES (:person_id, :shared_id, :now)"
)
_MADE = Statement(
    "SELECT p.username FROM profile_split s JOIN person p ON p.id = s.person_id"
    " WHERE s.shared_id = :shared_id ORDER BY p.username"
)


def add_split(work: Work, shared_id: str, person_id: str) -> None:
    """Remember that a personal profile was made from a shared one."""
    work.run(_SPLIT, shared_id=shared_id, person_id=person_id, now=clock.now())


def made_from(work: Work, shared_id: str) -> list[str]:
    """Return the user names of the personal profiles that were made from a shared one."""
    found: list[str] = work.column(_MADE, shared_id=shared_id)
    return found
