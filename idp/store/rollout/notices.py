"""Mails to people ahead of a stage's date: one for each person, stage, date and kind.

States: `queued` (it lies in the outbox), `sent`, `refused` (by the mail server, for good), `failed`
(given up), `bounced` (sent, and came back), `none` (the person has no address) and `unconfirmed`
(the address was never confirmed). Of the last two nothing was queued, and such a person may be
written to later.
"""

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.rollout.rounds import Key

QUEUED, SENT, REFUSED, FAILED = "queued", "sent", "refused", "failed"
BOUNCED, NO_ADDRESS, UNCONFIRMED = "bounced", "none", "unconfirmed"
STATES = (QUEUED, SENT, REFUSED, FAILED, BOUNCED, NO_ADDRESS, UNCONFIRMED)

_ROUND = "stage_id = :stage_id AND enforce_at = :enforce_at AND kind = :kind"
_OPEN = f"('{NO_ADDRESS}', '{UNCONFIRMED}')"
_BETWEEN = "person_id > :after AND person_id <= :last"
_KNOWN = Statement(
    f"SELECT person_id FROM rollout_notice WHERE {_ROUND} AND {_BETWEEN} AND state NOT IN {_OPEN}"
)
_TOLD = Statement(
    "SELECT person_id, enforce_at FROM rollout_notice"
    f" WHERE stage_id = :stage_id AND {_BETWEEN} AND state IN ('{QUEUED}', '{SENT}')"
)
_CLAIM = Statement(
    "INSERT INTO rollout_notice (stage_id, enforce_at, kind, person_id, state, words, queued_at)"
    " VALUES (:stage_id, :enforce_at, :kind, :person_id, :state, '', :now)"
    " ON CONFLICT (stage_id, enforce_at, kind, person_id) DO UPDATE"
    f" SET state = excluded.state, queued_at = excluded.queued_at"
    f" WHERE rollout_notice.state IN {_OPEN}"
)
_ATTACH = Statement(
    f"UPDATE rollout_notice SET outbox_id = :outbox_id WHERE {_ROUND} AND person_id = :person_id"
)
_SETTLE = Statement(
    "UPDATE rollout_notice SET state = :state, words = :words, settled_at = :now"
    f" WHERE outbox_id = :outbox_id AND state = '{QUEUED}'"
)
_OPENED = Statement(
    "UPDATE rollout_notice SET opened_at = :now"
    f" WHERE person_id = :person_id AND opened_at IS NULL AND state IN ('{QUEUED}', '{SENT}')"
)
_BOUNCE = Statement(
    f"UPDATE rollout_notice SET state = '{BOUNCED}', words = :words, settled_at = :now"
    f" WHERE person_id = :person_id AND state = '{SENT}'"
)
_UNSENT = Statement(
    f"SELECT DISTINCT stage_id, enforce_at FROM rollout_notice WHERE state = '{QUEUED}'"
)
_OF_DATE = f"stage_id = :stage_id AND enforce_at = :enforce_at AND state = '{QUEUED}'"
_WITHDRAW = Statement(
    # What no sender has: never tried, its lease over, or waiting for longer than any lease.
    "DELETE FROM outbox WHERE state IN ('due', 'late')"
    " AND (attempts = 0 OR due_at <= :now OR (state = 'late' AND due_at > :leased_until))"
    f" AND id IN (SELECT outbox_id FROM rollout_notice WHERE {_OF_DATE})"
)
_RETURN = Statement(
    f"DELETE FROM rollout_notice WHERE {_OF_DATE}"
    " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.id = rollout_notice.outbox_id)"
)
_REACHED = Statement(
    "SELECT count(DISTINCT person_id) FROM rollout_notice WHERE stage_id = :stage_id"
    f" AND enforce_at = :enforce_at AND state IN ('{QUEUED}', '{SENT}')"
)


def known(work: Work, key: Key, after: str, last: str) -> set[str]:
    """Return who of those after one id, up to another, is done with: their mail is queued."""
    return set(work.column(_KNOWN, **key.values, after=after, last=last))


def told(work: Work, stage_id: str, after: str, last: str) -> dict[str, set[int]]:
    """Return of which dates of a stage each of them was told before."""
    dates: dict[str, set[int]] = {}
    for person_id, enforce_at in work.all(_TOLD, stage_id=stage_id, after=after, last=last):
        dates.setdefault(person_id, set()).add(enforce_at)
    return dates


def claim(work: Work, key: Key, person_id: str, state: str) -> bool:
    """Note a mail in `state`; False when the person was sent it, or it is under way."""
    return work.run(_CLAIM, **key.values, person_id=person_id, state=state, now=clock.now()) == 1


def attach(work: Work, key: Key, person_id: str, outbox_id: str) -> None:
    """Say which message of the outbox it is."""
    work.run(_ATTACH, **key.values, person_id=person_id, outbox_id=outbox_id)


def settle(work: Work, outbox_id: str, state: str, words: str) -> bool:
    """Note what became of a message; False when it is no mail of a stage, or that is known."""
    values = {"state": state, "words": words[:200], "now": clock.now()}
    return work.run(_SETTLE, outbox_id=outbox_id, **values) == 1


def mark_opened(work: Work, person_id: str) -> None:
    """Note that a person began to set up what they were mailed about."""
    work.run(_OPENED, person_id=person_id, now=clock.now())


def bounce(work: Work, person_id: str, words: str) -> int:
    """Note that what was sent to a person came back; return how many mails those were."""
    return work.run(_BOUNCE, person_id=person_id, words=words[:200], now=clock.now())


def unsent(work: Work) -> list[tuple[str, int]]:
    """Return the stages and dates of which a mail lies in the outbox."""
    return [(stage_id, enforce_at) for stage_id, enforce_at in work.all(_UNSENT)]


def withdraw(work: Work, stage_id: str, enforce_at: int, lease: int) -> int:
    """Take back what waits to be sent about a date, as if it had never been queued.

    Return how many mails are gone. What a sender has at this moment, for `lease` seconds, stays.
    """
    now, key = clock.now(), {"stage_id": stage_id, "enforce_at": enforce_at}
    work.run(_WITHDRAW, **key, now=now, leased_until=now + lease)
    return work.run(_RETURN, **key)


def return_lost(work: Work) -> int:
    """Forget mails whose message is gone from the outbox unsent, so that they are due again."""
    return sum(
        work.run(_RETURN, stage_id=stage_id, enforce_at=enforce_at)
        for stage_id, enforce_at in unsent(work)
    )


def reached(work: Work, stage_id: str, enforce_at: int) -> int:
    """Return how many people were mailed about a date of a stage."""
    return int(work.value(_REACHED, stage_id=stage_id, enforce_at=enforce_at) or 0)
