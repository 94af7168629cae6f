"""What may be used once and comes from elsewhere, such as the `jti` of a client's assertion."""

import json

from idp import clock, crypto
from idp.store.db import Work
from idp.store.db.statements import Statement

_CLAIM = Statement(
    "INSERT INTO spent (digest, expires_at) VALUES (:digest, :expires_at) ON CONFLICT DO NOTHING"
)


def claim(work: Work, kind: str, *parts: str, lifetime: int) -> bool:
    """Use the thing that `kind` and `parts` name: True for exactly one caller.

    It is remembered for `lifetime` seconds: for as long as it could be shown again.
    """
    digest = crypto.digest(json.dumps([kind, *parts]))
    return work.run(_CLAIM, digest=digest, expires_at=clock.now() + lifetime) == 1
