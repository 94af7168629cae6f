"""Applications: read seldom, cached above, changed by operators and by themselves."""

from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.store.canaries import HIDDEN
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.protocol import Client
from idp.store.oidc import authorizations, guarded_hosts
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.changing import change as change_row
from idp.store.tags.kinds import CLIENT


@dataclass(frozen=True)
class ClientRow:
    """A registered client; `data` is its metadata as JSON.

    `sealed_secret` opens at `secret_place(id)`, and is there only for a client that signs with its
    secret. `registration_digest` is that of the token by which a client manages itself.
    """

    id: str
    name: str
    secret_digest: str | None
    data: str
    created_at: int
    sealed_secret: bytes | None = None
    registration_digest: str | None = None


def secret_place(client_id: str) -> str:
    """Return the sealing place of a client's secret."""
    return f"client:secret:{client_id}"


_ROW = Sealed(CLIENT, reader(ClientRow, Client))
_FIND = Statement(f"SELECT {_ROW.columns} FROM client WHERE id = :id")
_OURS = Statement(
    f"SELECT {_ROW.columns} FROM client WHERE registration_digest IS NULL AND id {HIDDEN}"
    " ORDER BY id"
)
_ALL = Statement(f"SELECT {_ROW.columns} FROM client WHERE id {HIDDEN} ORDER BY id")
_GUARDED = Statement(
    f"SELECT {_ROW.columns} FROM client WHERE {guarded_hosts.MAY_HAVE} ORDER BY id"
)
_AFTER = Statement(
    f"SELECT {_ROW.columns} FROM client WHERE id > :after AND id {HIDDEN} ORDER BY id LIMIT :limit"
)
_ADD = Statement(
    "INSERT INTO client (id, name, secret_digest, sealed_secret, registration_digest, data,"
    " created_at, updated_at, tag) SELECT :id, :name, :secret_digest, :sealed_secret,"
    " :registration_digest, :data, :created_at, :now, :tag"
    # `sub` of a client's own tokens is its id: it must be no one's (RFC 9068 section 5).
    " WHERE NOT EXISTS (SELECT 1 FROM person p WHERE p.id = :person_id)"
    " AND NOT EXISTS (SELECT 1 FROM pairwise w WHERE w.subject = :subject)"
    " AND NOT EXISTS (SELECT 1 FROM departed d WHERE d.subject = :former) ON CONFLICT DO NOTHING"
)
_SEEN = (
    "id = :id AND name = :seen_name AND data = :seen_data"
    " AND COALESCE(secret_digest, '') = :seen_secret"
    " AND COALESCE(registration_digest, '') = :seen_registration"
)
_REPLACE = Statement(
    "UPDATE client SET name = :name, data = :data, secret_digest = :secret_digest,"
    f" sealed_secret = :sealed_secret, updated_at = :now, tag = :tag WHERE {_SEEN}"
)
_DELETE = Statement("DELETE FROM client WHERE id = :id")
_OWN = Statement(
    "SELECT id FROM client WHERE id = :id AND registration_digest = :registration_digest FOR UPDATE"
)
_NEVER_USED = (
    "registration_digest IS NOT NULL AND updated_at < :before"
    """ AND data NOT LIKE '%"vouched": true%' AND data NOT LIKE '%"first_party": true%'"""
    """ AND data NOT LIKE '%"client_credentials"%'"""
    ' AND NOT EXISTS (SELECT 1 FROM "grant" g WHERE g.client_id = client.id)'
    ' AND NOT EXISTS (SELECT 1 FROM "authorization" a WHERE a.client_id = client.id)'
    " AND NOT EXISTS (SELECT 1 FROM interaction i WHERE i.client_id = client.id)"
)
_UNUSED = Statement(f"SELECT id, name FROM client WHERE {_NEVER_USED} ORDER BY id LIMIT :batch")
_HOLD = Statement("SELECT id FROM client WHERE id = :id FOR UPDATE")
_HOLD_DATA = Statement("SELECT id FROM client WHERE id = :id FOR NO KEY UPDATE")
_KEEP = Statement("SELECT id FROM client WHERE id = :id FOR KEY SHARE")
_REMOVE_UNUSED = Statement(f"DELETE FROM client WHERE id = :id AND {_NEVER_USED}")
BATCH = 100
"""Clients that are taken away in one transaction."""


def find(work: Work, client_id: str) -> ClientRow | None:
    """Return the client; None where there is none, or it was altered."""
    return _ROW.one(work, work.one(_FIND, id=client_id))


def everything(work: Work) -> list[ClientRow]:
    """Return all clients by id."""
    return _ROW.all(work, work.all(_ALL))


def guarded(work: Work) -> list[ClientRow]:
    """Return the clients that may have a guarded host, by id: what they say of it decides."""
    return _ROW.all(work, work.all(_GUARDED))


def after(work: Work, client_id: str, limit: int) -> list[ClientRow]:
    """Return clients by id, from the one after `client_id` on ("": from the first)."""
    return _ROW.all(work, work.all(_AFTER, after=client_id, limit=limit))


