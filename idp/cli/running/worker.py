"""`acrux worker`: sends what waits, deletes what is over, looks ahead, and seals the ledger."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from functools import partial

import click

from idp import clock
from idp.audit.retention import Retention
from idp.audit.streaming.sending import senders
from idp.cli import context
from idp.cli.logs import log_to_stderr
from idp.cli.running import traced, watching_rules
from idp.cli.running.measured import reported
from idp.cli.running.trying import Trying
from idp.installation import Installation
from idp.keyring.presence import Presence
from idp.ledger.keys import LedgerError
from idp.oidc.registration import unused
from idp.operating.people.import_running import ImportRunning
from idp.rollout.mails.notices import AHEAD
from idp.signals.working import Signals
from idp.store import db
from idp.store.db import trouble
from idp.store.db.schema import DATABASE_ERRORS, one_line
from idp.store.rollout import forecasts
from idp.store.service.cleaning import BATCH, clean

LOOK_EVERY = 2.0
CLEAN_EVERY = 600.0
"""Seconds between two looks at the outbox, and between two clean-ups. The first is what people wait
for who forgot their password."""
COUNT_FOR = 20.0
"""Seconds after which no further day is counted before messages have had their turn."""
BETWEEN = 0.05
"""Seconds between two batches of those: on SQLite others who wait to write are not kept out."""
ONCE = 60
"""Seconds' worth of mails ahead of a date that `--once` queues: it is run every minute or so."""
AHEAD_EVERY = 10.0
"""Seconds between two looks at what is planned: a change of it is foretold so soon."""
IMPORTS_EVERY = 1.0
"""Seconds between two looks whether a file of people waits: somebody looks on."""
SIGNALS_EVERY = 1.0
"""Seconds between two looks at what applications are to be told of their people."""
STREAM_EVERY = 1.0
"""Seconds between two looks at what happened, for each receiver of events."""
SETTLE_SECONDS = 30.0
"""What messages that are under way get to arrive before the command ends."""

_log = logging.getLogger("acrux.worker")


