"""Who gets through once a stage is in force: the stuck with reason and remedy, and who is asked.

A list is read page by page, by key; whom it shows stands in the address.
"""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp import moments, web
from idp.installation import Installation
from idp.language import Words, _, n_
from idp.operating.rollout import outlooks
from idp.operating.rollout.outlooks import Listed, Outlooks, Reason, Wanted
from idp.pages.admin import entry, frame
from idp.pages.admin.rollout import in_words
from idp.pages.admin.rollout.board import PATH, stage_path
from idp.pages.admin.rollout.stage_form import found as stage_of
from idp.policy.readiness import State
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout import remedies, upkeep
from idp.rollout.population import Population
from idp.signin.interaction import Authorized
from idp.store.rollout.forecasts import ForecastRow

SHOWN = {State.STUCK.value: State.STUCK, State.ASKED.value: State.ASKED}
REASONS: dict[str, Reason] = {reason.value: reason for reason in remedies.REASONS}
_LONGEST = 200
"""Characters of a value of the address that are read."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of a stage's outlook."""

    @views.get("/rollout/stages/<stage_id>/people")
    @entry.reads(installation, _path, Action.ROLLOUT_READ)
    def outlook(who: Authorized, stage_id: str) -> Response:
        stage, wanted, work = stage_of(stage_id), _wanted(), web.work()
        population = Population(work, installation.signin)
        if outlooks.affordable(population):
            found = outlooks.of_stage(installation, work, stage, wanted)
            return _show(installation, who, stage, wanted, found, population)
        row = outlooks.kept(work, stage)
        if row is None or row.run is None:
            return _not_counted(installation, who, stage, row)
        found = outlooks.of_crowd(installation, work, stage, row, wanted)
        return _show(installation, who, stage, wanted, found, population)


def _wanted() -> Wanted:
    """Return whom the address asks for; what it cannot mean is left open."""
    given = {name: value[:_LONGEST] for name, value in request.args.items() if "\0" not in value}
    state = SHOWN.get(given.get("show", ""), State.STUCK)
    reason = REASONS.get(given.get("reason", "")) if state is State.STUCK else None
    kind, after = given.get("type") or None, given.get("after", "")
    return Wanted(state, kind, reason, after, outlooks.LISTED)


def _query(wanted: Wanted, **more: str) -> str:
    """Return what the address of a list of those `wanted` says."""
    said = {
        "show": wanted.state.value,
        "type": wanted.user_type,
        "reason": wanted.reason.value if wanted.reason else None,
        "after": wanted.after,
    }
    return "?" + urlencode({name: value for name, value in (said | more).items() if value})


def _path(stage_id: str) -> str:
    return stage_path(stage_id, "people") + (_query(_wanted()) if request.args else "")


def _show(
    installation: Installation,
    who: Authorized,
    stage: Stage,
    wanted: Wanted,
    found: Outlooks,
    population: Population,
) -> Response:
    work = web.work()
    return frame.show(
        "rollout/outlook",
        who,
        place=PATH,
        title=headline(found),
        sentence=in_words.sentence(work, installation.signin.rules, stage),
        summary=found.summary,
        as_of=moments.minute(found.computed_at) if found.computed_at is not None else None,
        wanted=wanted,
        types=sorted(kind for kind in population.types if kind),
        reasons=_reasons(found, wanted),
        rows=[_row(one) for one in found.listed],
        next=_query(wanted, after=found.after) if found.after else None,
        first=_query(wanted, after="") if wanted.after else None,
        base=stage_path(stage.id, "people"),
        back=stage_path(stage.id),
    )


def _not_counted(
    installation: Installation, who: Authorized, stage: Stage, row: ForecastRow | None
) -> Response:
    return frame.show(
        "rollout/outlook",
        who,
        place=PATH,
        title=_("Who gets through"),
        sentence=in_words.sentence(web.work(), installation.signin.rules, stage),
        counting=_how_far(stage, row),
        command=f"acrux stage forecast {stage.id}",
        back=stage_path(stage.id),
    )


def _how_far(stage: Stage, row: ForecastRow | None) -> Words:
    if not upkeep.is_kept(stage):
        return _("This stage asks nothing of anyone, so it is not counted who gets through.")
    if row is None or row.running is None:
        return _("It is being counted. It begins as soon as the worker has time.")
    return _(
        "It is being counted. %(num)s of %(total)s people are looked at.",
        num=row.seen,
        total=row.total,
    )


def headline(found: Outlooks) -> Words:
    """Say how many cannot get through, and on which day."""
    date = moments.weekday(found.at)
    if not found.summary.stuck:
        return _("Everyone gets through on %(date)s", date=date)
    return n_(
        "%(num)s person cannot get through on %(date)s",
        "%(num)s people cannot get through on %(date)s",
        found.summary.stuck,
        date=date,
    )


def _reasons(found: Outlooks, wanted: Wanted) -> list[tuple[str, Words, int]]:
    """Return why people are stuck, with how many of them, most first; also what is chosen."""
    counted = dict(found.summary.reasons.most_common())
    if wanted.reason:
        counted.setdefault(wanted.reason.value, 0)
    return [
        (code, remedies.REASONS[REASONS[code]], count)
        for code, count in counted.items()
        if code in REASONS
    ]


def _row(one: Listed) -> dict[str, Any]:
    return {
        "name": one.name,
        "username": one.username,
        "user_type": one.user_type,
        "grace": one.grace,
        "told": [
            {"reason": remedies.REASONS[reason], "remedy": remedies.REMEDIES[reason]}
            for reason in one.reasons
        ],
    }
