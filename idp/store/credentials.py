"""What people have enrolled. Secrets are sealed, and a step is claimed by one UPDATE.

A credential without a good tag is not there for anyone who tries it; the person has that method all
the same (`PersonRow.methods`), so that nothing weaker does in its place.
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.people import Credential
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.changing import change
from idp.store.tags.kinds import CREDENTIAL


@dataclass(frozen=True)
class CredentialRow:
    """An enrolled credential; `secret` is sealed for `place`."""

    id: str
    person_id: str
    method: str
    label: str
    secret: bytes
    last_step: int
    created_at: int
    last_used_at: int | None

    @property
    def place(self) -> str:
        return place(self.id)


def place(credential_id: str) -> str:
    """Return the sealing place of a credential's secret."""
    return f"credential:secret:{credential_id}"


_ROW = Sealed(CREDENTIAL, reader(CredentialRow, Credential))
_CREDENTIALS = Statement(
    f"SELECT {_ROW.columns} FROM credential WHERE person_id = :person_id"
    " AND method = :method ORDER BY created_at, id"
)
_CREDENTIALS_OF = Statement(
    f"SELECT {_ROW.columns} FROM credential WHERE person_id = :person_id ORDER BY created_at, id"
)
_ADD_CREDENTIAL = Statement(
    "INSERT INTO credential (id, person_id, method, label, secret, last_step, created_at,"
    " last_used_at, outside, tag) VALUES (:id, :person_id, :method, :label, :secret, :last_step,"
    " :created_at, :used, :outside, :tag)"
)
_WITHOUT_OUTSIDE = Statement(
    f"SELECT {_ROW.columns} FROM credential WHERE method = :method AND outside IS NULL"
)
_BY_OUTSIDE = Statement(f"SELECT {_ROW.columns} FROM credential WHERE outside = :outside")
_NOTE_OUTSIDE = Statement("UPDATE credential SET outside = :outside WHERE id = :id")
_REMOVE_METHOD = Statement(
    "DELETE FROM credential WHERE person_id = :person_id AND method = :method"
)
_USED = Statement("UPDATE credential SET last_used_at = :now WHERE id = :id")
_NEVER = 2**62
"""Later than any step or counter."""
_STEP = Statement(
    "UPDATE credential SET last_step = :step, last_used_at = :now"
    " WHERE id = :id AND (last_step < :step OR last_step > :latest)"
)


def of(work: Work, person_id: str, method: str | None = None) -> list[CredentialRow]:
    """Return what the person has enrolled, oldest first."""
    if method is None:
        rows = work.all(_CREDENTIALS_OF, person_id=person_id)
    else:
        rows = work.all(_CREDENTIALS, person_id=person_id, method=method)
    return _ROW.all(work, rows)


def add(
    work: Work,
    *,
    credential_id: str,
    person_id: str,
    method: str,
    label: str,
    secret: bytes,
    last_step: int = 0,
    used: bool = False,
    outside: str | None = None,
) -> bool:
    """Store a credential; `secret` is already sealed for `place(credential_id)`.

    `outside` is a digest of what the world calls it. False when another has the same.
    """
    now = clock.now()
    decisive = {
        "id": credential_id,
        "person_id": person_id,
        "method": method,
        "secret": secret,
        "created_at": now,
    }
    values = {
        **decisive,
        "label": label,
        "last_step": last_step,
        "used": now if used else None,
        "outside": outside,
        "tag": CREDENTIAL.tag(work, **decisive),
    }
    if outside is None:
        return bool(work.run(_ADD_CREDENTIAL, **values))
    return bool(work.unless_taken(_ADD_CREDENTIAL, **values))


def without_outside(work: Work, method: str) -> list[CredentialRow]:
    """Return the credentials of a method of which it was never noted what the world calls them."""
    return _ROW.all(work, work.all(_WITHOUT_OUTSIDE, method=method))


def by_outside(work: Work, outside: str) -> CredentialRow | None:
    """Return the credential that the world calls by what this is the digest of."""
    return next(iter(_ROW.all(work, work.all(_BY_OUTSIDE, outside=outside))), None)


def note_outside(work: Work, credential_id: str, outside: str) -> bool:
    """Note a digest of what the world calls a credential; False when another has the same."""
    return bool(work.unless_taken(_NOTE_OUTSIDE, id=credential_id, outside=outside))


def remove_method(work: Work, person_id: str, method: str) -> int:
    """Remove all credentials of one method and return how many there were."""
    return work.run(_REMOVE_METHOD, person_id=person_id, method=method)


def replace_secret(work: Work, credential_id: str, secret: bytes) -> None:
    """Store a secret sealed or hashed again.

    Raises:
        AlteredError: what decides of that row was changed from outside.
    """
    change(work, CREDENTIAL, {"id": credential_id}, secret=secret)


def mark_used(work: Work, credential_id: str) -> bool:
    """Remember the time of a success; False when the credential was removed meanwhile."""
    return work.run(_USED, id=credential_id, now=clock.now()) == 1


def claim_step(work: Work, credential_id: str, step: int, *, latest: int = _NEVER) -> bool:
    """Accept a TOTP time step once: True for exactly one caller, and never for an older step.

    A step after `latest` was noted by a clock that was ahead, and holds no one back.
    """
    values = {"id": credential_id, "step": step, "latest": latest, "now": clock.now()}
    return work.run(_STEP, **values) == 1


_RENAME = Statement(
    "UPDATE credential SET label = :label WHERE id = :id AND person_id = :person_id"
)
_REMOVE = Statement("DELETE FROM credential WHERE id = :id AND person_id = :person_id")


def rename(work: Work, person_id: str, credential_id: str, label: str) -> bool:
    """Give a credential a name of the person's own; False when it is not the person's."""
    return work.run(_RENAME, id=credential_id, person_id=person_id, label=label) == 1


def remove(work: Work, person_id: str, credential_id: str) -> bool:
    """Remove one credential: True for exactly one caller."""
    return work.run(_REMOVE, id=credential_id, person_id=person_id) == 1
