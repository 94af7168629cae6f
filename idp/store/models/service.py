"""Tables of the service itself: keys' check values, processes, messages, the trail, backups."""

from sqlalchemy import Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.store.db.connections import Model
from idp.store.models.columns import Id, Seconds, Serial


class SealCheck(Model):
    """What opens only with the right encryption key, by the key's id (`keyring.keyring_check`)."""

    __tablename__ = "seal_check"
    key: Mapped[str] = mapped_column(String(8), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int] = mapped_column(Seconds)
    tried_at: Mapped[int] = mapped_column(Seconds)


class Process(Model):
    """A process that is at work, which writes its row every few seconds (`keyring.presence`)."""

    __tablename__ = "process"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    host: Mapped[str] = mapped_column(String(64))
    pid: Mapped[int] = mapped_column(Integer)
    role: Mapped[str] = mapped_column(String(16))
    keys: Mapped[str] = mapped_column(Text)
    started_at: Mapped[int] = mapped_column(Seconds)
    seen_at: Mapped[int] = mapped_column(Seconds)


class Outbox(Model):
    """A message to be sent: sealed until it is delivered, then emptied.

    One that is written at its delivery has no text; `about` says what it will tell of.
    """

    __tablename__ = "outbox"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    about: Mapped[str | None] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds)
    created_at: Mapped[int] = mapped_column(Seconds)
    sent_at: Mapped[int | None] = mapped_column(Seconds)
    error: Mapped[str | None] = mapped_column(String(200))
    reference: Mapped[str | None] = mapped_column(String(64), index=True)
    report: Mapped[str | None] = mapped_column(String(16))
    reported_at: Mapped[int | None] = mapped_column(Seconds)
    destination: Mapped[str | None] = mapped_column(Id, index=True)

    __table_args__ = (Index("ix_outbox_state_due_at", "state", "due_at"),)


FREQUENT = (
    "client:code:issued",
    "client:token:issued",
    "client:token:refreshed",
    "client:own-token:issued",
    "client:logout:delivered",
    "person:factor:proved",
    "person:sign-in:finished",
)
"""Kinds of event that are met soon in any stretch of the trail: what is rarer stands in an index.

So a request that issues a token writes no page for it. Another list is another index.
"""
RARE = "kind NOT IN (" + ", ".join(f"'{kind}'" for kind in FREQUENT) + ")"
REFUSED = "outcome = 'refused'"


def _partly(name: str, *columns: str, where: str) -> Index:
    condition = text(where)
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


class Event(Model):
    """What happened, never changed; `kind` is a name of `idp.audit.Event`."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    at: Mapped[int] = mapped_column(Seconds, index=True)
    kind: Mapped[str] = mapped_column(String(48))
    outcome: Mapped[str] = mapped_column(String(8))
    person_id: Mapped[str | None] = mapped_column(Id)
    client_id: Mapped[str | None] = mapped_column(String(128))
    interaction_id: Mapped[str | None] = mapped_column(Id)
    sid: Mapped[str | None] = mapped_column(Id)
    requested: Mapped[str | None] = mapped_column(String(400))
    acr: Mapped[str | None] = mapped_column(String(200))
    amr: Mapped[str | None] = mapped_column(String(200))
    auth_time: Mapped[int | None] = mapped_column(Seconds)
    source: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    data: Mapped[str | None] = mapped_column(Text)
    counted: Mapped[str | None] = mapped_column(Id)
    request_id: Mapped[str | None] = mapped_column(String(64))
    salt: Mapped[str | None] = mapped_column(Id)

    # With the id, so that the newest come first out of the index whatever the planner expects.
    __table_args__ = (
        Index("ix_event_person_id", "person_id", "id"),
        Index("ix_event_client_id", "client_id", "id"),
        _partly("ix_event_rare", "kind", "id", where=RARE),
        _partly("ix_event_refused", "person_id", "id", where=REFUSED),
        _partly("ix_event_interaction", "interaction_id", "id", where="interaction_id IS NOT NULL"),
    )


class EventCount(Model):
    """How many events were like the one whose `counted` is this key, and when the last was."""

    __tablename__ = "event_count"
    key: Mapped[str] = mapped_column(Id, primary_key=True)
    times: Mapped[int] = mapped_column(Seconds)
    last_at: Mapped[int] = mapped_column(Seconds)


class StreamReceiver(Model):
    """How far a receiver of the stream of events is, and which process sends to it for now.

    `fence` counts who ever did: one that was held up, and comes back, moves nothing any more.
    """

    __tablename__ = "stream_receiver"
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    position: Mapped[int] = mapped_column(Seconds)
    recounted: Mapped[int] = mapped_column(Seconds)
    sent: Mapped[int] = mapped_column(Seconds)
    failures: Mapped[int] = mapped_column(Integer)
    retry_at: Mapped[int] = mapped_column(Seconds)
    error: Mapped[str | None] = mapped_column(String(200))
    sent_at: Mapped[int | None] = mapped_column(Seconds)
    fence: Mapped[int] = mapped_column(Seconds)
    holder: Mapped[str | None] = mapped_column(Id)
    held_until: Mapped[int] = mapped_column(Seconds)


class ApiAnswer(Model):
    """An answer of the API that is kept for a day: see `store.service.api_answers`."""

    __tablename__ = "api_answer"
    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    asked: Mapped[str] = mapped_column(Id)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    begun_at: Mapped[int] = mapped_column(Seconds)
    expires_at: Mapped[int] = mapped_column(Seconds, index=True)


class Look(Model):
    """How the installation looks, in the place of its settings: one row, see `store.service.looks`.

    `version` moves on with every change of it, and of what is said (`Wording`).
    """

    __tablename__ = "look"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer)
    data: Mapped[str] = mapped_column(Text)


class Wording(Model):
    """What a message says in a language in the place of our words."""

    __tablename__ = "wording"
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)


class Canary(Model):
    """When the canary is due, and how its last run went: the one row of `idp.canary`."""

    __tablename__ = "canary"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    due_at: Mapped[int] = mapped_column(Seconds)
    ran_at: Mapped[int | None] = mapped_column(Seconds)
    state: Mapped[str | None] = mapped_column(String(8))
    said: Mapped[str | None] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(Integer)


class Backup(Model):
    """A backup that was made of this database, or, with `restored_at`, that it came from.

    `epoch` is how often the installation was restored: of a backup until it was made, of a restore
    with that one.
    """

    __tablename__ = "backup"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    made_at: Mapped[int] = mapped_column(Seconds)
    epoch: Mapped[int] = mapped_column(Integer)
    restored_at: Mapped[int | None] = mapped_column(Seconds)
