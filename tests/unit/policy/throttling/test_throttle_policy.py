"""How often one may guess: the growing wait and the window, second by second."""

import pytest

from idp.policy.throttling.throttle import Growing, Held, Tally, Window
from tests.unit.policy.policy_people import NOW

GROWING = Growing(free=5, first=30, cap=900, limit=100)
WINDOW = Window(limit=3, seconds=60)


def admitted(limit: Growing | Window, tally: Tally, now: int) -> Tally:
    """Count an attempt that must be admitted."""
    counted = limit.admit(tally, now)
    assert isinstance(counted, Tally), f"held back: {counted}"
    return counted


def after(attempts: int, limit: Growing = GROWING) -> Tally:
    """Return the tally after so many attempts, each as soon as it was admitted, from NOW on."""
    tally = Tally()
    for _ in range(attempts):
        tally = admitted(limit, tally, max(NOW, tally.next_at))
    return tally


# -- the growing wait


@pytest.mark.parametrize(
    ("attempt", "wait_after_it"),
    [
        (1, 0),
        (2, 0),
        (3, 0),
        (4, 0),
        (5, 30),
        (6, 60),
        (7, 120),
        (8, 240),
        (9, 480),
        (10, 900),
        (11, 900),
        (99, 900),
        (100, 900),
    ],
)
def test_five_attempts_are_free_then_each_one_doubles_the_wait_up_to_the_cap(
    attempt: int, wait_after_it: int
) -> None:
    before = after(attempt - 1)
    now = max(NOW, before.next_at)
    tally = admitted(GROWING, before, now)
    assert (tally.count, tally.next_at - now) == (attempt, wait_after_it)


@pytest.mark.parametrize(
    ("seconds", "held"), [(0, 30), (1, 29), (29, 1), (30, None), (31, None), (86_400, None)]
)
def test_an_attempt_is_held_until_the_wait_is_over_and_admitted_in_that_very_second(
    seconds: int, held: int | None
) -> None:
    tally = after(5)
    answer = GROWING.admit(tally, NOW + seconds)
    if held is None:
        assert isinstance(answer, Tally)
    else:
        assert answer == Held(held)


def test_an_attempt_that_was_held_is_not_counted_and_does_not_lengthen_the_wait() -> None:
    tally = after(5)
    assert GROWING.admit(tally, NOW + 10) == Held(20)
    assert GROWING.admit(tally, NOW + 10) == Held(20)
    assert admitted(GROWING, tally, NOW + 30).count == 6


def test_the_hundredth_attempt_is_the_last_and_waiting_does_not_help() -> None:
    tally = after(100)
    assert tally.count == 100
    assert GROWING.admit(tally, tally.next_at) == Held(None)
    assert GROWING.admit(tally, tally.next_at + 10 * 365 * 86_400) == Held(None)


def test_the_default_is_within_what_nist_allows() -> None:
    """SP 800-63B-4 3.2.2: no more than 100 failed attempts in a row."""
    assert Growing().limit <= 100


def test_the_beginning_is_remembered_as_attempts_go_on() -> None:
    assert after(1).since == NOW
    assert after(8).since == NOW


def test_without_free_attempts_the_first_one_already_starts_a_wait() -> None:
    tally = admitted(Growing(free=1, first=7, cap=900), Tally(), NOW)
    assert tally == Tally(1, NOW, NOW + 7)


def test_a_huge_count_neither_overflows_nor_exceeds_the_cap() -> None:
    endless = Growing(free=0, first=30, cap=900, limit=10**9)
    tally = admitted(endless, Tally(count=10**6, since=NOW, next_at=NOW), NOW)
    assert tally.next_at - NOW == 900


# -- the window


def test_so_many_attempts_are_admitted_in_a_window_and_the_next_waits_for_its_end() -> None:
    tally = Tally()
    for second in (0, 10, 20):
        tally = admitted(WINDOW, tally, NOW + second)
    assert tally == Tally(3, NOW, 0)
    assert WINDOW.admit(tally, NOW + 20) == Held(40)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, Held(60)),
        (59, Held(1)),
        (60, Tally(1, NOW + 60, 0)),
        (61, Tally(1, NOW + 61, 0)),
        (6000, Tally(1, NOW + 6000, 0)),
    ],
)
def test_a_full_window_opens_anew_in_the_second_in_which_it_ends(
    seconds: int, expected: Tally | Held
) -> None:
    assert WINDOW.admit(Tally(3, NOW, 0), NOW + seconds) == expected


def test_a_window_that_is_not_full_starts_over_at_its_end_too() -> None:
    assert WINDOW.admit(Tally(2, NOW, 0), NOW + 59) == Tally(3, NOW, 0)
    assert WINDOW.admit(Tally(2, NOW, 0), NOW + 60) == Tally(1, NOW + 60, 0)


def test_being_held_back_does_not_prolong_the_window() -> None:
    full = Tally(3, NOW, 0)
    for second in range(0, 60, 7):
        assert WINDOW.admit(full, NOW + second) == Held(60 - second)
    assert isinstance(WINDOW.admit(full, NOW + 60), Tally)
