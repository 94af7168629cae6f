"""What the places outside have, for the evidence pack: copies of what can be read from here.

A copy shows where a place and the ledger differ. Whether it is all that the place has, only the
place itself tells: so the pack says where an auditor asks, and what should be found there.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from idp import clock
from idp.audit import export
from idp.egress import EgressError, Fetcher
from idp.evidence.canonical import canonical
from idp.settings.anchor_places import AnchorPlace
from idp.store import db
from idp.store.db.connections import Engine
from idp.store.ledger import anchors

LIMIT = 2**22
"""Bytes that are taken of an https address: some ten thousand checkpoints."""
SECONDS = 5.0
_LINE = 16_384
_COLUMNS = ("number", "place", "rows", "arrived", "copy")

File = tuple[str, Iterable[bytes]]


class Copies:
    """The places of one installation, and what they have."""

    def __init__(
        self, places: tuple[AnchorPlace, ...], fetcher: Fetcher, engine: Engine, origin: str
    ) -> None:
        """`origin` is what checkpoints of this ledger begin with."""
        self._places, self._fetcher = places, fetcher
        self._engine, self._origin = engine, origin

    def files(self, first: int, end: int) -> Iterator[File]:
        """Yield the files of a pack over the rows from `first` up to `end`: a table, and copies.

        A copy has the checkpoints over the rows of the pack, as the pack has no others to compare.
        """
        table = [export.csv_line(_COLUMNS)]
        with db.work(self._engine) as work:
            known = anchors.everything(work)
        for number, place in enumerate(self._places, 1):
            row = known.get(place.name)
            name = f"anchors/{number}.jsonl"
            notes = self._notes(place)
            said = name
            if isinstance(notes, str):
                said = notes
            else:
                yield name, self._within(notes, first, end)
            size, at = (row.size, row.arrived_at) if row is not None else (0, None)
            arrived = "" if at is None else clock.iso(at)
            table.append(export.csv_line((number, place.name, size, arrived, said)))
        signing = [f"{place.key}\n" for place in self._places if place.key is not None]
        if signing:
            yield "witnesses.txt", ["".join(signing).encode()]
        yield "anchored.csv", [line.encode() for line in table]

    def _notes(self, place: AnchorPlace) -> Iterable[str] | str:
        """Return what a place has, note by note; or why that is not known here."""
        if place.kind == "file":
            return _of_file(Path(place.to))
        if place.kind == "https":
            return self._of_address(place)
        if place.kind == "witness":
            return "what it signed stands below the checkpoints of ledger.jsonl"
        return "not read from here: ask who keeps it"

    def _of_address(self, place: AnchorPlace) -> Iterable[str] | str:
        try:
            accept = "application/jsonl, text/plain"
            said = self._fetcher.get(
                place.to, accept=accept, limit=LIMIT, seconds=SECONDS, anywhere=True
            )
        except EgressError as error:
            return f"not read from here: {error.reason}"
        if said.status != 200:
            return f"not read from here: it answers with status {said.status}"
        return list(_read(said.body))

    def _within(self, notes: Iterable[str], first: int, end: int) -> Iterator[bytes]:
        for note in notes:
            origin, _, rest = note.partition("\n")
            size = rest.partition("\n")[0]
            ours = origin == self._origin and size.isascii() and size.isdigit()
            if ours and first <= int(size) <= end:
                yield canonical({"checkpoint": note}) + b"\n"


def _of_file(path: Path) -> Iterable[str] | str:
    try:
        file = path.open("rb")
    except OSError as error:
        return f"not read from here: {error.strerror}"

    def lines() -> Iterator[str]:
        with file:
            while line := file.readline(_LINE):
                yield from _read(line)

    return lines()


def _read(raw: bytes) -> Iterator[str]:
    """Yield the notes of lines of JSON, or the one that stands there as it is."""
    if not raw.startswith(b"{"):
        yield raw.decode(errors="replace")
        return
    for line in raw.splitlines():
        try:
            found = json.loads(line)["checkpoint"]
        except (ValueError, LookupError, TypeError, RecursionError):
            continue
        if isinstance(found, str):
            yield found
