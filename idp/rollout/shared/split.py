"""The split of a shared profile: a personal profile for each of its users, and a last day.

The personal profiles have the type and the groups of the shared one, and none of its roles or ways
to sign in. Each is invited; the shared account's address is told at once, and again a day before it
closes. Then it is switched off, as an operator does it: sessions and tokens end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from idp import audit, clock, moments
from idp.audit import Event
from idp.authenticators import identifiers
from idp.authenticators.base import Rejected
from idp.language import _
from idp.messages import Post
from idp.people.passwords.links import PasswordLinks
from idp.rollout.shared.suspects import write_to
from idp.settings.values import Settings
from idp.signin import sessions
from idp.store import db, next_sign_in, people
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.people import PersonRow
from idp.store.rollout import shared_profiles
from idp.store.rollout.shared_profiles import SharedRow

WARNED_BEFORE = 86400
"""Seconds before its last moment at which an account is told again."""
BATCH = 20
REASON = "a shared profile whose day of closing has come"


@dataclass(frozen=True)
class Personal:
    """One of the users of a shared profile: the profile to be made."""

    username: str
    email: str
    name: str = ""


@dataclass(frozen=True)
class Split:
    """What was made: the new people by user name and `sub`, and the mails that are under way."""

    people: tuple[tuple[str, str], ...]
    closes_at: int
    mails: tuple[str, ...]


class SharedSplit:
    """Splits, for one installation."""

    def __init__(
        self, settings: Settings, post: Post, password_links: PasswordLinks, engine: Engine
    ) -> None:
        self._settings = settings
        self._post = post
        self._password_links = password_links
        self._engine = engine

    def split(
        self, work: Work, shared: PersonRow, personal: Sequence[Personal], closes_at: int
    ) -> Split | Rejected:
        """Make the personal profiles and set the last day; all of it, or nothing.

        Without new people it moves the day. `closes_at` is in seconds since 1970 UTC.
        """
        people.take_turn_to_add(work)
        people.lock_person(work, shared.id)
        shared = people.by_id(work, shared.id) or shared
        wanted = [_normal(one) for one in personal]
        refused = self._refused(shared, closes_at) or _impossible(work, wanted)
        if refused is not None:
            return refused
        made = [self._make(work, shared, one) for one in wanted if isinstance(one, Personal)]
        shared_profiles.close_at(work, shared.id, closes_at)
        if closes_at <= clock.now() + WARNED_BEFORE:
            # The mail of this moment is the one of the day before as well.
            shared_profiles.claim_warning(work, shared.id, closes_at)
        audit.record(
            work,
            Event.PROFILE_SPLIT,
            person=shared.id,
            reason=f"closes at {clock.iso(closes_at)}",
            people=[person.id for person in made],
        )
        mails = [mail for person in made for mail in self._tell(work, shared, person, closes_at)]
        mails.append(self._warn(work, shared, closes_at))
        told = tuple((person.username, person.id) for person in made)
        return Split(told, closes_at, tuple(mails))

    def _refused(self, shared: PersonRow, closes_at: int) -> Rejected | None:
        if shared.disabled_at is not None:
            return Rejected("switched off", _("The account is switched off."))
        if closes_at <= clock.now():
            return Rejected("in the past", _("The day on which it closes must be to come."))
        if not self._password_links.available():
            return Rejected("mail is off", _("E-mail is off: nobody can be written to."))
        return None

    def _make(self, work: Work, shared: PersonRow, one: Personal) -> PersonRow:
        person_id = people.add(
            work,
            username=one.username,
            email=one.email,
            name=one.name,
            user_type=shared.user_type,
            groups=shared.groups,
        )
        if shared.locale is not None:
            next_sign_in.learn_locale(work, person_id, shared.locale)
        shared_profiles.add_split(work, shared.id, person_id)
        audit.record(
            work,
            Event.PERSON_ADDED,
            person=person_id,
            reason=f"made from the shared profile {shared.username}",
            type=shared.user_type,
            roles=[],
            groups=shared.groups,
        )
        made = people.by_id(work, person_id)
        assert made is not None
        return replace(made, locale=shared.locale)

    def _tell(self, work: Work, shared: PersonRow, person: PersonRow, closes_at: int) -> list[str]:
        invited = self._password_links.invite(work, person)
        assert isinstance(invited, str)
        about = self._write(
            work, person, "shared-profile-yours", closes_at, shared_name=shared.username
        )
        return [about, invited]

    def _warn(self, work: Work, shared: PersonRow, closes_at: int) -> str:
        made = shared_profiles.made_from(work, shared.id)
        return self._write(work, shared, "shared-profile-closes", closes_at, usernames=made)

    def _write(self, work: Work, to: PersonRow, kind: str, closes_at: int, **values: object) -> str:
        date: Callable[[], str] = partial(moments.minute, closes_at)
        return write_to(work, self._post, self._settings, to, kind, date_text=date, **values)

    def carry_out(self) -> int:
        """Tell who closes within a day, and close whose time has come; return how many it were."""
        done = 0
        with db.work(self._engine) as work:
            due = shared_profiles.due(work, clock.now() + WARNED_BEFORE, BATCH)
        for row in due:
            with db.work(self._engine) as work:
                done += self._close(work, row) or self._remind(work, row)
        return done

    def _close(self, work: Work, row: SharedRow) -> bool:
        people.lock_person(work, row.person_id)
        if not shared_profiles.claim_closing(work, row.person_id):
            return False
        if people.set_disabled(work, row.person_id, True):
            audit.record(work, Event.PERSON_DISABLED, person=row.person_id, reason=REASON)
            sessions.end_person(work, row.person_id, REASON)
        return True

    def _remind(self, work: Work, row: SharedRow) -> bool:
        people.lock_person(work, row.person_id)
        shared = people.by_id(work, row.person_id)
        closes_at = row.closes_at
        if shared is None or closes_at is None:
            return False
        if not shared_profiles.claim_warning(work, row.person_id, closes_at):
            return False
        audit.record(work, Event.PROFILE_WARNED, person=shared.id)
        if self._post.available("mail"):
            self._warn(work, shared, closes_at)
        return True


def _normal(one: Personal) -> Personal | str:
    """Return a person in the normal form, or the text that cannot be."""
    username, email = identifiers.username(one.username), identifiers.email(one.email)
    if username is None:
        return one.username
    if email is None:
        return one.email
    return Personal(username, email, " ".join(one.name.split())[:200] or username)


def _impossible(work: Work, wanted: Sequence[Personal | str]) -> Rejected | None:
    """Say which person cannot be made, and why."""
    seen: set[str] = set()
    for one in wanted:
        if isinstance(one, str):
            text = _("%(text)s is no user name or no e-mail address.", text=one[:60])
            return Rejected("malformed", text)
        names = {one.username, one.email}
        if names & seen or people.taken(work, one.username, one.email):
            text = _(
                "%(username)s or %(email)s belongs to somebody already.",
                username=one.username,
                email=one.email,
            )
            return Rejected("taken", text)
        seen |= names
    return None
