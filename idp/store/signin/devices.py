"""Browsers that people have signed in with: by a digest of the mark it has, and of the person."""

from collections.abc import Iterable
from dataclasses import dataclass

from idp import clock, crypto
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.sign_in import Device
from idp.store.rows import reader

KEPT = 400 * 86400
"""Seconds for which a browser is remembered after it was last used: as long as its cookie lives."""


@dataclass(frozen=True)
class _Known:
    """A browser that the person has signed in with."""

    digest: str
    previous: str | None
    allowance: str | None

    def has(self, digests: frozenset[str]) -> bool:
        """Return True if one of `digests` is of its mark, or of the one before."""
        return self.digest in digests or self.previous in digests


# A mark is accepted for one further generation: the answer with the next may have been lost.
_SEEN = Statement(
    "UPDATE device SET digest = :next, previous = :digest, seen_at = :now, label = :label,"
    " allowance = COALESCE(allowance, :allowance) WHERE person_id = :person_id"
    " AND (digest = :digest OR previous = :digest) AND seen_at > :since"
)
_ADD = Statement(
    "INSERT INTO device (digest, person_id, label, created_at, seen_at, allowance)"
    " VALUES (:digest, :person_id, :label, :now, :now, :allowance)"
    " ON CONFLICT (digest) DO NOTHING"
)
_ROW = reader(_Known, Device)
_OF = Statement(
    f"SELECT {_ROW.columns} FROM device WHERE person_id = :person_id"
    " AND seen_at > :since ORDER BY seen_at DESC, created_at DESC, digest"
)
_END = Statement(
    "UPDATE device SET allowance = NULL WHERE person_id = :person_id AND allowance IS NOT NULL"
    " AND allowance <> :spared"
)
_FORGET = Statement("DELETE FROM device WHERE person_id = :person_id")
_BEFORE = Statement(
    "SELECT 1 FROM event WHERE person_id = :person_id AND kind = :kind"
    " AND interaction_id <> :interaction LIMIT 1"
)


def digest(mark: str, person_id: str) -> str:
    """Return what is stored of a mark. Bound to the person: no one sees who shares a browser."""
    return crypto.bound_digest(mark, "device", person_id)


def seen(work: Work, person_id: str, mark: str, following: str, label: str) -> bool:
    """Note that a known browser was used, and that `following` is its mark from now on.

    False when the mark is not known, or no longer.
    """
    now = clock.now()
    return bool(
        work.run(
            _SEEN,
            digest=digest(mark, person_id),
            next=digest(following, person_id),
            person_id=person_id,
            label=label,
            allowance=crypto.random_token(12),
            now=now,
            since=now - KEPT,
        )
    )


def add(work: Work, person_id: str, mark: str, label: str) -> bool:
    """Remember a browser by its first mark: True for exactly one caller."""
    return bool(
        work.run(
            _ADD,
            digest=digest(mark, person_id),
            person_id=person_id,
            label=label,
            allowance=crypto.random_token(12),
            now=clock.now(),
        )
    )


def known(work: Work, person_id: str, marks: Iterable[str]) -> bool:
    """Return True if one of `marks` is of a browser known to the person, and not too old."""
    digests = _digests(marks, person_id)
    return any(browser.has(digests) for browser in _browsers(work, person_id))


def allowances(work: Work, person_id: str, limit: int) -> list[str]:
    """Return the ids of the allowances that guesses may be made on: of the newest browsers."""
    found = (browser.allowance for browser in _browsers(work, person_id))
    return [allowance for allowance in found if allowance is not None][:limit]


def allowance(work: Work, person_id: str, marks: Iterable[str], limit: int) -> str | None:
    """Return the allowance of the browser that has one of `marks`, if it is one of the newest."""
    digests = _digests(marks, person_id)
    own = [browser for browser in _browsers(work, person_id) if browser.allowance is not None]
    return next((browser.allowance for browser in own[:limit] if browser.has(digests)), None)


def end_allowances(work: Work, person_id: str, marks: Iterable[str] = ()) -> int:
    """Let no browser of the person have guesses of its own any more, but the one with `marks`.

    Each gets them again with the next sign-in that finishes in it. Return how many lost them.
    """
    digests = _digests(marks, person_id)
    found = _browsers(work, person_id)
    spared = next((one.allowance for one in found if digests and one.has(digests)), None)
    return work.run(_END, person_id=person_id, spared=spared or "")


def happened_before(work: Work, person_id: str, kind: str, interaction: str) -> bool:
    """Return True if there is an event of this kind that another sign-in of the person left."""
    found = work.one(_BEFORE, person_id=person_id, kind=kind, interaction=interaction)
    return found is not None


def forget(work: Work, person_id: str) -> None:
    """Let every browser be a new one for this person."""
    work.run(_FORGET, person_id=person_id)


def _browsers(work: Work, person_id: str) -> list[_Known]:
    return _ROW.all(work.all(_OF, person_id=person_id, since=clock.now() - KEPT))


def _digests(marks: Iterable[str], person_id: str) -> frozenset[str]:
    return frozenset(digest(mark, person_id) for mark in marks)
