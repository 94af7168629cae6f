"""Authorizations and their codes, as digests; and what ends them."""

from dataclasses import dataclass, fields
from typing import Any

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Change, Statement
from idp.store.models.protocol import Authorization
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import AUTHORIZATION


@dataclass(frozen=True)
class AuthorizationRow:
    """A finished sign-in for one client: what it says is fixed for all that derives from it."""

    id: str
    client_id: str
    person_id: str
    session_id: str | None
    sid: str
    scope: tuple[str, ...]
    nonce: str | None
    acr: str
    amr: tuple[str, ...]
    auth_time: int
    says_auth_time: bool
    redirect_uri: str
    code_challenge: str | None
    methods: tuple[str, ...]
    """What the sign-in rested on."""
    created_at: int
    subject: str = ""
    """What the client calls the person: `sub` of every token; `person_id` unless pairwise."""
    claims: str | None = None
    """The claims asked for one by one, as JSON (OIDC Core 5.5): see `oidc.tokens.claims`."""
    basis: str | None = None
    """What it rested on, as canonical JSON (`evidence.basis`); None: before there was a ledger."""
    resource: tuple[str, ...] = ()
    """The APIs that its access tokens are for (RFC 8707); none: as the client is registered."""
    jkt: str | None = None
    """The thumbprint of the key that its code is bound to (RFC 9449 section 10)."""
    details: str | None = None
    """The single acts that were agreed to (RFC 9396), as JSON: see `oidc.apis.details`."""
    code_used_at: int | None = None
    revoked_at: int | None = None


ROW = Sealed(AUTHORIZATION, reader(AuthorizationRow, {Authorization: "a"}), "a")
_LATER = ("code_used_at", "revoked_at")
_NAMES = [field.name for field in fields(AuthorizationRow) if field.name not in _LATER]
_WORDS = ("scope", "amr", "methods")
"""Stored as one text, words apart by spaces."""
_STILL_SO = (
    "(SELECT p.id FROM person p, session s WHERE p.id = :person_id AND p.epoch = :epoch"
    " AND p.disabled_at IS NULL AND s.id = :in_session AND s.sid = :under AND s.ended_at IS NULL"
    # On PostgreSQL: anyone who ends any of it waits, and then finds what is stored here; or was
    # first, and its end is seen here. In the order of locks: see `people.lock_person`.
    " FOR SHARE)"
)
_ADD = Statement(
    f'INSERT INTO "authorization" ({", ".join(_NAMES)}, code_digest, code_expires_at, tag) VALUES ('
    f"{', '.join(_STILL_SO if name == 'person_id' else ':' + name for name in _NAMES)},"
    " :code_digest, :code_expires_at, :tag)",
    apart=True,
)
_BY_CODE = Statement(f'SELECT {ROW.columns} FROM "authorization" a WHERE a.code_digest = :digest')
_CLAIM_CODE = Statement(
    'UPDATE "authorization" SET code_used_at = :now WHERE id = :id AND code_used_at IS NULL'
    " AND revoked_at IS NULL AND code_expires_at > :now"
    # Not EXISTS: of tables that it knows nothing of yet, PostgreSQL would rather join everybody.
    " AND (SELECT p.disabled_at IS NULL FROM person p WHERE p.id = person_id)"
    # A session may have ended after the code was made, and before anyone looked for what is in it.
    " AND (session_id IS NULL OR ' ' || scope || ' ' LIKE '% offline_access %' OR"
    " (SELECT s.ended_at IS NULL FROM session s WHERE s.id = session_id))"
)
_REVOKE = Statement(
    'UPDATE "authorization" SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL'
)
_REVOKE_PERSON = Statement(
    'UPDATE "authorization" SET revoked_at = :now WHERE person_id = :id AND revoked_at IS NULL'
    " AND (session_id IS NULL OR session_id <> :spared)"
)
_REVOKE_SESSION = Statement(
    'UPDATE "authorization" SET revoked_at = :now WHERE session_id = :id AND revoked_at IS NULL'
    " AND ' ' || scope || ' ' NOT LIKE '% offline_access %'"
)
_REVOKE_RESTING = Statement(
    'UPDATE "authorization" SET revoked_at = :now WHERE revoked_at IS NULL'
    " AND person_id = :person_id AND ' ' || methods || ' ' LIKE '% ' || :method || ' %'"
)
_BY_METHOD = (
    'SELECT 1 FROM proof p WHERE p.session_id = "authorization".session_id'
    ' AND p.person_id = "authorization".person_id AND p.method = :by'
)
_REVOKE_RESTING_ON_ONE = Statement(
    'UPDATE "authorization" SET revoked_at = :now WHERE revoked_at IS NULL'
    " AND person_id = :person_id AND ' ' || methods || ' ' LIKE '% ' || :method || ' %'"
    f" AND (EXISTS ({_BY_METHOD} AND p.credential_id = :credential)"
    # Which one it was is not known any more, so it may have been this.
    f" OR NOT EXISTS ({_BY_METHOD.replace(':by', ':by_any')}))"
)


