"""One import: what its columns mean, what it would do, how far it is, and what it did."""

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, request

from idp import clock, web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.operating import cases
from idp.operating.cases import Cases
from idp.operating.people.import_jobs import OPTIONS
from idp.operating.people.import_lines import Mistake
from idp.operating.refusals import Changed, Conflict, NotFound
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.people import import_words
from idp.pages.admin.people.import_page import ADDRESS, PRODUCT_NAMES, job_path
from idp.pages.gate import Admits
from idp.people.intake.files import Source
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.store.people import imports
from idp.store.people.imports import JobRow
from idp.web import said

AGAIN = 3
"""Seconds after which a page that is to go on by itself is asked for again."""
SAMPLES = 3
_CUT = 40
_SECRET = ("password_hash", "totp_secret")
_LIKE_ONE = re.compile(r".*\$|\{[A-Z0-9]+\}|[0-9a-fA-F]{16,}\Z|[A-Za-z0-9+/=_.-]{25,}\Z")
"""What looks like a hash or a secret, in whatever column it stands."""
_COLUMNS_SHOWN = (imports.NEW, imports.CHECKED, imports.FAILED)


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of one import."""
    known = cases.of(installation)
    reads = entry.reads(installation, _watched, Action.PEOPLE_CHANGE)
    takes = entry.changes(installation, job_path, Action.PEOPLE_CHANGE, given_up=job_path)

    @views.get("/people/import/<job>")
    @reads
    def import_job(who: Authorized, job: str) -> Response:
        return _show(known, who, _found(known, who, job))

    @views.get("/people/import/<job>/report.csv")
    @takes
    def import_report(who: Authorized, job: str) -> Response:
        found = _found(known, who, job)
        # All of it before the connection goes back with the request.
        lines = "".join(known.import_jobs.report(web.work(), actor(who), found))
        return frame.file(lines, "text/csv", f"import-{found.id}.csv")

    for name, deed in _DEEDS.items():
        _add(views, known, takes, name, deed)


def _watched(job: str) -> str:
    return job_path(job) + ("?watch=1" if "watch" in request.args else "")


def _found(known: Cases, who: Authorized, job: str) -> JobRow:
    try:
        return known.import_jobs.one(web.work(), actor(who), job)
    except NotFound:
        abort(404)


# -- what can be done

Deed = Callable[[Cases, Authorized, JobRow, int], str]
"""Takes the version that the page showed; returns what is opened then."""


def _check(known: Cases, who: Authorized, job: JobRow, seen: int) -> str:
    work, form = web.work(), request.form
    columns = known.import_jobs.source(work, actor(who), job).columns
    meant = {
        name: form.get(f"column-{at}", columns.fields.get(name, ""))
        for at, name in enumerate(columns.header)
    }
    options = {name: True for name in OPTIONS if form.get(name)}
    known.import_jobs.check(
        work,
        actor(who),
        job.id,
        options=options,
        meant={} if job.product else meant,
        seen=seen,
    )
    return job_path(job.id) + "?watch=1"


def _carry_out(known: Cases, who: Authorized, job: JobRow, seen: int) -> str:
    skip = bool(request.form.get("skip_bad"))
    known.import_jobs.carry_out(web.work(), actor(who), job.id, skip_bad=skip, seen=seen)
    return job_path(job.id) + "?watch=1"


def _stop(known: Cases, who: Authorized, job: JobRow, seen: int) -> str:
    known.import_jobs.stop(web.work(), actor(who), job.id, seen=seen)
    return job_path(job.id)


def _discard(known: Cases, who: Authorized, job: JobRow, _seen: int) -> str:
    known.import_jobs.discard(web.work(), actor(who), job.id)
    return said.leading(ADDRESS, "import-discarded")


_DEEDS: dict[str, Deed] = {
    "check": _check,
    "carry-out": _carry_out,
    "stop": _stop,
    "discard": _discard,
}


def _add(views: Blueprint, known: Cases, takes: Admits, name: str, deed: Deed) -> None:
    def answer(who: Authorized, job: str) -> Response:
        found, version = _found(known, who, job), request.form.get("version", "")
        try:
            seen = int(version) if version.isdecimal() else 0
            return web.see_other(deed(known, who, found, seen))
        except CommandError as problem:
            web.work().rollback()
            return _show(known, who, _found(known, who, job), _why(problem))

    endpoint = f"import_{name}".replace("-", "_")
    views.add_url_rule(f"/people/import/<job>/{name}", endpoint, takes(answer), methods=["POST"])


def _why(problem: CommandError) -> Words:
    match problem:
        case Changed():
            return _("Somebody has gone on with it meanwhile. This is how it is now.")
        case Conflict():
            return _("Some rows are wrong: say that they are to be left out.")
        case _:
            return _("No column says who is who: choose one for the user name or the e-mail.")


# -- the page


def _show(known: Cases, who: Authorized, job: JobRow, error: Words | None = None) -> Response:
    moving, watch = job.state in imports.MOVING, "watch" in request.args
    mistakes = known.import_jobs.mistakes(job)
    response = frame.show(
        "people/import_job",
        who,
        place=ADDRESS,
        status=409 if error else 200,
        title=job.name,
        error=error,
        job=job,
        base=job_path(job.id),
        back=ADDRESS,
        state=import_words.state(job, clock.now()),
        product=PRODUCT_NAMES.get(job.product),
        moving=moving,
        watch=watch,
        counts=import_words.counts(job),
        total=max(job.total, job.seen),
        wrong=[_mistake(one) for one in mistakes.wrong],
        all_wrong=job.counts.get("wrong", 0),
        notes=[_mistake(one) for one in mistakes.notes],
        columns=_columns(known, who, job) if job.state in _COLUMNS_SHOWN else None,
        fields=import_words.FIELDS,
        report=job.seen > 0,
    )
    if moving and watch:
        response.headers["Refresh"] = str(AGAIN)
    return response


def _mistake(one: Mistake) -> tuple[int, str, Words, bool]:
    """Return a row with why, and whether that is English whatever is spoken."""
    words = import_words.why(one)
    return one.line, one.name, words, isinstance(words, str)


def _columns(known: Cases, who: Authorized, job: JobRow) -> list[dict[str, Any]] | None:
    """Return the columns of a file with the first cells of each; None where it is not kept."""
    try:
        source = known.import_jobs.source(web.work(), actor(who), job)
        samples = _samples(source)
    except CommandError:
        return None
    read = source.columns.fields
    return [
        {
            "name": name,
            "field": read.get(name, ""),
            "samples": [_shown(read.get(name, ""), cells[at]) for cells in samples],
        }
        for at, name in enumerate(source.columns.header)
        if name
    ]


def _samples(source: Source) -> list[tuple[str, ...]]:
    width, found = len(source.columns.header), list[tuple[str, ...]]()
    for record in source.records():
        if not record.problem and len(record.cells) == width:
            found.append(record.cells)
        if len(found) == SAMPLES:
            break
    return found


def _shown(field: str, cell: str) -> str:
    """Return a cell as it may be shown: nothing that looks like a secret."""
    if cell and (field in _SECRET or _LIKE_ONE.match(cell)):
        return "•••"
    return cell if len(cell) <= _CUT else f"{cell[:_CUT]}…"
