"""How many answers with tokens said which acr, or which amr, day by day: drawn, and as a table."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from idp import web
from idp.audit import export
from idp.audit.export import FilterError
from idp.installation import Installation
from idp.language import Words, _
from idp.pages.admin import chart
from idp.pages.admin.audit import room
from idp.pages.admin.audit.room import Page
from idp.signin.interaction import Authorized
from idp.store.audit import counts
from idp.store.audit.counts import Means

TOKENS = Page(
    "tokens",
    _("Tokens by acr and amr"),
    ("client", "by", "since", "until"),
)
LINES = 5
"""Lines of the drawing: what is rarer is in the table alone."""
ACR, AMR = "acr", "amr"


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address."""

    @views.get("/audit/tokens")
    @room.asks(installation, TOKENS)
    def audit_tokens(who: Authorized) -> Response:
        return _show(who, request.args)


def _show(who: Authorized, values: Mapping[str, str]) -> Response:
    error, client = None, ""
    first, last = room.days(None, None)
    try:
        read = export.read_filter({name: values.get(name) for name in ("client", "since", "until")})
        client = read.client
        first, last = room.days(read.since, read.until)
    except FilterError as wrong:
        error = f"{wrong}."
    by = AMR if values.get("by") == AMR else ACR
    days = [room.day(day) for day in range(first, last + 1)]
    found = table(web.work(), client, first, last, by)
    names = [name for name, _count in found["totals"].most_common()]
    series = [
        chart.Series(_short(name), [found["days"][day][name] for day in range(first, last + 1)])
        for name in names[:LINES]
    ]
    return room.show(
        "tokens",
        who,
        TOKENS,
        error=error,
        by=by,
        applications=room.offered(),
        names=[_called(name) for name in names],
        totals=[found["totals"][name] for name in names],
        chart=chart.draw(days, series) if names else None,
        rows=[
            {"day": room.day(day), "counts": [found["days"][day][name] for name in names]}
            for day in range(last, first - 1, -1)
            if found["days"][day]
        ],
        since=room.day(first),
        until=room.day(last),
    )


def table(work: Any, client: str, first: int, last: int, by: str) -> dict[str, Any]:
    """Return answers with tokens by day and by what they said, and the totals."""
    known = counts.means(work)
    days: dict[int, Counter[str]] = {day: Counter() for day in range(first, last + 1)}
    for day, means, answers in counts.by_day(work, client, first, last):
        days[day][_said(known[means], by)] += answers
    return {"days": days, "totals": sum(days.values(), Counter[str]())}


def _said(means: Means, by: str) -> str:
    return means.acr if by == ACR else " ".join(means.amr)


def _called(name: str) -> Words:
    return name or _("no sign-in")


def _short(name: str) -> Words:
    """Return the end of an acr, which tells it from others: the drawing has room for no more."""
    return _called(re.split("[:/]", name)[-1])
