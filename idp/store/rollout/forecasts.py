"""Forecasts as they were last worked out: counts by stage, and who is stuck.

A run writes the stuck under a name of its own, and becomes the one that is read by one UPDATE when
it is done; so a reader sees one whole forecast, and one that was broken off leaves nothing.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.crypto import random_token
from idp.store.canaries import HIDDEN
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.people import Person
from idp.store.models.rollout import RolloutForecast, RolloutStuck
from idp.store.rows import Piece, reader

GIVEN_UP = 300
"""Seconds without a sign of life after which a run is another worker's to do."""
BATCH = 500


@dataclass(frozen=True)
class ForecastRow:
    """The last forecast of a stage, and the one that is being worked out."""

    stage_id: str
    run: str | None
    """Names the finished one; None while there is none."""
    plan: str | None
    """What the stages said when it was made."""
    at: int | None
    """The time that it is about."""
    computed_at: int | None
    people: int
    ready: int
    asked: int
    stuck: int
    counts: dict[str, dict[str, int]]
    """`methods` of those who are ready, `reasons` of those who are stuck, `doubts`: how many."""
    running: str | None
    seen: int
    """How many people the running one has looked at, of `total`."""
    total: int

    def due(self, plan: str, every: int) -> bool:
        """Return True if it is of another plan, `every` seconds old, or dated ahead."""
        age = clock.now() - self.computed_at if self.computed_at is not None else -1
        return self.plan != plan or not 0 <= age < every


@dataclass(frozen=True)
class StuckRow:
    """One person who is stuck for a stage."""

    person_id: str
    username: str
    name: str
    user_type: str
    reasons: tuple[str, ...]
    """Codes, of obstacles and of doubts; first first."""
    grace: int


_ROW = reader(ForecastRow, RolloutForecast, counts=Piece(RolloutForecast.counts, json.loads))
_STUCK = reader(
    StuckRow,
    {RolloutStuck: "s", Person: "p"},
    username=Person.username,
    name=Person.name,
    user_type=Person.user_type,
)
_ALL = Statement(f"SELECT {_ROW.columns} FROM rollout_forecast ORDER BY stage_id")
_OPEN = Statement(
    "INSERT INTO rollout_forecast (stage_id, people, ready, asked, stuck, counts, seen, total)"
    " VALUES (:stage_id, 0, 0, 0, 0, '{}', 0, 0) ON CONFLICT DO NOTHING"
)
_CLAIM = Statement(
    "UPDATE rollout_forecast SET running = :run, alive_at = :now, seen = 0, total = :total"
    " WHERE stage_id = :stage_id AND (running IS NULL OR alive_at < :given_up)"
    " AND (plan IS NULL OR plan <> :plan OR computed_at < :old OR computed_at > :now)"
)
_ALIVE = Statement(
    "UPDATE rollout_forecast SET alive_at = :now, seen = :seen"
    " WHERE stage_id = :stage_id AND running = :run"
)
_DONE = Statement(
    "UPDATE rollout_forecast SET run = running, running = NULL, plan = :plan, at = :at,"
    " computed_at = :now, people = :people, ready = :ready, asked = :asked, stuck = :stuck,"
    " counts = :counts, seen = :people WHERE stage_id = :stage_id AND running = :run"
)
_TOTAL = Statement(f"SELECT count(*) FROM person WHERE id {HIDDEN}")
_AGAIN = Statement("UPDATE rollout_forecast SET plan = NULL WHERE stage_id = :stage_id")
# Held only against a deletion: people sign in while a page of them is kept.
_ADD = Statement(
    "INSERT INTO rollout_stuck (stage_id, run, person_id, reasons, grace)"
    " SELECT CAST(:stage_id AS VARCHAR), CAST(:run AS VARCHAR), p.id, CAST(:reasons AS VARCHAR),"
    " CAST(:grace AS INTEGER) FROM person p WHERE p.id = :person_id FOR KEY SHARE"
)
_LIST = Statement(
    f"SELECT {_STUCK.columns} FROM rollout_forecast f"
    " JOIN rollout_stuck s ON s.stage_id = f.stage_id AND s.run = f.run"
    " JOIN person p ON p.id = s.person_id"
    " WHERE f.stage_id = :stage_id AND s.person_id > :after AND p.disabled_at IS NULL"
    " AND (CAST(:everyone AS INTEGER) = 1 OR p.user_type = :user_type)"
    " AND ' ' || s.reasons || ' ' LIKE :reason"
    " ORDER BY s.person_id LIMIT :limit"
)
_SWEEP = Statement(
    "DELETE FROM rollout_stuck WHERE (stage_id, run, person_id) IN"
    " (SELECT s.stage_id, s.run, s.person_id FROM rollout_stuck s"
    " LEFT JOIN rollout_forecast f ON f.stage_id = s.stage_id"
    " AND (f.run = s.run OR f.running = s.run) WHERE f.stage_id IS NULL LIMIT :batch)"
)
_FORGET = Statement(
    "DELETE FROM rollout_forecast WHERE stage_id NOT IN (SELECT id FROM rollout_stage)"
)


