"""`/stages/…/forecast`, `/adoption`: who gets through, and who has what set up."""

from idp.api.v1 import taken_beside, told_rollout
from idp.api.v1.problems import Problem
from idp.api.v1.routes import Asked, Page, Reply, Route, page_of
from idp.operating.rollout.forecasts import Forecasts, described_lacking, described_listed
from idp.operating.rollout.outlooks import CODES, Wanted
from idp.policy.readiness import State
from idp.rollout.adoption import as_json

ONE = "/stages/{stage}/forecast"


def _forecast(asked: Asked) -> Reply:
    found = asked.can.forecasts.one(asked.work, asked.actor, asked.value("stage"))
    return Reply(found.described())


def _people(asked: Asked) -> Page:
    query = asked.query
    reason = CODES.get(query.reason)
    if query.reason and reason is None:
        raise Problem(422, "invalid", f"{query.reason!r} is no reason")
    wanted = Wanted(State(query.state), query.type or None, reason, query.cursor, query.limit)
    told = asked.can.forecasts.one(asked.work, asked.actor, asked.value("stage"), wanted)
    if told.found is None:
        raise Problem(409, "conflict", "this is not counted yet", headers={"Retry-After": "60"})
    return Page([described_listed(one) for one in told.found.listed], told.found.after or None)


def _adoption(asked: Asked) -> Reply:
    days, coming = asked.can.forecasts.adoption(asked.work, asked.actor, asked.query.days)
    return Reply(as_json(days, coming))


def _lacking(asked: Asked) -> Page:
    query = asked.query
    found = asked.can.forecasts.lacking(
        asked.work, asked.actor, asked.value("lack"), query.cursor, query.limit
    )
    return page_of(list(found), query.limit, described_lacking, "sub")


ROUTES = (
    Route(
        *("GET", ONE, Forecasts.one, _forecast),
        "Count who gets through once a stage is in force; of many people as it was counted last",
        told_rollout.Forecast,
        name="forecastStage",
    ),
    Route(
        *("GET", f"{ONE}/people", Forecasts.one, _people),
        "List who is stuck once a stage is in force, and why; or who is asked to set up",
        told_rollout.Forecasted,
        query=taken_beside.ForecastAsked,
        name="listForecastPeople",
    ),
    Route(
        *("GET", "/adoption", Forecasts.adoption, _adoption),
        "Count who has what set up, by user type, day by day",
        told_rollout.Adoption,
        query=taken_beside.AdoptionAsked,
        name="getAdoption",
    ),
    Route(
        *("GET", "/adoption/{lack}", Forecasts.lacking, _lacking),
        "List people who have text messages only, one way only, or no recovery codes",
        told_rollout.Lacking,
        query=taken_beside.SomePart,
        name="listLacking",
    ),
)
