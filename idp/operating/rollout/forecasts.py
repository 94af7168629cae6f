"""Who gets through once a stage is in force, and who has what set up: to look at.

Owns who may, and what is told of it; the counting is `idp.rollout`'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from idp import clock
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import english
from idp.operating.actor import Actor, acts
from idp.operating.rollout import outlooks
from idp.operating.rollout.outlooks import Listed, Outlooks, Wanted
from idp.operating.rollout.stages import seen_stage
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout import adoption, remedies, upkeep
from idp.rollout.adoption import LACKS, Day
from idp.rollout.population import Population
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.rollout.forecasts import ForecastRow

LONGEST = 3650
"""Days of adoption that are looked back."""


@dataclass(frozen=True)
class Forecasted:
    """How the people of a stage will fare; None while that is counted, which `row` tells of."""

    stage: Stage
    found: Outlooks | None
    row: ForecastRow | None = None
    population: Population | None = None

    @property
    def kept(self) -> bool:
        """Return False of a stage that asks nothing: of a crowd nothing is counted then."""
        return self.found is not None or upkeep.is_kept(self.stage)

    def described(self) -> dict[str, Any]:
        """Return what is told of it, as JSON has it."""
        row, found = self.row, self.found
        counting = row is not None and row.running is not None
        return {
            "stage": self.stage.id,
            "state": "counted" if found else ("counting" if self.kept else "asks-nothing"),
            "at": clock.iso(found.at) if found else None,
            "counted_at": clock.iso(found.computed_at) if found and found.computed_at else None,
            "looked_at": row.seen if row and counting else None,
            **(found.summary if found else outlooks.Summary()).as_numbers(),
        }


class Forecasts:
    """Forecasts and adoption of one installation."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    @acts(Action.ROLLOUT_READ)
    def one(
        self, work: Work, _actor: Actor, stage_id: str, wanted: Wanted | None = None
    ) -> Forecasted:
        """Return how the people of a stage will fare, with a page of those `wanted`.

        Raises:
            NotFound: there is no such stage.
        """
        stage = seen_stage(work, stage_id, None)
        population = Population(work, self._installation.signin)
        if outlooks.affordable(population):
            found = outlooks.of_stage(self._installation, work, stage, wanted)
            return Forecasted(stage, found, None, population)
        row = outlooks.kept(work, stage)
        if row is None or row.run is None:
            return Forecasted(stage, None, row, population)
        crowd = outlooks.of_crowd(self._installation, work, stage, row, wanted or Wanted())
        return Forecasted(stage, crowd, row, population)

    @acts(Action.ROLLOUT_READ)
    def adoption(self, work: Work, _actor: Actor, days: int) -> tuple[list[Day], list[Stage]]:
        """Return who had what set up, day by day, and the stages that will be enforced."""
        return self._installation.adoption.history(work, days), adoption.next_dates(work)

    @acts(Action.ROLLOUT_READ)
    def lacking(
        self, work: Work, _actor: Actor, what: str, after: str = "", limit: int | None = None
    ) -> Iterable[PersonRow]:
        """Return people with a second step who lack something, by `sub`, after the one `after`.

        Raises:
            CommandError: it is none of `LACKS`.
        """
        if what not in LACKS:
            raise CommandError(f"{what!r} is none of {', '.join(LACKS)}")
        return islice(self._installation.adoption.lacking(work, what, after), limit)


def described_listed(one: Listed) -> dict[str, Any]:
    """Return what is told of somebody in a forecast, as JSON has it."""
    return {
        "sub": one.id,
        "username": one.username,
        "name": one.name,
        "type": one.user_type,
        "grace": one.grace,
        "reasons": [
            {
                "code": reason.value,
                "reason": english(remedies.REASONS[reason]),
                "remedy": english(remedies.REMEDIES[reason]),
            }
            for reason in one.reasons
        ],
    }


def described_lacking(one: PersonRow) -> dict[str, Any]:
    """Return what is told of somebody who lacks something, as JSON has it."""
    return {
        "sub": one.id,
        "username": one.username,
        "email": one.email,
        "user_type": one.user_type,
    }
