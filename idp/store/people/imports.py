"""Files of people that somebody brings in, or a program: what each is, and how far it is.

The file and its reports lie in sealed pieces beside the job. One process at a time is at a job, and
is given up when it shows no sign of life; whoever takes it over goes on where it was.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.crypto import random_name
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.imports import ImportJob, ImportPart
from idp.store.rows import Piece, reader

NEW, CHECK, CHECKED, RUN, STOPPED, DONE, FAILED = (
    *("new", "check", "checked", "run", "stopped", "done", "failed"),
)
"""States: a file came; its dry run waits or goes on, and is over; it is carried out, was stopped,
is done; it cannot be read to its end."""
MOVING = (CHECK, RUN)
FILE = "file"
"""The kind of the pieces of a file; those of reports are called like the state they tell of."""
KEPT = 7 * 86_400
"""Seconds for which a job is kept after it was last touched."""
GIVEN_UP = 60
"""Seconds without a sign of life after which another process takes a job over."""
LISTED = 50


@dataclass(frozen=True)
class JobRow:
    """A job. `seen` rows of `total` are done; `total` is 0 until a dry run has counted them."""

    id: str
    name: str
    digest: str
    size: int
    product: str
    state: str
    version: int
    """Another one after each thing that somebody does with it."""
    options: dict[str, bool]
    meant: dict[str, str]
    """What the columns of the file are read as; empty: as they are guessed."""
    created_by: str
    """Who brought it, or went on with it since: a worker does it for them. "": a program."""
    created_at: int
    touched_at: int
    total: int
    seen: int
    counts: dict[str, int]
    mistakes: bytes | None
    error: str | None
    run: str | None
    program: str | None = None
    """The client that did so for itself."""


@dataclass(frozen=True)
class By:
    """For whom a job is done: the `sub` of somebody, or "" and a program that acts for itself."""

    person: str
    program: str | None = None


@dataclass(frozen=True)
class PartRow:
    """A sealed piece, which opens at `place_of`."""

    place: int
    sealed: bytes


def place_of(job_id: str, kind: str, place: int) -> str:
    """Return the sealing place of a piece."""
    return f"import_part:sealed:{job_id}:{kind}:{place}"


def mistakes_place(job_id: str) -> str:
    """Return the sealing place of the first mistakes of a job."""
    return f"import_job:mistakes:{job_id}"


_ROW = reader(
    JobRow,
    ImportJob,
    options=Piece(ImportJob.options, json.loads),
    meant=Piece(ImportJob.meant, json.loads),
    counts=Piece(ImportJob.counts, json.loads),
)
_PART = reader(PartRow, ImportPart)
_MOVING = "state IN ('check', 'run')"
_ONE = Statement(f"SELECT {_ROW.columns} FROM import_job WHERE id = :id")
_ALL = Statement(f"SELECT {_ROW.columns} FROM import_job ORDER BY created_at DESC, id LIMIT :limit")
_SAME = Statement(
    f"SELECT {_ROW.columns} FROM import_job WHERE digest = :digest AND created_by = :by"
    " AND COALESCE(program, '') = :program AND state IN ('new', 'check', 'checked', 'run') LIMIT 1"
)
_WAITING = Statement(
    f"SELECT {_ROW.columns} FROM import_job WHERE {_MOVING}"
    " AND (run IS NULL OR alive_at < :given_up) ORDER BY touched_at, id"
)
_ADD = Statement(
    "INSERT INTO import_job (id, name, digest, size, product, state, version, options, meant,"
    " created_by, program, created_at, touched_at, total, seen, counts) VALUES (:id, :name,"
    " :digest, :size, :product, 'new', 1, '{}', '{}', :by, :program, :now, :now, 0, 0, '{}')"
)
_PUT = Statement(
    "INSERT INTO import_part (job_id, kind, place, sealed) VALUES (:id, :kind, :place, :sealed)"
    " ON CONFLICT (job_id, kind, place) DO UPDATE SET sealed = excluded.sealed"
)
_ASK_CHECK = Statement(
    "UPDATE import_job SET state = 'check', version = version + 1, options = :options,"
    " meant = :meant, seen = 0, total = 0, counts = '{}', mistakes = NULL, error = NULL,"
    " run = NULL, created_by = :by, program = :program, touched_at = :now"
    " WHERE id = :id AND version = :version AND state IN ('new', 'checked', 'failed')"
)
_ASK_RUN = Statement(
    "UPDATE import_job SET state = 'run', version = version + 1, mistakes = NULL,"
    " seen = CASE state WHEN 'stopped' THEN seen ELSE 0 END,"
    " counts = CASE state WHEN 'stopped' THEN counts ELSE '{}' END, created_by = :by,"
    " program = :program, touched_at = :now"
    " WHERE id = :id AND version = :version AND state IN ('checked', 'stopped')"
)
_STOP = Statement(
    "UPDATE import_job SET state = CASE state WHEN 'run' THEN 'stopped' ELSE 'new' END,"
    " run = CASE state WHEN 'run' THEN run END, version = version + 1, touched_at = :now"
    f" WHERE id = :id AND version = :version AND {_MOVING}"
)
_CLAIM = Statement(
    f"UPDATE import_job SET run = :run, alive_at = :now WHERE id = :id AND {_MOVING}"
    " AND version = :version AND (run IS NULL OR alive_at < :given_up)"
)
_NOTE = Statement(
    "UPDATE import_job SET alive_at = :now, touched_at = :now, seen = :seen, counts = :counts,"
    " mistakes = :mistakes WHERE id = :id AND run = :run"
)
_END = Statement(
    "UPDATE import_job SET state = :state, run = NULL, total = seen, error = :error,"
    " touched_at = :now WHERE id = :id AND run = :run AND state = :before"
)
_LET_GO = Statement("UPDATE import_job SET run = NULL WHERE id = :id AND run = :run")
_REMOVE = Statement("DELETE FROM import_job WHERE id = :id AND state <> 'run'")
_REMOVE_PARTS = Statement("DELETE FROM import_part WHERE job_id = :id AND kind = :kind")
_PARTS = Statement(
    f"SELECT {_PART.columns} FROM import_part WHERE job_id = :id AND kind = :kind"
    " AND place > :after ORDER BY place LIMIT :limit"
)
_PAGE = 20
"""Pieces that are read at once."""


def find(work: Work, job_id: str) -> JobRow | None:
    """Return a job; None where there is none."""
    return _ROW.one(work.one(_ONE, id=job_id))


def newest(work: Work) -> list[JobRow]:
    """Return the newest jobs, newest first."""
    return _ROW.all(work.all(_ALL, limit=LISTED))


def open_one(work: Work, digest: str, by: By) -> JobRow | None:
    """Return a job of theirs with this very file that is not over; None where none is."""
    values = {"by": by.person, "program": by.program or ""}
    return _ROW.one(work.one(_SAME, digest=digest, **values))


def waiting(work: Work) -> list[JobRow]:
    """Return the jobs that wait for a process."""
    return _ROW.all(work.all(_WAITING, given_up=clock.now() - GIVEN_UP))


def add(work: Work, *, name: str, digest: str, size: int, product: str, by: By) -> str:
    """Add a job, and return its id."""
    job_id = random_name(16)
    values = {"name": name, "digest": digest, "size": size, "product": product, **_of_whom(by)}
    work.run(_ADD, id=job_id, now=clock.now(), **values)
    return job_id


def ask_check(
    work: Work, job: JobRow, by: By, options: Mapping[str, bool], meant: Mapping[str, str]
) -> bool:
    """Let a dry run wait for a process; False where somebody else was faster."""
    said = {**_of_whom(by), "options": json.dumps(options), "meant": json.dumps(meant)}
    return work.run(_ASK_CHECK, **_of(job), **said) == 1


def ask_run(work: Work, job: JobRow, by: By) -> bool:
    """Let it be carried out, from its beginning or where it was stopped; False as `ask_check`."""
    return work.run(_ASK_RUN, **_of(job), **_of_whom(by)) == 1


def stop(work: Work, job: JobRow) -> bool:
    """Stop what goes on, once the rows that are under way are done; False as `ask_check`."""
    return work.run(_STOP, **_of(job)) == 1


def remove(work: Work, job_id: str) -> bool:
    """Remove a job with all its pieces; False where it is being carried out, or gone."""
    return work.run(_REMOVE, id=job_id) == 1


def claim(work: Work, job: JobRow) -> str | None:
    """Return a name for this process's run of a job; None where another process is at it."""
    run, now = random_name(16), clock.now()
    values = {"id": job.id, "version": job.version, "run": run}
    return run if work.run(_CLAIM, **values, now=now, given_up=now - GIVEN_UP) else None


