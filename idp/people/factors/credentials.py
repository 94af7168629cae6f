"""What a person has enrolled, seen and changed from outside a sign-in: rename, remove.

Removing ends everything that rests on what is removed (docs/acr.md rule 14), and is refused where
it would leave the person below what a rule demands.
"""

from dataclasses import dataclass, replace

from idp import audit
from idp.audit import Event
from idp.authenticators.base import Authenticator
from idp.language import Words, english
from idp.messages import Post, notices
from idp.messages.notices import Notice
from idp.people.factors import removal
from idp.policy.reach import keeps_floors
from idp.policy.types import Person
from idp.signin.sign_in import SignIn
from idp.store import changes, credentials, people
from idp.store.credentials import CredentialRow
from idp.store.db import Work
from idp.store.people import PersonRow

LONGEST_LABEL = 60


@dataclass(frozen=True)
class Way:
    """A credential as its owner sees it."""

    row: CredentialRow
    title: Words
    removable: bool
    """Nothing demands it, and something is left to begin a sign-in with."""
    renamable: bool
    renewable: bool = False
    """It could be set up again, in its own place: on a new phone."""
    on_number: bool = False
    """It goes to the mobile number on the profile."""
    second: bool = False
    """It is a second step: neither a password nor a code for the day when one is lost."""
    alone: bool = False
    """Without it, the password alone protects the account."""


class Credentials:
    """What people have enrolled, for one installation, as they see and change it themselves."""

    def __init__(self, signin: SignIn, post: Post) -> None:
        self._signin = signin
        self._settings = signin.settings
        self._post = post

    def ways(self, work: Work, person: PersonRow) -> list[Way]:
        """Return what a person has enrolled, in the order in which methods are offered."""
        known = self._signin.authenticators
        rows = credentials.of(work, person.id)
        order = {method: number for number, method in enumerate(known)}
        rows.sort(key=lambda row: (order.get(row.method, len(order)), row.created_at))
        facts = self._signin.facts.of(work, person)
        return [self._way(facts, person, rows, row) for row in rows]

    def _way(
        self,
        facts: Person,
        person: PersonRow,
        rows: list[CredentialRow],
        row: CredentialRow,
    ) -> Way:
        way = self._signin.authenticators.get(row.method)
        last = sum(other.method == row.method for other in rows) == 1
        left = person.methods - {row.method} if last else person.methods
        seconds = [m for m in left if m not in facts.withdrawn and not self._remembered(m)]
        return Way(
            row,
            _title(way, row),
            removable=row.method != "password"
            and keeps_floors(replace(facts, enrolled=left), self._signin.rules),
            renamable=way is not None and way.several,
            renewable=row.method in facts.renewable,
            on_number=way is not None and way.on_number,
            second=not self._remembered(row.method),
            alone=not seconds and not self._remembered(row.method),
        )

    def _remembered(self, method: str) -> bool:
        way = self._signin.authenticators.get(method)
        return way is None or way.ability.remembered

    def rename(self, work: Work, person: PersonRow, credential_id: str, label: str) -> bool:
        """Give a credential a name: printable, at most 60 characters. False when that cannot be."""
        name = " ".join(label.split())
        if not name or len(name) > LONGEST_LABEL or not name.isprintable():
            return False
        if not credentials.rename(work, person.id, credential_id, name):
            return False
        audit.record(work, Event.FACTOR_RENAMED, person=person.id, credential=credential_id)
        kind = Notice.FACTOR_RENAMED
        notices.tell(work, self._post, self._settings, person, kind, label=name)
        return True

    def remove(self, work: Work, person: PersonRow, credential_id: str, here: str = "") -> bool:
        """Remove a credential, end what rests on it, tell the person. False when it may not be.

        `here` is the session in which it is done: that one goes on with what else it has proved.
        """
        people.lock_person(work, person.id)
        # Read again: whether a rule allows it depends on what is left now.
        person = people.by_id(work, person.id) or person
        found = next((way for way in self.ways(work, person) if way.row.id == credential_id), None)
        if found is None or not found.removable:
            return False
        method = removal.remove(work, self._signin, person.id, credential_id, "by its owner", here)
        if method is None:
            return False
        changes.note(work, person.id, changes.REMOVED, method=method, credential_id=credential_id)
        kind, title = Notice.FACTOR_REMOVED, found.title
        notices.tell(work, self._post, self._settings, person, kind, method_text=title)
        return True


def _title(way: Authenticator | None, row: CredentialRow) -> Words:
    """What the person named it, or what its kind is called: such a label is in English."""
    if way is None:
        return row.label or row.method
    return way.title if row.label in ("", english(way.title)) else row.label