class Worker:
    """The background work of an installation; any number of them may run."""

    def __init__(self, installation: Installation) -> None:
        self._this = installation
        self._stop = threading.Event()
        self._clean_at = 0.0

    def stop(self) -> None:
        """End after the current message or batch."""
        self._stop.set()

    def run(self) -> None:
        """Work until told to stop; a database that is away is waited for."""
        presence = Presence(self._this.engine, self._this.keyring, "worker")
        presence.begin()
        self._work()
        presence.end()

    def _work(self) -> None:
        signals = Signals(self._this)
        ahead = threading.Thread(target=self._ahead, name="acrux-ahead")
        ahead.start()
        sealer = threading.Thread(target=self._seal, name="acrux-sealer")
        sealer.start()
        canary = threading.Thread(
            target=watching_rules.watch, args=(self._this, self._stop), name="acrux-canary"
        )
        beside = [threading.Thread(target=self._again, args=one) for one in self._beside(signals)]
        for one in (canary, *beside):
            one.start()
        turn = [Trying(job) for job in (self.tell_ahead, self.deliver, self._clean_in_time)]
        while not self._stop.is_set():
            for job in turn:
                job()
            self._stop.wait(LOOK_EVERY)
        for thread in (ahead, sealer, canary, *beside):
            thread.join()
        signals.end()

    def _beside(
        self, signals: Signals
    ) -> "list[tuple[float, Callable[[Callable[[], bool]], object]]]":
        """Return what is done beside all else: how often, and the job.

        A receiver of events that is slow keeps no other waiting.
        """
        every = self._this.settings.evidence.every
        streamers = senders(self._this.settings, self._this.engine)
        return [
            (every, self._anchor),
            (IMPORTS_EVERY, ImportRunning(self._this).carry_out),
            *((SIGNALS_EVERY, job) for job in signals.jobs),
            *((STREAM_EVERY, one.send) for one in streamers),
        ]

    def _seal(self) -> None:
        """Seal the ledger until told to stop, and once more then."""
        seal = Trying(self._seal_now)
        while True:
            last = self._stop.wait(self._this.settings.evidence.every)
            seal()
            if last:
                return

    def _seal_now(self) -> None:
        try:
            self._this.sealer.seal()
            self._this.counting.carry_out(self._stop.is_set)
        except LedgerError as error:
            _log.error("the ledger cannot be sealed: %s", error)

    def _again(self, seconds: float, job: Callable[[Callable[[], bool]], object]) -> None:
        """Do a job every so many seconds until told to stop, beside all others."""
        once = Trying(partial(job, self._stop.is_set))
        while not self._stop.wait(seconds):
            once()

    def _anchor(self, _stopped: Callable[[], bool]) -> None:
        """Bring checkpoints to the places outside; no seal waits for it."""
        for line in self._this.anchors.follow():
            _log.error("a checkpoint was not taken by %s", line)

    def _ahead(self) -> None:
        """Look ahead until told to stop, beside the messages: people wait for those."""
        once = Trying(self.look_ahead)
        while not self._stop.is_set():
            once()
            self._stop.wait(AHEAD_EVERY)

    def tell_ahead(self, seconds: int = AHEAD) -> None:
        """Queue mails ahead of stages' dates: `seconds` worth of them, in a moment at most."""
        until = time.monotonic() + LOOK_EVERY
        while not self._stop.is_set() and self._this.notices.step(seconds):
            # Someone may be waiting for a text message that another process could not send.
            if time.monotonic() >= until:
                break
            self._stop.wait(BETWEEN)

    def deliver(self) -> int:
        """Send everything that is due; return how many messages were tried."""
        tried = 0
        while not self._stop.is_set() and (count := self._this.post.deliver_due()):
            tried += count
        return tried

    def settle(self) -> None:
        """Wait until what this process began to send has arrived or failed."""
        self._this.post.settle(SETTLE_SECONDS)

    def _clean_in_time(self) -> None:
        if time.monotonic() >= self._clean_at:
            self.clean()
            self._clean_at = time.monotonic() + CLEAN_EVERY

    def clean(self) -> int:
        """Tell of what was left open, then delete all that is over; return how many rows."""
        self._this.unfinished.tell()
        self._this.lost_ways.carry_out()
        self._look_at_shared_profiles()
        self._this.notices.take_up_lost()
        self._learn_costs()
        settings = self._this.settings

        def over(work: db.Work) -> int:
            return clean(work, settings.oidc.refresh_absolute, settings.interaction.lifetime)

        def unused_clients(work: db.Work) -> int:
            return unused.remove(work, clock.now() - settings.registration.unused_days * 86400)

        deleted = self._all_of(over) + self._all_of(forecasts.sweep)
        if settings.registration.unused_days:
            deleted += self._all_of(unused_clients)
        return deleted + self._keep_no_longer()

    def _keep_no_longer(self) -> int:
        """Delete events whose time is over; return how many."""
        try:
            return Retention(self._this.settings, self._this.engine).carry_out(self._stop.is_set)
        except DATABASE_ERRORS as error:
            # Its role has to be given the right to (docs/operate.md): all else goes on.
            trouble.note(error)
            _log.error("events whose time is over were not deleted: %s", one_line(error))
            return 0

    def look_ahead(self) -> int:
        """Keep forecasts and adoption up to date; return how many forecasts were made."""
        self._this.adoption.carry_out()
        return self._this.upkeep.carry_out(self._stop.is_set)

    def _all_of(self, batch: Callable[[db.Work], int]) -> int:
        """Call `batch` in transactions of its own until nothing is left; return how many rows."""
        deleted = 0
        while not self._stop.is_set():
            with db.work(self._this.engine) as work:
                count = batch(work)
            deleted += count
            if not count:
                break
        return deleted

    def _look_at_shared_profiles(self) -> None:
        """Close those whose day has come, and count the days that are over, for a while."""
        self._this.shared_split.carry_out()
        self._this.shared_signs.catch_up(lambda: not self._stop.is_set(), COUNT_FOR)

    def _learn_costs(self) -> None:
        """Look at the password hashes that an earlier version left."""
        password = self._this.passwords.rule.password
        self._all_of(lambda work: password.learn_costs(work, BATCH))


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, say how much it was, and end.")
def worker(once: bool) -> None:
    """Send waiting messages and clean up.

    Goes on until it is told to end (SIGTERM, Ctrl-C). `acrux serve` does this too, unless it is
    told --no-with-worker.
    """
    log_to_stderr()
    this = context.open_installation().installation
    log_to_stderr(this.settings.log.format)
    job = Worker(this)
    if once:
        while this.notices.step(ONCE):
            job.deliver()
        tried, deleted = job.deliver(), job.clean()
        job.look_ahead()
        this.sealer.seal()
        for sender in senders(this.settings, this.engine):
            sender.send()
        Signals(this).carry_out()
        this.counting.carry_out()
        ImportRunning(this).carry_out()
        for line in this.anchors.follow():
            _log.error("a checkpoint was not taken by %s", line)
        job.settle()
        click.echo(f"{tried} messages tried, {deleted} old rows deleted.")
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: job.stop())
    traced.begin(this, "worker")
    with reported(this):
        job.run()
