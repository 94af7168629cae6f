"""A file of people is brought: chosen and sent, and those that were brought before."""

from typing import Any

from flask import Blueprint, Response, request

from idp import clock, moments, web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.operating import cases
from idp.operating.cases import Cases
from idp.operating.people.importing import PRODUCTS
from idp.pages.admin import entry, frame, uploads
from idp.pages.admin.acting import actor
from idp.pages.admin.people import import_words
from idp.pages.admin.people.room import person_path
from idp.people.intake.held import Held
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.store import people
from idp.store.people.imports import JobRow

ADDRESS = frame.IMPORT
PRODUCT_NAMES = {
    "keycloak": "Keycloak",
    "auth0": "Auth0",
    "django": "Django",
    "laravel": "Laravel",
    "aspnet": "ASP.NET Identity",
}


def job_path(job: str, *parts: str) -> str:
    """Return the address of an import's page, or of what is below it."""
    return "/".join((ADDRESS, job, *parts))


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the form."""
    known = cases.of(installation)
    admits = entry.changes(installation, ADDRESS, Action.PEOPLE_CHANGE, given_up=frame.PEOPLE)

    @views.get("/people/import")
    @admits
    def import_form(who: Authorized) -> Response:
        return _show(known, who)

    @views.post("/people/import")
    @admits
    def import_file(who: Authorized) -> Response:
        name, content = uploads.content("file")
        product = request.form.get("product", "")
        if not content:
            return _show(known, who, _("Choose a file."))
        try:
            file = Held(name, content)
            kind = product if product in PRODUCTS else ""
            job = known.import_jobs.begin(web.work(), actor(who), file, content, kind)
        except CommandError as problem:
            web.work().rollback()
            return _show(known, who, _("This file cannot be read."), str(problem))
        return web.see_other(job_path(job.id))


def _show(known: Cases, who: Authorized, error: Words | None = None, detail: str = "") -> Response:
    jobs = known.import_jobs.newest(web.work(), actor(who))
    return frame.show(
        "people/import",
        who,
        place=ADDRESS,
        status=400 if error else 200,
        title=_("Bring people in from a file"),
        error=error,
        detail=detail,
        products=PRODUCT_NAMES,
        largest=_size(web.frame().settings.server.max_upload),
        action=ADDRESS,
        jobs=[_row(job) for job in jobs],
        back=frame.PEOPLE,
    )


def _size(count: int) -> Words:
    return _("%(count)s MB", count=max(1, count // (1024 * 1024)))


def _row(job: JobRow) -> dict[str, Any]:
    person = people.by_id(web.work(), job.created_by)
    return {
        "url": job_path(job.id),
        "name": job.name,
        "when": moments.minute(job.created_at),
        "by": person.name if person else (job.program or _("someone who left")),
        "by_url": person_path(person.id) if person else None,
        "state": import_words.state(job, clock.now()),
    }
