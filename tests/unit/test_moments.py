"""Points in time as people read them: in their zone, with its name, summer and winter."""

from collections.abc import Iterator

import pytest

from idp import moments

WINTER, SUMMER = 1783033200, 1801432800
"""2026-07-02T23:00:00Z and 2027-01-31T22:00:00Z."""


@pytest.fixture(autouse=True)
def utc_again() -> Iterator[None]:
    yield
    moments.use_zone("UTC")


def test_without_a_zone_times_are_in_utc() -> None:
    assert moments.minute(WINTER) == "2 July 2026, 23:00 UTC"
    assert moments.hour(SUMMER) == "22:00 UTC"


def test_people_read_their_own_day_and_hour() -> None:
    moments.use_zone("Pacific/Auckland")
    assert moments.minute(WINTER) == "3 July 2026, 11:00 NZST"
    assert moments.day(SUMMER) == "1 February 2027"
    assert moments.hour(SUMMER) == "11:00 NZDT"


def test_auditors_read_utc_whatever_the_zone() -> None:
    moments.use_zone("Pacific/Auckland")
    assert moments.second(WINTER) == "2026-07-02 23:00:00 UTC"
