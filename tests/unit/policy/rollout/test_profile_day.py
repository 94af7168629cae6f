"""What one day says about whether several people use an account."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.policy.profile_day import DAY, HOUR, DayCounts, Happening, What, counted, network

IDLE = 3600
MIDNIGHT = 20_000 * DAY


def use(hour: float, browser: str = "desk", where: str = "ward") -> Happening:
    return Happening(MIDNIGHT + int(hour * HOUR), What.SIGNED_IN, browser, where)


def of(*happenings: Happening) -> DayCounts:
    return counted(happenings, IDLE)


def test_two_browsers_in_two_networks_within_ten_minutes_are_a_switch() -> None:
    there_and_back = (use(9), use(9.1, "phone", "mobile"), use(9.2))
    assert of(*there_and_back).switches == 2
    assert of(use(9), use(9.2, "phone", "mobile"), use(9.4)).switches == 0, "too long between"


def test_one_browser_that_changes_its_network_is_no_switch() -> None:
    assert of(use(9, where="train"), use(9.1, where="office")).switches == 0


def test_two_browsers_in_one_network_are_no_switch() -> None:
    afterwards = use(15, "one", "mobile")
    assert of(use(9, "one"), use(9.1, "two"), afterwards).switches == 0
    assert of(use(9, "one", ""), use(9.1, "two", "ward")).switches == 0, "an unknown network"


EARLY = (use(7, "one"), use(10, "one"), use(14.9, "one"))
LATE = (use(15.1, "two"), use(19, "two"))


def test_browsers_that_are_signed_in_at_once_and_never_used_at_once_are_apart() -> None:
    assert of(*EARLY, *LATE).apart == 1


def test_browsers_that_are_ever_used_at_once_are_not_apart() -> None:
    assert of(*EARLY, *LATE, use(12, "two")).apart == 0
    third = (use(19.1, "three"), use(20, "three"))
    assert of(*EARLY, *LATE, *third).apart == 2
    assert of(*EARLY, *LATE, *third, use(18, "three")).apart == 0


def test_a_browser_that_was_signed_out_or_left_alone_is_not_signed_in_at_once() -> None:
    signed_out = Happening(MIDNIGHT + 15 * HOUR, What.SIGNED_OUT, "one")
    assert of(*EARLY, signed_out, *LATE).apart == 0
    assert of(*EARLY, use(16.5, "two"), use(19, "two")).apart == 0


def test_a_glance_at_a_telephone_is_not_work_in_another_browser() -> None:
    assert of(use(6.9, "phone"), use(7, "phone"), *EARLY).apart == 0


@pytest.mark.parametrize(
    ("hours", "spread"),
    [
        ([], 0),
        ([9], 1),
        (range(9, 17), 8),
        (range(24), 24),
        ([0, 1, 2, 23], 4),
        ([*range(7), 23], 8),
        ([0, 8, 16], 17),
    ],
)
def test_the_spread_is_the_day_without_its_longest_rest(hours: list[int], spread: int) -> None:
    assert of(*map(use, hours)).spread == spread


def test_a_denial_counts_soon_after_a_sign_in_alone() -> None:
    denied = Happening(MIDNIGHT + 10 * HOUR, What.DENIED)
    assert of(use(9.5), denied).denied == 1
    assert of(use(8.5), denied).denied == 0
    assert of(use(10.5), denied).denied == 0
    assert of(denied).denied == 0


def test_set_ups_and_codes_are_counted() -> None:
    at = MIDNIGHT + HOUR
    found = of(
        Happening(at, What.SET_UP), Happening(at, What.SET_UP), Happening(at, What.ELSEWHERE)
    )
    assert (found.set_ups, found.elsewhere) == (2, 1)


def test_an_ordinary_day_says_nothing() -> None:
    assert not of(*map(use, range(8, 18))).says_something
    assert not DayCounts().says_something
    assert of(*map(use, range(20))).says_something
    assert DayCounts(switches=1).says_something
    assert DayCounts(denied=1).says_something


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2::7", "2001:db8:1::/48"),
        ("cli:root", ""),
        (None, ""),
    ],
)
def test_an_address_is_of_a_network(address: str | None, expected: str) -> None:
    assert network(address) == expected


HAPPENINGS = st.lists(
    st.builds(
        Happening,
        st.integers(MIDNIGHT, MIDNIGHT + DAY - 1),
        st.sampled_from(What),
        st.sampled_from(["one", "two", "three"]),
        st.sampled_from(["", "ward", "mobile"]),
    )
)


@given(HAPPENINGS, st.randoms())
def test_the_order_in_which_events_are_read_changes_nothing(
    found: list[Happening], chance: Random
) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert counted(shuffled, IDLE) == counted(found, IDLE)
    assert 0 <= counted(found, IDLE).spread <= 24
