"""One person: what stands in the way, what is set up and counted, and what can be done."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response

from idp import audit, moments, web
from idp.audit import Event
from idp.installation import Installation
from idp.language import Every, Words, _
from idp.operating import cases
from idp.operating.cases import Cases
from idp.pages import role_words
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.audit import room
from idp.pages.admin.people import in_words
from idp.pages.admin.people.room import PATH, found, person_path
from idp.people.helpdesk import Enrolled, Explanation
from idp.policy import roles
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.store import events
from idp.store.events import Filter
from idp.store.people import OWN_ROLES, PersonRow

SHOWN = 15
"""Events of the person that are shown."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of a person's page."""
    known = cases.of(installation)

    @views.get("/people/<sub>")
    @entry.reads(installation, person_path, Action.PEOPLE_READ)
    def person(who: Authorized, sub: str) -> Response:
        about = found(known, who, sub)
        explained = known.directory.why(web.work(), actor(who), sub)
        return frame.show(
            "people/person",
            who,
            place=PATH,
            title=about.name,
            back=PATH,
            base=person_path(sub),
            problems=list(dict.fromkeys(map(in_words.problem, explained.problems))),
            held=any(one.held for one in explained.counters),
            facts=_facts(about),
            ways=_ways(installation, explained),
            off=about.disabled_at is not None,
            password="password" in about.methods,
            confirmed=about.email_verified,
            exceptions=_exceptions(known, who, sub),
            happened=_happened(who, about, explained),
            audit={part: _audit(part, about) for part in ("failures", "sign-ins", "events")},
        )


def _exceptions(known: Cases, who: Authorized, sub: str) -> list[Words]:
    found = known.rollout.exceptions(web.work(), actor(who), sub)
    return [
        _("%(stage)s until %(when)s", stage=row.stage_id, when=moments.minute(row.until))
        for row in found
    ]


def _happened(who: Authorized, person: PersonRow, explained: Explanation) -> list[dict[str, Any]]:
    """Return what happened lately, newest first: all for whoever may, else what was refused."""
    rows = explained.failures
    if roles.may(who.person.roles, Action.AUDIT_READ):
        reason = f"person={person.username}"
        audit.record(web.work(), Event.AUDIT_VIEWED, reason=reason, page="person")
        rows = tuple(events.listing(web.work(), Filter(person=person.id), SHOWN))
    return room.events(rows[:SHOWN])


def _facts(person: PersonRow) -> list[dict[str, Any]]:
    """Return what is known of a person; what is empty is left out."""
    said = (
        (_("User name"), person.username),
        (_("E-mail address"), _confirmed(person.email, confirmed=person.email_verified)),
        (
            _("Mobile number"),
            person.phone and _confirmed(person.phone, confirmed=person.phone_verified),
        ),
        (_("User type"), person.user_type),
        (_("Groups"), ", ".join(person.groups)),
        (_("Roles"), Every(_roles(person)) if person.roles else ""),
        ("sub", person.id),
        (_("Since"), moments.day(person.created_at)),
    )
    return [{"field": field, "after": after} for field, after in said if after]


def _roles(person: PersonRow) -> list[Words]:
    return [*role_words.named(person.roles), *sorted(person.roles - OWN_ROLES)]


def _confirmed(value: str, *, confirmed: bool) -> Words:
    if confirmed:
        return value
    return _("%(value)s (not confirmed)", value=value)


def _ways(installation: Installation, explained: Explanation) -> list[dict[str, Any]]:
    """Return what is set up, the oldest first."""
    rows = sorted(explained.enrolled, key=lambda one: (one.row.created_at, one.row.method))
    return [_way(installation, one) for one in rows]


def _way(installation: Installation, one: Enrolled) -> dict[str, Any]:
    row = one.row
    known = installation.signin.authenticators.get(row.method)
    return {
        "method": row.method,
        "title": known.title if known else row.method,
        "label": row.label,
        "since": moments.day(row.created_at),
        "used": moments.day(row.last_used_at) if row.last_used_at else None,
    }


def _audit(page: str, person: PersonRow) -> str:
    return f"{frame.AUDIT}{page}?{urlencode({'person': person.username})}"
