"""The forecast for whoever waits for it: of accounts that are not switched off.

Of few people it is worked out at once; of a crowd it is the one that the worker keeps.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile

from idp.installation import Installation
from idp.policy.readiness import State
from idp.policy.rollout import Stage
from idp.policy.steps import Obstacle
from idp.rollout.forecast import Doubt, Outlook, Summary
from idp.rollout.population import Population
from idp.rollout.remedies import REASONS
from idp.store import people
from idp.store.db import Work
from idp.store.rollout import forecasts
from idp.store.rollout.forecasts import ForecastRow, StuckRow

MOST = 10_000
"""People who are asked about, one by one, for one page: some tenths of a millisecond for each."""
LISTED = 100
"""People on one page of a list."""
SCANNED = 2000
"""Of a crowd, people who are asked about for one page of those who will be asked to set up."""
Reason = Obstacle | Doubt
CODES: Mapping[str, Reason] = {reason.value: reason for reason in REASONS}


@dataclass(frozen=True)
class Wanted:
    """Whom of a stage's people a page lists: those after the `sub` `after`."""

    state: State = State.STUCK
    user_type: str | None = None
    reason: Reason | None = None
    after: str = ""
    limit: int = LISTED


@dataclass(frozen=True)
class Listed:
    """One person of a list."""

    id: str
    name: str
    username: str
    user_type: str
    reasons: tuple[Reason, ...]
    grace: int


@dataclass
class Outlooks:
    """How the people of a stage will fare."""

    at: int
    summary: Summary = field(default_factory=Summary)
    listed: list[Listed] = field(default_factory=list)
    after: str = ""
    """Whom the next page of the list begins after; "" where there is none."""
    computed_at: int | None = None
    """When that was so; None for now."""

    def take(self, found: Iterable[Listed], limit: int) -> None:
        """List what is found, as far as a page goes."""
        for one in found:
            if len(self.listed) == limit:
                self.after = self.listed[-1].id
                return
            self.listed.append(one)


@dataclass(frozen=True)
class Fares:
    """How many of a stage's people will be asked to set up, and how many are stuck."""

    asked: int
    stuck: int
    computed_at: int | None = None
    """When that was so; None for now."""


def on_board(installation: Installation, work: Work, population: Population) -> dict[str, Fares]:
    """Return how the people of each stage will fare; of a crowd, by the forecast last kept."""
    if not affordable(population, len(population.stages)):
        return {row.stage_id: _fares(row) for row in forecasts.latest(work) if row.run is not None}
    summaries = {
        stage.id: of_stage(installation, work, stage).summary for stage in population.stages
    }
    return {name: Fares(one.asked, one.stuck) for name, one in summaries.items()}


def affordable(population: Population, times: int = 1) -> bool:
    """Return True if everyone can be asked about so many times for one page."""
    return population.count * times <= MOST


def of_stage(
    installation: Installation, work: Work, stage: Stage, wanted: Wanted | None = None
) -> Outlooks:
    """Return how the people of a stage will fare, with a page of the list of those `wanted`."""
    question = installation.forecast.question(work, stage)
    found, first = Outlooks(question.at), list[Listed]()
    for one in _switched_on(installation.forecast.everyone(work, question)):
        found.summary.add(one)
        if wanted and _is_wanted(one, wanted):
            first.append(_listed(one))
    if wanted and wanted.after:
        # Who comes after whom knows the database alone: its order of names is not ours.
        later = installation.forecast.everyone(work, question, after=wanted.after)
        more = (_listed(one) for one in _switched_on(later) if _is_wanted(one, wanted))
        found.take(more, wanted.limit)
    else:
        found.take(first, wanted.limit if wanted else 0)
    return found


def kept(work: Work, stage: Stage) -> ForecastRow | None:
    """Return what is kept of the forecast of a stage, or how far it is."""
    return next((row for row in forecasts.latest(work) if row.stage_id == stage.id), None)


def of_crowd(
    installation: Installation, work: Work, stage: Stage, row: ForecastRow, wanted: Wanted
) -> Outlooks:
    """Return the same as `of_stage`, by the finished forecast of `row`.

    Only the stuck are kept: of those who are asked, a page is what is found among the next
    `SCANNED` people, and may be short.
    """
    fares = _fares(row)
    summary = Summary(row.people, row.ready, fares.asked, fares.stuck)
    summary.reasons = Counter(row.counts.get("reasons", {}))
    del summary.reasons[Obstacle.DISABLED.value]
    found = Outlooks(row.at or 0, summary, computed_at=row.computed_at)
    if wanted.state is State.STUCK:
        rows = forecasts.stuck(
            work,
            stage.id,
            wanted.after,
            wanted.limit + 1,
            user_type=wanted.user_type,
            reason=wanted.reason.value if wanted.reason else "",
        )
        found.take(map(_of_row, rows), wanted.limit)
    else:
        _scan(installation, work, stage, wanted, found)
    return found


def _scan(
    installation: Installation, work: Work, stage: Stage, wanted: Wanted, found: Outlooks
) -> None:
    """List who is wanted among the next people."""
    page = people.after(work, wanted.after, SCANNED)
    ids = {person.id for person in page}
    question = installation.forecast.question(work, stage)
    everyone = installation.forecast.everyone(work, question, after=wanted.after)
    near = takewhile(lambda one: one.person.id in ids, everyone)
    found.after = page[-1].id if len(page) == SCANNED else ""
    more = (_listed(one) for one in _switched_on(near) if _is_wanted(one, wanted))
    found.take(more, wanted.limit)


def _switched_on(found: Iterable[Outlook]) -> Iterator[Outlook]:
    return (one for one in found if one.person.disabled_at is None)


def _fares(row: ForecastRow) -> Fares:
    off = row.counts.get("reasons", {}).get(Obstacle.DISABLED.value, 0)
    return Fares(row.asked, row.stuck - off, row.computed_at)


def _is_wanted(one: Outlook, wanted: Wanted) -> bool:
    return (
        one.readiness.state is wanted.state
        and wanted.user_type in (None, one.person.user_type)
        and (wanted.reason is None or wanted.reason in _reasons(one))
    )


def _reasons(one: Outlook) -> tuple[Reason, ...]:
    return *one.readiness.obstacles, *one.doubts


def _listed(one: Outlook) -> Listed:
    person = one.person
    return Listed(
        person.id, person.name, person.username, person.user_type, _reasons(one), one.grace
    )


def _of_row(row: StuckRow) -> Listed:
    reasons = tuple(CODES[code] for code in row.reasons if code in CODES)
    return Listed(row.person_id, row.name, row.username, row.user_type, reasons, row.grace)
