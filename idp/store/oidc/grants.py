"""What people granted: consents, which applications hold what, and taking that back."""

from dataclasses import dataclass, replace

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.protocol import Client, Grant
from idp.store.rows import GIVEN, reader

_GRANTED = Statement(
    'SELECT scopes FROM "grant" WHERE person_id = :person_id AND client_id = :client_id'
    # "": given before it was noted to whom; whatever ends a grant has ended those too.
    " AND grantee IN ('', :grantee)"
)
_GRANT = Statement(
    'INSERT INTO "grant" (person_id, client_id, scopes, granted_at, grantee)'
    " VALUES (:person_id, :client_id, :scopes, :now, :grantee) ON CONFLICT (person_id, client_id)"
    " DO UPDATE SET scopes = excluded.scopes, granted_at = excluded.granted_at,"
    " grantee = excluded.grantee"
)


def granted(work: Work, person_id: str, client_id: str, grantee: str) -> frozenset[str]:
    """Return the scopes a person consented to for a client while it is that `grantee`."""
    values = {"person_id": person_id, "client_id": client_id, "grantee": grantee}
    return frozenset((work.value(_GRANTED, **values) or "").split())


def grant(work: Work, person_id: str, client_id: str, scopes: frozenset[str], grantee: str) -> None:
    """Remember a consent, together with those before; of a client that is gone, nothing."""
    together = granted(work, person_id, client_id, grantee) | scopes
    work.unless_taken(
        _GRANT,
        person_id=person_id,
        client_id=client_id,
        scopes=" ".join(sorted(together)),
        now=clock.now(),
        grantee=grantee,
    )


@dataclass(frozen=True)
class Connection:
    """An application that the person let in, or signed in to, and what it holds."""

    client_id: str
    name: str
    scopes: frozenset[str]
    """What was consented to; where no one asks, what it got."""
    since: int
    """Of the consent, or of the first sign-in that is remembered."""
    asked: bool = True
    """The person consented to it; an application of the house is let in without that."""
    used_at: int | None = None
    """The last sign-in for it that is remembered."""
    offline_since: int | None = None
    """Since when it has access whether the person is there or not."""


_APPLICATIONS = Statement(
    'SELECT DISTINCT a.session_id, c.name FROM "authorization" a JOIN client c'
    " ON c.id = a.client_id WHERE a.person_id = :person_id AND a.session_id IS NOT NULL"
    " AND a.revoked_at IS NULL ORDER BY c.name"
)
_CONSENT = reader(
    Connection,
    {Client: "c", Grant: "g"},
    client_id=Client.id,
    scopes=Grant.scopes,
    since=Grant.granted_at,
    asked=GIVEN,
    used_at=GIVEN,
    offline_since=GIVEN,
)
_CONSENTS = Statement(
    f'SELECT {_CONSENT.columns} FROM "grant" g JOIN client c ON c.id = g.client_id'
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


def applications_of_sessions(work: Work, person_id: str) -> dict[str, list[str]]:
    """Return the names of the applications signed in to in each session of a person."""
    found: dict[str, list[str]] = {}
    for session_id, name in work.all(_APPLICATIONS, person_id=person_id):
        found.setdefault(session_id, []).append(name)
    return found


def connections(work: Work, person_id: str) -> list[Connection]:
    """Return the applications that the person let in, or that hold something, by name."""
    consents = _CONSENT.all(work.all(_CONSENTS, person_id=person_id))
    found = {one.client_id: one for one in consents}
    held = work.all(_HELD, person_id=person_id, now=clock.now())
    for client_id, name, scope, first, last, offline in held:
        scopes = frozenset(scope.split())
        before = found.get(client_id) or Connection(client_id, name, scopes, first, asked=False)
        found[client_id] = replace(
            before,
            scopes=before.scopes if before.asked else before.scopes | scopes,
            since=before.since if before.asked else min(before.since, first),
            used_at=max(before.used_at or 0, last),
            offline_since=min((t for t in (before.offline_since, offline) if t), default=None),
        )
    return sorted(found.values(), key=lambda one: (one.name, one.client_id))


def withdraw(work: Work, person_id: str, client_id: str) -> tuple[bool, int]:
    """Forget a consent, if there was one, and end all that the application holds.

    Return whether there was one, and how many authorizations ended.
    """
    asked = work.run(_WITHDRAW, person_id=person_id, client_id=client_id) == 1
    values = {"person_id": person_id, "client_id": client_id}
    return asked, work.run(_REVOKE_CLIENT, **values, now=clock.now())
