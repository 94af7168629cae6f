"""What a person sees and changes of the own account: sessions, applications, single credentials."""

from dataclasses import dataclass, replace

from idp import clock
from idp.store.db import Statement, Work


@dataclass(frozen=True)
class OpenSession:
    """A browser in which the person is signed in."""

    id: str
    sid: str
    label: str | None
    """What kind of browser it is, in words."""
    source: str | None
    """The network address that the sign-in came from."""
    created_at: int
    seen_at: int


@dataclass(frozen=True)
class Connection:
    """An application that the person let in, or signed in to, and what it holds."""

    client_id: str
    name: str
    scopes: frozenset[str]
    """What was consented to; where nobody asks, what it got."""
    since: int
    """Of the consent, or of the first sign-in that is remembered."""
    asked: bool = True
    """The person consented to it; an application of the house is let in without that."""
    used_at: int | None = None
    """The last sign-in for it that is remembered."""
    offline_since: int | None = None
    """Since when it has access whether the person is there or not."""


_SESSIONS = Statement(
    "SELECT id, sid, label, source, created_at, seen_at FROM session WHERE person_id = :person_id"
    " AND ended_at IS NULL AND expires_at > :now AND seen_at > :idle_since ORDER BY seen_at DESC"
)
_APPLICATIONS = Statement(
    'SELECT DISTINCT a.session_id, c.name FROM "authorization" a JOIN client c'
    " ON c.id = a.client_id WHERE a.person_id = :person_id AND a.session_id IS NOT NULL"
    " AND a.revoked_at IS NULL ORDER BY c.name"
)
_CONSENTS = Statement(
    'SELECT c.id, c.name, g.scopes, g.granted_at FROM "grant" g JOIN client c ON c.id = g.client_id'
    " WHERE g.person_id = :person_id"
)
_HELD = Statement(
    "SELECT c.id, c.name, a.scope, MIN(a.created_at), MAX(a.created_at), MIN(CASE WHEN EXISTS"
    " (SELECT 1 FROM token t WHERE t.authorization_id = a.id AND t.kind = 'refresh'"
    " AND t.used_at IS NULL AND t.expires_at > :now) THEN a.created_at END)"
    ' FROM "authorization" a JOIN client c ON c.id = a.client_id'
    " WHERE a.person_id = :person_id AND a.revoked_at IS NULL GROUP BY c.id, c.name, a.scope"
)
_WITHDRAW = Statement('DELETE FROM "grant" WHERE person_id = :person_id AND client_id = :client_id')
_REVOKE_CLIENT = Statement(
    'UPDATE "authorization" SET revoked_at = :now WHERE person_id = :person_id'
    " AND client_id = :client_id AND revoked_at IS NULL"
)
_RENAME = Statement(
    "UPDATE credential SET label = :label WHERE id = :id AND person_id = :person_id"
)
_REMOVE = Statement("DELETE FROM credential WHERE id = :id AND person_id = :person_id")


def applications_of_sessions(work: Work, person_id: str) -> dict[str, list[str]]:
    """Return the names of the applications signed in to in each session of a person."""
    found: dict[str, list[str]] = {}
    for session_id, name in work.all(_APPLICATIONS, person_id=person_id):
        found.setdefault(session_id, []).append(name)
    return found


def sessions(work: Work, person_id: str, idle: int) -> list[OpenSession]:
    """Return the sessions used in the last `idle` seconds, the last used first."""
    now = clock.now()
    rows = work.all(_SESSIONS, person_id=person_id, now=now, idle_since=now - idle)
    return [OpenSession(*row) for row in rows]


def connections(work: Work, person_id: str) -> list[Connection]:
    """Return the applications that the person let in, or that hold something, by name."""
    found = {
        row[0]: Connection(row[0], row[1], frozenset(row[2].split()), row[3])
        for row in work.all(_CONSENTS, person_id=person_id)
    }
    for client_id, name, scope, *times in work.all(_HELD, person_id=person_id, now=clock.now()):
        scopes = frozenset(scope.split())
        before = found.get(client_id) or Connection(client_id, name, scopes, times[0], asked=False)
        found[client_id] = replace(
            before,
            scopes=before.scopes if before.asked else before.scopes | scopes,
            since=before.since if before.asked else min(before.since, times[0]),
            used_at=max(before.used_at or 0, times[1]),
            offline_since=min((t for t in (before.offline_since, times[2]) if t), default=None),
        )
    return sorted(found.values(), key=lambda one: (one.name, one.client_id))


def withdraw(work: Work, person_id: str, client_id: str) -> tuple[bool, int]:
    """Forget a consent, if there was one, and end all that the application holds.

    Return whether there was one, and how many authorizations ended.
    """
    asked = work.run(_WITHDRAW, person_id=person_id, client_id=client_id) == 1
    values = {"person_id": person_id, "client_id": client_id}
    return asked, work.run(_REVOKE_CLIENT, **values, now=clock.now())


def rename(work: Work, person_id: str, credential_id: str, label: str) -> bool:
    """Give a credential a name of the person's own; False when it is not the person's."""
    return work.run(_RENAME, id=credential_id, person_id=person_id, label=label) == 1


def remove(work: Work, person_id: str, credential_id: str) -> bool:
    """Remove one credential: True for exactly one caller."""
    return work.run(_REMOVE, id=credential_id, person_id=person_id) == 1
