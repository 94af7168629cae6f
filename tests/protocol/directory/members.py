"""Somebody of a directory who signs in, and what is known of that person afterwards."""

import json
from typing import Any

from idp.audit import Event
from idp.store import people
from idp.store.db.statements import Statement
from idp.store.people import PersonRow
from tests.support.site import MFA, Answer, Application, Site

THEIRS = "kauri & rimu in the rain"
MFA_WANTED = json.dumps({"id_token": {"acr": {"essential": True, "value": MFA}}})


def sign_in(site: Site, name: str, password: str = THEIRS, **changes: Any) -> Answer:
    """Return where the password page leads someone."""
    browser = site.browser()
    browser.authorize(application(site), **changes)
    return browser.sign_in(name, password)


def application(site: Site) -> Application:
    """Return the one application of a site."""
    known: Application | None = getattr(site, "known", None)
    if known is None:
        known = site.application()
        site.known = known  # type: ignore[attr-defined]
    return known


def is_in(answer: Answer) -> bool:
    return "code" in answer.query


def person(site: Site, name: str) -> PersonRow | None:
    with site.work() as work:
        return people.by_name(work, name)


def reasons(site: Site, event: Event) -> list[str]:
    with site.work() as work:
        found: list[str] = work.column(
            Statement("SELECT reason FROM event WHERE kind = :kind ORDER BY id"), kind=event.value
        )
    return found
