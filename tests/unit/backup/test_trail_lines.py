"""A line of a trail that someone has written to is read as an event, or refused: it is no fault."""

import json
from pathlib import Path
from typing import Any

import pytest

from idp.audit import Event
from idp.audit.export import KEYS
from idp.backup import trail
from idp.backup.decisions import DECISIONS
from idp.backup.manifest import Manifest
from idp.errors import CommandError
from tests.unit.backup.test_decisions import happened

ABOUT = Manifest(1, "b", "1", "i", 1, "sqlite", "s", "0001", 0, 0, (), {}, 0, "")
EVENT: dict[str, Any] = dict.fromkeys(KEYS) | {
    "id": 1,
    "at": "2026-11-30T12:00:00Z",
    "event": Event.PERSON_DISABLED.value,
    "outcome": "done",
    "person": "sub1",
    "data": {},
}


def read(folder: Path, line: Any) -> trail.Trail:
    file = folder / "trail.jsonl"
    file.write_text(json.dumps(line))
    return trail.read(file, ABOUT)


def changed(data: Any) -> dict[str, Any]:
    return {"event": Event.PERSON_CHANGED.value, "data": data}


@pytest.mark.parametrize(
    "forged",
    [
        {"id": float("inf")},
        {"id": 10**30},
        {"id": True},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"at": "9999-12-31T23:59:59-14:00"},
        {"person": "half a character: \ud800"},
        {"person": "none: \0"},
        {"data": {"credential": "\ud800"}},
        {"data": ["a"]},
        changed({"before": "admin"}),
        changed({"before": {"roles": 5}}),
        changed({"before": {"roles": [["admin"]]}}),
        changed({"before": {"roles": [1, "admin"]}}),
        changed({"after": {"type": {}}}),
        {"event": Event.CLIENT_CHANGED.value, "data": {"changed": 5}},
        {"event": Event.AUDIT_EXPORTED.value, "data": {"format": "jsonl", "filters": [5]}},
    ],
)
def test_what_no_event_says_is_refused_by_its_line(tmp_path: Path, forged: dict[str, Any]) -> None:
    assert read(tmp_path, EVENT).around
    with pytest.raises(CommandError, match=r"line 1 of .* is no event"):
        read(tmp_path, EVENT | forged)


def test_a_command_for_the_operator_is_one_command_whatever_the_trail_says() -> None:
    tells = DECISIONS[Event.KEY_ADDED].tells
    assert tells
    said = tells(happened(Event.KEY_ADDED, data={"alg": "RS256; reboot"}))
    assert said == "acrux keys rotate --alg 'RS256; reboot'"
