"""The one way to make a guess: what is counted, what is looked at, and what is told of it."""

import ast
from pathlib import Path

import pytest

from idp.authenticators.base import Kind, Rejected
from idp.caller import Caller
from idp.signin.admission import Subject
from idp.store import throttles
from tests.support.site import Site

FREE = 5
SOURCE = "source:192.0.2.7"
NO_ONE = Subject("", None, None)
CODE = Path(__file__).parents[3] / "idp"


def guess(site: Site, verdict: Rejected | str, **how: object) -> tuple[Rejected | str, bool]:
    """Make a guess that `verdict` is the answer to; return the answer, and if it was looked at."""
    looked: list[bool] = []

    def evaluate() -> Rejected | str:
        looked.append(True)
        return verdict

    with site.work() as work:
        work.caller = Caller(address="192.0.2.7")
        found = site.installation.signin.admission.guess(work, "code:x", NO_ONE, evaluate, **how)  # type: ignore[arg-type]
    return found, bool(looked)


def counted(site: Site) -> tuple[int, int]:
    """Return what is counted of the guesses, and of their source."""
    with site.work() as work:
        return throttles.tally(work, "code:x").count, throttles.tally(work, SOURCE).count


WRONG = Rejected("wrong code", "Try again.")


def test_a_wrong_guess_is_counted_and_told_of(small_site: Site) -> None:
    assert guess(small_site, WRONG) == (WRONG, True)
    assert counted(small_site) == (1, 1)
    (event,) = small_site.events(kind="person:factor:rejected")
    assert (event.reason, event.source) == ("code: wrong code", "192.0.2.7")


def test_what_cannot_be_right_is_neither_counted_nor_looked_at(small_site: Site) -> None:
    malformed = Rejected("not six digits", "Type six digits.", Kind.MALFORMED)
    assert guess(small_site, WRONG, malformed=malformed) == (malformed, False)
    assert counted(small_site) == (0, 0)
    assert not small_site.events(kind="person:factor:rejected")


def test_too_many_are_held_without_being_looked_at(small_site: Site) -> None:
    for _ in range(FREE):
        guess(small_site, WRONG)
    found, looked = guess(small_site, "right")
    assert isinstance(found, Rejected)
    assert (found.kind, looked) == (Kind.HELD, False)
    assert len(small_site.events(kind="person:factor:held-back")) == 1


def test_what_no_one_could_check_comes_off_the_counts_again(small_site: Site) -> None:
    unchecked = Rejected("not checked", "Try again.", Kind.UNCHECKED)
    for _ in range(FREE + 1):
        assert guess(small_site, unchecked) == (unchecked, True)
    assert counted(small_site) == (0, 0)


@pytest.mark.parametrize(("forgives", "left"), [(True, 0), (False, 2)])
def test_a_right_one_forgives_the_failures_before_it_or_is_itself_taken_back(
    small_site: Site, forgives: bool, left: int
) -> None:
    guess(small_site, WRONG)
    guess(small_site, WRONG)
    assert guess(small_site, "right", forgives=forgives) == ("right", True)
    assert counted(small_site) == (left, 2)


def test_a_signature_counts_for_its_source_alone(small_site: Site) -> None:
    guess(small_site, WRONG, guessable=False)
    assert counted(small_site) == (0, 1)


@pytest.mark.slow
def test_no_code_compares_the_sentence_that_the_auditor_reads() -> None:
    compared = []
    for file in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Compare):
                sides = (node.left, *node.comparators)
                names = {side.attr for side in sides if isinstance(side, ast.Attribute)}
                texts = [side for side in sides if isinstance(side, ast.Constant) and side.value]
                if "reason" in names and texts:
                    compared.append(f"{file.relative_to(CODE)}:{node.lineno}")
    assert not compared