def latest(work: Work) -> list[ForecastRow]:
    """Return what is known of each stage: the finished forecast, and how far the next one is."""
    return _ROW.all(work.all(_ALL))


def stuck(
    work: Work,
    stage_id: str,
    after: str = "",
    limit: int = 100,
    *,
    user_type: str | None = None,
    reason: str = "",
) -> list[StuckRow]:
    """Return who is stuck by the finished forecast, by `sub`, from the one after `after` on.

    Only of a `user_type`, or for a `reason` (a code), where that is given. Who is switched off is
    left out.
    """
    rows = work.all(
        _LIST,
        stage_id=stage_id,
        after=after,
        limit=limit,
        everyone=int(user_type is None),
        user_type=user_type or "",
        reason=f"% {reason} %" if reason else "%",
    )
    return _STUCK.all(rows)


def claim(work: Work, stage_id: str, plan: str, every: int) -> str | None:
    """Begin a run where one is due: its name, for exactly one caller; None where none is.

    It is due when there is none of this `plan`, when the last one is `every` seconds old, or dated
    ahead, and when no one is at it, or whoever was has gone.
    """
    now, run = clock.now(), random_token(16)
    work.run(_OPEN, stage_id=stage_id)
    claimed = work.run(
        _CLAIM,
        stage_id=stage_id,
        run=run,
        plan=plan,
        now=now,
        old=now - every,
        given_up=now - GIVEN_UP,
        total=int(work.value(_TOTAL)),
    )
    return run if claimed == 1 else None


def keep(
    work: Work, stage_id: str, run: str, found: Iterable[tuple[str, tuple[str, ...], int]]
) -> None:
    """Keep who is stuck: person, reasons, grace. Who was deleted meanwhile is left out."""
    for person_id, reasons, grace in found:
        values = {"reasons": " ".join(reasons), "grace": grace}
        work.run(_ADD, stage_id=stage_id, run=run, person_id=person_id, **values)


def note(work: Work, stage_id: str, run: str, seen: int) -> bool:
    """Give a sign of life; False when the run is another's by now."""
    return work.run(_ALIVE, stage_id=stage_id, run=run, seen=seen, now=clock.now()) == 1


def finish(
    work: Work, stage_id: str, run: str, plan: str, at: int, counts: Mapping[str, Any]
) -> bool:
    """Let a run be the one that is read; False when it is another's by now."""
    rest = {name: counts[name] for name in ("methods", "reasons", "doubts")}
    numbers = {name: counts[name] for name in ("people", "ready", "asked", "stuck")}
    done = work.run(
        _DONE,
        stage_id=stage_id,
        run=run,
        plan=plan,
        at=at,
        now=clock.now(),
        counts=json.dumps(rest),
        **numbers,
    )
    return done == 1


def ask_again(work: Work, stage_id: str) -> None:
    """Let the next look of the worker work it out anew."""
    work.run(_AGAIN, stage_id=stage_id)


def sweep(work: Work) -> int:
    """Delete a batch of what no run needs any more, and forecasts of stages that are gone."""
    return work.run(_FORGET) + work.run(_SWEEP, batch=BATCH)
