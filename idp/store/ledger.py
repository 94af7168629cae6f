"""The leaves of the ledger: appended in the transaction of what they prove, never changed.

Owns their rows and gives them no order: that is the sealer's, afterwards, so that no request waits
for another's leaf.
"""

from idp.store.db import Work
from idp.store.db.statements import Statement

_ADD = Statement(
    "INSERT INTO ledger_leaf (jti, at, body) VALUES (:jti, :at, :body)",
    apart=True,
    numbered="ledger_leaf",
)
_ADD_ONCE = Statement(
    "INSERT INTO ledger_leaf (jti, at, body) VALUES (:jti, :at, :body) ON CONFLICT (jti) DO NOTHING"
)
_BY_JTI = Statement("SELECT body FROM ledger_leaf WHERE jti = :jti")


def add(work: Work, *, jti: str, at: int, body: str) -> None:
    """Append a leaf, with the commit: without it nothing of its transaction stands."""
    work.later(_ADD, jti=jti, at=at, body=body)


def add_once(work: Work, *, jti: str, at: int, body: str) -> None:
    """Append a leaf, at once, unless there is one of this `jti`."""
    work.run(_ADD_ONCE, jti=jti, at=at, body=body)


def body_of(work: Work, jti: str) -> str | None:
    """Return the text of a leaf; None where there is none, or its body was pruned."""
    found: str | None = work.value(_BY_JTI, jti=jti)
    return found
