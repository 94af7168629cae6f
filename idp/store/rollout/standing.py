"""What a forecast needs of many people at once: a page of them at a time, few questions a page.

Each question is about the people from `first` to `last`, in the order of `store.people.after`.
"""

from dataclasses import dataclass

from idp import clock
from idp.store.credentials import place
from idp.store.db import Work
from idp.store.db.statements import Statement

_LAST_USED = Statement(
    "SELECT person_id, max(last_used_at) FROM credential"
    " WHERE person_id >= :first AND person_id <= :last GROUP BY person_id"
)
_WITH_CODES = Statement(
    "SELECT DISTINCT person_id FROM recovery_code WHERE used_at IS NULL"
    " AND person_id >= :first AND person_id <= :last"
)
_SECRETS = Statement(
    "SELECT person_id, id, secret FROM credential WHERE method = :method"
    " AND person_id >= :first AND person_id <= :last"
)
_CREDENTIALS = Statement(
    "SELECT person_id, method FROM credential WHERE person_id >= :first AND person_id <= :last"
)
_PUT_OFF = Statement(
    "SELECT person_id, level, count(*) FROM rollout_postponement"
    " WHERE person_id >= :first AND person_id <= :last GROUP BY person_id, level"
)
_GOING_ON = Statement(
    'SELECT DISTINCT a.person_id, a.acr FROM "authorization" a'
    " JOIN token t ON t.authorization_id = a.id WHERE a.person_id >= :first"
    " AND a.person_id <= :last AND a.revoked_at IS NULL AND a.created_at > :since"
    " AND t.kind = 'refresh' AND t.used_at IS NULL AND t.expires_at > :now"
)
_SHUT = Statement('SELECT "key" FROM throttle WHERE count >= :limit')


@dataclass(frozen=True)
class Span:
    """The people of one page: the `sub` of the first and of the last."""

    first: str
    last: str


def last_used(work: Work, span: Span) -> dict[str, int]:
    """Return when anything of each person was last used; of those who ever used something."""
    rows = work.all(_LAST_USED, first=span.first, last=span.last)
    return {person_id: at for person_id, at in rows if at is not None}


def with_codes(work: Work, span: Span) -> frozenset[str]:
    """Return who has recovery codes that were not used."""
    return frozenset(work.column(_WITH_CODES, first=span.first, last=span.last))


def secrets(work: Work, span: Span, method: str) -> dict[str, list[tuple[str, bytes]]]:
    """Return the sealed secrets of a method by person, each after its place."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    for person_id, key, secret in work.all(
        _SECRETS, method=method, first=span.first, last=span.last
    ):
        found.setdefault(person_id, []).append((place(key), bytes(secret)))
    return found


def credentials(work: Work, span: Span) -> dict[str, list[str]]:
    """Return the method of each credential, by person."""
    found: dict[str, list[str]] = {}
    for person_id, method in work.all(_CREDENTIALS, first=span.first, last=span.last):
        found.setdefault(person_id, []).append(method)
    return found


def put_off(work: Work, span: Span) -> dict[str, dict[str, int]]:
    """Return how often people put off the set-up of each level."""
    found: dict[str, dict[str, int]] = {}
    for person_id, level, count in work.all(_PUT_OFF, first=span.first, last=span.last):
        found.setdefault(person_id, {})[level] = count
    return found


def going_on(work: Work, span: Span, *, since: int) -> dict[str, frozenset[str]]:
    """Return the acr with which an application of each person goes on without asking again.

    It holds a refresh token of a sign-in later than `since`, in seconds since 1970 UTC.
    """
    found: dict[str, set[str]] = {}
    for person_id, acr in work.all(
        _GOING_ON, first=span.first, last=span.last, since=since, now=clock.now()
    ):
        found.setdefault(person_id, set()).add(acr)
    return {person_id: frozenset(values) for person_id, values in found.items()}


def shut(work: Work, limit: int) -> list[str]:
    """Return the counters that have reached `limit`."""
    return work.column(_SHUT, limit=limit)
