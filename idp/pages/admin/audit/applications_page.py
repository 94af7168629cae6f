"""What applications demand and ask of sign-ins, and what they got: out of the counted leaves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from idp import web
from idp.audit import export
from idp.audit.counting import RENEWALS
from idp.audit.export import FilterError
from idp.installation import Installation
from idp.language import Words, _
from idp.pages.admin.audit import room
from idp.pages.admin.audit.room import Page
from idp.policy.types import Rules
from idp.signin.interaction import Authorized
from idp.store.audit import counts, names
from idp.store.audit.counts import Alike, Means

APPLICATIONS = Page(
    "applications", _("What applications require and get"), ("show", "since", "until")
)
NEVER, UNMET, UNCHECKED = "never", "unmet", "unchecked"
CHOICES: Mapping[str, Words] = {
    NEVER: _("Never require a second step"),
    UNMET: _("Ask for one, and never get it"),
    UNCHECKED: _("Ask for one, and continue without it"),
}
_DEMANDING = ("client", "installation", "stage")
"""Whose floors are demanded of everyone at the application, as a leaf calls them."""


@dataclass
class Figures:
    """What one application's sign-ins came to."""

    sign_ins: int = 0
    two_steps: int = 0
    demanded: int = 0
    """Sign-ins that could not have ended without a second step."""
    asked: int = 0
    """Those in which the application asked for one."""
    got: int = 0
    unchecked: int = 0
    """Answers with tokens to an application that had asked, not got it, and renewed its tokens."""


SHOWN: Mapping[str, Any] = {
    NEVER: lambda one: one.sign_ins and not one.demanded,
    UNMET: lambda one: one.asked and not one.got,
    UNCHECKED: lambda one: one.unchecked,
}
"""Which applications a choice keeps."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address."""

    @views.get("/audit/applications")
    @room.asks(installation, APPLICATIONS)
    def audit_applications(who: Authorized) -> Response:
        return _show(installation, who, request.args)


def _show(installation: Installation, who: Authorized, values: Mapping[str, str]) -> Response:
    error = None
    first, last = room.days(None, None)
    try:
        read = export.read_filter({name: values.get(name) for name in ("since", "until")})
        first, last = room.days(read.since, read.until)
    except FilterError as wrong:
        error = f"{wrong}."
    work, choice = web.work(), values.get("show", "")
    found = figures(installation.signin.rules, counts.means(work), counts.totals(work, first, last))
    kept = {one: is_so for one, is_so in found.items() if SHOWN.get(choice, _any)(is_so)}
    called = names.of_clients(work, kept)
    rows = [_row(called, *one) for one in kept.items()]
    return room.show(
        "applications",
        who,
        APPLICATIONS,
        error=error,
        choices=CHOICES,
        choice=choice,
        rows=sorted(rows, key=lambda row: -row["figures"].sign_ins),
        looked_at=len(found),
        since=room.day(first),
        until=room.day(last),
    )


def _any(_figures: Figures) -> bool:
    return True


def figures(
    rules: Rules, means: Mapping[int, Means], counted: Iterable[tuple[Alike, int]]
) -> dict[str, Figures]:
    """Return what each application demanded, asked for and got; `rules` say what a level is."""
    found: dict[str, Figures] = {}
    for alike, answers in counted:
        said = means[alike.means]
        if not said.acr:
            continue
        one = found.setdefault(alike.client_id, Figures())
        two, asks = _two(rules, said.acr), any(_two(rules, n) for n in alike.asked.split())
        if alike.grant_type in RENEWALS:
            one.unchecked += answers if asks and not two else 0
            continue
        one.sign_ins += answers
        one.two_steps += answers if two else 0
        one.demanded += answers if _demanded(rules, alike) else 0
        one.asked += answers if asks else 0
        one.got += answers if asks and two else 0
    return found


def _demanded(rules: Rules, alike: Alike) -> bool:
    floors = dict(floor.split("=", 1) for floor in alike.floors.split())
    if any(_two(rules, floors[name]) for name in _DEMANDING if name in floors):
        return True
    asked = alike.asked.split()
    # One of them is enough for the application.
    return alike.binding == "essential" and bool(asked) and all(_two(rules, n) for n in asked)


def _two(rules: Rules, name: str) -> bool:
    level = rules.level(name)
    return level is not None and level.kinds > 1


def _row(called: Mapping[str, str], client_id: str, found: Figures) -> dict[str, Any]:
    return {"client": room.application(called, client_id), "figures": found}