def note(
    work: Work, job_id: str, run: str, seen: int, counts: Mapping[str, int], mistakes: bytes | None
) -> bool:
    """Note how far a run is; False where it is no longer this process's."""
    values: dict[str, Any] = {"seen": seen, "counts": json.dumps(counts), "mistakes": mistakes}
    return work.run(_NOTE, id=job_id, run=run, now=clock.now(), **values) == 1


def end(work: Work, job: JobRow, run: str, state: str, error: str | None = None) -> bool:
    """End a run in this state; False as `note`, or where it was stopped."""
    values = {"before": job.state, "state": state, "error": error and error[:400]}
    return work.run(_END, id=job.id, run=run, now=clock.now(), **values) == 1


def let_go(work: Work, job_id: str, run: str) -> None:
    """Leave a job to any other process, or to whoever stopped it."""
    work.run(_LET_GO, id=job_id, run=run)


def put(work: Work, job_id: str, kind: str, place: int, sealed: bytes) -> None:
    """Keep a piece."""
    work.run(_PUT, id=job_id, kind=kind, place=place, sealed=sealed)


def forget(work: Work, job_id: str, kind: str) -> None:
    """Remove the pieces of one kind."""
    work.run(_REMOVE_PARTS, id=job_id, kind=kind)


def parts(work: Work, job_id: str, kind: str, after: int = -1) -> Iterator[PartRow]:
    """Yield the pieces of one kind in their order, from the one after the place `after` on."""
    while found := _PART.all(work.all(_PARTS, id=job_id, kind=kind, after=after, limit=_PAGE)):
        yield from found
        after = found[-1].place


def _of_whom(by: By) -> dict[str, str | None]:
    return {"by": by.person, "program": by.program}


def _of(job: JobRow) -> dict[str, Any]:
    return {"id": job.id, "version": job.version, "now": clock.now()}