def hold(work: Work, client_id: str) -> None:
    """Let every other change of a client wait until the commit."""
    work.one(_HOLD, id=client_id)


def hold_data(work: Work, client_id: str) -> None:
    """As `hold`, for who changes what it says of itself: people let it in meanwhile."""
    work.one(_HOLD_DATA, id=client_id)


def keep(work: Work, client_id: str) -> bool:
    """Let nobody delete a client until the commit; False when it is gone.

    For whoever locks what goes with it, such as a request of its own, and then stores something for
    it: it comes between the person and that, in the order of `people.lock_person`.
    """
    return work.one(_KEEP, id=client_id) is not None


def of_operators(work: Work) -> list[ClientRow]:
    """Return the clients that did not register themselves, by id: strangers choose no number."""
    return _ROW.all(work, work.all(_OURS))


def add(
    work: Work,
    client_id: str,
    name: str,
    secret_digest: str | None,
    data: str,
    *,
    sealed_secret: bytes | None = None,
    registration_digest: str | None = None,
) -> bool:
    """Register a client; False when the id is taken, by a client or as somebody's `sub`."""
    now = clock.now()
    values = {
        "id": client_id,
        "name": name,
        "secret_digest": secret_digest,
        "sealed_secret": sealed_secret,
        "registration_digest": registration_digest,
        "data": data,
        "created_at": now,
    }
    # Names of their own: a parameter used twice has no one type for PostgreSQL.
    no_one = {"person_id": client_id, "subject": client_id, "former": client_id}
    return work.run(_ADD, **values, **no_one, now=now, tag=CLIENT.tag(work, **values)) == 1


def change(work: Work, client_id: str, name: str, data: str) -> bool:
    """Store changed metadata; False when there is no such client.

    Raises:
        AlteredError: what decides of that row was changed from outside.
    """
    values = {"name": name, "data": data, "updated_at": clock.now()}
    return change_row(work, CLIENT, {"id": client_id}, **values)


def set_secret(
    work: Work,
    client_id: str,
    secret_digest: str | None,
    sealed_secret: bytes | None = None,
    *,
    data: str | None = None,
) -> bool:
    """Store a new secret, or none, and metadata that is given; False when there is no such client.

    Raises:
        AlteredError: what decides of that row was changed from outside.
    """
    values: dict[str, Any] = {"secret_digest": secret_digest, "sealed_secret": sealed_secret}
    values |= {} if data is None else {"data": data}
    return change_row(work, CLIENT, {"id": client_id}, **values, updated_at=clock.now())


def replace(
    work: Work,
    seen: ClientRow,
    name: str,
    data: str,
    *,
    secret_digest: str | None,
    sealed_secret: bytes | None,
) -> bool:
    """Store metadata and secret in the place of `seen`; False when it is no longer like that.

    What someone else has changed meanwhile is never overwritten unseen.
    """
    values: dict[str, Any] = {"name": name, "data": data, "secret_digest": secret_digest}
    values |= {"sealed_secret": sealed_secret}
    kept: dict[str, Any] = {"id": seen.id, "created_at": seen.created_at}
    kept |= {"registration_digest": seen.registration_digest}
    changed = work.run(
        _REPLACE,
        **values,
        id=seen.id,
        seen_name=seen.name,
        seen_data=seen.data,
        seen_secret=seen.secret_digest or "",
        seen_registration=seen.registration_digest or "",
        now=clock.now(),
        tag=CLIENT.tag(work, **values, **kept),
    )
    return changed == 1


def delete(work: Work, client_id: str) -> bool:
    """Remove a client, which is held, with its grants, authorizations and tokens.

    Its people were locked before it was held. Who let it in between the two is not waited for:
    whoever has them locked may want the client. What they have under way finds it gone.
    """
    authorizations.end_tokens_of(work, client_id)
    return work.run(_DELETE, id=client_id) == 1


def withdraw(work: Work, client_id: str, registration_digest: str) -> bool:
    """Remove a client in the name of the token that manages it; False when that is another."""
    authorizations.lock_people_of(work, client_id)
    if work.one(_OWN, id=client_id, registration_digest=registration_digest) is None:
        return False
    authorizations.end_tokens_of(work, client_id)
    return work.run(_DELETE, id=client_id) == 1


def unused(work: Work, before: int) -> list[tuple[str, str]]:
    """Return id and name of some clients of their own making that no one has let in since.

    Since they were last changed, before the second `before`.
    """
    return work.all(_UNUSED, before=before, batch=BATCH)


def remove_unused(work: Work, client_id: str, before: int) -> bool:
    """Remove one of these; False when someone has let it in meanwhile.

    So there is no one to lock; but on PostgreSQL anyone who lets it in at this moment is waited
    for.
    """
    work.one(_HOLD, id=client_id)
    return work.run(_REMOVE_UNUSED, id=client_id, before=before) == 1
