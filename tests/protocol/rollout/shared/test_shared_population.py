"""How well the score tells the shared from the single, in a generated population with labels.

The weights were set on another seed than the one that is measured here.
"""

from collections import Counter
from collections.abc import Mapping

import pytest

from idp.policy.profile_day import LONG, DayCounts, counted
from idp.policy.shared_profiles import BACK_AND_FORTH, Score, Sign, scored
from idp.rollout.shared.signs import signs, weights_of
from idp.settings import reading
from idp.settings.values import SharedProfiles
from idp.store.rollout.profile_days import Sums
from idp.store.rollout.shared_profiles import Named
from tests.protocol.rollout.shared.profile_population import (
    IDLE,
    SHARED,
    SHARES,
    Account,
    population,
)

pytestmark = pytest.mark.slow

SEED = 2
WANTED: SharedProfiles = reading.load({"ACRUX_ENV": "demo"}).shared_profiles
PRECISION, RECALL = 0.93, 0.75
"""Floors: a worse count, or worse weights, falls below one of them."""
WITHOUT_NAMES = 0.6
"""Of the shared ones, those that what they do alone gives away."""


def score(account: Account) -> Score:
    days = {day: counted(found, IDLE) for day, found in account.days.items()}
    name = Named(
        account.username, account.username, f"{account.username}@x", account.username, None
    )
    set_ups = [(day, counts.set_ups) for day, counts in days.items()]
    seen = signs(name, sums(days), set_ups, WANTED.names)
    return scored(seen, weights_of(WANTED))


def sums(days: Mapping[int, DayCounts]) -> Sums:
    """The same as `store.rollout.profile_days.sums` asks the database for."""
    found = days.values()
    return Sums(
        alternating=sum(counts.switches >= BACK_AND_FORTH for counts in found),
        apart=sum(counts.apart > 0 for counts in found),
        elsewhere=sum(counts.elsewhere for counts in found),
        hours=sum(counts.spread > LONG for counts in found),
        denied=sum(counts.denied for counts in found),
    )


@pytest.fixture(scope="module")
def scores() -> list[tuple[Account, Score]]:
    return [(account, score(account)) for account in population(SEED)]


def test_precision_and_recall_hold_their_floors(
    scores: list[tuple[Account, Score]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(scores) >= 2000
    reported = [a for a, found in scores if found.points >= WANTED.threshold]
    right = sum(account.shared for account in reported)
    precision = right / len(reported)
    recall = right / sum(account.shared for account, _ in scores)
    with capsys.disabled():
        print(f"\nshared profiles, {len(scores)} people: {right} found rightly,", end=" ")
        print(f"{len(reported) - right} wrongly; precision {precision:.3f}, recall {recall:.3f}")
        print(table(scores))
    assert precision >= PRECISION
    assert recall >= RECALL


def test_each_kind_of_single_person_is_reported_seldom(
    scores: list[tuple[Account, Score]],
) -> None:
    people, found = by_kind(scores)
    for kind, _ in SHARES:
        if kind not in SHARED:
            assert found[kind] <= max(2, 0.05 * people[kind]), kind


def test_behaviour_finds_many_that_no_name_gives_away(
    scores: list[tuple[Account, Score]],
) -> None:
    shared = [found for account, found in scores if account.shared]
    by_name = [found for found in shared if any(each.sign == Sign.NAME for each in found.reasons)]
    by_what_they_do = [
        found
        for found in shared
        if sum(each.points for each in found.reasons if each.sign != Sign.NAME) >= WANTED.threshold
    ]
    assert len(by_what_they_do) / len(shared) > WITHOUT_NAMES
    assert len(by_name) < len(by_what_they_do)


def test_every_point_of_a_score_has_its_reason(scores: list[tuple[Account, Score]]) -> None:
    for _, found in scores:
        assert found.points == min(100, sum(each.points for each in found.reasons))


def by_kind(scores: list[tuple[Account, Score]]) -> tuple[Counter[str], Counter[str]]:
    people = Counter(account.kind for account, _ in scores)
    found = Counter(a.kind for a, given in scores if given.points >= WANTED.threshold)
    return people, found


def table(scores: list[tuple[Account, Score]]) -> str:
    """Return a line a kind, as docs/shared-profiles.md has it."""
    people, found = by_kind(scores)
    return "\n".join(
        f"| {kind} | {'several' if kind in SHARED else 'one'} | {people[kind]} | {found[kind]} |"
        for kind, _ in SHARES
    )
