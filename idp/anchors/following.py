"""Which place is due, and what becomes of an attempt: nothing is skipped, and nobody waits.

A place that is new gets the newest checkpoint (a file: all of them), and then each one. One that
fails is tried again, less and less often. Any number of processes may call this.
"""

from dataclasses import dataclass

from idp import audit, clock
from idp.anchors.copies import Copies
from idp.anchors.letters import Letters
from idp.anchors.trouble import AnchorError
from idp.anchors.ways import Ways
from idp.anchors.witnesses import Witnesses
from idp.egress import Fetcher
from idp.evidence import checkpoint
from idp.ledger.witnessed import Witnessed
from idp.messages import Post
from idp.settings import anchor_places, witness_places
from idp.settings.anchor_places import AnchorPlace
from idp.settings.values import Evidence, Settings
from idp.store import db
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.ledger import anchors, log
from idp.store.ledger.anchors import AnchorRow
from idp.store.ledger.log import CheckpointRow

LEASE = 90
"""Seconds for which a place is one process's: longer than any attempt."""
TOGETHER = 500
"""Checkpoints that are brought in one turn."""
FIRST, LONGEST = 10, 900
"""Seconds after a failure, twice as many after each, and the most."""
LATE = 900
"""Seconds for which no checkpoint is under way where all is well."""


@dataclass(frozen=True)
class State:
    """How a place fares. `number` counts its setting's entries from 1."""

    number: int
    place: AnchorPlace
    row: AnchorRow | None
    behind: int
    """Seconds since the first checkpoint was signed that it lacks; 0 when it has all."""
    late: bool
    """It lacks one for longer than it should."""
    problem: str | None

    @property
    def label(self) -> str:
        """Return what a figure may call it: no address."""
        return f"{self.number} {self.place.kind}"


def states(work: Work, evidence: Evidence) -> list[State]:
    """Return how each place fares, and behind them each witness."""
    known = anchors.everything(work)
    settings = (
        anchor_places.read(evidence.anchors),
        witness_places.read(evidence.witnesses),
    )
    return [
        _state(work, number, place, known.get(place.name), evidence.mail_every)
        for places in settings
        for number, place in enumerate(places, 1)
    ]


def _state(
    work: Work, number: int, place: AnchorPlace, row: AnchorRow | None, mail_every: int
) -> State:
    lacking = log.first_after(work, row.size if row else 0)
    back = _set_back(work, row) if row else None
    now = clock.now()
    behind = max(0, now - lacking.at) if lacking else 0
    failing = now - row.failing_since if row and row.failing_since is not None else 0
    wait = mail_every + LATE if place.kind == "mailto" else LATE
    late = behind > wait or failing > LATE or back is not None
    return State(number, place, row, behind, late, back or (row.problem if row else None))


class Anchors:
    """The places of one installation. Threads and processes may share it."""

    def __init__(self, settings: Settings, engine: Engine, post: Post) -> None:
        kept = anchor_places.read(settings.evidence.anchors)
        signing = witness_places.read(settings.evidence.witnesses)
        self.places = (*kept, *signing)
        self._engine = engine
        self._ways = Ways(settings, engine)
        origin = checkpoint.origin(settings.server.issuer)
        fetcher = Fetcher(settings.egress)
        self.copies = Copies(self.places, fetcher, engine, origin)
        self._witnesses = Witnesses(engine, fetcher)
        believed = tuple(str(place.key) for place in signing)
        self.witnessed = Witnessed(believed, settings.evidence.witnesses_needed)
        self._letters = Letters(post, settings.evidence.mail_every)

    def follow(self, at_once: bool = False) -> list[str]:
        """Bring what is due; return a line for each place that took nothing.

        With `at_once`, also to those that are left alone after a failure.
        """
        if not self.places:
            return []
        with db.work(self._engine) as work:
            newest = log.newest(work)
            known = anchors.everything(work)
            for place in self.places:
                if newest is not None and place.name not in known:
                    anchors.add(work, place.name, 0 if place.kind == "file" else newest.size - 1)
        if newest is None:
            return []
        tried = [self._try(place, newest, at_once) for place in self.places]
        return [line for line in tried if line is not None]

    def begin_again(self, work: Work, name: str) -> bool:
        """Forget what a place has, after a database was restored; False for one that is not set."""
        if not any(place.name == name for place in self.places):
            return False
        anchors.forget(work, name)
        return True

    def _try(self, place: AnchorPlace, newest: CheckpointRow, at_once: bool) -> str | None:
        claimed = clock.now() + LEASE
        with db.work(self._engine) as work:
            row = anchors.everything(work).get(place.name)
            if row is None or not (at_once or anchors.is_due(row)):
                return None
            back = _set_back(work, row)
            idle = newest.size <= row.size and row.failing_since is None and back is None
            # Somebody else may have written to a file, so that is looked at all the same.
            if idle and place.kind != "file":
                return None
            if not idle and not anchors.claim(work, place.name, claimed, at_once):
                return None
            rows = log.checkpoints_after(work, row.size, TOGETHER)
        try:
            if back is not None:
                raise AnchorError(back, contradicts=True)
            self._bring(place, row, rows, claimed)
        except AnchorError as error:
            self._note(row, error, claimed)
            return f"{place.name}: {error}"
        return None

    def _note(self, row: AnchorRow, error: AnchorError, claimed: int) -> None:
        due_at = clock.now() + min(LONGEST, FIRST << min(row.failures, 10))
        with db.work(self._engine) as work:
            if error.contradicts and row.problem != str(error):
                audit.record(
                    work, audit.Event.LEDGER_CONTRADICTED, reason=str(error), place=row.name
                )
            anchors.claim(work, row.name, claimed, False)
            anchors.failed(work, row.name, claimed, str(error), due_at)

    def _bring(
        self, place: AnchorPlace, row: AnchorRow, rows: list[CheckpointRow], claimed: int
    ) -> None:
        if place.kind == "mailto" and rows:
            with db.work(self._engine) as work:
                newest = log.newest(work)
                if newest is not None:
                    self._letters.write(work, place, newest, claimed)
            return
        way = self._ways.by_kind.get(place.kind)
        if place.kind == witness_places.KIND:
            size = self._witnesses.cosign(place, row.size if row.arrived_at is not None else 0)
        else:
            size = way(place, rows) if way and (rows or place.kind == "file") else row.size
        with db.work(self._engine) as work:
            anchors.arrived(work, place.name, claimed, size)


def _set_back(work: Work, row: AnchorRow) -> str | None:
    if row.arrived_at is None or log.is_signed(work, row.size):
        return None
    return (
        f"a checkpoint over {row.size} rows arrived there that the database has not: it was set"
        " back, or its history was written anew"
    )
