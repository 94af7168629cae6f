"""What becomes of each table when a database is restored: kept as it was, or ended.

A restored database knows nothing of what happened since. What lives shortly, or may be used once,
could have been used, stopped or ended meanwhile; so it is ended here, all of it. Every table has
its word, and a test demands one for each table that there is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement

_STEP = 30
"""Seconds of a step of an authenticator app (RFC 6238)."""


@dataclass(frozen=True)
class Fate:
    """`why`, and what ends its rows; None where they are kept."""

    why: str
    end: Statement | None = None


def _kept(why: str) -> Fate:
    return Fate(why)


def _ended(why: str, statement: str) -> Fate:
    return Fate(why, Statement(statement))


FATES: Mapping[str, Fate] = {
    # -- what lives shortly, or once
    "session": _ended(
        "it may have been signed out since",
        "UPDATE session SET ended_at = :now WHERE ended_at IS NULL",
    ),
    "authorization": _ended(
        "it may have been revoked since, and its code or refresh token used: none of the family"
        " is refreshed again",
        'UPDATE "authorization" SET revoked_at = :now WHERE revoked_at IS NULL',
    ),
    "token": _ended("it may have been used or revoked since", "DELETE FROM token"),
    "exchanged_token": _ended("it may have been revoked since", "DELETE FROM exchanged_token"),
    "client_token": _ended("it may have been revoked since", "DELETE FROM client_token"),
    "pushed_request": _ended("it lives for a minute and a half", "DELETE FROM pushed_request"),
    "interaction": _ended("a sign-in of then is over, with its codes", "DELETE FROM interaction"),
    "challenge": _ended("a code that was sent may have been used since", "DELETE FROM challenge"),
    "proof": _ended(
        "what was proved in a sign-in that is over counts no more; of sessions it stays as their"
        " record, and they have ended",
        "DELETE FROM proof WHERE session_id IS NULL",
    ),
    "device": _ended(
        "a remembered browser may have been forgotten, or denied, since", "DELETE FROM device"
    ),
    "link": _ended(
        "a link, invitation or ticket may have been used, or called off, since",
        "UPDATE link SET expires_at = :now WHERE used_at IS NULL AND expires_at > :passed",
    ),
    "pending_change": _ended(
        "a change that waits may have been stopped since",
        "UPDATE pending_change SET ended_at = :now, ended = 'restored' WHERE ended_at IS NULL",
    ),
    "outbox": _ended(
        "a message that waits was sent since, or is about what is over",
        "DELETE FROM outbox WHERE state IN ('due', 'late')",
    ),
    "rollout_notice": _ended(
        "what waited to be sent goes back, and is due again for whom it still concerns",
        "DELETE FROM rollout_notice WHERE state = 'queued'",
    ),
    "initial_access_token": _ended(
        "its registrations may have been used up since", "DELETE FROM initial_access_token"
    ),
    "device_request": _ended(
        "a device that asked then asks again: its code may have been used since",
        "DELETE FROM device_request",
    ),
    "ciba_request": _ended(
        "an application that asked then asks again: it may have been answered since",
        "DELETE FROM ciba_request",
    ),
    "signal_set": _ended(
        "what waits was sent since, or is true no longer", "DELETE FROM signal_set"
    ),
    "api_answer": _ended(
        "what a program was told is true no longer, and a secret may stand in it",
        "DELETE FROM api_answer",
    ),
    "import_part": _ended(
        "a file of people may have been changed, or discarded, since", "DELETE FROM import_part"
    ),
    "import_job": _ended(
        "whoever it brought in stays; the same file brings in the rest", "DELETE FROM import_job"
    ),
    "process": _ended("no process of then is at work here", "DELETE FROM process"),
    "credential": _ended(
        "codes of apps until now may have been used: the next that counts is that of a later step",
        "UPDATE credential SET last_step = :step WHERE method = 'totp' AND last_step < :least",
    ),
    # -- what stays as it was
    "person": _kept("what was changed since is applied again from the trail, or told"),
    "person_group": _kept("groups that were added or renamed since are told"),
    "directory_person": _kept("a directory says again what it calls people when it looks"),
    "directory_group": _kept("a directory says again what it calls groups when it looks"),
    "recovery_code": _kept("which were used since is known of the trail at most: told"),
    "client": _kept("what was changed since is applied again from the trail, or told"),
    "api": _kept("what was changed since is told"),
    "picture": _kept("it is what its name says; one that was uploaded since is uploaded again"),
    "signing_key": _kept("what was withdrawn since is applied again from the trail, or told"),
    "grant": _kept("what was withdrawn since is applied again from the trail, or told"),
    "departed": _kept("who was deleted before stays deleted"),
    "account_change": _kept("the record of changes; the links that would undo them have ended"),
    "pairwise": _kept("what applications call people never changes"),
    "spent": _kept("what was used once before cannot be used again"),
    "throttle": _kept("guesses that were counted before still count"),
    "seal_check": _kept("it tells the keyring of this database"),
    "event": _kept("the trail until the backup; what came after is in the exported one"),
    "event_count": _kept("it belongs to the trail"),
    "canary": _kept("it is due again soon"),
    "stream_receiver": _kept("how far receivers were: they get what came after the backup again"),
    "signal_stream": _kept("what its application said of it until then; later changes are told"),
    "signal_subject": _kept("whom an application had added, or taken out; later changes are told"),
    "ledger_leaf": _kept("the evidence until the backup; what came after is in the exported one"),
    "ledger_rules": _kept("which rules stand in the ledger"),
    "ledger_tree": _kept("how far the ledger was sealed; anchors show that it went back"),
    "ledger_tile": _kept("the tree as it was; what is sealed from now on continues it"),
    "ledger_checkpoint": _kept("what was signed until the backup; anchors have the later ones"),
    "ledger_cosignature": _kept("what witnesses signed until the backup; they know of later ones"),
    "ledger_key": _kept("auditors know its other half"),
    "audit_progress": _kept("how many of its leaves are counted"),
    "audit_means": _kept("it belongs to the counts of the leaves"),
    "audit_day": _kept("counts of the leaves that the ledger has"),
    "audit_week": _kept("counts of the leaves that the ledger has"),
    "audit_sign_in": _kept("lines of the leaves that the ledger has"),
    "audit_question": _kept("what auditors ask again and again"),
    "ledger_anchor": _kept("what arrived outside is brought once more, and is the same"),
    "pseudonym": _kept("what the leaves call the people who are there"),
    "backup": _kept("the backups that were made before, and the epoch"),
    "look": _kept("what was changed since is told"),
    "wording": _kept("what was changed since is told"),
    "rollout_stage": _kept("what was changed since is told"),
    "rollout_exception": _kept("what was ended since is applied again from the trail, or told"),
    "rollout_postponement": _kept("what was put off before counts"),
    "rollout_letter": _kept("what was changed since is told"),
    "rollout_round": _kept("how far the mails of a stage were"),
    "rollout_turn": _kept("a clock of the mails, soon in the past"),
    "rollout_forecast": _kept("worked out again by the worker"),
    "rollout_stuck": _kept("worked out again by the worker"),
    "rollout_adoption": _kept("counted each day"),
    "profile_day": _kept("counted from the trail"),
    "profile_day_done": _kept("counted from the trail"),
    "shared_profile": _kept("what was decided since is told"),
    "profile_split": _kept("what was split since is told"),
}


def end(work: Work, ahead: int) -> dict[str, int]:
    """End what must not outlive a restore; return how many rows of each table that were.

    `ahead`: so many steps of an app may have been accepted before their time, for fast phones.
    """
    now = clock.now()
    step = now // _STEP + ahead
    values = {"now": now, "passed": now, "step": step, "least": step}
    found = {
        table: work.run(fate.end, **values) for table, fate in FATES.items() if fate.end is not None
    }
    return {table: count for table, count in found.items() if count}
