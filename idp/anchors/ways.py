"""How checkpoints get to a place: one function for each kind, in no transaction.

Each brings some, in order, and returns over how many rows the last one is that arrived.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from idp import clock
from idp.anchors import file
from idp.anchors.trouble import AnchorError
from idp.egress import EgressError, Fetcher, syslog
from idp.egress.fetcher import trust
from idp.egress.syslog import Collector
from idp.evidence.canonical import canonical
from idp.ledger.keys import LedgerError
from idp.settings.anchor_places import AnchorPlace
from idp.settings.values import Settings
from idp.store.db.connections import Engine
from idp.store.ledger.log import CheckpointRow

TURN_SECONDS = 30.0
"""After so long no further checkpoint is brought before other places had their turn."""
_CONFLICT = 409

Way = Callable[[AnchorPlace, Sequence[CheckpointRow]], int]


class Ways:
    """The kinds of places that take a checkpoint at once; mails are `anchors.letters`'."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._engine = engine
        self._fetcher = Fetcher(settings.egress)
        self._ca_bundle = settings.egress.ca_bundle
        self._host = urlsplit(settings.server.issuer).hostname or ""
        self.by_kind: dict[str, Way] = {
            "file": self._file,
            "https": self._https,
            "syslog+tls": self._syslog,
            "syslog+tcp": self._syslog,
        }

    def _file(self, place: AnchorPlace, _: Sequence[CheckpointRow]) -> int:
        try:
            return file.follow(self._engine, Path(place.to))
        except LedgerError as error:
            raise AnchorError(str(error)) from None

    def _https(self, place: AnchorPlace, rows: Sequence[CheckpointRow]) -> int:
        size, until = 0, time.monotonic() + TURN_SECONDS
        for row in rows:
            if size and time.monotonic() >= until:
                break
            self._post(place, row)
            size = row.size
        return size

    def _post(self, place: AnchorPlace, row: CheckpointRow) -> None:
        try:
            said = self._fetcher.post(place.to, row.note.encode(), "text/plain; charset=utf-8")
        except EgressError as error:
            raise AnchorError(error.reason) from None
        if said.status == _CONFLICT:
            raise AnchorError(
                "it says (409) that what it has of this ledger contradicts", contradicts=True
            )
        if not 200 <= said.status < 300:
            raise AnchorError(f"it answered with status {said.status}")

    def _syslog(self, place: AnchorPlace, rows: Sequence[CheckpointRow]) -> int:
        lines = [
            syslog.line(
                canonical({"checkpoint": row.note}).decode(),
                at=clock.now(),
                host=self._host,
                kind="ledger-checkpoint",
            )
            for row in rows
        ]
        try:
            tls = trust(self._ca_bundle) if place.kind == "syslog+tls" else None
            Collector(place.to, place.port, tls).send(lines)
        except EgressError as error:
            raise AnchorError(error.reason) from None
        return rows[-1].size
