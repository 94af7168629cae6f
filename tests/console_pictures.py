"""The walk through the console: each page as someone who plans a rollout meets it."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.screenshots import Album


def console_pages(album: "Album") -> None:
    """The board, a stage from the form to the preview, and what can be done with one."""
    surfer, page = album.surfer, album.surfer.page
    page.goto(f"{surfer.site.issuer}/admin/")
    surfer.sign_in(f"mara-{album.name}")
    surfer.press("Send SMS to")
    surfer.enter_code(surfer.site.texted_code())
    surfer.expect_text("cannot get through")
    album.shoot("console-board")
    surfer.press("Plan a stage")
    page.locator('[name=audience][value="type:nurse"]').check()
    page.get_by_text("Leave some of them out").click()
    page.get_by_text("Check before the first second step").first.click()
    page.locator("#proof").select_option("none")
    page.get_by_text("Grace, and the time zone").click()
    album.shoot("console-stage-form")
    page.locator("#enforce_at").fill("2020-01-01")
    page.locator("form.stage").evaluate("form => form.noValidate = true")
    page.locator("#preview").click()
    surfer.expect_text("Choose a day to come")
    album.shoot("console-stage-problem")
    day = datetime.now(UTC).date() + timedelta(days=90)
    page.locator("#enforce_at").fill(day.isoformat())
    page.locator("#preview").click()
    surfer.expect_text("This concerns")
    surfer.expect_text("Anyone who knows the password")
    album.shoot("console-stage-preview")
    page.goto(f"{surfer.site.issuer}/admin/rollout/")
    page.locator("#stages tbody a").first.click()
    surfer.expect_text("What it says")
    album.shoot("console-stage")
    stage = page.url
    page.goto(f"{stage}/people")
    surfer.expect_text("cannot get through")
    album.shoot("console-stage-people")
    page.goto(f"{stage}/mails")
    surfer.expect_text("What became of the e-mails")
    album.shoot("console-stage-mails")
    page.goto(f"{stage}/letters")
    surfer.expect_heading("What the e-mails say")
    album.shoot("console-letters")
    page.locator("#letters a").nth(5).click()
    surfer.expect_text("As it arrives")
    album.shoot("console-letter")
    page.locator("#edit").click()
    page.locator("#preview").click()
    surfer.expect_text("As it arrives")
    album.shoot("console-letter-form")
    page.locator("#body").fill("Kia ora {firstname}")
    page.locator("#save").click()
    surfer.expect_text("Nothing stands for")
    album.shoot("console-letter-problem")
    page.goto(page.url.removesuffix("edit") + "proof")
    surfer.expect_heading("Continue where you were writing")
    album.shoot("console-proved")
    for rest, heading in (
        ("words", "What people read of this stage"),
        ("stop", "Stop this stage?"),
        ("remove", "Remove this stage?"),
    ):
        page.goto(f"{stage}/{rest}")
        surfer.expect_heading(heading)
        album.shoot(f"console-stage-{rest}")
    page.goto(f"{surfer.site.issuer}/admin/rollout/shared/")
    album.shoot("console-shared")
    surfer.press("Reception")
    surfer.expect_heading("Does Reception belong to several people?")
    album.shoot("console-shared-one")
    page.goto(f"{surfer.site.issuer}/admin/rollout/adoption")
    surfer.expect_text("have a second step")
    album.shoot("console-adoption")
    page.goto(f"{stage}/exceptions")
    page.locator("#person").fill(f"aroha-{album.name}")
    page.locator("#until").fill(day.isoformat())
    page.locator("#reason").fill("Her phone is being repaired until the end of the month")
    page.locator("#give").click()
    surfer.expect_text("The exception is given.")
    album.shoot("console-exceptions")
