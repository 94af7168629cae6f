"""A file of people is checked as a whole, and then carried out row by row.

The check writes nothing. What is carried out is committed in small parts, so that sign-ins go on
meanwhile: an import that is killed half-way has done some rows whole and the others not at all, and
the same import again does the rest. Of each part newcomers are added first, then people are changed
one by one. Whoever is new is invited in the transaction that adds them,
so that nobody is invited twice, and nobody is forgotten.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from idp.errors import CommandError, GoneError
from idp.language import _
from idp.people import newcomers, sorting
from idp.people.contacts import Contacts, How
from idp.people.intake import plans, rows
from idp.people.intake.brought import Bringing, KindsOfHash
from idp.people.intake.files import Source
from idp.people.intake.plans import Change, Outcome, Said
from idp.people.intake.rows import Row
from idp.people.passwords.links import PasswordLinks
from idp.people.sorting import Known
from idp.signin.sign_in import SignIn
from idp.store import people
from idp.store.db import Work, again
from idp.store.people import PersonRow

BATCH = 100
"""Rows whose newcomers are added in one transaction: on SQLite nobody else writes for that long."""

Numbered = tuple[int, Row | Said]
"""A row by the line it begins on; its report, if it cannot be understood."""
Planned = tuple[Said, PersonRow | None]
"""What is to become of a row, and the person that it is about."""


@dataclass(frozen=True)
class Options:
    """How a file is taken."""

    update: bool = False
    """Whoever is there already is changed; else a row that differs is wrong."""
    invite: bool = False
    """Whoever is new is mailed a link to a first password."""
    allowed: Callable[[PersonRow], None] = lambda _person: None
    """Raises `CommandError` where whoever imports may not change this person."""
    added: Callable[[Work, str], None] = lambda _unit, _sub: None
    """Does what else belongs to adding somebody, in the same transaction."""


class Intake:
    """All that brings people in from a file, for one installation."""

    def __init__(
        self,
        signin: SignIn,
        contacts: Contacts,
        password_links: PasswordLinks,
    ) -> None:
        self._settings = signin.settings
        self._bringing = Bringing(signin)
        self._contacts = contacts
        self._links = password_links

    def check(self, unit: Work, source: Source, options: Options) -> Iterator[Said]:
        """Say of each row what would become of it; nothing is written.

        Raises:
            CommandError: the file cannot be read to its end, or nobody could be invited.
        """
        self._ready(options)
        known, seen = Known(unit), Seen(self._bringing.kinds(unit))
        for line, row in self._rows(source):
            said, _person = self._planned(unit, line, row, options, seen)
            yield replace(said, notes=(*said.notes, *_news(known, said, row)))

    def carry_out(
        self, unit: Work, source: Source, options: Options, done: int = 0
    ) -> Iterator[Said]:
        """Carry out each row that is right; say what became of it once that is committed.

        The first `done` rows were carried out before: they are read, and left as they are.

        Raises:
            CommandError: as for `check`.
        """
        self._ready(options)
        origin = f"imported from {source.path.name}"[:200]
        seen = Seen(self._bringing.kinds(unit))
        for read in _batches(self._rows(source)):
            found = [self._planned(unit, line, row, options, seen) for line, row in read]
            batch, planned, done = read[done:], found[done:], max(0, done - len(read))
            if any(said.outcome is Outcome.ADDED for said, _person in planned):
                ready = self._made_ready(batch, planned)
                add = partial(self._add_all, unit, batch, planned, ready, options, seen, origin)
                planned = again.committed(unit, add)
            for (_line, row), (said, person) in zip(batch, planned, strict=True):
                if isinstance(row, Row) and said.outcome is Outcome.CHANGED and person is not None:
                    yield self._changed(unit, row, said, person, options, origin)
                else:
                    yield said

    def _ready(self, options: Options) -> None:
        if options.invite and not self._links.available():
            raise CommandError("mail is off: set mail.backend to send invitations")

    def _rows(self, source: Source) -> Iterator[Numbered]:
        """Yield each row by the line it begins on; as its report, if it cannot be understood."""
        for record in source.records():
            values = source.columns.values(record.cells)
            try:
                if record.problem:
                    raise CommandError(record.problem, record.code)
                yield record.line, rows.read(values, self._settings)
            except CommandError as error:
                yield record.line, _wrong(record.line, rows.label_of(values), error)

    def _planned(
        self, unit: Work, line: int, row: Row | Said, options: Options, seen: "Seen"
    ) -> Planned:
        """Return what is to become of a row, and the person that it is about."""
        if isinstance(row, Said):
            return row, None
        try:
            person = plans.whose(unit, row)
            seen.once(row, person, line)
            return _plan(line, row, person, options), person
        except CommandError as error:
            return _wrong(line, row.label, error), None

    def _add_all(
        self,
        unit: Work,
        batch: Sequence[Numbered],
        planned: Sequence[Planned],
        ready: Mapping[int, str],
        options: Options,
        seen: "Seen",
        origin: str,
    ) -> list[Planned]:
        """Add whoever of a batch is new, and return what became of each row, or is to become.

        Two imports take turns, and look again at their turn: whoever the other one has added is
        here by now.
        """
        people.take_turn_to_add(unit)
        found = list(planned)
        for place, (line, row) in enumerate(batch):
            if found[place][0].outcome is not Outcome.ADDED:
                continue
            said, person = self._planned(unit, line, row, options, seen)
            if isinstance(row, Row) and said.outcome is Outcome.ADDED:
                said = self._added(unit, row, said, ready.get(line), origin)
                if said.outcome is Outcome.ADDED and said.sub is not None:
                    options.added(unit, said.sub)
            found[place] = said, person
        return found

    def _made_ready(self, batch: Sequence[Numbered], planned: Sequence[Planned]) -> dict[int, str]:
        """Return what is stored of the passwords of those who are new, by line; may take long."""
        new = {
            line: row.brought
            for (line, row), (said, _person) in zip(batch, planned, strict=True)
            if isinstance(row, Row) and said.outcome is Outcome.ADDED
        }
        return self._bringing.ready(new)

    def _added(self, unit: Work, row: Row, said: Said, ready: str | None, origin: str) -> Said:
        try:
            sub = newcomers.insert(unit, plans.newcomer(row), origin)
            self._bringing.store(unit, sub, row.brought, ready, origin)
        except CommandError as error:
            return _wrong(said.line, said.name, error)
        if said.invited:
            person = people.by_id(unit, sub)
            assert person is not None
            self._links.invite(unit, person, at_once=False)
        return replace(said, sub=sub)

    def _changed(
        self, unit: Work, row: Row, said: Said, read: PersonRow, options: Options, origin: str
    ) -> Said:
        """Change somebody in a transaction of its own: people are locked one at a time."""
        try:
            call = partial(self._change, unit, row, read.id, options, origin)
            change = again.committed(unit, call)
        except (CommandError, GoneError) as error:
            unit.rollback()
            return _wrong(said.line, said.name, error)
        if not change.fields:
            return replace(said, outcome=Outcome.UNCHANGED, fields=(), notes=change.notes)
        return replace(said, fields=change.fields, notes=change.notes)

    def _change(
        self, unit: Work, row: Row, person_id: str, options: Options, origin: str
    ) -> Change:
        people.lock_person(unit, person_id)
        person = people.by_id(unit, person_id)
        assert person is not None
        options.allowed(person)
        change, how = plans.change(row, person), How(origin)
        sorting.change(unit, person, change.profile, origin)
        if change.email is not None:
            if not self._contacts.set_address(
                unit, person, change.email, how, verified=change.verified
            ):
                words = _("%(email)s belongs to somebody already", email=change.email)
                raise CommandError(words, "taken")
            person = people.by_id(unit, person_id) or person
        if change.phone is not None:
            self._contacts.set_number(
                unit, person, change.phone, how, verified=change.phone_verified
            )
        return change


class Seen:
    """Who was in the file already, and on which line."""

    def __init__(self, kinds: KindsOfHash) -> None:
        self._lines: dict[str, int] = {}
        self._kinds = kinds

    def once(self, row: Row, person: PersonRow | None, line: int) -> None:
        """Note a row.

        Raises:
            CommandError: there was a row about the same person.
        """
        # A name that was made from an address says nothing of somebody found by that address.
        name = row.username if row.chosen or person is None else person.username
        for text in (name, row.email, person.id if person else None):
            first = self._lines.setdefault(text, line) if text else line
            if first != line:
                shown = row.label if person and text == person.id else text
                words = _("%(name)s is on line %(line)s already", name=shown, line=first)
                raise CommandError(words, "twice")
        if person is None:
            self._kinds.one_more(row.brought)


def _batches(rows_read: Iterator[Numbered]) -> Iterator[list[Numbered]]:
    while batch := list(islice(rows_read, BATCH)):
        yield batch


def _plan(line: int, row: Row, person: PersonRow | None, options: Options) -> Said:
    sub = person.id if person else None
    if row.left_out:
        words = _("switched off where the file comes from")
        return Said(
            *(line, row.label, Outcome.LEFT_OUT),
            why=words.english,
            sub=sub,
            code="switched-off",
            words=words,
        )
    if person is None:
        plans.newcomer(row)
        invited = options.invite and row.brought.password is None
        return Said(line, row.label, Outcome.ADDED, invited=invited)
    change = plans.change(row, person)
    differs = sorted({*change.fields, *change.kept})
    if differs and not options.update:
        words = _("is there already and differs in %(what)s: see --update", what=", ".join(differs))
        raise CommandError(words, "differs")
    if not change.fields:
        return Said(line, person.username, Outcome.UNCHANGED, notes=change.notes, sub=sub)
    options.allowed(person)
    return Said(line, person.username, Outcome.CHANGED, change.fields, notes=change.notes, sub=sub)


def _news(known: Known, said: Said, row: Row | Said) -> list[str]:
    """Say which type and groups of a row nobody has yet."""
    if isinstance(row, Said) or said.outcome not in (Outcome.ADDED, Outcome.CHANGED):
        return []
    return known.unknown(row.user_type, (*(row.groups or ()), *row.department))


def _wrong(line: int, name: str, error: Exception) -> Said:
    code, words = getattr(error, "code", ""), getattr(error, "words", str(error))
    return Said(line, name, Outcome.WRONG, why=str(error), code=code, words=words)
