"""Accounts that several people may use, as `idp.rollout.shared` finds and mends them.

A refusal that a person reads in the console is a value (`Rejected`), in every language; the command
says the same in English.
"""

from collections.abc import Sequence
from typing import Any

from idp import clock
from idp.authenticators.base import Rejected
from idp.installation import Installation
from idp.language import english
from idp.operating.actor import Actor, acts
from idp.operating.people import standing
from idp.operating.people.naming import locked, of_sub
from idp.operating.refusals import NotFound
from idp.policy.profile_day import DAY
from idp.policy.roles import Action
from idp.rollout.shared import suspects
from idp.rollout.shared.split import Personal, Split
from idp.rollout.shared.suspects import Suspect
from idp.store.db import Work
from idp.store.people import PersonRow

LONGEST_REASON = 200


class SharedProfiles:
    """The profiles of one installation that look as if several people used them."""

    def __init__(self, installation: Installation) -> None:
        self._this = installation

    @acts(Action.ROLLOUT_READ)
    def report(self, work: Work, _actor: Actor) -> list[Suspect]:
        """Return those that look so, as far as the days are counted."""
        return suspects.report(work, self._this.settings)

    @acts(Action.ROLLOUT_READ)
    def one(self, work: Work, _actor: Actor, sub: str) -> Suspect:
        """Return what is known of one.

        Raises:
            NotFound: there is no one, or nothing to say of them.
        """
        found = suspects.suspect(work, sub)
        if found is None:
            raise NotFound(f"nothing is known of {sub!r}")
        return found

    @acts(Action.ROLLOUT_CHANGE)
    def keep(self, work: Work, _actor: Actor, sub: str, reason: str = "") -> PersonRow:
        """Say that an account is one person's: left out until there are new signs.

        Raises:
            NotFound: there is no one.
        """
        person = locked(work, sub)
        suspects.keep(work, person, reason[:LONGEST_REASON])
        return person

    @acts(Action.ROLLOUT_CHANGE)
    def ask(self, work: Work, _actor: Actor, sub: str) -> tuple[PersonRow, str | Rejected]:
        """Write to the owner; return the message's id in the outbox, or why none was written.

        Raises:
            NotFound: there is no one.
        """
        person = locked(work, sub)
        return person, suspects.ask_owner(work, self._this.post, self._this.settings, person)

    @acts(Action.ROLLOUT_CHANGE)
    def split(
        self, work: Work, actor: Actor, sub: str, personal: Sequence[Personal], closes_at: int
    ) -> tuple[PersonRow, Split | Rejected]:
        """Make a profile for each person, and let the shared one close on a day; or say why not.

        Raises:
            NotFound: there is no one.
            Outranked: the person may do more, and would be switched off that day.
        """
        # Its turn to add people comes before the person is locked.
        person = of_sub(work, sub)
        standing.check(actor, person)
        return person, self._this.shared_split.split(work, person, personal, closes_at)


def described(suspect: Suspect) -> dict[str, Any]:
    """Return what is known of one, as JSON has it."""
    return {
        "sub": suspect.person_id,
        "username": suspect.username,
        "name": suspect.name,
        "email": suspect.email,
        "type": suspect.user_type,
        "score": suspect.score,
        "reasons": [
            {
                "sign": reason.sign.value,
                "count": reason.count,
                "points": reason.points,
                "text": english(reason.text),
            }
            for reason in suspect.reasons
        ],
        "state": suspect.state.value,
        "asked_at": _when(suspect.asked_at),
        "closes_at": _when(suspect.closes_at),
        "made": list(suspect.made),
        "until": clock.iso((suspect.scored_day + 1) * DAY),
    }


def _when(at: int | None) -> str | None:
    return None if at is None else clock.iso(at)
