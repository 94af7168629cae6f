"""Which mail ahead of a stage's date is due on which day, in the zone of the stage."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest

from idp import moments
from idp.policy.rollout import Stage, Strength
from idp.rollout.mails.dates import NO_DATE, WORTH, due

AUCKLAND = "Pacific/Auckland"
DAY = 86400


def at(text: str, zone: str = "UTC") -> int:
    """Return a wall time of a zone in seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def stage(day: str = "2027-02-01", **more: object) -> Stage:
    zone = str(more.get("zone", "UTC"))
    start = moments.read(day, zone=zone)
    values: dict[str, object] = {"enforce_at": start, **more}
    return Stage("s", ("*",), "urn:level", **values)  # type: ignore[arg-type]


def kind(of: Stage, now: int) -> str | None:
    found = due(of, now)
    return found.kind if found else None


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-01", "announced"),
        ("2027-01-10", "announced"),
        ("2027-01-11", "reminder-21"),
        ("2027-01-24", "reminder-21"),
        ("2027-01-25", "reminder-7"),
        ("2027-01-30", "reminder-7"),
        ("2027-01-31", "tomorrow"),
        ("2027-02-01", "today"),
        ("2027-02-02", None),
    ],
)
def test_each_day_has_one_mail_at_most(day: str, expected: str | None) -> None:
    for hour in ("00:00", "23:59"):
        assert kind(stage(announce_at=0), at(f"{day}T{hour}")) == expected


def test_what_was_over_when_the_stage_was_announced_is_not_mailed() -> None:
    late = stage(announce_at=at("2027-01-28T09:00"))
    days = [at("2027-01-28T08:59") + hours * 3600 for hours in range(6 * 24)]
    kinds = [one for one, _ in groupby(kind(late, now) for now in days)]
    assert kinds == [None, "announced", "tomorrow", "today", None]
    same_day = stage(announce_at=at("2027-02-01T09:00"), enforce_at=at("2027-02-01T12:00"))
    assert kind(same_day, at("2027-02-01T10:00")) == "today"


@pytest.mark.parametrize("day", ["2026-09-27", "2027-04-04", "2027-04-05", "2026-09-28"])
def test_days_are_those_of_the_wall_where_the_clocks_change(day: str) -> None:
    there = stage(day, zone=AUCKLAND, reminders=(7, 1, 0), announce_at=0)
    date = datetime.fromisoformat(day).date()
    for before, expected in ((8, "announced"), (7, "reminder-7"), (1, "tomorrow"), (0, "today")):
        wall = date - timedelta(days=before)
        begin = moments.midnight(wall, AUCKLAND)
        end = moments.midnight(wall + timedelta(days=1), AUCKLAND) - 1
        assert end - begin in (DAY - 3601, DAY - 1, DAY + 3599)
        assert kind(there, begin) == kind(there, end) == expected
    assert kind(there, moments.midnight(date + timedelta(days=1), AUCKLAND)) is None


def test_a_midnight_that_was_left_out_begins_the_day_later() -> None:
    # In Santiago the clocks go forward from 24:00 to 01:00.
    there = stage("2026-09-06", zone="America/Santiago", announce_at=0)
    assert there.enforce_at == int(datetime(2026, 9, 6, 4, tzinfo=UTC).timestamp())
    assert kind(there, there.enforce_at - 1) == "tomorrow"
    assert kind(there, there.enforce_at) == "today"


def test_what_says_tomorrow_is_not_delivered_the_day_after() -> None:
    found = due(stage(), at("2027-01-31T20:00"))
    assert found
    assert found.until == at("2027-02-01T00:00")
    found = due(stage(), at("2027-02-01T20:00"))
    assert found
    assert found.until == at("2027-02-02T00:00")
    found = due(stage(), at("2027-01-12T00:00"))
    assert found
    assert found.until == at("2027-01-12T00:00") + WORTH


def test_only_a_stage_that_runs_and_asks_is_mailed() -> None:
    now = at("2027-01-12T00:00")
    assert kind(stage(stopped_at=now - 1), now) is None
    assert kind(stage(announce_at=now + 1), now) is None
    assert kind(stage(strength=Strength.OPTIONAL), now) is None
    assert kind(stage(strength=Strength.OFF), now) is None
    wish = due(stage(strength=Strength.RECOMMENDED, enforce_at=None), now)
    assert wish
    assert (wish.kind, wish.enforce_at) == ("announced", NO_DATE)


def test_only_the_days_that_are_wished_for_are_mailed() -> None:
    assert kind(stage(reminders=()), at("2027-01-31T10:00")) is None
    few = stage(reminders=(7,), announce_at=0)
    days = ("2027-01-24", "2027-01-25", "2027-01-31", "2027-02-01")
    kinds = [kind(few, at(f"{day}T10:00")) for day in days]
    assert kinds == ["announced", "reminder-7", "reminder-7", None]
