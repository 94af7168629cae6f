"""Who gets through: the stuck by name, with the reason and what mends it."""

import pytest

from idp.pages.admin.rollout import outlooks
from idp.store import people
from tests.protocol.admin.planning import ROLLOUT, by_id, cells, preview
from tests.protocol.admin.test_frame import someone
from tests.protocol.admin.test_rollout_stage_form import day
from tests.support.site import MFA, Site

DAY = 86400


def staffed(site: Site) -> str:
    """Add someone who is ready, one who will be asked, and one who is stuck; return the stage."""
    site.person("aroha", user_type="clinician", totp=site.secret())
    site.person("mere", user_type="clinician")
    site.person("ngaio", user_type="clinician", verified=False, phone=None)
    site.person("manu", user_type="manager", verified=False, phone=None)
    return site.stage("clinician", MFA, 30 * DAY, grace=2)


def test_the_stuck_are_named_with_the_reason_and_what_mends_it(site: Site) -> None:
    stage_id = staffed(site)
    browser = someone(site, "support")
    answer = browser.open(f"{ROLLOUT}stages/{stage_id}/people")
    assert answer.heading.startswith("1 person cannot get through on ")
    assert [by_id(answer, name) for name in ("ready", "asked", "stuck")] == ["1", "1", "1"]
    assert cells(answer, "outlook") == [
        [
            "Ngaio ngaio",
            "clinician",
            "The e-mail address was never confirmed.",
            "Make sure that it is theirs, then confirm the address.",
            "2",
        ]
    ]
    asked = browser.open(f"{ROLLOUT}stages/{stage_id}/people", show="asked")
    assert [row[0] for row in cells(asked, "outlook")] == ["Mere mere"]
    assert f'href="{ROLLOUT}stages/{stage_id}/people"' in browser.open(ROLLOUT).text


def test_where_no_one_is_stuck_it_says_so(small_site: Site) -> None:
    stage_id = small_site.stage("*", MFA, 30 * DAY)
    answer = someone(small_site, "admin").open(f"{ROLLOUT}stages/{stage_id}/people")
    assert answer.heading.startswith("Everyone gets through on ")
    assert cells(answer, "outlook") == []


def test_of_more_people_than_a_page_waits_for_the_command_is_named(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlooks, "MOST", 3)
    stage_id = staffed(small_site)
    answer = someone(small_site, "admin").open(f"{ROLLOUT}stages/{stage_id}/people")
    assert answer.heading == "Who gets through"
    assert f"acrux stage forecast {stage_id}" in answer.text


def test_the_board_answers_first_who_cannot_get_through(site: Site) -> None:
    stage_id = staffed(site)
    off = site.person("off", user_type="clinician", verified=False)
    with site.work() as work:
        people.set_disabled(work, off, True)
    answer = someone(site, "admin").open(ROLLOUT)
    assert answer.heading.startswith("1 person cannot get through on ")
    assert cells(answer, "stages")[0][4:9] == ["3", "1", "2", "1", "1"]
    assert f'href="{ROLLOUT}stages/{stage_id}/people">1</a>' in answer.text


def test_the_board_of_a_crowd_reads_the_forecast_that_the_worker_keeps(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlooks, "MOST", 3)
    staffed(site)
    browser = someone(site, "admin")
    assert len(cells(browser.open(ROLLOUT), "stages")[0]) == 8, "none is kept yet"
    assert site.installation.upkeep.carry_out() == 1
    answer = browser.open(ROLLOUT)
    assert answer.heading.startswith("1 person cannot get through on ")
    assert cells(answer, "stages")[0][4:9] == ["3", "1", "2", "1", "1"]


def test_the_preview_says_how_many_will_be_stuck(site: Site) -> None:
    staffed(site)
    answer = preview(someone(site, "admin"), enforce_at=day(9))
    assert answer.heading == "This concerns 3 people, 2 are not ready"
    assert by_id(answer, "stuck") == "1"
