"""An exported trail (`acrux audit export`) as a restore reads it: what happened after a backup.

It is believed to take away what the backup brings back, and never to give anything. It must be of
the same installation: the events that the backup has as well must be the same.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idp.audit import Event
from idp.audit.export import KEYS
from idp.backup.manifest import Manifest
from idp.errors import CommandError

OVERLAP = 1000
"""Ids before the backup's newest that are looked at too: transactions do not end in the order of
their ids, so an event with an earlier id may be younger than the backup."""
_EVENTS = {event.value: event for event in Event}
_NEEDED = frozenset(KEYS) - {"request"}
"""What every export has: that key is newer than some."""
_UNBOUND = frozenset({"since", "until"})
_LATEST = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class Happened:
    """One event of the trail."""

    id: int
    at: int
    event: Event | None
    """None: this version does not know its name."""
    name: str
    outcome: str
    person: str | None
    username: str | None
    client: str | None
    interaction: str | None
    reason: str
    data: Mapping[str, Any]

    @property
    def who(self) -> str:
        """The person as a command takes it: by the name, as the backup knows it."""
        return (self.username or "").removesuffix(" (deleted)") or str(self.person)


@dataclass(frozen=True)
class Trail:
    """What an export tells of the time after a backup."""

    path: Path
    around: tuple[Happened, ...]
    """Events that may be younger than the backup, oldest first; those that it has among them."""
    first: int
    """The smallest id in the file."""
    until: int
    """The moment of the newest event in the file."""
    filters: tuple[str, ...]
    """By what the export was narrowed, as its own event says."""

    def after(self, about: Manifest, known: Iterable[tuple[int, int, str]] = ()) -> list[Happened]:
        """Return what happened after a backup; `known` are id, time and name of events in it.

        Raises:
            CommandError: one of them is another event in the file.
        """
        there = {event_id: (at, name) for event_id, at, name in known}
        found = []
        for one in self.around:
            if one.id in there:
                if there[one.id] != (one.at, one.name):
                    raise CommandError(
                        f"{self.path} is the trail of another installation, or of a database"
                        f" after another restore: event {one.id} is not the one in the backup"
                    )
            elif known or one.id > about.last_event:
                found.append(one)
        return found

    def gaps(self, about: Manifest) -> Iterator[str]:
        """Say what the trail cannot tell of the time after a backup."""
        if self.first > about.last_event + 1:
            yield (
                f"the export begins with event {self.first} and the backup ends with"
                f" {about.last_event}: what happened between is not known"
            )
        if self.filters:
            yield f"the export was narrowed by {', '.join(self.filters)}: all else is not known"


def read(path: Path, about: Manifest) -> Trail:
    """Read an export in the format `jsonl`, line by line; what came before the backup is skipped.

    Raises:
        CommandError: it cannot be read, or is none.
    """
    around: list[Happened] = []
    first, until, filters = 0, 0, frozenset[str]()
    lowest = about.last_event - OVERLAP
    for one in _events(path):
        first, until = min(first or one.id, one.id), max(until, one.at)
        if one.event is Event.AUDIT_EXPORTED and one.data.get("format") == "jsonl":
            filters = frozenset(one.data.get("filters") or {}) - _UNBOUND
        if one.id > lowest:
            around.append(one)
    if not first:
        raise CommandError(f"{path} holds no event")
    around.sort(key=lambda one: one.id)
    return Trail(path, tuple(around), first, until, tuple(sorted(filters)))


def _events(path: Path) -> Iterator[Happened]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _event(path, number, line)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{path} is no export of the trail: it is not UTF-8") from None


def _event(path: Path, number: int, line: str) -> Happened:
    try:
        value = json.loads(line)
        if not _NEEDED.issubset(value):
            raise KeyError
        name = _word(value["event"])
        event = _EVENTS.get(name)
        return Happened(
            id=_number(value["id"], 2**63),
            at=_number(int(datetime.fromisoformat(value["at"]).timestamp()), _LATEST),
            event=event,
            name=name,
            outcome=_word(value["outcome"]),
            person=_text(value["person"]),
            username=_text(value["username"]),
            client=_text(value["client"]),
            interaction=_text(value["interaction"]),
            reason=_text(value["reason"]) or "",
            data=_data(event, value["data"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise CommandError(
            f"line {number} of {path} is no event: `acrux audit export --format jsonl` makes the"
            " file that is wanted"
        ) from None


def _number(value: Any, limit: int) -> int:
    if type(value) is not int:
        raise TypeError
    if not 0 < value < limit:
        raise ValueError
    return value


def _text(value: Any) -> str | None:
    return None if value is None else _word(value)


def _word(value: Any) -> str:
    """Return a text that a database takes: half a character (`\\ud800`) or none is no text."""
    if not isinstance(value, str):
        raise TypeError
    if "\0" in value:
        raise ValueError
    value.encode()
    return value


def _data(event: Event | None, data: Any) -> Mapping[str, Any]:
    """Return what an event says of itself, in the form that the decisions rely on."""
    for value in _mapping(data).values():
        if isinstance(value, str):
            _word(value)
    if event is Event.PERSON_CHANGED:
        for profile in (data.get("before"), data.get("after")):
            for value in _mapping(profile or {}).values():
                _words([value] if isinstance(value, str) else value)
    elif event is Event.CLIENT_CHANGED:
        _words(data.get("changed") or [])
    elif event is Event.AUDIT_EXPORTED:
        _mapping(data.get("filters") or {})
    return _mapping(data)


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _words(value: Any) -> None:
    if not isinstance(value, list):
        raise TypeError
    for one in value:
        _word(one)
