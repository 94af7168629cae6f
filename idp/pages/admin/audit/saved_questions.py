"""Questions that auditors keep under a name: a page with its filters, for all who may look."""

from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request

from idp import audit, moments, web
from idp.audit import Event
from idp.installation import Installation
from idp.pages.admin import entry
from idp.pages.admin.audit import room
from idp.pages.admin.audit.applications_page import APPLICATIONS
from idp.pages.admin.audit.events_page import EVENTS
from idp.pages.admin.audit.failures_page import FAILURES
from idp.pages.admin.audit.in_force_page import IN_FORCE
from idp.pages.admin.audit.roles_page import ROLES
from idp.pages.admin.audit.room import BASE
from idp.pages.admin.audit.sign_ins_page import SIGN_INS
from idp.pages.admin.audit.tokens_page import TOKENS
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.store.audit import saved
from idp.web import said

PAGES = {
    page.id: page for page in (EVENTS, SIGN_INS, TOKENS, APPLICATIONS, FAILURES, IN_FORCE, ROLES)
}
"""What can be kept with its filters."""
LONGEST_NAME = 120
_LONGEST = 2_000


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses that keep a question, and forget one."""

    @views.post("/audit/questions")
    @entry.acts(installation, BASE, Action.AUDIT_READ)
    def audit_keep(who: Authorized) -> Response:
        return _keep(who)

    @views.post("/audit/questions/<int:question_id>/remove")
    @entry.acts(installation, BASE, Action.AUDIT_READ)
    def audit_forget(who: Authorized, question_id: int) -> Response:
        work = web.work()
        found = saved.by_id(work, question_id) if question_id <= room.LARGEST_ID else None
        if found is None or not saved.remove(work, question_id):
            return web.see_other(BASE)
        audit.record(
            work,
            Event.AUDIT_QUESTION_REMOVED,
            person=who.person.id,
            reason=found.name,
            page=found.page,
            query=found.query,
        )
        return web.see_other(said.leading(BASE, "question-removed"))


def _keep(who: Authorized) -> Response:
    name = " ".join(request.form.get("name", "").split())[:LONGEST_NAME]
    page = PAGES.get(request.form.get("page", ""))
    if page is None:
        return web.see_other(BASE)
    given = dict(parse_qsl(request.form.get("query", "")[:_LONGEST].lstrip("?")))
    query = room.query(given, page.fields)
    if not name or not name.isprintable():
        return web.see_other(page.path + query)
    work = web.work()
    if not saved.add(work, name=name, page=page.id, query=query, saved_by=who.person.id):
        return web.see_other(said.leading(BASE, "questions-full"))
    audit.record(
        work,
        Event.AUDIT_QUESTION_SAVED,
        person=who.person.id,
        reason=name,
        page=page.id,
        query=query,
    )
    return web.see_other(said.leading(BASE, "question-saved"))


def listed() -> list[dict[str, Any]]:
    """Return the questions that were kept, by name; of a page that is gone, none."""
    return [
        {
            "id": row.id,
            "name": row.name,
            "url": PAGES[row.page].path + row.query,
            "by": row.username,
            "day": moments.day(row.saved_at),
        }
        for row in saved.everything(web.work())
        if row.page in PAGES
    ]
