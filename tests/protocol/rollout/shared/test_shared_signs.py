"""Signs of shared profiles, counted from the events a day at a time, and the score for everyone."""

import threading

import pytest

from idp import clock
from idp.policy.profile_day import DAY, HOUR, DayCounts, Happening, What, counted
from idp.policy.shared_profiles import Sign
from idp.rollout.shared import signs, suspects
from idp.rollout.shared.signs import SharedSigns, last_day
from idp.store import people
from idp.store.db.statements import Statement
from tests.protocol.rollout.shared import happened
from tests.protocol.rollout.shared.profile_population import DAYS, IDLE, START, population
from tests.support.site import Site

ROWS = Statement(
    "SELECT p.username, d.day, d.switches, d.apart, d.spread, d.elsewhere, d.set_ups, d.denied"
    " FROM profile_day d JOIN person p ON p.id = d.person_id ORDER BY p.username, d.day"
)
Row = tuple[str, int, DayCounts]


def rows(site: Site) -> list[Row]:
    with site.work() as work:
        return [(name, day, DayCounts(*counts)) for name, day, *counts in work.all(ROWS)]


def signs_of(site: Site) -> SharedSigns:
    return site.installation.shared_signs


def scores(site: Site) -> dict[str, tuple[int, list[Sign]]]:
    with site.work() as work:
        found = suspects.report(work, site.installation.settings)
    return {one.username: (one.score, [each.sign for each in one.reasons]) for one in found}


def add(site: Site, username: str, email: str = "") -> str:
    with site.work() as work:
        return people.add(
            work, username=username, email=email or f"{username}@example.org", name=username
        )


def live(site: Site, person_id: str, days: int, hours: range, browser: str = "one") -> None:
    """Let somebody sign in every hour of `hours` on each of the last days."""
    with site.work() as work:
        for day in range(last_day() - days + 1, last_day() + 1):
            uses = [
                Happening(day * DAY + hour * HOUR, What.SIGNED_IN, browser, "home")
                for hour in hours
            ]
            happened.put(work, person_id, uses)


@pytest.mark.slow
def test_what_the_events_say_is_what_the_pure_count_says(site: Site) -> None:
    """40 people of every kind over three days: each row is that of the happenings themselves."""
    moved = last_day() - (START + DAYS - 1)
    expected: list[Row] = []
    with site.work() as work:
        for account in population(11, 40):
            person_id = people.add(
                work,
                username=account.username,
                email=f"{account.username}@example.org",
                name=account.username,
            )
            for day in [day for day in sorted(account.days) if day < START + DAYS][-3:]:
                here = [each._replace(at=each.at + moved * DAY) for each in account.days[day]]
                happened.put(work, person_id, here)
                counts = counted(here, IDLE)
                if counts.says_something:
                    expected.append((account.username, day + moved, counts))
    assert signs_of(site).catch_up() > 0
    assert rows(site) == sorted(expected, key=lambda row: row[:2])
    assert expected, "the population has nothing to count"


def test_a_day_is_counted_once_and_counting_again_changes_nothing(site: Site) -> None:
    live(site, add(site, "desk"), 2, range(24))
    assert signs_of(site).catch_up() == 2
    before = rows(site)
    assert [counts.spread for _, _, counts in before] == [24, 24]
    assert signs_of(site).catch_up() == 0
    with site.work() as work:
        work.run(Statement("DELETE FROM profile_day_done"))
    assert signs_of(site).catch_up() == 2
    assert rows(site) == before


def test_a_count_that_was_broken_off_is_made_again_from_the_beginning(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs, "SLICE", 1)
    for name in ("aroha", "ben", "mere"):
        live(site, add(site, name), 1, range(24))
    asked = iter([True, True, False])
    assert signs_of(site).catch_up(lambda: next(asked)) == 0
    assert len(rows(site)) == 2
    assert scores(site) == {}
    assert signs_of(site).catch_up() == 1
    assert len(rows(site)) == 3


