"""Links in messages in a real browser: its Origin and Referer are what the checks expect."""

from playwright.sync_api import Browser, Request

from tests.browser.conftest import Surfer
from tests.protocol.command import Acrux
from tests.support.letters import arrived
from tests.support.site import PASSWORD

NEW = "harbour lantern sixpence moss"


def test_somebody_who_forgot_the_password_signs_in_with_a_new_one(surfer: Surfer) -> None:
    surfer.site.person("tane")
    app = surfer.application()
    surfer.start(app)
    surfer.press("Forgot your password?")
    surfer.expect_heading("Choose a new password")
    assert surfer.violations() == []
    surfer.page.locator("#username").fill("tane")
    surfer.press("E-mail me a link")
    surfer.expect_heading("Check your e-mail")
    assert surfer.violations() == []
    referrers: list[str] = []

    def note(request: Request) -> None:
        referrers.append(request.headers.get("referer", ""))

    path = arrived(surfer.page, surfer.site, "reset-link", "/l/")
    surfer.page.on("request", note)
    surfer.page.goto(surfer.site.issuer + path)
    assert surfer.violations() == []
    surfer.page.locator("#password").fill("short")
    surfer.press("Save this password")
    surfer.expect_text("Use at least 15 characters")
    assert surfer.violations() == []
    surfer.page.locator("#password").fill(NEW)
    surfer.press("Save this password")
    surfer.expect_heading("Your password is set")
    assert surfer.violations() == []
    assert not any(path in referrer for referrer in referrers), "the token stays on its page"
    surfer.start(app)
    surfer.sign_in("tane", NEW)
    assert surfer.claims(app)["amr"] == ["pwd"]


def test_somebody_denies_a_code_on_another_device_without_javascript(
    surfer: Surfer, chromium: Browser
) -> None:
    surfer.site.person("mere", sms=True)
    surfer.start(surfer.application())
    surfer.sign_in("mere")
    surfer.press("Send SMS to 02*******")
    surfer.expect_text("We sent a code to")
    path = arrived(surfer.page, surfer.site, "sms-code", "/n/", "sms")
    phone = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    try:
        page = phone.new_page()
        page.goto(surfer.site.issuer + path)
        assert page.locator("h1").inner_text() == "Was this not you?"
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.locator("#deny-submit").click()
        assert page.locator("h1").inner_text() == "You are signed out everywhere"
    finally:
        phone.close()
    surfer.enter_code(surfer.site.texted_code())
    assert surfer.answer()["error"] == "access_denied"


def test_a_ticket_leads_to_a_new_second_step_without_javascript(
    surfer: Surfer, chromium: Browser
) -> None:
    """Someone lost the phone, and an operator took its app away."""
    site = surfer.site
    site.person("tane", totp=site.secret())
    Acrux(site.environ)("user", "reset-factor", "tane", "totp")
    path = arrived(surfer.page, site, "enrol-link", "/e/")
    surfer.page.goto(site.issuer + path)
    assert surfer.violations() == []
    plain = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    try:
        guest = Surfer(site, plain, surfer.back)
        guest.page.goto(site.issuer + path)
        guest.expect_heading("Set up a new second step")
        assert guest.page.evaluate("document.documentElement.scrollWidth") <= 320
        guest.press("Sign in and set it up")
        guest.expect_text("Sign in as Tane")
        guest.page.locator("#password").fill(PASSWORD)
        guest.page.locator("#login-submit").click()
        guest.expect_text("Your old second step was removed")
        guest.press("Authenticator app")
        guest.enter_code(site.code(guest.read_secret()))
        guest.expect_heading("Done: your second step is set up")
        guest.press("Not now")
        guest.expect_heading("Ways to sign in")
        guest.expect_text("Authenticator app")
    finally:
        plain.close()
    surfer.page.goto(site.issuer + path)
    surfer.expect_heading("This link does not work any more")
