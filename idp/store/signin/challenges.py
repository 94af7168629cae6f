"""Codes that were sent in sign-ins: as keyed digests, each for one purpose, used once.

Owns no code and no wording; how its message fares is the outbox's to say (`store.messages.outbox`).
"""

from dataclasses import dataclass

from idp import clock
from idp.crypto import random_token
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.service import Outbox
from idp.store.models.sign_in import Challenge
from idp.store.rows import reader

_DROP = Statement("DELETE FROM challenge WHERE interaction_id = :id")


@dataclass(frozen=True)
class ChallengeRow:
    """The newest code sent for a purpose: when, until when, and how its message fares."""

    created_at: int
    expires_at: int
    outbox_id: str
    state: str
    """The outbox's word: due, late, sent or failed."""
    channel: str | None = None
    report: str | None = None
    """The carrier's word, see `store.messages.outbox.report`; None: none yet."""
    reported_at: int | None = None


_ROW = reader(
    ChallengeRow,
    {Challenge: "c", Outbox: "o"},
    state=Outbox.state,
    report=Outbox.report,
    reported_at=Outbox.reported_at,
)
_ADD = Statement(
    "INSERT INTO challenge (id, interaction_id, purpose, digest, channel, outbox_id, created_at,"
    " expires_at) VALUES (:id, :interaction_id, :purpose, :digest, :channel, :outbox_id, :now,"
    " :expires_at)"
)


_NEWEST = Statement(
    f"SELECT {_ROW.columns} FROM challenge c JOIN outbox o ON o.id = c.outbox_id"
    " WHERE c.interaction_id = :interaction_id AND c.purpose = :purpose"
    " AND c.used_at IS NULL AND c.expires_at > :now"
    " ORDER BY c.created_at DESC LIMIT 1"
)


_CLAIM = Statement(
    "UPDATE challenge SET used_at = :now WHERE interaction_id = :interaction_id"
    " AND purpose = :purpose AND digest = :digest AND used_at IS NULL AND expires_at > :now"
    " AND outbox_id = COALESCE(:outbox_id, outbox_id)"
)


_CHANNEL = Statement(
    "SELECT channel FROM challenge WHERE interaction_id = :interaction_id"
    " AND purpose = :purpose AND digest = :digest ORDER BY created_at DESC LIMIT 1"
)


_OF_MESSAGE = Statement(
    "SELECT i.id, i.person_id FROM challenge c JOIN interaction i ON i.id = c.interaction_id"
    " WHERE c.outbox_id = :outbox_id"
)


_SPEND = Statement(
    "UPDATE challenge SET used_at = :now WHERE interaction_id = :interaction_id"
    " AND purpose = :purpose AND used_at IS NULL"
)


def add(
    work: Work,
    *,
    interaction_id: str,
    purpose: str,
    digest: str,
    channel: str,
    outbox_id: str,
    lifetime: int,
) -> None:
    """Store the keyed digest of a code that is being sent; it lives `lifetime` seconds."""
    now = clock.now()
    work.run(
        _ADD,
        id=random_token(16),
        interaction_id=interaction_id,
        purpose=purpose,
        digest=digest,
        channel=channel,
        outbox_id=outbox_id,
        now=now,
        expires_at=now + lifetime,
    )


def drop(work: Work, interaction_id: str) -> None:
    """Let no code that was sent in an interaction work any more."""
    work.run(_DROP, id=interaction_id)


def newest(work: Work, interaction_id: str, purpose: str) -> ChallengeRow | None:
    """Return the newest live code of a purpose."""
    values = {"interaction_id": interaction_id, "purpose": purpose, "now": clock.now()}
    return _ROW.one(work.one(_NEWEST, **values))


def claim(
    work: Work, interaction_id: str, purpose: str, digest: str, outbox_id: str | None = None
) -> bool:
    """Use a code: True for exactly one caller; its siblings are spent with it.

    `outbox_id` narrows it to the code of that very message.
    """
    values = {"interaction_id": interaction_id, "purpose": purpose, "digest": digest}
    won = work.run(_CLAIM, **values, outbox_id=outbox_id, now=clock.now())
    if won:
        spend(work, interaction_id, purpose)
    return won > 0


def spend(work: Work, interaction_id: str, purpose: str) -> None:
    """Let no code that was sent for a purpose in this sign-in work any more."""
    work.run(_SPEND, interaction_id=interaction_id, purpose=purpose, now=clock.now())


def channel_of(work: Work, interaction_id: str, purpose: str, digest: str) -> str | None:
    """Return how a code was sent; None when there is no such code."""
    values = {"interaction_id": interaction_id, "purpose": purpose, "digest": digest}
    channel: str | None = work.value(_CHANNEL, **values)
    return channel


_ELSEWHERE = Statement(
    "SELECT c.interaction_id, c.digest FROM challenge c"
    " JOIN interaction i ON i.id = c.interaction_id"
    " JOIN interaction here ON here.id = :here AND here.session_id <> i.session_id"
    " WHERE i.person_id = :person_id AND c.purpose = :purpose AND c.used_at IS NULL"
    " AND c.expires_at > :now ORDER BY c.created_at DESC LIMIT 5"
)


def in_other_browsers(
    work: Work, interaction_id: str, person_id: str, purpose: str
) -> list[tuple[str, str]]:
    """Return sign-in and digest of the person's live codes that other browsers asked for."""
    values = {"here": interaction_id, "person_id": person_id, "purpose": purpose}
    found: list[tuple[str, str]] = work.all(_ELSEWHERE, **values, now=clock.now())
    return found


def of_message(work: Work, outbox_id: str) -> tuple[str | None, str | None]:
    """Return the sign-in and the person that a message with a code was for, as far as known."""
    interaction_id, person_id = work.one(_OF_MESSAGE, outbox_id=outbox_id) or (None, None)
    return interaction_id, person_id
