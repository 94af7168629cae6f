"""What is asked of the database when somebody looks, for the whole installation.

Every machine that reports gives the same: take the greatest, never the sum.
"""

import time
from collections.abc import Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from idp import clock
from idp.anchors.following import states
from idp.settings.values import Evidence
from idp.store import canaries, db
from idp.store.db.connections import Engine
from idp.store.db.schema import DATABASE_ERRORS
from idp.store.ledger import turns
from idp.store.messages import outbox
from idp.store.oidc import signing_keys
from idp.store.service import streams

SECONDS = 3.0
"""For how long the database is waited for."""
KEPT = 5.0
"""For how long, in seconds, an answer is given again, whoever asks how often."""


class Asked:
    """Collects from one database. Threads share it."""

    def __init__(self, engine: Engine, evidence: Evidence) -> None:
        self._engine = engine
        self._evidence = evidence
        self._found: list[Metric] = []
        self._at = -KEPT

    def collect(self) -> Iterator[Metric]:
        """Yield what the database says; where it is silent, that alone."""
        if time.monotonic() - self._at >= KEPT:
            self._found = self._ask()
            self._at = time.monotonic()
        yield from self._found

    def _ask(self) -> list[Metric]:
        try:
            with db.work(self._engine) as work, work.hurried(SECONDS):
                return answers(
                    outbox.waiting(work),
                    signing_keys.everything(work),
                    turns.waiting(work),
                    {row.name: streams.lag(work, row.position) for row in streams.everyone(work)},
                    canaries.last(work),
                    {state.label: state.behind for state in states(work, self._evidence)},
                )
        except DATABASE_ERRORS:
            return [_up(0)]


def answers(
    waiting: list[outbox.Waiting],
    keys: list[signing_keys.KeyRow],
    unsealed: turns.Waiting,
    streaming: Mapping[str, streams.Lag],
    canary: canaries.CanaryRow | None,
    behind: Mapping[str, int],
) -> list[Metric]:
    """Return what a database says that has these messages, keys and leaves without a number.

    `streaming`: the events behind the cursors of these receivers; `canary`: its last run; `behind`:
    for how many seconds each place outside has lacked a checkpoint.
    """
    return [
        *(_up(1), *_outbox(waiting), _keys(keys), *_ledger(unsealed)),
        *(*_stream(streaming), *_canary(canary), _anchored(behind)),
    ]


def _up(value: int) -> Metric:
    found = GaugeMetricFamily("acrux_database_up", "1 while the database answers")
    found.add_metric([], value)
    return found


def _outbox(waiting: list[outbox.Waiting]) -> Iterator[Metric]:
    depth = GaugeMetricFamily(
        "acrux_outbox_messages", "Messages that wait to be sent", labels=("channel",)
    )
    age = GaugeMetricFamily(
        "acrux_outbox_oldest_seconds", "Age of the oldest of them", labels=("channel",)
    )
    found = {each.channel: each for each in waiting}
    for channel in sorted({*outbox.CHANNELS, *found}):
        each = found.get(channel)
        depth.add_metric([channel], each.count if each else 0)
        age.add_metric([channel], max(0, clock.now() - each.oldest) if each else 0)
    yield depth
    yield age


def _keys(keys: list[signing_keys.KeyRow]) -> Metric:
    found = GaugeMetricFamily(
        "acrux_signing_key_age_seconds", "Since when the key that signs does", labels=("alg",)
    )
    now = clock.now()
    signing = {k.alg: k for k in keys if k.retired_at is None and k.active_at <= now}
    for alg, key in sorted(signing.items()):
        found.add_metric([alg], now - key.active_at)
    return found


def _ledger(unsealed: turns.Waiting) -> Iterator[Metric]:
    depth = GaugeMetricFamily("acrux_ledger_unsealed", "Rows of the ledger that wait to be sealed")
    depth.add_metric([], unsealed.count)
    yield depth
    age = GaugeMetricFamily("acrux_ledger_oldest_seconds", "Age of the oldest of them")
    age.add_metric([], 0 if unsealed.oldest is None else max(0, clock.now() - unsealed.oldest))
    yield age


def _stream(behind: Mapping[str, streams.Lag]) -> Iterator[Metric]:
    depth = GaugeMetricFamily(
        "acrux_stream_events", "Events that wait for a receiver", labels=("receiver",)
    )
    age = GaugeMetricFamily(
        "acrux_stream_oldest_seconds", "Age of the oldest of them", labels=("receiver",)
    )
    for name, lag in sorted(behind.items()):
        depth.add_metric([name], lag.count)
        age.add_metric([name], 0 if lag.oldest is None else max(0, clock.now() - lag.oldest))
    yield depth
    yield age


def _canary(row: canaries.CanaryRow | None) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "acrux_canary", "1 for how the canary's last run went", labels=("state",)
    )
    age = GaugeMetricFamily("acrux_canary_age_seconds", "Since the canary's last run")
    for name in ("held", "alarm", "failed"):
        state.add_metric([name], int(row is not None and row.state == name))
    if row is not None and row.ran_at is not None:
        age.add_metric([], max(0, clock.now() - row.ran_at))
    yield state
    yield age


def _anchored(behind: Mapping[str, int]) -> Metric:
    found = GaugeMetricFamily(
        "acrux_ledger_anchor_behind_seconds",
        "For how long a place outside has lacked a checkpoint",
        labels=("anchor",),
    )
    for label, seconds in behind.items():
        found.add_metric([label], seconds)
    return found
