"""Whom no mail about a date reached, and mails that came back.

Who was not reached has to be called, before the date: the list says how and why. Owns reading of
what a mail system says of addresses that do not exist.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from idp import audit
from idp.audit import Event
from idp.audit.export import csv_line
from idp.authenticators import identifiers
from idp.policy.rollout import Stage
from idp.rollout.mails.dates import NO_DATE
from idp.rollout.mails.notices import Notices
from idp.store import people
from idp.store.db import Work
from idp.store.rollout import notice_reports, notices
from idp.store.rollout.notice_reports import NoticeRow

CAME_BACK = "came back"
MOST = 100
"""People in one part of the list."""
LOOKS = 2000
"""People whom no mail reached, and of whom it is found out whether they need it still."""
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_RECIPIENT = re.compile(r"(?i)^\s*final-recipient\s*:")
_WHY = {
    "none": "no e-mail address",
    "unconfirmed": "the e-mail address was never confirmed",
    "bounced": "the mail came back",
}


@dataclass(frozen=True)
class Missing:
    """A person to be called; `why` is in words."""

    row: NoticeRow
    why: str


@dataclass
class Bounced:
    """What a list of addresses did: people whose mails came back, and what it did not concern."""

    people: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    """Addresses of people who were sent no mail of a stage that could have come back."""
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """Some of the list; the next part begins after the person `after`, "" where there is none."""

    found: list[Missing]
    after: str


def missing(work: Work, mails: Notices, stage: Stage) -> Iterator[Missing]:
    """Return whom no mail about the present date of a stage reached, and who needs it still."""
    return (one for _sub, one in _looked_at(work, mails, stage, "") if one)


def part(work: Work, mails: Notices, stage: Stage, after: str) -> Part:
    """Return the next of them, so many that a page need not wait for: of `LOOKS` people."""
    found, last = list[Missing](), ""
    for looks, (sub, one) in enumerate(_looked_at(work, mails, stage, after)):
        if looks == LOOKS or len(found) == MOST:
            return Part(found, last)
        last = sub
        if one:
            found.append(one)
    return Part(found, "")


def _looked_at(
    work: Work, mails: Notices, stage: Stage, after: str
) -> Iterator[tuple[str, Missing | None]]:
    """Yield each whom no mail reached, by `sub`, and what the list has if it concerns them."""
    concerns = mails.concerned(work, stage)
    for row in notice_reports.unreached(work, stage.id, stage.enforce_at or NO_DATE, after):
        person = people.by_id(work, row.person_id)
        needed = person is not None and concerns(person)
        why = _WHY.get(row.state) or row.words or row.state
        yield row.person_id, Missing(row, why) if needed else None


COLUMNS = ("name", "user", "phone", "email", "why")


def as_csv(found: Iterable[Missing]) -> str:
    """Return the list as a file for a spreadsheet."""
    return "".join(map(csv_line, (COLUMNS, *map(cells, found))))


def cells(one: Missing) -> tuple[str, ...]:
    """Return what the list says of one person, in the order of `COLUMNS`."""
    row = one.row
    return (row.name, row.username, row.phone or "", row.email, one.why)


def addresses(lines: Iterable[str]) -> list[str]:
    """Return the addresses of a list or of delivery reports, each once.

    A line has one address. Where there are reports (RFC 3464), only their final recipients count:
    the sender of a report is no one whose mail came back.
    """
    listed = list(lines)
    reports = [line for line in listed if _RECIPIENT.match(line)]
    found = (_ADDRESS.search(line) for line in reports or listed)
    return list(dict.fromkeys(one[0].strip(".").lower() for one in found if one))


def bounced(work: Work, found: Iterable[str]) -> Bounced:
    """Note that mails to these addresses came back."""
    outcome = Bounced()
    for address in found:
        person = people.by_name(work, identifiers.login_name(address))
        if person is None or person.email != identifiers.login_name(address):
            outcome.unknown.append(address)
            continue
        people.lock_person(work, person.id)
        count = notices.bounce(work, person.id, CAME_BACK)
        (outcome.people if count else outcome.untold).append(address)
        if count:
            event = Event.STAGE_NOTICES_BOUNCED
            audit.record(work, event, person=person.id, reason=f"{count} came back", count=count)
    return outcome
