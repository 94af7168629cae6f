"""The board: a row for each stage with its numbers, and the answer that is asked first above it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.store import people
from tests.protocol.admin.rollout.planning import ROLLOUT, by_id, cells
from tests.protocol.admin.test_frame import someone
from tests.support.site import MFA, Browser, Site

DAY = 86400


def clinicians(site: Site, ready: int, missing: int) -> None:
    for number in range(ready + missing):
        secret = site.secret() if number < ready else None
        site.person(f"clinician{number}", user_type="clinician", totp=secret)


def opened(site: Site, role: str = "support") -> Browser:
    browser = someone(site, role)
    browser.open(ROLLOUT)
    return browser


@pytest.mark.slow
def test_without_a_stage_it_says_what_would_be_here_and_how_to_get_it(small_site: Site) -> None:
    answer = opened(small_site, "admin").at
    assert answer.heading == "Nothing is required yet"
    assert "No stage is planned." in answer.text
    assert "There is 1 person here." in answer.text
    assert 'href="/admin/rollout/new"' in answer.text
    assert 'href="/admin/rollout/new"' not in opened(small_site).at.text


def test_each_stage_has_its_people_and_how_many_of_them_are_ready(site: Site) -> None:
    clinicians(site, ready=2, missing=3)
    site.person("manu", user_type="manager")
    site.stage("clinician", MFA, 30 * DAY)
    site.stage("manager", MFA, None, required=False)
    answer = opened(site).at
    assert answer.heading.startswith("3 people are not ready for ")
    rows = {row[0]: row[1:2] + row[3:] for row in cells(answer, "stages")}
    what = f"a second step {MFA}"
    assert rows["User type clinician"] == [what, "Announced", "5", "2", "3", "3", "0", ""]
    assert rows["User type manager"] == [what, "Recommended", "1", "0", "1", "1", "0", ""]


def test_accounts_that_are_switched_off_are_not_counted(site: Site) -> None:
    clinicians(site, ready=1, missing=1)
    with site.work() as work:
        off = people.by_name(work, "clinician1")
        assert off
        people.set_disabled(work, off.id, True)
    site.stage("clinician", MFA, 30 * DAY)
    answer = opened(site).at
    assert answer.heading.startswith("Everyone is ready for ")
    assert cells(answer, "stages")[0][4:7] == ["1", "1", "0"]


@pytest.mark.slow
def test_the_headline_is_of_the_next_day_and_of_no_stage_that_is_stopped(small_site: Site) -> None:
    clinicians(small_site, ready=0, missing=1)
    small_site.stage("clinician", MFA, 5 * DAY, stopped_at=1)
    assert opened(small_site).at.heading == "Nothing is required yet"
    small_site.stage("*", MFA, 40 * DAY)
    small_site.stage("clinician", MFA, 20 * DAY)
    browser = small_site.browser()
    browser = someone(small_site, "auditor")
    assert browser.open(ROLLOUT).heading.startswith("1 person is not ready for ")
    assert [row[3] for row in cells(browser.at, "stages")] == ["Stopped", "Announced", "Announced"]
    small_site.advance(41 * DAY)
    again = someone(small_site, "owner").open(ROLLOUT)
    assert again.heading == "All that is planned is in force"
    assert [row[3] for row in cells(again, "stages")] == ["Stopped", "In force", "In force"]


@pytest.mark.slow
def test_a_stage_says_which_one_decides_for_whom(site: Site) -> None:
    clinicians(site, ready=0, missing=2)
    site.person("manu", user_type="manager")
    sooner = site.stage("clinician", MFA, 10 * DAY)
    later = site.stage("*", MFA, 20 * DAY)
    answer = opened(site).open(f"{ROLLOUT}stages/{later}")
    rows = [[words.partition(",")[0], count] for words, count in cells(answer, "deciding")]
    assert sorted(rows) == [["Everyone", "2"], ["User type clinician", "2"]]
    assert [by_id(answer, name) for name in ("people", "ready", "missing")] == ["4", "1", "3"]
    assert f'href="{ROLLOUT}stages/{sooner}"' in answer.text


@pytest.fixture
def in_auckland(tmp_path: Path) -> Iterator[Site]:
    """A site whose people read the time of New Zealand."""
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    found = Site(tmp_path, url, brand__time_zone="Pacific/Auckland")
    yield found
    found.close()


def test_dates_stand_in_the_zone_of_the_installation_with_the_day_of_the_week(
    in_auckland: Site,
) -> None:
    stage_id = in_auckland.stage("*", MFA, None, enforce_at=1800183600, zone="Pacific/Auckland")
    browser = opened(in_auckland)
    assert cells(browser.at, "stages")[0][2] == "Monday, 18 January 2027, 00:00 NZDT"
    sentence = by_id(browser.open(f"{ROLLOUT}stages/{stage_id}"), "sentence")
    assert sentence.startswith("Required of everyone from Monday, 18 January 2027, 00:00 NZDT: ")


def test_a_stage_that_is_not_there_is_a_page_that_says_so(small_site: Site) -> None:
    browser = opened(small_site, "admin")
    for rest in ("", "/edit", "/exceptions", "/words", "/stop"):
        assert browser.open(f"{ROLLOUT}stages/none{rest}").status == 404
