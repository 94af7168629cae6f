"""The leaves of the ledger: appended in the transaction of what they prove; a body may go.

Owns their rows and gives them no order: that is the sealer's, afterwards, so that no request waits
for another's leaf.
"""

from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.evidence import Leaf
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import LEAF


@dataclass(frozen=True)
class _Text:
    body: str | None


_LEAF = Sealed(LEAF, reader(_Text, Leaf))
_ADD = Statement(
    "INSERT INTO ledger_leaf (jti, at, body, tag) VALUES (:jti, :at, :body, :tag)",
    apart=True,
    numbered="ledger_leaf",
)
_WRITTEN = Statement("INSERT INTO ledger_rules (digest) VALUES (:digest) ON CONFLICT DO NOTHING")
_SEALED = Statement(f"SELECT {_LEAF.columns} FROM ledger_leaf WHERE jti = :jti AND seq IS NOT NULL")
_UNSEALED = {
    # One writer at a time: what is not sealed yet comes after all that is.
    "sqlite": Statement(
        f"SELECT {_LEAF.columns} FROM ledger_leaf WHERE jti = :jti AND seq IS NULL"
        " AND id > coalesce((SELECT l.id FROM ledger_leaf l WHERE l.seq IS NOT NULL"
        " ORDER BY l.seq DESC LIMIT 1), 0)"
    ),
    "postgresql": Statement(
        f"SELECT {_LEAF.columns} FROM ledger_leaf WHERE jti = :jti AND seq IS NULL"
    ),
}


def add(work: Work, *, jti: str, at: int, body: str) -> None:
    """Append a leaf, with the commit: without it nothing of its transaction stands."""
    values = {"jti": jti, "at": at, "body": body}
    work.later(_ADD, **values, tag=LEAF.tag(work, **values))


def add_rules(work: Work, *, digest: str, at: int, body: str) -> None:
    """Append the leaf of some rules, with the commit, unless they have one."""
    if work.run(_WRITTEN, digest=digest):
        add(work, jti=digest, at=at, body=body)


def body_of(work: Work, jti: str) -> str | None:
    """Return the text of a leaf; None where there is none, or its body was pruned.

    One that is not sealed yet stands in no index: those of the last seconds are looked through.

    Raises:
        AlteredError: it is not as it was written; the alarm is sounded.
    """
    row = work.one(_SEALED, jti=jti) or work.one(_UNSEALED[work.engine.dialect.name], jti=jti)
    found = _LEAF.sure(work, row)
    return None if found is None else found.body
