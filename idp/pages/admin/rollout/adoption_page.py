"""Adoption: who has what set up, by user type, and how it went day by day."""

import json
from typing import Any

from flask import Blueprint, Response, request

from idp import moments, web
from idp.installation import Installation
from idp.language import Words, _
from idp.pages.admin import chart, entry, frame
from idp.pages.admin.rollout import in_words
from idp.policy.roles import Action
from idp.rollout.adoption import (
    EVERYONE,
    LACKS,
    NO_CODES,
    ONE_WAY,
    PEOPLE,
    SECOND,
    TEXTS_ONLY,
    Counts,
    Day,
    as_csv,
    as_json,
    next_dates,
)
from idp.signin.interaction import Authorized

DAYS = 90
SHOWN = 14
"""Days of the table beside the drawing."""
NAMES: dict[str, Words] = {
    SECOND: _("Any second step"),
    TEXTS_ONLY: _("Text messages only"),
    ONE_WAY: _("One way only"),
    NO_CODES: _("No recovery codes"),
}


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address."""

    @views.get("/rollout/adoption")
    @entry.reads(installation, frame.ADOPTION, Action.ROLLOUT_READ)
    def adoption(who: Authorized) -> Response:
        found = installation.adoption.history(web.work(), DAYS)
        now = found[-1].counts
        types = sorted({kind for kind, _what in now if kind != EVERYONE})
        wanted = request.args.get("type", EVERYONE)
        chosen = wanted if wanted in types else EVERYONE
        names = _names(installation)
        return frame.show(
            "rollout/adoption",
            who,
            place=frame.ADOPTION,
            title=_headline(now),
            names=list(names.values()),
            rows=[_row(now, kind, names) for kind in (*types, EVERYONE)],
            types=[EVERYONE, *types],
            chosen=chosen,
            chart=_drawn(installation, found, chosen),
            lines=list(_lines(installation).values()),
            days=[_day(installation, one, chosen) for one in reversed(found[-SHOWN:])],
            csv=_file("csv"),
            json=_file("json"),
            coming=[
                (in_words.title_of(in_words.whom(web.work(), one.audience)), moments.weekday(at))
                for one in next_dates(web.work())
                if (at := one.enforce_at) is not None
            ],
        )

    # Numbers as on the page and no one's name: whoever sees the page may take them along.
    @views.get("/rollout/adoption.<any(csv, json):ending>")
    @entry.reads(installation, _file, Action.ROLLOUT_READ)
    def adoption_file(_who: Authorized, ending: str) -> Response:
        work = web.work()
        found = installation.adoption.history(work, DAYS)
        if ending == "csv":
            return frame.file(as_csv(found), "text/csv", "adoption.csv")
        said = json.dumps(as_json(found, next_dates(work)), ensure_ascii=False, indent=2)
        return frame.file(said, "application/json", "adoption.json")


def _file(ending: str) -> str:
    return f"{frame.ADOPTION}.{ending}"


def _headline(now: Counts) -> Words:
    with_one, everyone = now.get((EVERYONE, SECOND), 0), now.get((EVERYONE, PEOPLE), 0)
    return _("%(num)s of %(people)s people have a second step", num=with_one, people=everyone)


def _lines(installation: Installation) -> dict[str, Words]:
    """Return what the drawing shows, each with its name."""
    known = installation.signin.authenticators
    methods = {method: known[method].title for method in installation.adoption.methods}
    return {SECOND: NAMES[SECOND], **methods}


def _names(installation: Installation) -> dict[str, Words]:
    return _lines(installation) | {what: NAMES[what] for what in LACKS}


def _row(now: Counts, kind: str, names: dict[str, Words]) -> dict[str, Any]:
    return {
        "type": kind,
        "people": now.get((kind, PEOPLE), 0),
        "counts": [now.get((kind, what), 0) for what in names],
    }


def _drawn(installation: Installation, found: list[Day], kind: str) -> chart.Chart:
    series = [
        chart.Series(name, [day.counts.get((kind, what), 0) for day in found])
        for what, name in _lines(installation).items()
    ]
    return chart.draw([day.day for day in found], series)


def _day(installation: Installation, day: Day, kind: str) -> dict[str, Any]:
    counts = [day.counts.get((kind, what), 0) for what in _lines(installation)]
    return {"day": day.day, "people": day.counts.get((kind, PEOPLE), 0), "counts": counts}
