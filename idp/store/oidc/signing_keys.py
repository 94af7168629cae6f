"""Signing keys: private parts sealed, public ones as they are published; changed by operators."""

from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.protocol import SigningKey
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import SIGNING_KEY


@dataclass(frozen=True)
class KeyRow:
    """A signing key; `private` opens at `place(kid)`, `public` is the JWK as published."""

    kid: str
    alg: str
    private: bytes
    public: str
    created_at: int
    active_at: int
    retired_at: int | None


def place(kid: str) -> str:
    """Return the sealing place of a private key."""
    return f"signing_key:private:{kid}"


_ROW = Sealed(SIGNING_KEY, reader(KeyRow, SigningKey))
_KEYS = Statement(f"SELECT {_ROW.columns} FROM signing_key ORDER BY active_at, kid")
_ADD_KEY = Statement(
    "INSERT INTO signing_key (kid, alg, private, public, created_at, active_at, tag)"
    " VALUES (:kid, :alg, :private, :public, :created_at, :active_at, :tag)"
)
_RETIRE = Statement(
    "UPDATE signing_key SET retired_at = :now WHERE alg = :alg AND kid <> :kid"
    " AND retired_at IS NULL"
)


def everything(work: Work) -> list[KeyRow]:
    """Return all signing keys, oldest first; none that this installation did not make."""
    return _ROW.all(work, work.all(_KEYS))


def listed(work: Work) -> list[KeyRow]:
    """Return all that stand there, ours or not: for who looks for them or takes them away."""
    return _ROW.unchecked(work.all(_KEYS))


def add(work: Work, *, kid: str, alg: str, private: bytes, public: str, active_at: int) -> None:
    """Store a key that signs from `active_at` on."""
    values: dict[str, Any] = {"kid": kid, "alg": alg, "private": private, "public": public}
    values |= {"created_at": clock.now(), "active_at": active_at}
    work.run(_ADD_KEY, **values, tag=SIGNING_KEY.tag(work, **values))


def retire(work: Work, alg: str, kid: str) -> int:
    """Mark every other key of `alg` as retired: published, no longer signing."""
    return work.run(_RETIRE, alg=alg, kid=kid, now=clock.now())


_REMOVE_KEY = Statement("DELETE FROM signing_key WHERE kid = :kid")


def remove(work: Work, kid: str) -> bool:
    """Forget a key, both halves; False when there is none."""
    return work.run(_REMOVE_KEY, kid=kid) == 1
