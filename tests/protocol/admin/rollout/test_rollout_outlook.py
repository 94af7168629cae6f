"""Who gets through: the stuck by name, with the reason and what mends it."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from idp import clock, moments
from idp.operating.rollout import outlooks
from idp.policy.rollout import Strength
from idp.rollout.forecast import Summary
from idp.store import people
from idp.store.rollout import forecasts
from tests.protocol.admin.rollout.planning import ROLLOUT, by_id, cells, preview
from tests.protocol.admin.rollout.test_rollout_stage_form import day
from tests.protocol.admin.test_frame import someone
from tests.support.site import MFA, Browser, Site

DAY = 86400
Counted = Callable[[], None]


def staffed(site: Site) -> str:
    """Add someone who is ready, one who will be asked, and one who is stuck; return the stage."""
    site.person("aroha", user_type="clinician", totp=site.secret())
    site.person("mere", user_type="clinician")
    site.person("ngaio", user_type="clinician", verified=False, phone=None)
    site.person("manu", user_type="manager", verified=False, phone=None)
    return site.stage("clinician", MFA, 30 * DAY, grace=2)


@pytest.mark.slow
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


@pytest.fixture(params=["few people", "a crowd"])
def counted(request: pytest.FixtureRequest, site: Site, monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Have pages of two people, of a forecast that is worked out at once, or by the worker."""
    monkeypatch.setattr(outlooks, "LISTED", 2)
    monkeypatch.setattr(outlooks, "SCANNED", 3)
    if request.param == "few people":
        return lambda: None
    monkeypatch.setattr(outlooks, "MOST", 3)

    def count() -> None:
        assert site.installation.upkeep.carry_out() == 1

    return count


def listed(browser: Browser, path: str) -> list[str]:
    """Return whom the pages of a list name, from the first to the last, and press its links."""
    found, answer = [], browser.open(path)
    while True:
        assert answer.status == 200
        rows = cells(answer, "outlook")
        assert len(rows) <= 2
        found += [row[0].split()[1] for row in rows]
        link = re.search(r'href="([^"]+)" id="next"', answer.text)
        if link is None:
            return found
        answer = browser.open(path.partition("?")[0] + unescape(link[1]))


@pytest.mark.slow
def test_a_list_is_read_page_by_page_and_nobody_is_missed_or_named_twice(
    site: Site, counted: Counted
) -> None:
    stage_id = staffed(site)
    for number in range(5):
        site.person(f"stuck{number}", user_type="clinician", verified=False)
        site.person(f"asked{number}", user_type="clinician")
    off = site.person("off", user_type="clinician", verified=False)
    with site.work() as work:
        people.set_disabled(work, off, True)
    counted()
    browser = someone(site, "support")
    path = f"{ROLLOUT}stages/{stage_id}/people"
    stuck = ["ngaio", *(f"stuck{number}" for number in range(5))]
    assert sorted(listed(browser, path)) == stuck
    assert by_id(browser.at, "stuck") == "6", "whoever is switched off is in no count"
    asked = sorted(listed(browser, f"{path}?show=asked"))
    assert asked == [*(f"asked{number}" for number in range(5)), "mere"]
    assert 'id="first"' in browser.at.text


@pytest.mark.slow
def test_the_list_is_narrowed_by_type_and_reason_and_the_address_keeps_both(
    site: Site, counted: Counted
) -> None:
    stage_id = site.stage("*", MFA, 30 * DAY)
    secret = site.secret()
    for name, kind in (("ngaio", "clinician"), ("manu", "manager"), ("mara", "manager")):
        site.person(name, user_type=kind, verified=False)
    site.person("hemi", user_type="manager", password=None)
    counted()
    path = f"{ROLLOUT}stages/{stage_id}/people"
    browser = someone(site, "admin", secret=secret)
    assert sorted(listed(browser, f"{path}?type=manager")) == ["hemi", "manu", "mara"]
    narrowed = f"{path}?type=manager&reason=nothing-to-begin"
    assert listed(browser, narrowed) == ["hemi"]
    assert re.search(r'<option value="manager"\s+selected', browser.at.text)
    assert re.search(r'<option value="nothing-to-begin"\s+selected', browser.at.text)
    assert "No password was chosen yet. (1)" in browser.at.text
    assert listed(browser, f"{path}?type=nobody") == []
    site.advance(30 * DAY)
    browser.open(narrowed)
    browser.sign_in("admin")
    answer = browser.totp(secret)
    assert answer.url == path
    assert [row[0] for row in cells(answer, "outlook")] == ["Hemi hemi"], "a sign-in is on the way"


@pytest.mark.parametrize(
    "query",
    ["after=%00", "after=" + "x" * 5000, "type=%00", "reason=%25", "show=ready", "after=%ed%a0%80"],
)
def test_an_address_that_no_page_of_ours_has_is_a_list_all_the_same(
    site: Site, counted: Counted, query: str
) -> None:
    stage_id = staffed(site)
    counted()
    answer = someone(site, "admin").open(f"{ROLLOUT}stages/{stage_id}/people?{query}")
    assert answer.status == 200


def test_of_a_crowd_it_says_as_of_when_and_that_it_is_being_counted_before(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlooks, "MOST", 3)
    stage_id = staffed(site)
    path = f"{ROLLOUT}stages/{stage_id}/people"
    browser = someone(site, "admin")
    answer = browser.open(path)
    assert answer.heading == "Who gets through"
    assert "It is being counted. It begins as soon as the worker has time." in by_id(
        answer, "counting"
    )
    assert f"acrux stage forecast {stage_id}" in answer.text
    with site.work() as work:
        run = forecasts.claim(work, stage_id, "plan", 60)
        assert run
        forecasts.note(work, stage_id, run, 2)
    assert "It is being counted. 2 of 5 people are looked at." in by_id(
        browser.open(path), "counting"
    )
    with site.work() as work:
        forecasts.finish(work, stage_id, run, "plan", clock.now(), Summary().as_numbers())
    assert site.installation.upkeep.carry_out() == 1
    answer = browser.open(path)
    assert by_id(answer, "as-of") == f"As of {moments.minute(clock.now())}."
    assert [row[0] for row in cells(answer, "outlook")] == ["Ngaio ngaio"]


def test_of_a_crowd_nothing_is_counted_for_a_stage_that_asks_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlooks, "MOST", 3)
    staffed(site)
    stage_id = site.stage("*", MFA, None, strength=Strength.OPTIONAL)
    assert site.installation.upkeep.carry_out() == 1
    browser = someone(site, "admin")
    assert cells(browser.open(ROLLOUT), "stages")[-1][7:9] == ["", ""]
    answer = browser.open(f"{ROLLOUT}stages/{stage_id}/people")
    assert by_id(answer, "counting").startswith("This stage asks nothing of anyone")


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
    assert cells(browser.open(ROLLOUT), "stages")[0][7:9] == ["being counted"] * 2
    assert by_id(browser.at, "as-of") == ""
    assert site.installation.upkeep.carry_out() == 1
    computed = moments.minute(clock.now())
    site.advance(600)
    answer = browser.open(ROLLOUT)
    assert answer.heading.startswith("1 person cannot get through on ")
    assert cells(answer, "stages")[0][4:9] == ["3", "1", "2", "1", "1"]
    assert by_id(answer, "as-of").endswith(f" is as of {computed}.")


def test_the_preview_says_how_many_will_be_stuck(site: Site) -> None:
    staffed(site)
    answer = preview(someone(site, "admin"), enforce_at=day(9))
    assert answer.heading == "This concerns 3 people, 2 are not ready"
    assert by_id(answer, "stuck") == "1"
