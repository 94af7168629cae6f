"""Notices: whatever changes how someone signs in is told to that person, at once.

Each says what, when and where, and carries a link for anyone who finds that it was someone else
(`idp.people.denial`). It is stored in the transaction of the change it tells of. Every value that a
person or an application chose is one line when it is written (`messages.texts.tidy`), so a name
can add neither a header nor a paragraph.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from idp import clock, language, moments
from idp.caller import Caller
from idp.language import Words, _
from idp.messages import Post, links
from idp.messages.links import Purpose
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.settings.values import Settings
from idp.store import changes, spent, throttles
from idp.store.canaries import MARK
from idp.store.db import Work
from idp.store.people import PersonRow

LIFETIME = 3 * 86400
"""Seconds for which a notice of a change is worth delivering."""
FAILED_PER_HOUR = Window(3, 3600)
"""Mails about failed second steps that one person gets: a guesser must not fill a mailbox."""
ONCE = 86400
"""Seconds for which it is remembered that a sign-in was told of: longer than any may last."""


class Notice(StrEnum):
    """What is told: the name of a text in `templates/messages`, and what the text needs."""

    FACTOR_ADDED = "factor-added"
    """method_text"""
    FACTOR_REMOVED = "factor-removed"
    """method_text"""
    FACTOR_RENAMED = "factor-renamed"
    """label: the new name"""
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a text
    PASSWORD_RESET = "password-reset"  # noqa: S105
    PHONE_CHANGED = "phone-changed"
    """old and new: masked numbers, "" for none"""
    ADDRESS_CHANGED = "address-changed"
    """old and new: masked addresses"""
    RECOVERY_USED = "recovery-used"
    """left: how many codes still work"""
    RECOVERY_MADE = "recovery-made"
    SECOND_STEP_FAILED = "sign-in-failed-second"
    """client: the application's name, or None"""
    NEW_DEVICE = "new-device"
    """client: the application's name, or None"""
    CHANGE_WAITS = "change-waits"
    """removes: or adds; method_text; due_text: when it is made"""
    CHANGE_OPEN = "change-open"
    """method_text; until_text: until when it may be added"""
    CHANGE_REFUSED = "change-refused"
    """method_text: what was to be removed, and stays"""
    DENIED = "denied"
    """demanded: a new password; outcome: what was taken back and what was not, in sentences"""


SIGN_INS = frozenset({Notice.SECOND_STEP_FAILED, Notice.NEW_DEVICE})
"""What changed nothing. All else is told to every mailbox that the person left lately as well:
anyone who changed the address may not choose who hears of the next change."""
MAILBOXES = 10
"""How many of them; the oldest first, so that further changes push no one out."""


def tell(
    work: Work,
    post: Post,
    settings: Settings,
    person: PersonRow,
    kind: Notice,
    *,
    at: int | None = None,
    addresses: Iterable[str] | None = None,
    numbers: Iterable[str] = (),
    former: bool = True,
    **what: object,
) -> list[str]:
    """Queue a notice and return the outbox ids of its messages.

    `at` is when it was (left out: now); who did it, and from where, the unit of work knows. It goes
    to the person's mail address, or to `addresses` (of a change: the old one and the new), and as a
    text message to `numbers` (E.164), where `templates/messages` has `<kind>-sms`; what tells of a
    change also goes to the mailboxes left in the last days, unless `former` is off. `what` are the
    values that the text needs, see `Notice`. Where a channel is off, nothing is sent on it; nor is
    anything to the canary, which reads no mail.
    """
    if person.id.startswith(MARK):
        return []
    to = [person.email] if addresses is None else list(addresses)
    if former and kind not in SIGN_INS:
        to += earlier(work, person)
    # Anyone who has no language yet is written to in the installation's, never in that of the
    # browser at hand, which may be the very one that the notice warns of.
    with language.speaking(language.first_known([person.locale], settings.brand.language)):
        moment = moments.minute(clock.now() if at is None else at)
        return list(
            _tell(
                work,
                post,
                settings,
                person,
                kind,
                list(dict.fromkeys(to)),
                numbers,
                {"at_text": moment, **what},
            )
        )


def _tell(
    work: Work,
    post: Post,
    settings: Settings,
    person: PersonRow,
    kind: Notice,
    addresses: Iterable[str],
    numbers: Iterable[str],
    what: Mapping[str, object],
) -> Iterator[str]:
    values: dict[str, object] = {
        "brand": settings.brand.name,
        "name": person.name,
        "place": _place(work.caller),
        "by_others": _by_operator(work.caller),
        **settings.brand.support,
        **what,
    }
    letters = [("mail", kind.value, address) for address in addresses]
    letters += [("sms", f"{kind.value}-sms", number) for number in dict.fromkeys(numbers)]
    for channel, name, address in letters:
        if post.available(channel):
            yield post.enqueue(
                work,
                channel=channel,
                kind=name,
                to=address,
                values=values | {"not_me": _link(work, settings, person, channel, address)},
                lifetime=LIFETIME,
            )


def earlier(work: Work, person: PersonRow) -> list[str]:
    """Return the mailboxes that the person left lately and that may deny it, oldest first."""
    found = changes.mailboxes(changes.lately(work, person.id))
    addresses = dict.fromkeys(change.old for change in found if change.old)
    return [address for address in addresses if address != person.email][:MAILBOXES]


def second_step_failed(
    work: Work,
    post: Post,
    settings: Settings,
    person: PersonRow,
    interaction: str,
    *,
    client: str | None,
    at: int | None = None,
) -> bool:
    """Tell that a sign-in passed the first step (`at`) and not the second: once for each sign-in.

    False when it was told already, or when the person was told of many others in the last hour.
    """
    if not spent.claim(work, "second-step-failed", interaction, lifetime=ONCE):
        return False
    key = throttle_keys.told_of_second_step(person.id)
    if throttles.count(work, key, FAILED_PER_HOUR) is not None:
        return False
    kind = Notice.SECOND_STEP_FAILED
    tell(work, post, settings, person, kind, at=at, client=client)
    return True


def _link(work: Work, settings: Settings, person: PersonRow, channel: str, to: str) -> str:
    issuer, purpose = settings.server.issuer, Purpose.NOTICE_DENIED
    return links.make(work, issuer, purpose, person.id, sent_to=to if channel == "mail" else None)


def _by_operator(caller: Caller) -> bool:
    """Return True if an operator did it, and not anyone who holds the account."""
    return caller.address is not None and caller.address.startswith("cli:")


def _place(caller: Caller) -> Words | None:
    """Say where something was done, in words; None when nothing is known of it."""
    if _by_operator(caller):
        return _("by the people who look after your account")
    try:
        address = str(ipaddress.ip_address(caller.address or ""))
    except ValueError:
        address = None
    known = [str(part) for part in (caller.browser_shown, address) if part]
    return ", ".join(known) or None
