"""A file of people that somebody brings in, or a program: kept, tried, carried out, reported.

The file lies sealed in the database until it is carried out, and for a week at most. What goes on
for long is done by a worker (`import_running`); here it is asked for, each time of the version that
was seen, so that what is pressed twice, or by two people, is done once. It is done with the rights,
and in the name, of whoever asked for it last.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, replace
from itertools import islice
from pathlib import PurePath

from idp import crypto
from idp.audit.export import csv_line
from idp.errors import CommandError, SealError
from idp.installation import Installation
from idp.operating.actor import Actor, acts
from idp.operating.people import importing
from idp.operating.people.import_lines import Line, Mistake, Mistakes
from idp.operating.refusals import Changed, Conflict, NotFound
from idp.people.intake.carrying_out import BATCH
from idp.people.intake.columns import KNOWN, Columns
from idp.people.intake.files import Source
from idp.people.intake.held import Held
from idp.people.intake.plans import Outcome
from idp.policy.roles import Action
from idp.store.db import Work
from idp.store.people import imports
from idp.store.people.imports import By, JobRow

PIECE = 256 * 1024
"""Bytes of a file in one sealed piece."""
OPTIONS = ("update", "invite")
"""What can be chosen: whoever is there is changed; whoever is new is invited."""
HEAD = ("line", "user name", "outcome", "changed", "why", "notes", "sub", "invited", "code")
"""The columns of a report."""
_LONGEST_NAME = 100


class ImportJobs:
    """Files of people in one installation."""

    def __init__(self, installation: Installation) -> None:
        self._keyring = installation.keyring

    @acts(Action.PEOPLE_CHANGE)
    def begin(self, work: Work, actor: Actor, file: Held, content: bytes, product: str) -> JobRow:
        """Keep a file; the same file of the same person, while it is not done, is kept once.

        Raises:
            CommandError: nothing in it can be read, or names people.
        """
        importing.opened(file, product)
        by = _by(work, actor)
        digest = self._keyring.keyed_digest("import", product, crypto.base64url(content))
        found = imports.open_one(work, digest, by)
        if found is not None:
            return found
        name = PurePath(file.name.replace("\\", "/")).name[-_LONGEST_NAME:]
        job_id = imports.add(
            work, name=name, digest=digest, size=len(content), product=product, by=by
        )
        for place, start in enumerate(range(0, len(content), PIECE)):
            self.keep(work, job_id, imports.FILE, place, content[start : start + PIECE])
        return _found(work, job_id)

    @acts(Action.PEOPLE_CHANGE)
    def newest(self, work: Work, _actor: Actor) -> list[JobRow]:
        """Return the newest jobs of everyone, newest first."""
        return imports.newest(work)

    @acts(Action.PEOPLE_CHANGE)
    def one(self, work: Work, _actor: Actor, job_id: str) -> JobRow:
        """Return a job.

        Raises:
            NotFound: there is none, or no longer.
        """
        return _found(work, job_id)

    @acts(Action.PEOPLE_CHANGE)
    def source(self, work: Work, _actor: Actor, job: JobRow) -> Source:
        """Return the file of a job, its columns as they are guessed, or were chosen.

        Raises:
            CommandError: it is kept no longer.
        """
        return self.opened(work, job)

    @staticmethod
    def meant(columns: Columns, changed: Mapping[str, str]) -> dict[str, str]:
        """Return what columns are read as: as they are guessed, but for those `changed`.

        Raises:
            CommandError: there is no such column, or nothing that it could be read as.
        """
        if strangers := sorted(changed.keys() - set(columns.header)):
            raise CommandError(f"there is no column {strangers[0]!r}")
        if strangers := sorted(set(changed.values()) - KNOWN.keys() - {""}):
            raise CommandError(f"{strangers[0]!r} is none of {', '.join(KNOWN)}")
        return {name: changed.get(name, columns.fields.get(name, "")) for name in columns.header}

    @acts(Action.PEOPLE_CHANGE)
    def check(
        self,
        work: Work,
        actor: Actor,
        job_id: str,
        *,
        options: Mapping[str, bool],
        meant: Mapping[str, str],
        seen: int | None = None,
    ) -> None:
        """Ask for a dry run, with the columns read as `meant` says (empty: as they are guessed).

        Raises:
            NotFound, Changed: there is none, or somebody else was faster.
            CommandError: the columns do not tell who is who.
        """
        job = _seen(work, job_id, seen)
        source = self.opened(work, job)
        if meant:
            source.columns.chosen(meant).check()
        imports.forget(work, job_id, imports.CHECK)
        chosen = {name: name in options for name in OPTIONS}
        _done_once(imports.ask_check(work, job, _by(work, actor), chosen, meant))

    @acts(Action.PEOPLE_CHANGE)
    def carry_out(
        self, work: Work, actor: Actor, job_id: str, *, skip_bad: bool, seen: int | None = None
    ) -> None:
        """Ask for it to be carried out, as its dry run said; wrong rows are left out.

        Raises:
            NotFound, Changed: there is none, or somebody else was faster.
            Conflict: rows are wrong, and `skip_bad` does not say to leave them out.
        """
        job = _seen(work, job_id, seen)
        wrong = job.counts.get(Outcome.WRONG.value, 0)
        if job.state == imports.CHECKED and wrong and not skip_bad:
            raise Conflict(f"{wrong} rows are wrong")
        if job.state == imports.CHECKED:
            imports.forget(work, job_id, imports.RUN)
        _done_once(imports.ask_run(work, job, _by(work, actor)))
        importing.begun(work, job.name, job.options)

    @acts(Action.PEOPLE_CHANGE)
    def stop(self, work: Work, _actor: Actor, job_id: str, *, seen: int | None = None) -> None:
        """Stop it; what is done stays.

        Raises:
            NotFound, Changed: there is none, or somebody else was faster.
        """
        _done_once(imports.stop(work, _seen(work, job_id, seen)))

    @acts(Action.PEOPLE_CHANGE)
    def discard(self, work: Work, _actor: Actor, job_id: str, *, seen: int | None = None) -> None:
        """Forget a job with its file and its reports.

        Raises:
            NotFound, Changed: there is none, or somebody else was faster.
            Conflict: it is being carried out.
        """
        _seen(work, job_id, seen)
        if not imports.remove(work, job_id):
            raise Conflict("it is being carried out: stop it first")

    @acts(Action.PEOPLE_CHANGE)
    def report_part(
        self, work: Work, _actor: Actor, job_id: str, after: int, limit: int
    ) -> list[Line]:
        """Return some lines of the newest report, behind the first `after`.

        Raises:
            NotFound: there is no such job.
        """
        job = _found(work, job_id)
        return list(islice(self.lines(work, job, after), limit))

    @acts(Action.PEOPLE_CHANGE)
    def report(self, work: Work, _actor: Actor, job: JobRow) -> Iterator[str]:
        """Yield what became of each row, or would, as lines of CSV without formulas."""
        yield csv_line(HEAD)
        for one in self.lines(work, job):
            what = (one.outcome, " ".join(one.changed), one.why, "; ".join(one.notes))
            yes = "yes" if one.invited else ""
            yield csv_line((one.line, one.name, *what, one.sub, yes, one.code))

    def mistakes(self, job: JobRow) -> Mistakes:
        """Return the first rows that are wrong, and what may be a mistake."""
        if job.mistakes is None:
            return Mistakes()
        opened = self._keyring.open(job.mistakes, imports.mistakes_place(job.id))
        said = json.loads(opened)
        return Mistakes(
            *(tuple(Mistake(*one) for one in said[name]) for name in ("wrong", "notes"))
        )

    # -- for whoever carries it out

    def opened(self, work: Work, job: JobRow) -> Source:
        """Return the file of a job as `source` does."""
        try:
            content = b"".join(
                self._keyring.open(part.sealed, imports.place_of(job.id, imports.FILE, part.place))
                for part in imports.parts(work, job.id, imports.FILE)
            )
        except SealError:
            raise CommandError("the file does not open any more: choose it again") from None
        if not content:
            raise CommandError("the file is kept no longer: choose it again")
        source = importing.opened(Held(job.name, content), job.product)
        if not job.meant:
            return source
        return replace(source, columns=source.columns.chosen(job.meant))

    def lines(self, work: Work, job: JobRow, after: int = 0) -> Iterator[Line]:
        """Yield the lines of the newest report of a job, behind the first `after`."""
        kind = imports.CHECK if job.state in _TRIED else imports.RUN
        for part in imports.parts(work, job.id, kind, max(-1, after - BATCH - 1)):
            place = imports.place_of(job.id, kind, part.place)
            found = json.loads(self._keyring.open(part.sealed, place))
            yield from (Line(*one) for at, one in enumerate(found, part.place) if at >= after)

    def keep(self, work: Work, job_id: str, kind: str, place: int, content: bytes) -> None:
        """Keep a piece, sealed."""
        sealed = self._keyring.seal(content, imports.place_of(job_id, kind, place))
        imports.put(work, job_id, kind, place, sealed)

    def sealed(self, job_id: str, found: Mistakes) -> bytes:
        """Return mistakes as they are kept."""
        said = {
            name: [list(astuple(one)) for one in rows]
            for name, rows in (("wrong", found.wrong), ("notes", found.notes))
        }
        return self._keyring.seal(json.dumps(said).encode(), imports.mistakes_place(job_id))


def _by(work: Work, actor: Actor) -> By:
    """Return for whom a worker is to do it."""
    return By(actor.person, None) if actor.person else By("", work.caller.program)


_TRIED = (imports.NEW, imports.CHECK, imports.CHECKED)


def _found(work: Work, job_id: str) -> JobRow:
    job = imports.find(work, job_id)
    if job is None:
        raise NotFound("there is no such import, or no longer")
    return job


def _seen(work: Work, job_id: str, seen: int | None) -> JobRow:
    job = _found(work, job_id)
    if seen is not None and job.version != seen:
        raise Changed("somebody has gone on with it meanwhile")
    return job


def _done_once(done: bool) -> None:
    if not done:
        raise Changed("somebody has gone on with it meanwhile")
