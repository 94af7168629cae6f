"""The walk through the auditor's pages: each question, answered about people who just signed in."""

from typing import TYPE_CHECKING

from tests.protocol.sign_ins import tokens
from tests.support.site import Application

if TYPE_CHECKING:
    from tests.screenshots import Album

QUESTIONS = (
    ("", "Audit", "audit"),
    ("events", "Every event", "audit-events"),
    ("failures", "What failed", "audit-failures"),
    ("in-force", "What was in force on a day", "audit-in-force"),
    ("roles", "Who gained a role", "audit-roles"),
    ("tokens", "Tokens by acr and amr", "audit-tokens"),
    ("applications", "What applications require and get", "audit-applications"),
    ("sign-ins", "Who signed in", "audit-sign-ins"),
)
"""The address of each page, its heading, and what its picture is called."""


def happen(album: "Album", application: Application) -> None:
    """Let someone sign in, and fail, so that there is something to ask about."""
    site, name = album.surfer.site, f"piripi-{album.name}"
    site.person(name, name="Piripi Te Awekotuku")
    browser = site.browser()
    browser.authorize(application)
    browser.sign_in(name, "a guess of fifteen characters")
    tokens(site, application, name)
    site.installation.sealer.seal()
    site.installation.counting.carry_out()


def audit_pages(album: "Album", application: Application) -> None:
    """The questions, one sign-in opened, and what is pasted and not known."""
    happen(album, application)
    surfer, page = album.surfer, album.surfer.page
    base = f"{surfer.site.issuer}/admin/audit/"
    page.goto(base)
    surfer.sign_in("auditor")
    surfer.press("Send SMS to")
    surfer.enter_code(surfer.site.texted_code())
    surfer.expect_heading("Audit")
    page.locator("#what").fill("nobody-is-called-so")
    page.locator("#find button").click()
    surfer.expect_text("Nothing that is called so")
    album.shoot("audit-not-found")
    page.goto(f"{base}sign-ins")
    page.locator("#name").fill("Who signed in to Payroll")
    page.locator("#keep button").click()
    surfer.expect_text("The question is saved")
    for path, heading, picture in QUESTIONS:
        page.goto(f"{base}{path}")
        surfer.expect_heading(heading)
        album.shoot(picture)
    page.locator("#sign-ins tbody a").first.click()
    surfer.expect_text("Why the tokens say so")
    album.shoot("audit-token")
    page.goto(f"{base}failures")
    page.locator("#failures tbody td:nth-child(2) a").first.click()
    surfer.expect_heading("Piripi Te Awekotuku at Payroll")
    album.shoot("audit-interaction")
    page.goto(f"{base}record")
    surfer.expect_text("Check it without trusting this page")
    album.shoot("audit-record")
