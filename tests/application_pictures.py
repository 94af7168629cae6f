"""The walk through the console's pages about applications."""

import struct
import zlib
from typing import TYPE_CHECKING

from tests.support.site import MFA

if TYPE_CHECKING:
    from tests.screenshots import Album

REDIRECT = "https://rota.example.org/back"


def application_pages(album: "Album") -> None:
    """An application is registered, given words and a logo, tried, and removed."""
    surfer, page = album.surfer, album.surfer.page
    base, name = f"{surfer.site.issuer}/admin/applications/", f"Rota {album.name}"
    page.goto(f"{base}new")
    surfer.sign_in(f"mara-{album.name}")
    surfer.press("Send SMS to")
    surfer.enter_code(surfer.site.texted_code())
    surfer.expect_heading("Register an application")
    album.shoot("application-new")
    page.locator("#like").select_option("gitea")
    page.locator("#fill").click()
    surfer.expect_text("Say at which address it is reached")
    album.shoot("application-nowhere")
    page.locator("#at").fill("https://git.example.org")
    page.locator("#fill").click()
    page.locator("#name").fill(name)
    page.locator("#redirect_uris").fill("nothing")
    page.locator("#save").click()
    surfer.expect_text("This cannot be registered")
    album.shoot("application-problem")
    page.locator("#redirect_uris").fill(REDIRECT)
    page.locator("#save").click()
    surfer.expect_text("The secret is shown this once.")
    album.shoot("application-secret")
    page.goto(base)
    album.shoot("applications")
    page.locator("#applications tbody a", has_text=name).first.click()
    surfer.expect_heading(name)
    application = page.url
    album.shoot("application")
    _form(album, application)
    _beside(album, application)
    for deed in ("secret", "delete"):
        page.goto(f"{application}/{deed}")
        album.shoot(f"application-{deed}-asked")
    apis = f"{surfer.site.issuer}/admin/apis/"
    for path, picture in (("", "apis"), ("new", "api-new"), ("payroll", "api")):
        page.goto(apis + path)
        album.shoot(picture)
    page.locator("#types").fill("nothing")
    page.locator("#save").click()
    surfer.expect_text("This cannot be registered")
    album.shoot("api-problem")
    page.goto(f"{apis}payroll/delete")
    album.shoot("api-delete-asked")
    _guarded(album)


def _guarded(album: "Album") -> None:
    """All hosts, and what a spelling of a path is taken for."""
    page, wiki = album.surfer.page, "https://wiki.example.org"
    page.goto(f"{album.surfer.site.issuer}/admin/guarded/")
    album.shoot("guarded-hosts")
    for address, picture in (
        (f"{wiki}/static/..%2fadmin/people", "guarded-line"),
        (f"{wiki}/static/look.css", "guarded-public"),
        ("wiki", "guarded-problem"),
    ):
        page.locator("#url").fill(address)
        page.locator("#ask").click()
        page.locator("#met, #problem").first.wait_for()
        album.shoot(picture)


def _form(album: "Album", application: str) -> None:
    """Claims and words are typed; what tokens would say is shown before it is saved."""
    surfer, page = album.surfer, album.surfer.page
    page.goto(f"{application}/edit")
    for group in ("look", "told"):
        page.locator(f"#{group} > summary").click()
    page.locator("#sign_in_words-en").fill("Use the account that you have at the hospital.")
    page.locator("#claim_mapping-0-name").fill("memberOf")
    page.locator("#claim_mapping-0-from").select_option("groups")
    page.locator("#whom").fill(f"aroha-{album.name}")
    page.locator("#preview").click()
    surfer.expect_text("What tokens would say of")
    album.shoot("application-form")
    page.locator("#save").click()
    surfer.expect_text("Saved.")
    album.shoot("application-changed")


def _beside(album: "Album", application: str) -> None:
    """A logo, settings for a product, and a sign-in that is tried."""
    surfer, page = album.surfer, album.surfer.page
    page.goto(f"{application}/logo")
    page.locator("#save").click()
    surfer.expect_text("Choose a PNG")
    album.shoot("application-logo-problem")
    page.locator("#picture").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": _png(112)}
    )
    page.locator("#save").click()
    surfer.expect_text("Saved.")
    page.goto(f"{application}/logo")
    album.shoot("application-logo")
    page.goto(f"{application}/settings?like=gitea")
    album.shoot("application-settings")
    page.goto(f"{application}/try")
    album.shoot("application-try")
    page.locator("#again").check()
    page.locator("#begin").click()
    surfer.expect_text("Use the account that you have at the hospital.")
    album.shoot("application-try-sign-in")
    page.get_by_role("button", name="Cancel").click()
    surfer.expect_text("It would hear:")
    album.shoot("application-refused")
    page.goto(f"{application}/try")
    page.locator("#level").select_option(MFA)
    page.locator("#begin").click()
    surfer.expect_text("Its tokens would hold this.")
    album.shoot("application-tried")


def _png(side: int) -> bytes:
    """Return a square picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x2f\x6f\x5e" * side) * side
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
