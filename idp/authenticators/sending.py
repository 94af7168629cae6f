"""How many codes may be sent: a wait between two, and caps on nuisance and on cost.

A text message costs money, and anyone who owns a block of numbers earns by each one sent to it. So
it is counted for the person, the number, the source, the block of numbers and the installation; a
mail for the person and the address alone.
"""

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from idp import audit, clock, moments
from idp.audit import Event, Outcome
from idp.authenticators.base import Kind, Rejected
from idp.language import Text, _, n_
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Growing, Limit, Window
from idp.settings.sms_and_mail import Sms
from idp.store import spent, throttles
from idp.store.db import Work

_log = logging.getLogger(__name__)

HOUR, DAY = 3600, 86400
AGAIN = Growing(free=1, first=30, cap=60, limit=sys.maxsize)
"""Seconds between two codes in one sign-in: 30 after the first, 60 after each further one."""
PREFIX = 7
"""The digits of a number (E.164) that name its block: in most plans ten thousand numbers."""
WISHES = 3
"""Codes in an hour to an address or number that someone wishes for, whoever that is."""
SHARES = (80, 100)
"""Of the messages of a day, in per cent: when these are used up, someone is told."""


@dataclass(frozen=True)
class Cap:
    """One limit: what it is called in events, its counter, and how much it allows."""

    name: str
    key: str
    limit: Limit


@dataclass(frozen=True)
class Sending:
    """One code about to be sent. `destination` is a keyed digest: no counter names an address."""

    purpose: str
    channel: str
    interaction: str
    person: str
    number: str
    destination: str
    wished: bool = False
    """It goes to what is on no one's profile as far as is known: the person only wishes for it."""

    @property
    def again(self) -> str:
        """Return the counter of the wait between two codes."""
        return throttle_keys.sent_again(self.purpose, self.interaction, self.person)


def admit(work: Work, sending: Sending, per_hour: int, sms: Sms | None) -> Rejected | None:
    """Count a code about to be sent; Rejected when it may not be. `sms`: the caps of messages."""
    counted: list[Cap] = []
    for cap in _caps(work, sending, per_hour, sms):
        held = throttles.count(work, cap.key, cap.limit)
        if held is None:
            counted.append(cap)
            continue
        # What is not sent uses nothing up; the wait is given back as a whole.
        for earlier in counted:
            throttles.give_back(work, earlier.key)
        if cap.key == sending.again:
            return Rejected("too soon", _soon(held.wait or 1), Kind.HELD)
        _note(work, sending, cap)
        return Rejected("too many messages", _words(held.wait or HOUR), Kind.HELD, over=True)
    if sms is not None:
        _warn(work, sms.per_day)
    return None


def _caps(work: Work, sending: Sending, per_hour: int, sms: Sms | None) -> Iterator[Cap]:
    """Yield the limits, always in the same order: two at once must not wait for each other."""
    hourly = Window(per_hour, HOUR)
    yield Cap("person", throttle_keys.sent_for(sending.purpose, sending.person), hourly)
    yield _to_destination(sending, hourly)
    if sms is not None:
        block = sending.number.lstrip("+")[:PREFIX]
        of_block = throttle_keys.sent_to_block(block)
        from_source = throttle_keys.sent_from(work.caller.address)
        yield Cap("source", from_source, Window(sms.per_source, HOUR))
        yield Cap("block of numbers", of_block, Window(sms.per_prefix, HOUR))
        yield Cap("installation", throttle_keys.SENT_IN_AN_HOUR, Window(sms.per_installation, HOUR))
        yield Cap("messages of a day", throttle_keys.SENT_IN_A_DAY, Window(sms.per_day, DAY))
    # Last, because it cannot be given back.
    yield Cap("wait", sending.again, AGAIN)


def _to_destination(sending: Sending, hourly: Window) -> Cap:
    """Return the limit of what one address or number gets.

    Wishes have one of their own: the owner's could be used up by a stranger, and would tell the
    stranger that there is an owner.
    """
    where = (sending.channel, sending.destination)
    if sending.wished:
        few = Window(min(WISHES, hourly.limit), HOUR)
        return Cap("destination", throttle_keys.sent_to_wish(*where), few)
    return Cap("destination", throttle_keys.sent_to(*where), hourly)


def _note(work: Work, sending: Sending, cap: Cap) -> None:
    audit.record(
        work,
        Event.CODE_HELD,
        Outcome.REFUSED,
        person=sending.person,
        interaction=sending.interaction,
        reason=f"{sending.purpose}: limit of {cap.name}",
    )


def _warn(work: Work, per_day: int) -> None:
    """Tell, once in each day, that most of its messages, or all, are used up."""
    tally = throttles.tally(work, throttle_keys.SENT_IN_A_DAY)
    for share in SHARES:
        if tally.count * 100 < share * per_day:
            continue
        if spent.claim(work, "messages", str(share), str(tally.since), lifetime=2 * DAY):
            reason = f"{share} % of sms.per_day"
            _log.warning("text messages: %s are used up", reason)
            audit.record(work, Event.MESSAGES_ALARM, reason=reason, sent=tally.count)


def _soon(seconds: int) -> Text:
    return n_(
        "Wait %(num)s second, then ask for a new code.",
        "Wait %(num)s seconds, then ask for a new code.",
        seconds,
    )


def _words(wait: int) -> Text:
    """Say when it may be tried again; never which limit it was."""
    now = clock.now()
    return _(
        "Too many codes were sent. You can ask for a new one at %(time)s. Until then, use the"
        " newest message.",
        time=moments.later(now + wait, now),
    )
