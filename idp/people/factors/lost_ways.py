"""A lost way to sign in: removed, or another added, after a wait that every other way can stop.

Owns asking, stopping and carrying out. Who may ask and what becomes of it `policy.waiting` decides;
why, and how that stands beside SP 800-63B-4 and ASVS, is in docs/security.md. Nothing is asked for
where no one could be told of it.
"""

from idp import audit, clock, moments
from idp.audit import Event, Outcome
from idp.caller import Caller
from idp.language import Words
from idp.messages import Post, notices
from idp.messages.notices import Notice
from idp.people.factors.credentials import Credentials, Way
from idp.policy import waiting
from idp.policy.waiting import Fallback, Verdict, What
from idp.signin.facts import becomes
from idp.signin.sign_in import SignIn
from idp.store import credentials as credential_store
from idp.store import db, people
from idp.store import waiting as store
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.people import PersonRow
from idp.store.waiting import WaitingRow

PAGE = "/account/ways/without"
"""Where it is asked for."""
BATCH = 50
MOST = 5
"""Changes of one person that wait at the same time."""


class LostWays:
    """Changes that wait because a way is lost, for one installation."""

    def __init__(
        self, signin: SignIn, credentials: Credentials, post: Post, engine: Engine
    ) -> None:
        self._signin = signin
        self._settings = signin.settings
        self._credentials = credentials
        self._post = post
        self._engine = engine

    def possible(self, work: Work, person: PersonRow) -> Fallback | None:
        """Return what a person can prove instead of the strongest way, where that may be used."""
        told = self._post.available("mail") and person.email_verified
        if not self._settings.account.recovery_wait or not told:
            return None
        return waiting.fallback(self._signin.facts.of(work, person), self._signin.rules)

    def removable(self, work: Work, person: PersonRow, lost: Fallback) -> list[Way]:
        """Return the ways that may be said to be lost."""
        found = self._credentials.ways(work, person)
        return [way for way in found if way.row.method in lost.without and way.removable]

    def addable(self, work: Work, person: PersonRow) -> list[str]:
        """Return the methods that may be asked for, in the order in which they are offered."""
        facts = self._signin.facts.of(work, person)
        return [method for method in self._signin.authenticators if method in facts.enrollable]

    def ask(self, work: Work, person: PersonRow, what: What, thing: str) -> WaitingRow | None:
        """Let a change wait: of a credential (`thing` is its id) or for a method; None: it may not.

        The caller has seen the proof that `possible` names.
        """
        people.lock_person(work, person.id)
        now = people.by_id(work, person.id)
        lost = self.possible(work, now) if now else None
        if now is None or lost is None:
            return None
        method, title = self._named(work, now, what, thing, lost)
        present = store.of(work, now.id)
        credential_id = thing if what is What.REMOVE else None
        wanted = (what.value, method, credential_id)
        same = [one for one in present if (one.what, one.method, one.credential_id) == wanted]
        if not method or same or len(present) >= MOST:
            return same[0] if same else None
        wait = self._settings.account.recovery_wait * 3600
        made = store.add(
            work, now.id, what=what, method=method, credential_id=credential_id, wait=wait
        )
        audit.record(
            work,
            Event.CHANGE_ASKED,
            person=now.id,
            reason=f"{what} {method}, with a weaker proof; waits {wait} seconds",
        )
        notices.tell(
            work,
            self._post,
            self._settings,
            now,
            Notice.CHANGE_WAITS,
            removes=what is What.REMOVE,
            method_text=title,
            due_text=moments.minute(clock.now() + wait),
        )
        return next(one for one in store.of(work, now.id) if one.id == made)

    def _named(
        self, work: Work, person: PersonRow, what: What, thing: str, lost: Fallback
    ) -> tuple[str, Words]:
        """Return the method that a change is about, and what it is called; "" when it cannot be."""
        if what is What.ADD:
            way = self._signin.authenticators.get(thing)
            may = way is not None and thing in self.addable(work, person)
            return (thing, way.title) if way is not None and may else ("", "")
        for held in self.removable(work, person, lost):
            if held.row.id == thing:
                return held.row.method, held.title
        return "", ""

    @staticmethod
    def stop(work: Work, person: PersonRow, waiting_id: str) -> bool:
        """Stop one, on the word of the person signed in: it takes nothing from anyone."""
        if not store.end(work, person.id, waiting_id, "stopped"):
            return False
        audit.record(work, Event.CHANGE_STOPPED, person=person.id, reason="on the account page")
        return True

    def carry_out(self) -> int:
        """Do what is due; return how many changes were dealt with. The worker calls it."""
        dealt, passed = 0, 0
        while True:
            with db.work(self._engine) as work:
                rows = store.due(work, BATCH, passed)
            for row in rows:
                with db.work(self._engine) as work:
                    done = self._carry_out(work, row)
                dealt, passed = dealt + done, passed + (not done)
            if len(rows) < BATCH:
                return dealt

    def _carry_out(self, work: Work, row: WaitingRow) -> bool:
        people.lock_person(work, row.person_id)
        person = people.by_id(work, row.person_id)
        work.caller = Caller()
        if person is None or person.disabled_at is not None:
            return _end(work, row, "refused")
        rows = credential_store.of(work, person.id)
        used_at = next((one.last_used_at for one in rows if one.id == row.credential_id), None)
        match becomes(row, used_at):
            case Verdict.DO:
                return self._remove(work, person, row)
            case Verdict.OPEN:
                if store.opened(work, row.id):
                    self._tell_open(work, person, row)
                return False
            case Verdict.USED | Verdict.EXPIRED as how:
                return _end(work, row, how.value)
        return False

    def _remove(self, work: Work, person: PersonRow, row: WaitingRow) -> bool:
        """Remove what is lost, unless a rule demands it now: then it stays, and that is told."""
        if row.id not in {one.id for one in store.of(work, person.id)}:
            return False
        found = self._credentials.ways(work, person)
        way = next((one for one in found if one.row.id == row.credential_id), None)
        if way is None or self._credentials.remove(work, person, way.row.id):
            return store.end(work, person.id, row.id, "done")
        kind = Notice.CHANGE_REFUSED
        notices.tell(work, self._post, self._settings, person, kind, method_text=way.title)
        return _end(work, row, "refused", ": a rule demands it")

    def _tell_open(self, work: Work, person: PersonRow, row: WaitingRow) -> None:
        kind, way = Notice.CHANGE_OPEN, self._signin.authenticators.get(row.method)
        until = moments.minute(row.due_at + waiting.OPEN_FOR)
        title = way.title if way else row.method
        notices.tell(
            work, self._post, self._settings, person, kind, method_text=title, until_text=until
        )


def _end(work: Work, row: WaitingRow, how: str, why: str = "") -> bool:
    if store.end(work, row.person_id, row.id, how):
        reason = f"{row.what} {row.method}: {how}{why}"
        audit.record(
            work, Event.CHANGE_STOPPED, Outcome.REFUSED, person=row.person_id, reason=reason
        )
    return True
