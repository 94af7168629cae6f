"""A process that ends is started again: soon, later, and for ever."""

from idp.serving.processes.starts import PAUSES, WELL_SECONDS, Row


def rows(*lives: float) -> list[Row]:
    """Return the rows after ends of processes that lived so many seconds, one after the other."""
    found, row = [], Row()
    for lived in lives:
        row = row.after(lived)
        found.append(row)
    return found


def test_the_first_start_is_at_once_and_later_ones_wait_up_to_a_few_seconds() -> None:
    pauses = [row.pause for row in rows(*[0.1] * 20)]
    assert pauses[0] == 0
    assert pauses == sorted(pauses)
    assert pauses[-1] == max(PAUSES) <= 5


def test_the_log_is_told_of_the_first_and_that_it_goes_on_and_no_more() -> None:
    said = [bool(row.says) for row in rows(*[0.1] * 20)]
    assert said == [True, False, True] + [False] * 17


def test_who_was_well_for_a_while_begins_anew() -> None:
    assert rows(0.1, 0.1, 0.1, WELL_SECONDS)[-1] == Row(1)
