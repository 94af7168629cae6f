"""What an auditor may ask, as links; a field finds what a token or a reference is about."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from idp import clock, moments, web
from idp.audit import Event
from idp.audit.export import FILTERS
from idp.installation import Installation
from idp.language import Words, _, n_
from idp.ledger.explaining import explanation
from idp.ledger.reading import PrunedError
from idp.pages.admin import entry
from idp.pages.admin.audit import room
from idp.pages.admin.audit.applications_page import APPLICATIONS, NEVER, UNCHECKED, UNMET
from idp.pages.admin.audit.events_page import EVENTS
from idp.pages.admin.audit.failures_page import FAILURES
from idp.pages.admin.audit.in_force_page import IN_FORCE
from idp.pages.admin.audit.record_page import RECORD, state
from idp.pages.admin.audit.roles_page import ROLES
from idp.pages.admin.audit.room import BASE, Page
from idp.pages.admin.audit.saved_questions import listed
from idp.pages.admin.audit.sign_ins_page import ONE_STEP, SIGN_INS, TEXTS
from idp.pages.admin.audit.token_page import INTERACTION, TOKEN
from idp.pages.admin.audit.tokens_page import TOKENS
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.store import canaries
from idp.store.audit import searching, sign_ins
from idp.store.db import Work
from idp.store.events import Filter

HOME = Page("", _("Audit"), FILTERS)
LONGEST = 8192
"""Characters of what may be pasted: a token with many claims."""
_SAFE = 64


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the first page's address, and that of its field."""

    @views.get("/audit/")
    @room.asks(installation, HOME)
    def audit(who: Authorized) -> Response:
        narrowed = room.query(request.args, (*FILTERS, "before"))
        if narrowed:
            # The trail stood here, and colleagues have kept its addresses.
            return web.see_other(EVENTS.path + narrowed)
        return _show(installation, who)

    # What is pasted may open something: it stands in no address, and in no log.
    @views.post("/audit/find")
    @entry.acts(installation, BASE, Action.AUDIT_READ)
    def find(who: Authorized) -> Response:
        said = request.form.get("what", "").strip()
        address = _found(web.work(), said) if 0 < len(said) <= LONGEST else None
        if address is not None:
            return web.see_other(address)
        problem = _(
            "Nothing that is called so is known here: no token, sign-in, request or person."
        )
        return _show(installation, who, problem, 404)


def _show(
    installation: Installation, who: Authorized, error: Words | None = None, status: int = 200
) -> Response:
    return room.show(
        "home",
        who,
        HOME,
        status=status,
        error=error,
        groups=_questions(),
        saved=listed(),
        record=state(installation, web.work()),
        record_url=RECORD.path,
        canary=canary(web.work()),
        canary_url=EVENTS.path + room.query({"kind": Event.CANARY_ALARM.value}, ["kind"]),
    )


def canary(work: Work) -> dict[str, Any] | None:
    """Return how the canary's last run went; None before the first."""
    row = canaries.last(work)
    if row is None or row.ran_at is None:
        return None
    when = moments.second(row.ran_at)
    words = {
        "held": n_(
            "No one gets in with less than is required: %(num)s try failed at %(when)s",
            "No one gets in with less than is required: %(num)s tries failed at %(when)s",
            row.tries,
            when=when,
        ),
        "alarm": _(
            "Less than is required was enough: a try to get in succeeded at %(when)s", when=when
        ),
    }
    failed = _(
        "Whether less than is required is enough is not known: it could not be tried at %(when)s",
        when=when,
    )
    return {"good": row.state == "held", "headline": words.get(row.state or "", failed)}


def _questions() -> list[dict[str, Any]]:
    begin, end = last_month(moments.date_in(clock.now(), "UTC"))
    month = {"since": begin.isoformat(), "until": end.isoformat()}

    def link(page: Page, words: Words, **values: str) -> dict[str, Any]:
        return {"url": page.path + room.query(values, values), "words": words}

    return [
        {
            "title": _("Sign-ins"),
            "links": [
                link(SIGN_INS, _("Who signed in?")),
                link(
                    SIGN_INS,
                    _("Who signed in last month with text messages only?"),
                    means=TEXTS,
                    **month,
                ),
                link(
                    SIGN_INS, _("Who signed in last month with one step?"), means=ONE_STEP, **month
                ),
                link(FAILURES, _("What failed, and for whom?")),
            ],
        },
        {
            "title": _("Applications"),
            "links": [
                link(APPLICATIONS, _("Which never require a second step?"), show=NEVER),
                link(APPLICATIONS, _("Which ask for one and never get it?"), show=UNMET),
                link(APPLICATIONS, _("Which ask for one and continue without it?"), show=UNCHECKED),
                link(TOKENS, _("How many tokens said what, day by day?")),
            ],
        },
        {
            "title": _("Rollout and roles"),
            "links": [
                link(IN_FORCE, _("Which stages and exceptions were in force on a day?")),
                link(ROLES, _("Who gained a role, and who gave it?")),
            ],
        },
        {
            "title": _("The record"),
            "links": [
                link(RECORD, _("Is the record complete?")),
                link(EVENTS, _("Every event, one by one")),
            ],
        },
    ]


def last_month(today: date) -> tuple[date, date]:
    """Return the first day and the last day of the month before the one of `today`."""
    end = today.replace(day=1) - timedelta(days=1)
    return end.replace(day=1), end


def _found(work: Work, said: str) -> str | None:
    """Return the page about what somebody has pasted; None where nothing is called so.

    An address holds what it is called, never a token.
    """
    try:
        found = explanation(work, said)
        if found is not None:
            return TOKEN.path + quote(found.leaf["jti"], safe="")
    except PrunedError as error:
        return TOKEN.path + quote(error.jti, safe="")
    except ValueError:
        # Altered: its page says so.
        return TOKEN.path + quote(said, safe="") if len(said) <= _SAFE else None
    if len(said) > _SAFE or not said.isprintable():
        return None
    if sign_ins.has_sid(work, said):
        return SIGN_INS.path + room.query({"sid": said}, ["sid"])
    if searching.search(work, Filter(interaction=said), 1).rows:
        return INTERACTION.path + quote(said, safe="")
    if searching.search(work, Filter(request=said), 1).rows:
        return EVENTS.path + room.query({"request": said}, ["request"])
    if searching.search(work, Filter(person=said), 1).rows:
        return EVENTS.path + room.query({"person": said}, ["person"])
    return None
