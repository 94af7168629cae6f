"""Forecasts are kept for pages that must be quick: by the worker, daily and after a change."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Barrier, Thread

import pytest

from idp.rollout.upkeep import EVERY
from idp.store import people
from idp.store.db.statements import Statement
from idp.store.rollout import forecasts, stages
from idp.store.rollout.forecasts import GIVEN_UP, ForecastRow
from tests.support.site import MFA, Site


@pytest.fixture
def stage(site: Site) -> str:
    """A stage to come; one person is ready for it, one is asked, two are stuck."""
    site.person("aroha", user_type="staff", totp=site.secret())
    site.person("bella", user_type="staff")
    site.person("cyrus", user_type="staff", verified=False)
    site.person("dana", user_type="staff", password=None)
    return site.stage("staff", MFA, 30 * EVERY)


def latest(site: Site) -> ForecastRow:
    with site.work() as work:
        (row,) = forecasts.latest(work)
    return row


def stuck(site: Site, stage: str) -> dict[str, tuple[str, ...]]:
    with site.work() as work:
        return {one.username: one.reasons for one in forecasts.stuck(work, stage)}


@pytest.mark.slow
def test_what_is_kept_is_what_the_forecast_says(site: Site, stage: str) -> None:
    assert site.installation.upkeep.carry_out() == 1
    row = latest(site)
    assert (row.people, row.ready, row.asked, row.stuck) == (4, 1, 1, 2)
    assert row.counts["methods"] == {"totp": 1}
    assert stuck(site, stage) == {
        "cyrus": ("unconfirmed-address",),
        "dana": ("nothing-to-begin",),
    }
    assert (row.running, row.seen) == (None, 4)


def test_it_is_made_again_after_a_day_and_after_a_change_and_not_before(
    site: Site, stage: str
) -> None:
    upkeep = site.installation.upkeep
    assert [upkeep.carry_out() for _ in range(2)] == [1, 0]
    site.advance(EVERY - 60)
    assert upkeep.carry_out() == 0
    site.advance(61)
    assert upkeep.carry_out() == 1
    with site.work() as work:
        before = stages.by_id(work, stage)
        assert before
        assert stages.claim_change(work, replace(before, excluded=("type:staff",)))
    assert upkeep.carry_out() == 1
    assert (latest(site).people, stuck(site, stage)) == (0, {})


def test_it_is_made_again_when_that_is_asked_for(site: Site, stage: str) -> None:
    site.installation.upkeep.carry_out()
    with site.work() as work:
        forecasts.ask_again(work, stage)
    assert site.installation.upkeep.carry_out() == 1


def test_of_many_workers_at_once_one_makes_it(site: Site, stage: str) -> None:
    barrier, made = Barrier(4), list[int]()

    def one() -> None:
        barrier.wait()
        made.append(site.installation.upkeep.carry_out())

    threads = [Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 0, 0, 1]
    assert len(stuck(site, stage)) == 2


def test_one_that_was_broken_off_shows_nothing_and_is_made_by_another(
    site: Site, stage: str
) -> None:
    upkeep = site.installation.upkeep
    upkeep.carry_out()
    site.advance(EVERY + 1)
    with site.work() as work:
        people.set_disabled(work, people.by_name(work, "bella").id, True)  # type: ignore[union-attr]
    assert upkeep.carry_out(_after(1)) == 0
    row = latest(site)
    assert (row.stuck, row.running is not None) == (2, True)
    assert upkeep.carry_out() == 0, "someone is at it"
    site.advance(GIVEN_UP + 1)
    assert upkeep.carry_out() == 1
    assert latest(site).stuck == 3
    with _swept(site) as rows:
        assert rows == 3


def test_who_is_deleted_is_on_no_list(site: Site, stage: str) -> None:
    site.installation.upkeep.carry_out()
    with site.work() as work:
        cyrus = people.by_name(work, "cyrus")
        assert cyrus
        site.installation.leaving.delete(work, cyrus.id, "tests")
    assert list(stuck(site, stage)) == ["dana"]


def test_a_stage_that_is_gone_leaves_nothing(site: Site, stage: str) -> None:
    site.installation.upkeep.carry_out()
    with site.work() as work:
        gone = stages.by_id(work, stage)
        assert gone
        assert stages.claim_removal(work, gone)
    with _swept(site) as rows:
        assert rows == 0
    with site.work() as work:
        assert forecasts.latest(work) == []


def _after(looks: int) -> Callable[[], bool]:
    """Return what says, from so many looks on, that the worker is to end."""
    left = iter(range(looks))
    return lambda: next(left, None) is None


@contextmanager
def _swept(site: Site) -> Iterator[int]:
    """Sweep; what is left is how many rows name somebody stuck."""
    deleted = 1
    while deleted:
        with site.work() as work:
            deleted = forecasts.sweep(work)
    with site.work() as work:
        yield work.value(_ROWS)


_ROWS = Statement("SELECT count(*) FROM rollout_stuck")
