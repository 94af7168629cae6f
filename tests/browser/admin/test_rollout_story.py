"""A rollout is run by clicking, on a desktop with JavaScript and on a telephone without."""

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from idp.pages.gate import FRESH
from tests.browser.admin.conftest import Planner
from tests.protocol.rollout.mails.ahead import look
from tests.support.letters import delivered
from tests.support.site import MFA, MFA_APP, PASSWORD, Site

DAY = 86400


def staffed(site: Site) -> None:
    """Add one who is ready, one who will be asked, and one who cannot get through."""
    site.person("aroha", user_type="clinician", totp=site.secret())
    site.person("hemi", user_type="clinician")
    site.person("ngaio", user_type="clinician", verified=False)


def day(ahead: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=ahead)).isoformat()


def test_a_rollout_is_planned_told_stopped_and_looked_after(planner: Planner) -> None:
    page, site = planner.page, planner.site
    staffed(site)
    planner.enters("admin")
    planner.expect_heading("Nothing is required yet")

    planner.click("new-stage")
    page.locator("#people").fill("nobody")
    page.locator("#enforce_at").fill(day(30))
    planner.click("preview")
    planner.shows("problem", "No one is called nobody here.")
    page.locator("#people").fill("")
    planner.click("preview")
    planner.shows("problem", "Choose whom the stage is for")
    page.get_by_label("clinician").first.check()
    page.locator("#enforce_at").fill("2020-01-01")
    planner.click("preview")
    expect(page.locator("#enforce_at:invalid")).to_be_visible()
    page.locator("#enforce_at").fill(day(30))
    planner.click("preview")
    planner.expect_heading("This concerns 3 people, 2 are not ready")
    planner.shows("stuck", "1")
    preview = page.url
    page.goto(preview.replace(day(30), "2020-01-01"))
    planner.shows("problem", "Choose a day to come")
    page.goto(preview)
    planner.press("Plan this for 3 people")
    planner.expect_text("The stage is planned.")
    stage = page.url.partition("?")[0]

    planner.click("letters-page")
    page.get_by_label("Announcement, English").click()
    planner.expect_text("The usual words")
    planner.click("edit")
    page.locator("#subject").fill("From {day}, the clinic asks for more")
    planner.click("save")
    planner.shows("problem", "Nothing stands for {day} here.")
    page.locator("#subject").fill("From {date}, the clinic asks for more")
    planner.click("preview")
    planner.shows("subject-line", "the clinic asks for more")
    planner.click("test")
    planner.expect_text("The test is sent to mara@example.org.")
    planner.click("save")
    planner.expect_text("Saved.")
    subjects = {m["to"]: m["subject"] for m in delivered(site)}
    assert subjects["mara@example.org"].endswith("the clinic asks for more")
    look(site)

    page.goto(stage)
    planner.click("people-page")
    expect(page.locator("h1")).to_have_text(re.compile("1 person cannot get through on "))
    planner.shows("outlook", "The e-mail address was never confirmed.")
    planner.press("Back")
    planner.click("mails-page")
    planner.shows("calls", "Ngaio")
    with page.expect_download() as found:
        planner.click("call-list")
    with Path(found.value.path()).open(encoding="utf-8", newline="") as file:
        assert [row["user"] for row in csv.DictReader(file)] == ["ngaio"]

    page.goto(stage)
    planner.click("exceptions")
    page.locator("#person").fill("hemi")
    page.locator("#until").fill(day(40))
    page.locator("#reason").fill("On leave")
    planner.click("give")
    planner.expect_text("The exception is given.")
    planner.shows("exceptions", "On leave")

    planner.press("Back")
    planner.click("stop")
    planner.shows("means", "Nothing is asked of")
    planner.click("do")
    planner.expect_text("The stage is stopped.")
    planner.click("resume")
    planner.click("do")
    planner.expect_text("The stage holds again")
    kinds = [event.kind for event in site.events() if event.username == "mara"]
    for kind in ("added", "stopped", "resumed"):
        assert f"operator:stage:{kind}" in kinds
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]


def test_who_wrote_for_long_proves_it_in_another_tab_and_saves_what_is_there(
    planner: Planner,
) -> None:
    page, site = planner.page, planner.site
    stage_id = site.stage("*", MFA, 30 * DAY)
    planner.enters("admin")
    page.goto(f"{site.issuer}/admin/rollout/stages/{stage_id}/letters/today/en/edit")
    page.locator("#subject").fill("It took me long to write this")
    site.advance(FRESH + 60)
    planner.click("save")
    planner.shows("problem", "Show first that it is you")
    with planner.context.expect_page() as found:
        planner.click("proof")
    other = Planner(site, planner.context, planner.back)
    other.page = found.value
    other.page.locator("#password").fill(PASSWORD)
    other.page.locator("#login-submit").click()
    other.enter_code(site.code(planner.secret))
    other.expect_heading("Continue where you were writing")
    other.page.close()
    planner.click("save")
    planner.expect_text("Saved.")
    planner.shows("subject-line", "It took me long to write this")


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_support_and_auditors_see_it_all_and_can_change_nothing(
    planner: Planner, role: str
) -> None:
    page, site = planner.page, planner.site
    staffed(site)
    stage_id = site.stage("clinician", MFA, 30 * DAY)
    planner.enters(role)
    expect(page.locator("h1")).to_have_text(re.compile("1 person cannot get through on "))
    expect(page.locator("#new-stage")).to_have_count(0)
    page.locator("#stages tbody a").first.click()
    planner.expect_text("What it says")
    for name in ("edit", "words", "stop", "remove"):
        expect(page.locator(f"#{name}")).to_have_count(0)
    stage = page.url
    for link in ("people-page", "mails-page", "letters-page", "exceptions"):
        planner.click(link)
        expect(page.locator("form[method=post]")).to_have_count(0)
        planner.press("Back")
    for rest in ("/edit", "/words", "/stop", "/letters/today/en/edit", "/call-list.csv"):
        page.goto(stage + rest)
        planner.expect_heading("This page is not for your account")
    assert stage.endswith(stage_id)


def test_who_would_lock_themselves_out_confirms_it_twice(planner: Planner) -> None:
    page, site = planner.page, planner.site
    site.person("olive", sms=True, roles=frozenset({"owner"}))
    page.goto(f"{site.issuer}/admin/rollout/")
    planner.sign_in("olive")
    planner.press("Send SMS to")
    planner.enter_code(site.texted_code())
    planner.click("new-stage")
    page.get_by_label("Everyone").first.check()
    page.locator("#level").select_option(MFA_APP)
    page.locator("#enforce_at").fill(day(30))
    planner.click("preview")
    planner.expect_text("This stage reaches you, and you have not set up what it asks.")
    planner.click("save")
    planner.shows("problem", "Tick that you will set it up yourself.")
    page.locator("#despite").check()
    planner.click("save")
    planner.expect_heading("A second step is coming")
    planner.press("Not now")
    planner.expect_text("The stage is planned.")
