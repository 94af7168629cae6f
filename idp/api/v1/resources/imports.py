"""`/imports`: people from a file or as rows, tried, carried out by a worker, reported."""

import json
from dataclasses import asdict
from typing import Any

from idp import clock
from idp.api.v1 import taken, taken_beside, told, told_moving
from idp.api.v1.routes import Asked, Page, Reply, Route
from idp.errors import CommandError
from idp.operating.people.import_jobs import OPTIONS, ImportJobs
from idp.operating.people.import_lines import Line, Mistake
from idp.operating.people.importing import PRODUCTS
from idp.people.intake.held import Held
from idp.store.people.imports import MOVING, JobRow

ONE = "/imports/{job}"
_ROWS = "rows.jsonl"


def _list(asked: Asked) -> Reply:
    found = asked.can.import_jobs.newest(asked.work, asked.actor)
    return Reply({"items": [_described(asked, job, columns=False) for job in found]})


def _begin(asked: Asked) -> Reply:
    body = asked.body
    if bool(body.content) == bool(body.rows):
        raise CommandError("give either content or rows")
    if body.product and body.product not in PRODUCTS:
        raise CommandError(f"{body.product!r} is none of {', '.join(PRODUCTS)}")
    name, text = body.name, body.content
    if body.rows:
        name = _ROWS if name == taken_beside.ImportWanted.name else f"{name}.jsonl"
        text = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in body.rows)
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise CommandError("a text is no Unicode") from None
    job = asked.can.import_jobs.begin(
        asked.work, asked.actor, Held(name, content), content, body.product
    )
    return Reply(_described(asked, job), str(job.version), f"/imports/{job.id}")


def _one(asked: Asked) -> Reply:
    job = asked.can.import_jobs.one(asked.work, asked.actor, asked.value("job"))
    return Reply(_described(asked, job), str(job.version))


def _check(asked: Asked) -> Reply:
    body, can = asked.body, asked.can.import_jobs
    meant: dict[str, str] = {}
    if body.columns:
        job = can.one(asked.work, asked.actor, asked.value("job"))
        known = can.source(asked.work, asked.actor, job).columns
        if job.product:
            raise CommandError("the columns of a product's export are known")
        meant = can.meant(known, body.columns)
    options = {name: True for name in OPTIONS if getattr(body, name)}
    can.check(
        *(asked.work, asked.actor, asked.value("job")),
        options=options,
        meant=meant,
        seen=_seen(asked),
    )
    return _one(asked)


def _run(asked: Asked) -> Reply:
    asked.can.import_jobs.carry_out(
        *(asked.work, asked.actor, asked.value("job")),
        skip_bad=asked.body.skip_bad,
        seen=_seen(asked),
    )
    return _one(asked)


def _stop(asked: Asked) -> Reply:
    asked.can.import_jobs.stop(asked.work, asked.actor, asked.value("job"), seen=_seen(asked))
    return _one(asked)


def _discard(asked: Asked) -> Reply:
    job = asked.value("job")
    asked.can.import_jobs.discard(asked.work, asked.actor, job, seen=_seen(asked))
    return Reply({"id": job})


def _report(asked: Asked) -> Page:
    query = asked.query
    after = int(query.cursor) if query.cursor.isdecimal() and len(query.cursor) < 10 else 0
    found = asked.can.import_jobs.report_part(
        asked.work, asked.actor, asked.value("job"), after, query.limit
    )
    more = str(after + len(found)) if len(found) == query.limit else None
    return Page([_line(one) for one in found], more)


def _seen(asked: Asked) -> int | None:
    if asked.seen is None:
        return None
    # A version of ours is a number: any other one is none that there was.
    return int(asked.seen) if asked.seen.isdecimal() and len(asked.seen) < 10 else -1


def _described(asked: Asked, job: JobRow, *, columns: bool = True) -> dict[str, Any]:
    mistakes = asked.can.import_jobs.mistakes(job)
    return {
        "id": job.id,
        "name": job.name,
        "product": job.product,
        "state": job.state,
        "options": {name: bool(job.options.get(name)) for name in OPTIONS},
        "columns": _columns(asked, job) if columns else [],
        "created_at": clock.iso(job.created_at),
        "touched_at": clock.iso(job.touched_at),
        "by": job.created_by or None,
        "program": job.program,
        "total": job.total,
        "seen": job.seen,
        "counts": job.counts,
        "wrong": [_mistake(one) for one in mistakes.wrong],
        "notes": [_mistake(one) for one in mistakes.notes],
        "error": job.error,
    }


def _columns(asked: Asked, job: JobRow) -> list[dict[str, str]]:
    if job.state in MOVING:
        # Whoever asks how far it is would have all of the file read each time.
        return []
    try:
        known = asked.can.import_jobs.source(asked.work, asked.actor, job).columns
    except CommandError:
        # The file is not kept any more.
        return []
    return [{"name": name, "field": known.fields.get(name, "")} for name in known.header if name]


def _mistake(one: Mistake) -> dict[str, Any]:
    return {"line": one.line, "username": one.name, "code": one.code, "text": one.why}


def _line(one: Line) -> dict[str, Any]:
    said = asdict(one)
    return {"username": said.pop("name"), **said}


ROUTES = (
    Route(
        *("GET", "/imports", ImportJobs.newest, _list, "List the newest imports, newest first"),
        told_moving.Imports,
        name="listImports",
    ),
    Route(
        *("POST", "/imports", ImportJobs.begin, _begin),
        "Bring a file of people, or people as rows; nothing is done before it was tried",
        told_moving.Import,
        taken_beside.ImportWanted,
        status=201,
        large=True,
        name="beginImport",
    ),
    Route(
        *("GET", ONE, ImportJobs.one, _one, "See how far an import is"),
        told_moving.Import,
        name="getImport",
    ),
    Route(
        *("POST", f"{ONE}/check", ImportJobs.check, _check),
        "Ask for a dry run, by which a worker says of each row what would become of it",
        told_moving.Import,
        taken_beside.ImportCheck,
        versioned=True,
        name="checkImport",
    ),
    Route(
        *("POST", f"{ONE}/carry-out", ImportJobs.carry_out, _run),
        "Ask for it to be carried out as its dry run said",
        told_moving.Import,
        taken_beside.ImportRun,
        versioned=True,
        name="carryOutImport",
    ),
    Route(
        *("POST", f"{ONE}/stop", ImportJobs.stop, _stop, "Stop an import; what is done stays"),
        told_moving.Import,
        versioned=True,
        name="stopImport",
    ),
    Route(
        *("DELETE", ONE, ImportJobs.discard, _discard, "Forget an import with file and report"),
        told.Gone,
        versioned=True,
        name="discardImport",
    ),
    Route(
        *("GET", f"{ONE}/report", ImportJobs.report_part, _report),
        "List what became of each row, or would by the dry run",
        told_moving.ReportLine,
        query=taken.Part,
        name="reportImport",
    ),
)
