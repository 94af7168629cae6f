"""The account's pages in a narrow browser with JavaScript switched off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, ViewportSize, expect

from tests.browser.conftest import Surfer
from tests.support.site import MFA, PASSWORD, Site
from tests.support.stand_ins.callback import Callback

pytestmark = pytest.mark.browser

NARROW: ViewportSize = {"width": 360, "height": 740}
MARKER = 20
"""Pixels for the number of a code that stands beside another."""
NEW = "harbour lantern sixpence moss"


@pytest.fixture
def plain(live_site: Site, chromium: Browser, back: Callback) -> Iterator[Surfer]:
    context = chromium.new_context(java_script_enabled=False, viewport=NARROW)
    yield Surfer(live_site, context, back)
    context.close()


@pytest.fixture
def elsewhere(live_site: Site, chromium: Browser, back: Callback) -> Iterator[Surfer]:
    """Another browser of the same person."""
    context = chromium.new_context(java_script_enabled=False)
    yield Surfer(live_site, context, back)
    context.close()


def open_account(surfer: Surfer, path: str = "") -> None:
    surfer.page.goto(f"{surfer.site.issuer}/account/{path}")


def sign_in_with_text(surfer: Surfer, name: str) -> None:
    """Sign in with the password and a text message, newer than any before."""
    surfer.site.advance(61)
    surfer.sign_in(name)
    surfer.press("Send SMS to")
    surfer.expect_text("We sent a code to")
    surfer.enter_code(surfer.site.texted_code())


def codes(surfer: Surfer) -> list[str]:
    return surfer.page.locator("#recovery-codes code").all_inner_texts()


def fits(surfer: Surfer) -> bool:
    return bool(surfer.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def apart(surfer: Surfer) -> bool:
    """Return True if every code can be read on a wide screen too: none lies over another."""
    surfer.page.set_viewport_size({"width": 1280, "height": 800})
    boxes = [code.bounding_box() for code in surfer.page.locator("#recovery-codes code").all()]
    surfer.page.set_viewport_size(NARROW)
    places = [(box["x"], box["x"] + box["width"], box["y"], box["height"]) for box in boxes if box]
    assert len(places) == 10
    return all(
        one is other or abs(one[2] - other[2]) >= one[3] or one[1] + MARKER <= other[0]
        for one in places
        for other in places
        if one[0] <= other[0]
    )


def rows(surfer: Surfer) -> Locator:
    return surfer.page.locator("main ul.rows > li")


def test_recovery_codes_are_kept_used_and_replaced_and_a_way_is_removed(plain: Surfer) -> None:
    site = plain.site
    site.person("mere", sms=True)
    app = plain.application(min_acr=MFA)
    open_account(plain, "ways")
    sign_in_with_text(plain, "mere")
    plain.press("Make recovery codes")
    plain.expect_heading("Your recovery codes")
    kept = codes(plain)
    assert len(set(kept)) == 10
    assert fits(plain)
    assert apart(plain)
    expect(plain.page.get_by_role("button", name="Print them")).to_be_hidden()
    plain.press("I have kept them")
    plain.expect_text("You have 10 codes left.")

    # The phone is lost, and found again once another way is set up.
    plain.context.clear_cookies()
    plain.start(app)
    plain.sign_in("mere")
    plain.press("I have lost it: use a recovery code")
    plain.expect_heading("Type a recovery code")
    plain.enter_code("AAAA-AAAA-AAAA-AAAA")
    expect(plain.page.get_by_role("alert")).to_be_visible()
    plain.enter_code(kept[0])
    plain.press("Authenticator app")
    secret = plain.read_secret()
    plain.enter_code(site.code(secret))
    plain.expect_heading("Keep your new recovery codes")
    new = codes(plain)
    assert len(new) == 10
    assert not set(new) & set(kept)
    assert fits(plain)
    assert apart(plain)
    plain.page.get_by_label("Remove Text message").uncheck()
    plain.press("I have kept them")
    assert plain.claims(app)["amr"] == ["pwd", "otp", "mfa"]

    # The codes of before are worth nothing.
    plain.start(app, prompt="login")
    plain.page.locator("#password").fill(PASSWORD)
    plain.page.locator("#login-submit").click()
    plain.press("I have lost it: use a recovery code")
    plain.enter_code(kept[1])
    expect(plain.page.get_by_role("alert")).to_be_visible()

    open_account(plain, "ways")
    plain.expect_text("You have 10 codes left.")
    plain.press("Change or remove Text message")
    plain.expect_heading("Text message")
    plain.page.locator("#remove-way").click()
    plain.expect_heading("Ways to sign in")
    expect(rows(plain).locator("strong")).to_have_text(
        ["Password", "Authenticator app", "Recovery codes"]
    )
    plain.start(app, prompt="login")
    plain.page.locator("#password").fill(PASSWORD)
    plain.page.locator("#login-submit").click()
    plain.expect_heading("Enter the code from your app")
    expect(plain.page.get_by_text("text message")).to_have_count(0)


def test_other_places_applications_the_password_and_what_happened(
    plain: Surfer, elsewhere: Surfer
) -> None:
    plain.site.person("mere", sms=True)
    app = plain.application()
    board = plain.application("board", first_party=False)
    elsewhere.start(app)
    sign_in_with_text(elsewhere, "mere")
    elsewhere.answer()

    plain.start(board)
    sign_in_with_text(plain, "mere")
    plain.page.locator("#consent-allow").click()
    plain.answer()
    open_account(plain)
    plain.press("Connected applications")
    expect(rows(plain).filter(has_text="Board")).to_have_count(1)
    assert fits(plain)
    plain.press("Remove Board's access")
    expect(rows(plain).filter(has_text="Board")).to_have_count(0)
    plain.start(board)
    plain.expect_text("Let Board in")

    open_account(plain)
    plain.press("Where you are signed in")
    expect(rows(plain)).to_have_count(2)
    assert fits(plain)
    plain.press("Sign out this device")
    expect(rows(plain)).to_have_count(1)
    elsewhere.start(app, prompt="none")
    assert elsewhere.answer()["error"] == "login_required"
    elsewhere.start(app)
    sign_in_with_text(elsewhere, "mere")
    elsewhere.answer()

    open_account(plain, "ways/others")
    plain.expect_heading("Sign out everywhere else?")
    expect(plain.page.locator("#end")).to_be_checked()
    tick, words = (plain.page.locator(".tick " + it).bounding_box() for it in ("input", "label"))
    assert tick
    assert words
    assert tick["x"] + tick["width"] <= words["x"], "the words stand beside the tick"
    open_account(plain, "ways")
    plain.press("Change password")
    change_password(plain, "not this one")
    expect(plain.page.get_by_role("alert")).to_be_visible()
    change_password(plain, PASSWORD)
    plain.expect_heading("Ways to sign in")
    elsewhere.start(app)
    elsewhere.sign_in("mere")
    expect(elsewhere.page.get_by_role("alert")).to_be_visible()
    elsewhere.sign_in("mere", NEW)
    elsewhere.press("Send SMS to")

    open_account(plain)
    plain.press("Change your details")
    plain.page.locator("#name").fill("Mere Te Rangi")
    plain.press("Save")
    expect(plain.page.locator(".who")).to_have_text("Mere Te Rangi")
    open_account(plain)
    plain.press("Show all activity")
    plain.expect_heading("Recent activity")
    for text in (
        "Your name or language was changed",
        "Your password was changed",
        "You removed an application's access: Board",
        "You let an application see your details: Board",
        "You signed in: App",
    ):
        plain.expect_text(text)
    assert fits(plain)


def change_password(surfer: Surfer, current: str) -> None:
    surfer.page.locator("#current").fill(current)
    surfer.page.locator("#password").fill(NEW)
    surfer.page.locator("#password-submit").click()
