"""What holds of every installation of a test: an answer with tokens has one leaf, and one event."""

import json
from typing import Any

from idp.audit import Event
from idp.store import db
from idp.store.db import trouble
from idp.store.db.connections import Engine
from idp.store.db.statements import Statement

_LEAVES = Statement("SELECT jti, body FROM ledger_leaf ORDER BY id")
_ISSUED = Statement(
    "SELECT data FROM event WHERE kind = :issued OR kind = :refreshed OR kind = :own ORDER BY id"
)
_KINDS = {
    "issued": Event.TOKEN_ISSUED.value,
    "refreshed": Event.TOKEN_REFRESHED.value,
    "own": Event.OWN_TOKEN_ISSUED.value,
}


def leaves(work: db.Work, kind: str = "token") -> list[dict[str, Any]]:
    """Return the leaves of one kind, in the order of their rows."""
    found = [json.loads(body) for _, body in work.all(_LEAVES)]
    return [leaf for leaf in found if leaf["kind"] == kind]


def check(engine: Engine) -> None:
    """Demand one leaf for each answer with tokens that the trail tells of, and no other.

    Of a database that is away, or of before there was a ledger, nothing is demanded.
    """
    try:
        with db.work(engine) as work:
            told = sorted(json.loads(data)["jti"] for (data,) in work.all(_ISSUED, **_KINDS))
            kept = sorted(leaf["jti"] for leaf in leaves(work))
    except Exception as error:
        if trouble.of(error) is None and "ledger_leaf" not in str(error):
            raise
        return
    assert told == kept, f"{len(told)} answers with tokens, {len(kept)} leaves"
