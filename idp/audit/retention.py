"""For how long events and bodies of the ledger are kept, and the deletion of what is over.

A deletion is an event itself, in the same transaction, with a leaf in the ledger: it says what the
ledger need not find any more (`ledger.events`). It never touches what a receiver of the stream
still waits for.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from idp import audit, clock
from idp.audit import DECIDING, Event
from idp.audit.streaming import receivers
from idp.ledger import emptying
from idp.ledger.events import PRUNED
from idp.settings.values import Settings
from idp.store import db
from idp.store.audit import counts
from idp.store.db.connections import Engine
from idp.store.ledger import bodies
from idp.store.service import streams
from idp.store.service.pruning import Pruning, arrived

DAY = 86400
BODIES = 1_000
"""Leaves that are looked through for one transaction."""
_EVIDENCE = "evidence"


class Kept(StrEnum):
    """Classes of event, as the settings call them."""

    SIGN_INS = "sign_ins"
    ADMINISTRATION = "administration"
    ALWAYS = "always"
    """Whatever the settings say: what deletions are told by."""


_OF_SIGN_INS = frozenset(
    {
        Event.SIGN_IN_FINISHED,
        Event.SIGN_IN_REFUSED,
        Event.SIGN_IN_CANCELLED,
        Event.SIGN_IN_ABANDONED,
        Event.FACTOR_PROVED,
        Event.FACTOR_REJECTED,
        Event.FACTOR_HELD,
        Event.RESET_ASKED,
        Event.LINK_REFUSED,
        Event.DEVICE_NEW,
        Event.CODE_SENT,
        Event.CODE_HELD,
        Event.CODE_DELIVERED,
        Event.CODE_UNDELIVERED,
        Event.HELP_ASKED,
        Event.PASSKEY_OFFERED,
        Event.SET_UP_READ,
        Event.STAGE_ANNOUNCED,
        Event.STAGE_POSTPONED,
        Event.SESSION_ENDED,
        Event.CODE_ISSUED,
        Event.DEVICE_ALLOWED,
        Event.DEVICE_DENIED,
        Event.DEVICE_CODE_REFUSED,
        Event.DEVICE_CODE_HELD,
        Event.CIBA_ASKED,
        Event.CIBA_HELD,
        Event.CIBA_ALLOWED,
        Event.CIBA_DENIED,
        Event.PING_DELIVERED,
        Event.PING_FAILED,
        Event.TOKEN_ISSUED,
        Event.TOKEN_REFRESHED,
        Event.TOKEN_REFUSED,
        Event.TOKEN_REUSED,
        Event.TOKEN_REVOKED,
        Event.TOKEN_EXCHANGED,
        Event.OWN_TOKEN_ISSUED,
        Event.OWN_TOKEN_REVOKED,
        Event.REQUEST_REFUSED,
        Event.FORWARD_REFUSED,
        Event.LOGOUT_DELIVERED,
        Event.LOGOUT_FAILED,
        Event.SIGNAL_REFUSED,
        Event.CLIENT_HELD,
        Event.REGISTRATION_REFUSED,
    }
)
_OF_ADMINISTRATION = DECIDING - {Event.EVENTS_PRUNED} | {
    Event.FACTOR_RENAMED,
    Event.PASSWORD_DEMANDED,
    Event.CHANGE_HELD,
    Event.CHANGE_ASKED,
    Event.CHANGE_STOPPED,
    Event.SIGN_IN_DENIED,
    Event.ADDRESS_CONFIRMED,
    Event.PROFILE_CHANGED,
    Event.PROFILE_WARNED,
    Event.MESSAGES_ALARM,
    Event.CONSENT_WITHDRAWN,
    Event.ACCESS_ENDED,
    Event.CONSENT_GIVEN,
    Event.CONSENT_DENIED,
    Event.STAGE_NOTICES_QUEUED,
    Event.SIGNALS_ADDED,
    Event.SIGNALS_CHANGED,
    Event.SIGNALS_STOPPED,
    Event.SIGNALS_DELETED,
    Event.SIGNAL_SUBJECT,
    Event.CANARY_ALARM,
    Event.LEDGER_CONTRADICTED,
    Event.ROW_REFUSED,
    *(event for event in Event if event.startswith("operator:")),
}
CLASSES: Mapping[Event, Kept] = {
    **dict.fromkeys(_OF_SIGN_INS, Kept.SIGN_INS),
    **dict.fromkeys(_OF_ADMINISTRATION, Kept.ADMINISTRATION),
    Event.EVENTS_PRUNED: Kept.ALWAYS,
}
"""The class of each event."""
if set(CLASSES) != set(Event) or _OF_SIGN_INS & _OF_ADMINISTRATION:
    raise AssertionError("an event has no class here, or two")
if Event.EVENTS_PRUNED != PRUNED:
    raise AssertionError("the ledger knows deletions by another name")
_PRUNING = {
    kept: Pruning(event for event, of in CLASSES.items() if of is kept)
    for kept in (Kept.SIGN_INS, Kept.ADMINISTRATION)
}


class Retention:
    """Deletes the events of an installation whose time is over. Any number of workers may."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._engine = engine
        named = (one.name for one in receivers.all_of(settings.stream))
        self._receivers = [*named, streams.SIGNALS]
        self._days = {
            Kept.SIGN_INS: settings.retention.sign_ins,
            Kept.ADMINISTRATION: settings.retention.administration,
        }
        self._evidence = settings.retention.evidence

    def carry_out(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Delete what is over; return how many events and bodies that were."""
        deleted = 0
        for kept, days in self._days.items():
            while days and not stopped():
                with db.work(self._engine) as work:
                    count = self._batch(work, kept, days)
                deleted += count
                if not count:
                    break
        return deleted + (self._empty(stopped) if self._evidence else 0)

    def _empty(self, stopped: Callable[[], bool]) -> int:
        """Let the bodies of token leaves go whose time is over; return how many."""
        with db.work(self._engine) as work:
            start = bodies.reached(work, PRUNED, _EVIDENCE)
            # What is not counted yet would never be.
            counted = counts.progress(work)
        emptied = 0
        while not stopped():
            with db.work(self._engine) as work:
                due = bodies.due(work, start, _day(self._evidence))
            end = min(due or 0, counted, start + BODIES)
            if end <= start:
                break
            leaves = emptying.of_tokens(self._engine, start, end)
            with db.work(self._engine) as work:
                emptied += self._emptied(work, leaves, start, end)
            start = end
        return emptied

    def _emptied(
        self, work: db.Work, leaves: list[tuple[int, str, int]], start: int, end: int
    ) -> int:
        count = emptying.empty(work, leaves)
        if count:
            reason = f"{count} bodies of rows {start} to {end - 1} of the ledger"
            _record(work, reason, kept=_EVIDENCE, count=count, leaves=0, start=start, end=end)
        return count

    def _batch(self, work: db.Work, kept: Kept, days: int) -> int:
        gone = _PRUNING[kept].delete(work, _day(days), arrived(work, self._receivers))
        if gone is None:
            return 0
        reason = f"{gone.count} events of {kept}, the last of {clock.iso(gone.at)}"
        _record(work, reason, kept=kept, count=gone.count, leaves=gone.leaves, until=gone.at)
        return gone.count


def _day(days: int) -> int:
    """Return before when it is over. By whole days: there is one deletion a day, not one a look."""
    return (clock.now() // DAY - days) * DAY


def _record(work: db.Work, reason: str, **data: Any) -> None:
    audit.record(work, Event.EVENTS_PRUNED, reason=f"{reason}: their time was over", **data)
