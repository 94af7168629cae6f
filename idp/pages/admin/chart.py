"""Lines over days as numbers for a template: told apart by dashes and by words at each line's end.

Pure. Everything is in the units of the drawing's own frame, which a page scales as it likes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idp.language import Words

WIDTH, HEIGHT = 400, 240
LEFT, RIGHT, TOP, BOTTOM = 34, 262, 12, 212
"""Where the lines are; beside them stand the numbers, and the words of each line."""
APART = 14
"""Between the words of two lines."""
DASHES = ("", "7 3", "2 3", "10 3 2 3", "1 5", "5 5", "12 4")
"""How lines are told apart without colour, in their order."""
_STEPS = 4


@dataclass(frozen=True)
class Series:
    """What one line shows: a number for each day."""

    label: Words
    values: Sequence[int]


@dataclass(frozen=True)
class Line:
    """One line as it is drawn, with the words at its end."""

    label: Words
    last: int
    points: str
    """For `points` of a polyline."""
    dash: str
    end_x: float
    end_y: float
    label_y: float


@dataclass(frozen=True)
class Chart:
    """A drawing of the frame `0 0 WIDTH HEIGHT`."""

    lines: tuple[Line, ...]
    numbers: tuple[tuple[int, float], ...]
    """The numbers beside it, and how far down each stands."""
    days: tuple[tuple[str, float, str], ...]
    """The first day and the last, how far to the right each stands, and which end is there."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    bottom: int = BOTTOM


def draw(days: Sequence[str], series: Sequence[Series]) -> Chart:
    """Return the drawing of `series` over `days`, one value of each for each day."""
    most = max((value for one in series for value in one.values), default=0)
    step = _round_up(most / _STEPS)
    top = step * _STEPS
    ends = [_y(one.values[-1], top) for one in series]
    lines = tuple(
        Line(
            one.label,
            one.values[-1],
            " ".join(
                f"{_x(at, len(days)):.1f},{_y(value, top):.1f}"
                for at, value in enumerate(one.values)
            ),
            DASHES[index % len(DASHES)],
            RIGHT,
            ends[index],
            label_y,
        )
        for index, (one, label_y) in enumerate(zip(series, _spread(ends), strict=True))
    )
    numbers = tuple((step * each, _y(step * each, top)) for each in range(_STEPS + 1))
    named = [(days[-1], float(RIGHT), "end")]
    if len(days) > 1:
        named.insert(0, (days[0], float(LEFT), "start"))
    return Chart(lines, numbers, tuple(named))


def _x(at: int, count: int) -> float:
    """Return where a day stands; one alone stands at the right, beside its words."""
    return RIGHT if count == 1 else LEFT + (RIGHT - LEFT) * at / (count - 1)


def _y(value: int, top: int) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / top


def _round_up(step: float) -> int:
    """Return the next of 1, 2, 5, 10, 20, 50 …"""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if digit * size >= step:
                return digit * size
        size *= 10


def _spread(wanted: Sequence[float]) -> list[float]:
    """Return places for words near where they are wanted, none over another, all in the frame."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = [0.0] * len(wanted)
    above = float(TOP - APART)
    for index in order:
        above = placed[index] = max(wanted[index], above + APART)
    below = float(HEIGHT)
    for index in reversed(order):
        below = placed[index] = min(placed[index], below - APART)
    return placed
