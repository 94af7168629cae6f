"""What is deleted when its time has passed, in small batches; events and counters that matter stay.

Nothing here decides how long anything lives; it removes what can no longer be asked for. A session
is kept while an authorization that rests on it may live, because the removal of a factor finds that
authorization through the session's proofs (docs/acr.md rule 14). Failures of a person's factor are
kept until a success: forgetting them would let a patient guesser begin again (SP 800-63B-4 3.2.2).
"""

from idp import clock
from idp.policy.throttling import throttle_keys
from idp.store import changes
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.people import imports
from idp.store.signin import devices

BATCH = 500
"""Rows of one kind in one transaction: a write lock of milliseconds."""
HOUR, DAY = 3600, 86400
KEPT = 30 * DAY
"""Sessions and messages are kept this long after their end, for questions about them."""
_PASSING = " OR ".join(f"t.\"key\" LIKE '{begin}%'" for begin in throttle_keys.PASSING)


def _batch(table: str, key: str, condition: str) -> Statement:
    """Delete some rows; what anyone else has locked, another clean-up say, is left for later."""
    return Statement(
        f"DELETE FROM {table} WHERE {key} IN"
        f" (SELECT t.{key} FROM {table} t WHERE {condition} LIMIT :batch"
        " FOR UPDATE SKIP LOCKED)"
    )


_ALL = (
    _batch("challenge", "id", "t.expires_at < :now"),
    # Until then, the page of one that is over names the application (`error_pages`).
    _batch("interaction", "id", "t.expires_at < :sign_ins_until"),
    _batch(
        "proof",
        "id",
        "t.session_id IS NULL AND t.at < :day_ago AND NOT EXISTS"
        " (SELECT 1 FROM interaction i WHERE i.id = t.interaction_id)",
    ),
    _batch("session", "id", "t.person_id IS NULL AND t.expires_at < :now"),
    _batch(
        "session",
        "id",
        "t.person_id IS NOT NULL AND (t.expires_at < :kept_since OR t.ended_at < :kept_since)"
        ' AND NOT EXISTS (SELECT 1 FROM "authorization" a WHERE a.session_id = t.id'
        " AND a.revoked_at IS NULL AND a.created_at >= :refresh_since)",
    ),
    _batch("token", "digest", "t.expires_at < :day_ago"),
    _batch("exchanged_token", "digest", "t.expires_at < :day_ago"),
    _batch("client_token", "digest", "t.expires_at < :day_ago"),
    _batch("pushed_request", "digest", "t.expires_at < :now"),
    _batch("initial_access_token", "digest", "t.expires_at < :day_ago"),
    _batch("device_request", "id", "t.expires_at < :day_ago"),
    # Who said "this was not me" is left alone for a day.
    _batch("ciba_request", "id", "t.expires_at < :day_ago"),
    _batch("link", "digest", "t.expires_at < :day_ago"),
    _batch("account_change", "id", "t.at < :changed_since"),
    _batch("pending_change", "id", "t.ended_at < :kept_since"),
    _batch("device", "digest", "t.seen_at <= :device_since"),
    _batch("api_answer", "digest", "t.expires_at < :now"),
    # Proofs of possession are many.
    _batch("spent", "digest", "t.expires_at < :hour_ago"),
    _batch("import_job", "id", "t.touched_at < :imported_since"),
    _batch(
        '"authorization"',
        "id",
        "t.code_expires_at < :day_ago AND t.code_used_at IS NULL AND t.revoked_at IS NULL",
    ),
    # A used code, and what was revoked, is remembered for as long as its tokens could have lived.
    _batch(
        '"authorization"',
        "id",
        "t.code_expires_at < :day_ago AND t.created_at < :refresh_since"
        " AND NOT EXISTS (SELECT 1 FROM token k WHERE k.authorization_id = t.id)",
    ),
    _batch(
        "picture",
        "digest",
        "t.created_at < :day_ago AND NOT EXISTS"
        " (SELECT 1 FROM client c WHERE c.data LIKE '%' || t.digest || '%')"
        " AND NOT EXISTS (SELECT 1 FROM look l WHERE l.data LIKE '%' || t.digest || '%')",
    ),
    _batch("process", "id", "t.seen_at < :day_ago"),
    _batch("outbox", "id", "t.created_at < :kept_since AND t.expires_at < :now"),
    _batch(
        "throttle",
        '"key"',
        "t.since < :two_days_ago AND t.next_at < :now"
        f" AND ({_PASSING} OR NOT EXISTS (SELECT 1"
        ' FROM person p WHERE p.id = substr(t."key", length(t."key") - :tail + 1)))',
    ),
)


def clean(work: Work, refresh_absolute: int, looked_at: int = 0) -> int:
    """Delete a batch of everything that is over, and return how many rows that were.

    `refresh_absolute` is the longest life of a refresh token; sign-ins are kept for `looked_at`
    seconds after their end, so that `idp.signin.unfinished` finds them. Commit, and call it again
    while it returns more than none.
    """
    now = clock.now()
    moments = {
        "now": now,
        "sign_ins_until": now - max(looked_at, DAY),
        "hour_ago": now - HOUR,
        "day_ago": now - DAY,
        "two_days_ago": now - 2 * DAY,
        "kept_since": now - KEPT,
        "changed_since": now - changes.KEPT - DAY,
        "device_since": now - devices.KEPT,
        "imported_since": now - imports.KEPT,
        "refresh_since": now - refresh_absolute - DAY,
        "batch": BATCH,
        "tail": throttle_keys.PERSON_LENGTH,
    }
    return sum(work.run(statement, **moments) for statement in _ALL)
