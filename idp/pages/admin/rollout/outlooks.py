"""The forecast as pages show it: of accounts that are not switched off, and while someone waits."""

from dataclasses import dataclass, field

from idp.installation import Installation
from idp.policy.readiness import State
from idp.policy.rollout import Stage
from idp.policy.steps import Obstacle
from idp.rollout.forecast import Outlook, Summary
from idp.rollout.population import Population
from idp.store.db import Work
from idp.store.rollout import forecasts
from idp.store.rollout.forecasts import ForecastRow

MOST = 10_000
"""People who are asked about, one by one, for one page: some tenths of a millisecond for each."""
LISTED = 200


@dataclass
class Outlooks:
    """How the people of a stage will fare."""

    at: int
    summary: Summary = field(default_factory=Summary)
    listed: list[Outlook] = field(default_factory=list)
    """The first of those who were wanted."""


@dataclass(frozen=True)
class Fares:
    """How many of a stage's people will be asked to set up, and how many are stuck."""

    asked: int
    stuck: int


def on_board(installation: Installation, work: Work, population: Population) -> dict[str, Fares]:
    """Return how the people of each stage will fare; of a crowd, by the forecast last kept."""
    if not affordable(population, len(population.stages)):
        return {row.stage_id: _kept(row) for row in forecasts.latest(work) if row.run is not None}
    summaries = {
        stage.id: of_stage(installation, work, stage).summary for stage in population.stages
    }
    return {name: Fares(one.asked, one.stuck) for name, one in summaries.items()}


def _kept(row: ForecastRow) -> Fares:
    off = row.counts.get("reasons", {}).get(Obstacle.DISABLED.value, 0)
    return Fares(row.asked, row.stuck - off)


def affordable(population: Population, times: int = 1) -> bool:
    """Return True if everyone can be asked about so many times for one page."""
    return population.count * times <= MOST


def of_stage(
    installation: Installation, work: Work, stage: Stage, wanted: State | None = None
) -> Outlooks:
    """Return how the people of a stage will fare, with a list of those in the state `wanted`."""
    question = installation.forecast.question(work, stage)
    found = Outlooks(question.at)
    for one in installation.forecast.everyone(work, question):
        if one.person.disabled_at is not None:
            continue
        found.summary.add(one)
        if one.readiness.state is wanted and len(found.listed) < LISTED:
            found.listed.append(one)
    return found
