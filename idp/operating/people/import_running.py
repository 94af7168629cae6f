"""Imports that wait are tried and carried out, by whichever worker comes first.

A part of a hundred rows is told with how far it is, in one transaction, after its rows were
committed. Whoever takes a job over that another process left goes on behind the last part that was
told: what it had done beyond that is found to be so already.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from idp.caller import Caller
from idp.errors import CommandError
from idp.installation import Installation
from idp.oidc.clients.client import parse
from idp.operating.actor import Actor
from idp.operating.people.import_jobs import ImportJobs
from idp.operating.people.import_lines import Mistake, Mistakes, kept
from idp.operating.people.importing import Importing, ended
from idp.people.intake.carrying_out import BATCH, Options
from idp.people.intake.plans import Outcome, Said
from idp.policy import roles
from idp.policy.roles import Action
from idp.store import db, people
from idp.store.db import Work
from idp.store.oidc import clients
from idp.store.people import imports
from idp.store.people.imports import JobRow

PART = BATCH
"""Rows of one part of a report: those that are committed together."""
SHOWN = 20
"""Rows of each kind that are shown on the page; the report has all."""


class Gone(Exception):
    """The job is no longer this process's to go on with."""


@dataclass
class _Told:
    """What was said of the rows so far."""

    seen: int
    counts: Counter[str]
    wrong: list[Mistake] = field(default_factory=list)
    notes: list[Mistake] = field(default_factory=list)

    def add(self, said: Said) -> None:
        self.seen += 1
        self.counts[said.outcome.value] += 1
        if said.outcome is Outcome.WRONG and len(self.wrong) < SHOWN:
            self.wrong.append(Mistake(said.line, said.name, said.why, said.code, kept(said.words)))
        for note in said.notes[: SHOWN - len(self.notes)]:
            self.notes.append(Mistake(said.line, said.name, note))


class ImportRunning:
    """The imports of one installation, as they are worked off."""

    def __init__(self, installation: Installation) -> None:
        self._engine = installation.engine
        self._jobs = ImportJobs(installation)
        self._case = Importing(installation)

    def carry_out(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Work off what waits; return how many jobs were ended. Told to stop, it leaves the rest.

        Raises:
            DATABASE_ERRORS: the job is another process's in a minute.
        """
        done = 0
        with db.work(self._engine) as work:
            waiting = imports.waiting(work)
        for job in waiting:
            if stopped():
                break
            with db.work(self._engine) as work:
                run = imports.claim(work, job)
            if run is not None:
                done += self._one(job, run, stopped)
        return done

    def _one(self, job: JobRow, run: str, stopped: Callable[[], bool]) -> bool:
        told = _Told(job.seen, Counter(job.counts))
        if job.state == imports.CHECK:
            told = _Told(0, Counter())
        try:
            self._work_off(job, run, told, stopped)
        except CommandError as problem:
            return self._end(job, run, told, imports.FAILED, str(problem))
        except Gone:
            with db.work(self._engine) as work:
                imports.let_go(work, job.id, run)
            return False
        after = imports.CHECKED if job.state == imports.CHECK else imports.DONE
        return self._end(job, run, told, after)

    def _work_off(self, job: JobRow, run: str, told: _Told, stopped: Callable[[], bool]) -> None:
        with db.work(self._engine) as unit:
            unit.caller = _caller(job)
            actor = _actor(unit, job)
            rows = self._rows(unit, job, actor, told.seen)
            while part := list(islice(rows, PART)):
                self._note(job, run, told, part)
                self._still(job, actor)
                if stopped():
                    raise Gone

    def _rows(self, unit: Work, job: JobRow, actor: Actor, done: int) -> Iterator[Said]:
        source = self._jobs.opened(unit, job)
        options = Options(bool(job.options.get("update")), bool(job.options.get("invite")))
        if job.state == imports.CHECK:
            yield from self._case.check(unit, actor, source, options)
        else:
            yield from self._case.carry_out(unit, actor, source, options, done)

    def _note(self, job: JobRow, run: str, told: _Told, part: list[Said]) -> None:
        """Tell what became of some rows, and how far it is by that.

        Raises:
            Gone: it was stopped, discarded, or is another process's.
        """
        place = told.seen
        for one in part:
            told.add(one)
        mistakes = self._jobs.sealed(job.id, Mistakes(tuple(told.wrong), tuple(told.notes)))
        with db.work(self._engine) as work:
            if not imports.note(work, job.id, run, told.seen, told.counts, mistakes):
                raise Gone
            content = json.dumps([_line(one) for one in part]).encode()
            self._jobs.keep(work, job.id, job.state, place, content)

    def _still(self, job: JobRow, actor: Actor) -> None:
        """Look whether it is to go on, for whoever wanted it, with the rights that they began with.

        Raises:
            Gone: it was stopped or discarded, or somebody else goes on with it.
            CommandError: they may no longer what they might.
        """
        with db.work(self._engine) as work:
            now = imports.find(work, job.id)
            if now is None or _whose(now) != _whose(job):
                raise Gone
            if _actor(work, job) != actor:
                raise CommandError("whoever began it has other rights by now")

    def _end(
        self, job: JobRow, run: str, told: _Told, state: str, error: str | None = None
    ) -> bool:
        with db.work(self._engine) as work:
            if not imports.end(work, job, run, state, error):
                imports.let_go(work, job.id, run)
                return False
            if job.state == imports.RUN:
                work.caller = _caller(job)
                ended(work, job.name, told.counts, whole=error is None)
            if state == imports.DONE:
                imports.forget(work, job.id, imports.FILE)
        return True


def _whose(job: JobRow) -> tuple[str, str, str | None]:
    return job.state, job.created_by, job.program


def _caller(job: JobRow) -> Caller:
    """Return who did it, as the trail says it."""
    if job.program is not None:
        return Caller(program=job.program)
    return Caller(acting=job.created_by)


def _actor(work: Work, job: JobRow) -> Actor:
    """Return who began a job, with the rights of now.

    Raises:
        CommandError: they are gone, or may no longer.
    """
    if job.program is not None:
        return _program(work, job.program)
    person = people.by_id(work, job.created_by)
    if person is None or person.disabled_at is not None:
        raise CommandError("whoever began it is here no longer")
    return Actor(person.roles, person.id)


def _program(work: Work, client_id: str) -> Actor:
    row = clients.find(work, client_id)
    client = parse(row) if row else None
    within = roles.within(client.api_scopes) if client else frozenset[Action]()
    if client is None or client.switched_off or Action.PEOPLE_CHANGE not in within:
        raise CommandError("the program that began it may no longer")
    return Actor(roles.PROGRAM, within=within)


def _line(said: Said) -> list[object]:
    fields, notes = list(said.fields), list(said.notes)
    what = [said.outcome.value, fields, said.why, notes]
    return [said.line, said.name, *what, said.sub, said.invited, said.code]
