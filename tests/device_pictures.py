"""The pages on which a person answers what is asked elsewhere, for `tests.screenshots`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.protocol import ciba
from tests.protocol.devices import codes
from tests.support.site import Application, Site

if TYPE_CHECKING:
    from tests.browser.conftest import Surfer
    from tests.screenshots import Album

FIELD = "The code that your device shows"


def device_pages(album: Album) -> None:
    """A television asks to be signed in: a code that is none, a no, and a yes."""
    surfer, site = album.surfer, album.surfer.site
    surfer.page.goto(f"{site.issuer}/device")
    album.shoot("device")
    surfer.page.get_by_label(FIELD).fill("BCDF-GHJK")
    surfer.press("Continue")
    album.shoot("device-unknown")
    surfer.page.get_by_label(FIELD).fill(_shown(site))
    surfer.press("Continue")
    surfer.expect_heading("Is this your device?")
    album.shoot("device-ask")
    answer_another(surfer, "Yes, sign it in")
    surfer.expect_text("This has changed since the page was shown.")
    album.shoot("device-ask-changed")
    surfer.press("No, it is not mine")
    surfer.expect_heading("The device was not signed in")
    album.shoot("device-no")
    surfer.page.goto(f"{site.issuer}/device?user_code={_shown(site)}")
    surfer.press("Continue")
    surfer.press("Yes, sign it in")
    surfer.sign_in("ropata")
    surfer.expect_heading("Go back to your device")
    album.shoot("device-done")
    surfer.page.goto(f"{site.issuer}/device?user_code={_shown(site)}")
    surfer.press("Continue")
    album.shoot("device-ask-known")
    surfer.page.goto(f"{site.issuer}/device/nothing")
    album.shoot("device-over")


def ciba_pages(album: Album, bank: Application) -> None:
    """A bank asks behind the browser: a list in the account, the question, a no and a yes."""
    surfer, site = album.surfer, album.surfer.site
    who = f"hana-{album.name}"
    for message in (None, "Pay 120 to Kiri: W4SCT"):
        ciba.asked(site, bank, login_hint=who, binding_message=message)
    surfer.page.goto(site.issuer + ciba.link(site))
    album.shoot("ciba-ask")
    surfer.press("No, this was not me")
    surfer.expect_heading("You answered No")
    album.shoot("ciba-not-me")
    surfer.page.goto(f"{site.issuer}/account/requests")
    surfer.sign_in(who)
    surfer.expect_heading("Waiting for your answer")
    album.shoot("ciba-list")
    surfer.page.get_by_role("link", name="Answer").click()
    album.shoot("ciba-ask-plain")
    surfer.press("Yes, I started this")
    surfer.expect_heading("Go back to where you started")
    album.shoot("ciba-done")
    surfer.page.goto(site.issuer + ciba.link(site))
    album.shoot("ciba-over")


def answer_another(surfer: Surfer, name: str) -> None:
    """Answer a page that asks, as if what it asks had changed since it was shown."""
    surfer.page.locator("input[name=shown]").evaluate("field => { field.value = 'another' }")
    surfer.press(name)


def _shown(site: Site) -> str:
    """Return the code that a television shows."""
    found: str = codes(site, Application("television", None))["user_code"]
    return found
