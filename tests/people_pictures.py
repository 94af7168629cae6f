"""The walk through the console's pages about people, and about the service itself."""

from typing import TYPE_CHECKING

from idp.operating.people.import_running import ImportRunning
from tests.support.site import MFA

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload

    from tests.screenshots import Album


def people_pages(album: "Album") -> None:
    """Someone is found, understood, helped and changed; someone new is added."""
    surfer, page = album.surfer, album.surfer.page
    site, name = surfer.site, f"hinemoa-{album.name}"
    site.person(name, name="Hinemoa Ngata", totp=site.secret(), sms=True)
    base = f"{surfer.site.issuer}/admin/people/"
    page.goto(base)
    surfer.sign_in(f"mara-{album.name}")
    surfer.press("Send SMS to")
    surfer.enter_code(surfer.site.texted_code())
    surfer.expect_heading("People")
    album.shoot("people")
    page.locator("#search").fill("nobody")
    page.get_by_role("button", name="Find someone").click()
    surfer.expect_text("No one is found.")
    album.shoot("people-none")
    page.locator("#search").fill(name)
    page.get_by_role("button", name="Find someone").click()
    page.locator("#people tbody a").first.click()
    surfer.expect_heading("Hinemoa Ngata")
    person = page.url
    album.shoot("person")
    excepted(album, person)
    for deed, picture in (("reset/totp", "person-reset"), ("off", "person-off")):
        page.goto(f"{person}/{deed}")
        album.shoot(picture)
    page.locator("#do").click()
    surfer.expect_text("The account is switched off.")
    album.shoot("person-switched-off")
    page.goto(f"{person}/delete")
    page.locator("#name").fill("someone")
    page.locator("#do").click()
    surfer.expect_text("Type the name as it is shown.")
    album.shoot("person-delete")
    page.goto(f"{person}/edit")
    album.shoot("person-edit")
    page.locator("#email").fill("hinemoa@example")
    page.locator("form.stage").evaluate("form => form.noValidate = true")
    page.locator("#save").click()
    surfer.expect_text("This is no e-mail address.")
    album.shoot("person-problem")
    page.goto(f"{base}new")
    album.shoot("person-new")
    importing(album)
    service(album)


def excepted(album: "Album", person: str) -> None:
    """Someone is let off a stage for a while; user types and groups are counted."""
    surfer, page = album.surfer, album.surfer.page
    stage = surfer.site.stage("user", MFA, 90 * 86400)
    page.goto(f"{person}/exceptions")
    page.locator("#until").fill("2099-01-01")
    page.locator("#reason").fill("On leave until the end of the summer")
    page.locator("#stage").select_option(stage)
    page.locator("#give").click()
    surfer.expect_text("The exception is given.")
    album.shoot("person-exceptions")
    page.goto(f"{surfer.site.issuer}/admin/people/groups")
    surfer.expect_heading("User types and groups")
    album.shoot("people-groups")
    page.locator("#types a[href*='rename']").first.click()
    surfer.expect_heading("Rename the user type nurse")
    album.shoot("people-rename-kind")


def branding(album: "Album") -> None:
    """Another look is seen before it is saved, and other words."""
    surfer, page = album.surfer, album.surfer.page
    page.goto(f"{surfer.site.issuer}/admin/brand/")
    page.locator("#accent").fill("#ffff66")
    page.locator("#show").click()
    surfer.expect_text("could not be seen")
    album.shoot("look-problem")
    page.locator("#accent").fill("#a3161d")
    page.locator("#show").click()
    surfer.expect_text("Nothing is saved yet.")
    album.shoot("look-preview")
    page.goto(f"{surfer.site.issuer}/admin/brand/words")
    surfer.expect_heading("What messages say")
    album.shoot("words")
    page.goto(f"{surfer.site.issuer}/admin/brand/words/phone-changed-sms/en")
    page.locator("#body").fill("Your number at {brand} is another one now.")
    page.locator("#show").click()
    surfer.expect_text("is another one now. Not you?")
    album.shoot("words-form")


def importing(album: "Album") -> None:
    """A file of people is brought, tried and carried out."""
    surfer, page = album.surfer, album.surfer.page
    running = ImportRunning(surfer.site.installation)
    name = album.name
    rows = f"ana-{name},ana-{name}@a.nz,Ana Rei,nurse\nbo-{name},nowhere,Bo,nurse\n"
    page.goto(f"{surfer.site.issuer}/admin/people/import")
    page.locator("#file").set_input_files(_file("staff.xlsx", "PK\x03\x04"))
    page.locator("#send").click()
    surfer.expect_text("This file cannot be read.")
    album.shoot("import-problem")
    page.locator("#file").set_input_files(_file("staff.csv", f"Login,Mail,Name,Job\n{rows}"))
    page.locator("#send").click()
    surfer.expect_heading("staff.csv")
    album.shoot("import-columns")
    page.locator("#check").click()
    running.carry_out()
    surfer.expect_text("would be added")
    page.get_by_text("Read the columns in another way").click()
    album.shoot("import-tried")
    page.locator("#skip_bad").check()
    page.locator("#carry-out").click()
    running.carry_out()
    surfer.expect_text("were added")
    album.shoot("import-done")
    page.goto(f"{surfer.site.issuer}/admin/people/import")
    album.shoot("import")


def _file(name: str, text: str) -> "FilePayload":
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode()}


def service(album: "Album") -> None:
    """The overview, keys, messages and settings."""
    surfer, page = album.surfer, album.surfer.page
    base = f"{surfer.site.issuer}/admin/"
    page.goto(base)
    surfer.expect_heading("Overview")
    album.shoot("overview")
    branding(album)
    for path, heading in (
        ("messages", "Messages that were not sent"),
        ("keys", "Signing keys"),
        ("settings", "Settings in force"),
    ):
        page.goto(f"{base}{path}/")
        surfer.expect_heading(heading)
        album.shoot(path)
