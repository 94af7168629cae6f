"""What each role does in a day, by clicking: on a desktop with JavaScript, a telephone without."""

import csv
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.admin.conftest import Planner
from tests.support.site import Site

BOTH = ["Overview", "Rollout", "People", "Applications"]
RUNNING = [*BOTH, "Messages", "Signing keys", "Look and words", "Settings", "Audit"]


def patients(site: Site) -> str:
    """Add someone whose telephone is lost; return the `sub`."""
    return site.person("aroha", name="Aroha Tipene", totp=site.secret(), user_type="nurse")


def goes(planner: Planner, part: str) -> None:
    """Go to another part by the navigation, where everything fits the screen."""
    planner.page.get_by_role("navigation", name="Console").get_by_role(
        "link", name=part, exact=True
    ).click()
    planner.arrive()
    width = planner.page.evaluate("document.documentElement.scrollWidth")
    assert width <= planner.page.viewport_size["width"], part  # type: ignore[index]


def is_shown(planner: Planner, parts: list[str]) -> None:
    links = planner.page.get_by_role("navigation", name="Console").get_by_role("link")
    expect(links).to_have_text(parts)


def finds(planner: Planner, name: str) -> None:
    """Find someone by name and open that page."""
    goes(planner, "People")
    planner.page.locator("#search").fill(name)
    planner.press("Find someone")
    planner.page.locator("#people tbody a").first.click()


def done(planner: Planner) -> list[str]:
    """Return what whoever sat there did, the newest last."""
    return [one.kind for one in reversed(planner.site.events()) if one.username == "mara"]


def test_an_owner_brings_in_an_administrator_and_renews_the_keys(planner: Planner) -> None:
    page = planner.page
    planner.enters("owner", part="")
    is_shown(planner, RUNNING)
    goes(planner, "People")
    planner.click("add")
    for field in ("username", "name"):
        page.locator(f"#{field}").fill("Wiremu")
    page.locator("#email").fill("wiremu@example.org")
    page.locator("#role-admin").check()
    planner.click("save")
    planner.expect_heading("Wiremu")
    goes(planner, "Signing keys")
    planner.click("rotate")
    planner.expect_text("The new keys are published.")
    # They wait to sign for a while, and others meanwhile: the next owner has keys of their own.
    planner.site.advance(601)
    goes(planner, "Settings")
    planner.expect_text("server.issuer")
    assert {"operator:person:added", "operator:key:added"} <= {
        one.kind for one in planner.site.events()
    }


def test_an_administrator_changes_someone_and_registers_an_application(planner: Planner) -> None:
    page = planner.page
    patients(planner.site)
    planner.enters("admin", part="")
    is_shown(planner, RUNNING)
    finds(planner, "Tipene")
    planner.click("edit")
    page.locator("#groups").fill("ward 7, night")
    planner.click("save")
    planner.expect_text("ward 7")
    planner.click("off")
    planner.click("do")
    planner.expect_text("The account is switched off.")
    planner.click("on")
    planner.click("do")
    goes(planner, "Applications")
    planner.press("Register an application")
    page.locator("#name").fill("Rota")
    page.locator("#redirect_uris").fill("https://rota.example.org/back")
    planner.click("save")
    planner.expect_text("The secret is shown this once.")
    goes(planner, "Look and words")
    page.locator("#support_email").fill("help@example.org")
    planner.click("show")
    planner.expect_text("Nothing is saved yet.")
    goes(planner, "Audit")
    planner.expect_text("Find a token, sign-in, request or person")


def test_support_helps_someone_whose_telephone_is_lost_and_can_do_no_more(
    planner: Planner,
) -> None:
    page, site = planner.page, planner.site
    sub = patients(site)
    planner.enters("support", part="")
    is_shown(planner, [*BOTH, "Messages"])
    finds(planner, "aroha@")
    planner.expect_text("Nothing stands in the way of a sign-in.")
    for name in ("edit", "off", "delete"):
        expect(page.locator(f"#{name}")).to_have_count(0)
    page.locator("#ways tbody tr", has_text="app").get_by_role("link", name="Remove it").click()
    planner.click("do")
    planner.expect_heading("Aroha Tipene")
    assert site.events(kind="person:factor:removed")[0].person_id == sub
    goes(planner, "Messages")
    goes(planner, "Applications")
    expect(page.get_by_role("link", name="Register an application")).to_have_count(0)
    page.goto(f"{site.issuer}/admin/people/{sub}/edit")
    planner.expect_heading("This page is not for your account")
    assert site.events(kind="operator:action:refused")[0].username == "mara"


def test_an_auditor_finds_out_what_happened_takes_it_away_and_changes_nothing(
    planner: Planner,
) -> None:
    page, site = planner.page, planner.site
    sub = patients(site)
    planner.enters("auditor", part="")
    is_shown(planner, [*BOTH, "Signing keys", "Audit"])
    goes(planner, "Audit")
    page.locator("#what").fill("mara")
    page.locator("#find button").click()
    planner.arrive()
    planner.expect_text("Mara")
    page.goto(f"{site.issuer}/admin/audit/events")
    with page.expect_download() as found:
        page.locator(".exports a", has_text="CSV").click()
    with Path(found.value.path()).open(encoding="utf-8", newline="") as file:
        assert any("sign-in" in str(row) for row in csv.DictReader(file))
    finds(planner, "Tipene")
    goes(planner, "Signing keys")
    expect(page.locator("#rotate")).to_have_count(0)
    page.goto(f"{site.issuer}/admin/people/{sub}/delete")
    planner.expect_heading("This page is not for your account")
    assert not [kind for kind in done(planner) if kind.endswith((":changed", ":deleted"))]
