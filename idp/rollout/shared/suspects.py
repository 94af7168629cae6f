"""Accounts that several people may use: who they are, and what an administrator makes of them.

A score blocks no one. What can be done: ask the owner, say that it is one person's after all
(`keep`), or make a personal profile for each of its users and let the shared one close
(`idp.rollout.shared.split`).
"""

from dataclasses import dataclass
from enum import StrEnum

from idp import audit, clock, language
from idp.audit import Event
from idp.authenticators.base import Rejected
from idp.language import Words, _
from idp.messages import Post
from idp.policy.profile_day import DAY
from idp.policy.shared_profiles import Sign
from idp.rollout.shared import words
from idp.settings.values import Settings
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.rollout import shared_profiles
from idp.store.rollout.shared_profiles import SharedRow

LIFETIME = 3 * 86400
"""Seconds for which a mail about a shared profile is worth delivering."""


class State(StrEnum):
    """How far an administrator is with an account."""

    SUSPECTED = "suspected"
    ASKED = "asked"
    CLOSING = "closing"


@dataclass(frozen=True)
class Told:
    """A sign, how often it was seen, its points, and the same as a sentence."""

    sign: Sign
    count: int
    points: int
    text: Words


@dataclass(frozen=True)
class Suspect:
    """An account that several people may use. Times in seconds since 1970 UTC."""

    person_id: str
    username: str
    name: str
    email: str
    user_type: str
    score: int
    reasons: tuple[Told, ...]
    state: State
    asked_at: int | None
    closes_at: int | None
    made: tuple[str, ...]
    """The user names of the personal profiles that were made from it."""
    scored_day: int
    """The last day that counted, since 1970 in UTC."""


def report(work: Work, settings: Settings) -> list[Suspect]:
    """Return the accounts from the threshold on, and those that will close, highest first."""
    found = shared_profiles.report(work, settings.shared_profiles.threshold)
    return [_suspect(work, row) for row in found]


def suspect(work: Work, person_id: str) -> Suspect | None:
    """Return what is known of one account; None while nothing is."""
    row = shared_profiles.of(work, person_id)
    return None if row is None else _suspect(work, row)


def _suspect(work: Work, row: SharedRow) -> Suspect:
    return Suspect(
        person_id=row.person_id,
        username=row.username,
        name=row.name,
        email=row.email,
        user_type=row.user_type,
        score=row.score,
        reasons=tuple(
            Told(each.sign, each.count, each.points, words.words(each)) for each in row.reasons
        ),
        state=_state(row),
        asked_at=row.asked_at,
        closes_at=row.closes_at,
        made=tuple(shared_profiles.made_from(work, row.person_id)) if row.closes_at else (),
        scored_day=row.scored_day,
    )


def _state(row: SharedRow) -> State:
    if row.closes_at is not None:
        return State.CLOSING
    return State.SUSPECTED if row.asked_at is None else State.ASKED


def keep(work: Work, person: PersonRow, why: str = "") -> None:
    """Say that an account is one person's: it is left out until there are new signs.

    A day on which it was to close is taken back.
    """
    people.lock_person(work, person.id)
    shared_profiles.keep(work, person.id, clock.now() // DAY)
    audit.record(work, Event.PROFILE_KEPT, person=person.id, reason=why or None)


def ask_owner(work: Work, post: Post, settings: Settings, person: PersonRow) -> str | Rejected:
    """Mail the owner of an account what is suspected, and why it matters; return the outbox id."""
    if not post.available("mail"):
        return Rejected("mail is off", _("E-mail is off: nobody can be written to."))
    if person.disabled_at is not None:
        return Rejected("switched off", _("The account is switched off."))
    people.lock_person(work, person.id)
    shared_profiles.mark_asked(work, person.id)
    audit.record(work, Event.PROFILE_ASKED, person=person.id)
    return write_to(work, post, settings, person, "shared-profile")


def write_to(
    work: Work,
    post: Post,
    settings: Settings,
    person: PersonRow,
    kind: str,
    **values: object,
) -> str:
    """Queue a mail about a shared profile, in the person's language; return the outbox id."""
    brand = settings.brand
    with language.speaking(language.first_known([person.locale], brand.language)):
        return post.enqueue(
            work,
            channel="mail",
            kind=kind,
            to=person.email,
            values={
                "brand": brand.name,
                "name": person.name,
                "username": person.username,
                **brand.support,
                # Dates are words in the language of the one who reads them.
                **{key: value() if callable(value) else value for key, value in values.items()},
            },
            lifetime=LIFETIME,
        )
