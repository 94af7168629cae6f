"""Scopes of an operator's APIs as they stand in what was granted: by name, and so taken out by it.

A scope that goes from one API may come to another. What was said of it there was never said of it
here, so with its name goes all that holds it: a rare act, which reads through what is live.
"""

import json
from collections.abc import Collection

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement

_HOLDS = {
    "postgresql": "EXISTS (SELECT 1 FROM json_array_elements_text(CAST(:{0} AS json)) n(value)"
    " WHERE strpos(' ' || {1} || ' ', ' ' || n.value || ' ') > 0)",
    "sqlite": "EXISTS (SELECT 1 FROM json_each(:{0}) n"
    " WHERE instr(' ' || {1} || ' ', ' ' || n.value || ' ') > 0)",
}
"""That a text of words has one of some, by dialect: not LIKE, which takes "A" for "a" on SQLite."""
_LOCK = {
    dialect: Statement(
        "UPDATE person SET epoch = epoch + 1 WHERE id IN (SELECT p.id FROM person p WHERE p.id IN"
        f' (SELECT g.person_id FROM "grant" g WHERE {holds.format("granted", "g.scopes")} UNION'
        ' SELECT a.person_id FROM "authorization" a WHERE a.revoked_at IS NULL'
        f" AND {holds.format('authorized', 'a.scope')})"
        # Several people, in one order for everyone: see `people.lock_person`.
        " ORDER BY p.id FOR NO KEY UPDATE)"
    )
    for dialect, holds in _HOLDS.items()
}
_STRIP = {
    dialect: Statement(
        "UPDATE \"grant\" SET scopes = TRIM(REPLACE(' ' || scopes || ' ', :word, ' '))"
        f" WHERE {holds.format('names', 'scopes')}"
    )
    for dialect, holds in _HOLDS.items()
}
_REVOKE = {
    dialect: Statement(
        'UPDATE "authorization" SET revoked_at = :now WHERE revoked_at IS NULL'
        f" AND {holds.format('names', 'scope')}"
    )
    for dialect, holds in _HOLDS.items()
}
_END_OWN = {
    dialect: Statement(f"DELETE FROM client_token WHERE {holds.format('names', 'scope')}")
    for dialect, holds in _HOLDS.items()
}


def forget(work: Work, names: Collection[str]) -> int:
    """Take scopes out of every consent, and end what holds one; return how many sign-ins it was.

    An authorization, and each token, is sealed with its scope, so it ends. It comes before the
    first write to anything, once the API is locked (`apis.hold`): it locks the people, and whatever
    of theirs is under way is decided again.
    """
    if not names:
        return 0
    dialect, listed = work.engine.dialect.name, json.dumps(sorted(names))
    work.run(_LOCK[dialect], granted=listed, authorized=listed)
    for name in sorted(names):
        work.run(_STRIP[dialect], word=f" {name} ", names=json.dumps([name]))
    work.run(_END_OWN[dialect], names=listed)
    return work.run(_REVOKE[dialect], names=listed, now=clock.now())
