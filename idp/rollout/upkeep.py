"""Forecasts kept up to date for pages that must be quick: daily, and after a change of a stage.

Any number of workers may do it at once: one of them claims each run. A run reads in pages, gives a
sign of life after each, and ends without a trace when the process does.
"""

import json
from collections.abc import Callable

from idp import crypto
from idp.policy.readiness import State
from idp.policy.rollout import Stage, Strength
from idp.rollout.forecast import Forecast, Outlook, Question, Summary
from idp.rollout.stages import facts
from idp.store import db
from idp.store.db.connections import Engine
from idp.store.rollout import forecasts, stages

EVERY = 86400
"""Seconds for which a forecast of an unchanged plan holds."""
_ASKING = frozenset({Strength.REQUIRED, Strength.RECOMMENDED})


class Gone(Exception):
    """The run is another worker's by now, or this one is told to end."""


class Upkeep:
    """The forecasts of one installation, as they are kept."""

    def __init__(self, forecast: Forecast, engine: Engine) -> None:
        self._forecast = forecast
        self._engine = engine

    def carry_out(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Work out what is due; return how many forecasts that were."""
        with db.work(self._engine) as work:
            planned = stages.everything(work)
            known = {row.stage_id: row for row in forecasts.latest(work)} if planned else {}
        plan, done = plan_of(planned), 0
        for stage in planned:
            # Nothing is written to find out that nothing is due.
            row = known.get(stage.id)
            if is_kept(stage) and (row is None or row.due(plan, EVERY)) and not stopped():
                done += self._one(stage, plan, stopped)
        return done

    def _one(self, stage: Stage, plan: str, stopped: Callable[[], bool]) -> int:
        with db.work(self._engine) as work:
            run = forecasts.claim(work, stage.id, plan, EVERY)
        if run is None:
            return 0
        try:
            return int(self._run(stage, plan, run, stopped))
        except Gone:
            return 0

    def _run(self, stage: Stage, plan: str, run: str, stopped: Callable[[], bool]) -> bool:
        summary, found = Summary(), list[Outlook]()

        def page_done(seen: int) -> None:
            with db.work(self._engine) as writing:
                if stopped() or not forecasts.note(writing, stage.id, run, seen):
                    raise Gone
                forecasts.keep(writing, stage.id, run, map(_kept, found))
            found.clear()

        with db.work(self._engine) as reading:
            question: Question = self._forecast.question(reading, stage)
            for one in self._forecast.everyone(reading, question, page_done):
                summary.add(one)
                if one.readiness.state is State.STUCK:
                    found.append(one)
        with db.work(self._engine) as work:
            return forecasts.finish(work, stage.id, run, plan, question.at, summary.as_numbers())


def is_kept(stage: Stage) -> bool:
    """Return True if a forecast of a stage is kept: it asks something of people."""
    return stage.strength in _ASKING


def plan_of(planned: tuple[Stage, ...]) -> str:
    """Return a mark of all that the stages say: a forecast of another plan is out of date."""
    said = [(one.id, facts(one)) for one in planned]
    return crypto.digest(json.dumps(said, sort_keys=True, default=str))


def _kept(one: Outlook) -> tuple[str, tuple[str, ...], int]:
    reasons = (*one.readiness.obstacles, *one.doubts)
    return one.person.id, tuple(reason.value for reason in reasons), one.grace
