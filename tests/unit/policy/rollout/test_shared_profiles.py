"""The score of an account: points by what was seen, each with its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.policy.shared_profiles import (
    ENOUGH,
    Reason,
    Sign,
    called_like_a_place,
    most_set_ups,
    scored,
)

WEIGHTS = {
    Sign.NAME: 50,
    Sign.ALTERNATING: 50,
    Sign.APART: 40,
    Sign.ELSEWHERE: 35,
    Sign.SET_UPS: 35,
    Sign.HOURS: 50,
    Sign.DENIED: 40,
}
WORDS = ("reception", "kiosk", "admin")


def test_nothing_seen_is_no_score() -> None:
    assert scored({}, WEIGHTS).points == 0
    assert scored(dict.fromkeys(Sign, 0), WEIGHTS).reasons == ()


def test_a_sign_seen_half_as_often_has_half_its_points() -> None:
    assert scored({Sign.HOURS: 8}, WEIGHTS).points == 50
    assert scored({Sign.HOURS: 4}, WEIGHTS).points == 25
    assert scored({Sign.HOURS: 80}, WEIGHTS).points == 50


def test_the_strongest_reason_comes_first() -> None:
    found = scored({Sign.DENIED: 1, Sign.NAME: 1, Sign.APART: 8}, WEIGHTS)
    assert found.points == 100
    assert found.reasons == (
        Reason(Sign.NAME, 1, 50),
        Reason(Sign.APART, 8, 40),
        Reason(Sign.DENIED, 1, 20),
    )


def test_a_sign_without_weight_is_no_reason() -> None:
    assert scored({Sign.NAME: 1}, {**WEIGHTS, Sign.NAME: 0}).reasons == ()


SEEN = st.dictionaries(st.sampled_from(Sign), st.integers(0, 100))


@given(SEEN, st.sampled_from(Sign))
def test_seeing_more_never_lowers_a_score(seen: dict[Sign, int], sign: Sign) -> None:
    more = {**seen, sign: seen.get(sign, 0) + 1}
    assert 0 <= scored(seen, WEIGHTS).points <= scored(more, WEIGHTS).points <= 100
    assert set(ENOUGH) == set(Sign)


@pytest.mark.parametrize(
    ("days", "most"),
    [
        ([], 0),
        ([(1, 2)], 0),
        ([(1, 3)], 3),
        ([(1, 1), (30, 2)], 3),
        ([(1, 1), (31, 2)], 0),
        ([(60, 3), (1, 1), (20, 1), (45, 1)], 4),
    ],
)
def test_set_ups_count_together_within_thirty_days(days: list[tuple[int, int]], most: int) -> None:
    assert most_set_ups(days) == most


@pytest.mark.parametrize(
    ("username", "email", "name", "word"),
    [
        ("reception", "r@example.org", "", "reception"),
        ("Reception.North", "r@example.org", "", "reception"),
        ("kiosk3", "k@example.org", "", "kiosk"),
        ("r3", "admin@example.org", "", "admin"),
        ("r3", "r3@example.org", "Reception, ground floor", "reception"),
        ("ben.kiosk", "ben@example.org", "Ben Kiosk", None),
        ("adminka", "a@example.org", "", None),
        ("", "", "", None),
    ],
)
def test_an_account_is_called_like_a_place_by_its_first_word(
    username: str, email: str, name: str, word: str | None
) -> None:
    assert called_like_a_place(username, email, name, WORDS) == word