def add(
    work: Work, row: AuthorizationRow, code_digest: str, code_lifetime: int, epoch: int
) -> None:
    """Store an authorization and its code of `code_lifetime` seconds, with the commit.

    That commit fails (`Work.try_commit`) when what it was decided by is so no longer: the person's
    `epoch` is another, the session has ended or goes under another `sid`, the client is gone. So
    whatever was ended at any moment before holds against it. One statement, with no answer to wait
    for: a person that is not found is a missing value, which the table refuses.
    """
    values: dict[str, Any] = {name: getattr(row, name) for name in _NAMES}
    values |= {name: " ".join(values[name]) for name in _WORDS}
    values["resource"] = " ".join(row.resource) or None
    values |= {"code_digest": code_digest, "code_expires_at": row.created_at + code_lifetime}
    values["tag"] = AUTHORIZATION.tag(work, **values)
    # By names of their own: a parameter used twice has no one type for PostgreSQL.
    values |= {"in_session": row.session_id, "under": row.sid, "epoch": epoch}
    work.later(_ADD, **values)


def by_code(work: Work, digest: str) -> AuthorizationRow | None:
    """Return the authorization of a code, whatever the state of either; none that was altered."""
    return ROW.one(work, work.one(_BY_CODE, digest=digest))


def use_of_code(authorization_id: str) -> Change:
    """Return what uses the code up: it changes a row for one caller (RFC 6749 section 4.1.2)."""
    return Change(_CLAIM_CODE, {"id": authorization_id, "now": clock.now()})


def revoke(work: Work, authorization_id: str) -> bool:
    """End everything that came from one authorization."""
    return work.run(_REVOKE, id=authorization_id, now=clock.now()) == 1


def revoke_person(work: Work, person_id: str, spared: str = "") -> int:
    """End everything that a person authorized, but for what was in the session `spared`."""
    return work.run(_REVOKE_PERSON, id=person_id, spared=spared, now=clock.now())


def revoke_session(work: Work, session_id: str) -> int:
    """End what was authorized in one session, but for offline access (OIDC Core 11)."""
    return work.run(_REVOKE_SESSION, id=session_id, now=clock.now())


def revoke_resting_on(work: Work, person_id: str, method: str, credential: str = "") -> int:
    """End what rests on a factor that was removed (docs/acr.md rule 14), offline access too.

    A method, or one `credential` of it, as the proofs of the session tell.
    """
    values: dict[str, Any] = {"person_id": person_id, "method": method, "now": clock.now()}
    if not credential:
        return work.run(_REVOKE_RESTING, **values)
    values |= {"by": method, "by_any": method, "credential": credential}
    return work.run(_REVOKE_RESTING_ON_ONE, **values)


_END_TOKENS = (
    'DELETE FROM token WHERE authorization_id IN (SELECT a.id FROM "authorization" a WHERE {})'
)
_END_TOKENS_OF_CLIENT = Statement(_END_TOKENS.format("a.client_id = :client_id"))
_END_TOKENS_OF_PERSON = Statement(_END_TOKENS.format("a.person_id = :person_id"))


def end_tokens_of(work: Work, client_id: str) -> None:
    """Delete the tokens of a client that is about to be deleted, before all else that it has.

    A refresh locks its token and then refers to the authorization. The database would delete these
    two the other way round, and each would wait for the other.
    """
    work.run(_END_TOKENS_OF_CLIENT, client_id=client_id)


def end_tokens_of_person(work: Work, person_id: str) -> None:
    """As `end_tokens_of`, for a person who is about to be deleted."""
    work.run(_END_TOKENS_OF_PERSON, person_id=person_id)


_FORGET_GRANTS = Statement('DELETE FROM "grant" WHERE client_id = :client_id')
_NEW_EPOCH = Statement(
    "UPDATE person SET epoch = epoch + 1 WHERE id IN (SELECT p.id FROM person p WHERE p.id IN"
    ' (SELECT g.person_id FROM "grant" g WHERE g.client_id = :granted UNION'
    ' SELECT a.person_id FROM "authorization" a WHERE a.client_id = :authorized)'
    # Several people, in one order for everyone.
    " ORDER BY p.id FOR NO KEY UPDATE)"
)
_REVOKE_CLIENT = Statement(
    'UPDATE "authorization" SET revoked_at = :now WHERE client_id = :client_id'
    " AND revoked_at IS NULL"
)


def lock_people_of(work: Work, client_id: str) -> None:
    """Lock everyone who let a client in, before what it holds of them changes or goes.

    As `people.lock_person` does: whatever of theirs is under way is decided again. It comes before
    the first write to the client itself.
    """
    work.run(_NEW_EPOCH, granted=client_id, authorized=client_id)


def end_client(work: Work, client_id: str) -> int:
    """Forget every consent given to a client and end all it was authorized to; return how many.

    Locks the people, also where they are locked: some may have let it in since.
    """
    lock_people_of(work, client_id)
    work.run(_FORGET_GRANTS, client_id=client_id)
    return work.run(_REVOKE_CLIENT, client_id=client_id, now=clock.now())