def test_two_workers_at_once_write_the_same(site: Site) -> None:
    for name in ("aroha", "ben", "mere", "noor"):
        live(site, add(site, name), 10, range(24))
    counting, trouble = signs_of(site), []

    def work_off() -> None:
        try:
            counting.catch_up()
        except Exception as error:
            trouble.append(error)

    workers = [threading.Thread(target=work_off) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert trouble == []
    assert len(rows(site)) == 40
    assert {score for score, _ in scores(site).values()} == {50}
    assert len(scores(site)) == 4


def test_the_day_that_is_not_over_is_not_counted(site: Site) -> None:
    person_id = add(site, "desk")
    with site.work() as work:
        now = clock.now()
        uses = [Happening(now - n * 60, What.SET_UP) for n in range(3)]
        happened.put(work, person_id, uses)
    if now % DAY > 180:
        signs_of(site).catch_up()
        assert rows(site) == []
    site.advance(DAY + signs.SETTLED)
    signs_of(site).catch_up()
    assert sum(counts.set_ups for _, _, counts in rows(site)) == 3


def test_a_name_alone_is_reported_and_an_ordinary_one_is_not(site: Site) -> None:
    live(site, add(site, "reception"), 1, range(9, 17))
    live(site, add(site, "ben.ward"), 1, range(9, 17))
    signs_of(site).catch_up()
    assert scores(site) == {"reception": (50, [Sign.NAME])}


def test_what_fades_leaves_the_report_and_its_days_are_forgotten(site: Site) -> None:
    live(site, add(site, "desk"), 8, range(24))
    signs_of(site).catch_up()
    assert scores(site) == {"desk": (50, [Sign.HOURS])}
    site.advance(site.installation.settings.shared_profiles.days * DAY)
    signs_of(site).catch_up()
    assert scores(site) == {}
    assert rows(site) == []
    with site.work() as work:
        assert work.value(Statement("SELECT count(*) FROM shared_profile")) == 0


def test_an_account_that_was_kept_comes_back_by_new_signs_alone(site: Site) -> None:
    person_id = add(site, "reception")
    live(site, person_id, 8, range(24))
    signs_of(site).catch_up()
    assert scores(site)["reception"][0] == 100
    with site.work() as work:
        person = people.by_id(work, person_id)
        assert person is not None
        suspects.keep(work, person, "one night porter")
    assert scores(site) == {}
    site.advance(3 * DAY)
    signs_of(site).catch_up()
    assert scores(site) == {}, "what was looked at counts no more"
    site.advance(9 * DAY)
    live(site, person_id, 8, range(24))
    signs_of(site).catch_up()
    assert scores(site) == {"reception": (50, [Sign.HOURS])}
    assert [event.reason for event in site.events(kind="operator:shared-profile:kept")] == [
        "one night porter"
    ]


def test_who_was_deleted_meanwhile_is_no_trouble(site: Site) -> None:
    gone = add(site, "gone")
    live(site, gone, 1, range(24))
    live(site, add(site, "here"), 1, range(24))
    with site.work() as work:
        work.run(Statement("DELETE FROM person WHERE id = :id"), id=gone)
    signs_of(site).catch_up()
    assert [name for name, _, _ in rows(site)] == ["here"]


@pytest.mark.slow
def test_a_code_of_another_sign_in_in_the_same_browser_is_none(site: Site) -> None:
    site.person("desk", sms=True)
    browser, codes = site.browser(), []
    for _ in range(2):
        browser.open("/account/")
        browser.sign_in("desk")
        browser.submit("/sms/send")
        codes.append(site.texted_code())
        site.advance(60)
    assert browser.submit("/sms", code=codes[0]).status == 400
    (event,) = site.events(kind="person:factor:rejected")
    assert event.reason == "sms: wrong, used or expired code"


@pytest.mark.slow
def test_a_code_asked_in_one_browser_and_typed_in_another_is_a_sign(site: Site) -> None:
    site.person("desk", sms=True)
    one, other = site.browser(), site.browser()
    codes = []
    for browser in (one, other):
        browser.open("/account/")
        browser.sign_in("desk")
        browser.submit("/sms/send")
        codes.append(site.texted_code())
        site.advance(60)
    assert other.submit("/sms", code=codes[0]).status == 400
    assert other.submit("/sms", code="000000").status == 400
    assert [event.reason for event in site.events(kind="person:factor:rejected")] == [
        "sms: wrong, used or expired code",
        "sms: a code that was asked for in another browser",
    ]
    assert one.submit("/sms", code=codes[0]).status != 400, "the code still works where it belongs"
    site.advance(DAY + signs.SETTLED)
    signs_of(site).catch_up()
    assert sum(counts.elsewhere for _, _, counts in rows(site)) == 1
