"""The drawing of adoption: right in its numbers, and readable without colour."""

from itertools import pairwise

import pytest

from idp.pages.admin.chart import (
    APART,
    BOTTOM,
    DASHES,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    Series,
    draw,
)

DAYS = ["2027-01-01", "2027-01-02", "2027-01-03"]


def points(text: str) -> list[tuple[float, float]]:
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x), float(y)) for x, y in pairs]


def test_a_value_stands_as_high_as_its_share_of_the_highest_number() -> None:
    chart = draw(DAYS, [Series("app", [0, 50, 100])])
    assert [number for number, _y in chart.numbers] == [0, 50, 100, 150, 200]
    assert points(chart.lines[0].points) == [
        (LEFT, BOTTOM),
        ((LEFT + RIGHT) / 2, pytest.approx(BOTTOM - (BOTTOM - TOP) / 4, abs=0.1)),
        (RIGHT, (BOTTOM + TOP) / 2),
    ]


def test_lines_are_told_apart_by_dashes_and_by_words_with_their_last_number() -> None:
    chart = draw(DAYS, [Series(name, [1, 2, 3]) for name in ("app", "passkey", "texts")])
    assert len({line.dash for line in chart.lines}) == 3
    assert [(line.label, line.last) for line in chart.lines] == [
        ("app", 3),
        ("passkey", 3),
        ("texts", 3),
    ]


@pytest.mark.parametrize("value", [0, 1, 7, 100000])
def test_words_never_stand_over_one_another_nor_outside(value: int) -> None:
    series = [Series(str(index), [value] * 3) for index in range(len(DASHES))]
    places = sorted(line.label_y for line in draw(DAYS, series).lines)
    assert all(after - before >= APART for before, after in pairwise(places))
    assert TOP <= places[0] <= places[-1] <= HEIGHT


def test_one_day_alone_is_a_point_beside_its_words() -> None:
    chart = draw(DAYS[:1], [Series("app", [4])])
    assert points(chart.lines[0].points)[0][0] == RIGHT
    assert [day for day, _x, _end in chart.days] == DAYS[:1]


def test_nobody_at_all_is_a_drawing_too() -> None:
    chart = draw(DAYS, [Series("app", [0, 0, 0])])
    assert {y for _x, y in points(chart.lines[0].points)} == {BOTTOM}
