"""A person's details in a real browser, most of it without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Surfer
from tests.support.site import Site
from tests.support.stand_ins.callback import Callback

NEW = "+64217654321"


@pytest.fixture
def plain(live_site: Site, chromium: Browser, back: Callback) -> Iterator[Surfer]:
    """A person with an old phone: a narrow screen, and JavaScript switched off."""
    size = {"width": 360, "height": 740}
    context = chromium.new_context(java_script_enabled=False, viewport=size)  # type: ignore[arg-type]
    yield Surfer(live_site, context, back)
    context.close()


def at_details(surfer: Surfer) -> None:
    surfer.page.goto(f"{surfer.site.issuer}/account/")
    surfer.sign_in("mere")
    surfer.press("Send SMS to")
    surfer.enter_code(surfer.site.texted_code())
    surfer.press("Change your details")
    surfer.expect_heading("Your details")


def test_a_number_is_changed_without_javascript(plain: Surfer) -> None:
    plain.site.person("mere", sms=True)
    at_details(plain)
    plain.press("Change mobile number")
    plain.page.locator("#value").fill("021 12")
    plain.page.locator("#contact-submit").click()
    plain.expect_text("Type a mobile number")
    assert plain.page.locator("#value").input_value() == "021 12", "what was typed stays"
    plain.page.locator("#value").fill("021 765 4321")
    plain.page.locator("#contact-submit").click()
    plain.expect_heading("Confirm your mobile number")
    plain.press("Send code")
    plain.expect_text(f"We sent a code to {NEW}")
    right = plain.site._newest_code("sms", "new-number-code")
    plain.enter_code(f"{(int(right) + 1) % 10**6:06d}")
    plain.expect_text("That code didn't match")
    plain.enter_code(right)
    plain.expect_heading("Your details")
    expect(plain.page.locator("#phone-title ~ p").nth(1)).to_have_text("Confirmed")
    app = plain.application()
    plain.context.clear_cookies()
    plain.start(app)
    plain.sign_in("mere")
    plain.site.advance(61)
    plain.press("Send SMS to")
    plain.expect_text("We sent a code to")
    assert plain.site.messages("sms")[-1]["to"] == NEW
    plain.enter_code(plain.site.texted_code())
    assert plain.claims(app)["amr"] == ["pwd", "sms", "mfa"]


def test_every_page_is_accessible_and_a_double_click_is_one_change(surfer: Surfer) -> None:
    surfer.site.person("mere", sms=True)
    at_details(surfer)
    assert surfer.violations() == []
    surfer.press("Change mobile number")
    surfer.page.locator("#value").fill("021 12")
    surfer.page.locator("#contact-submit").click()
    surfer.expect_text("Type a mobile number")
    assert surfer.violations() == []
    surfer.page.locator("#value").fill(NEW)
    surfer.page.locator("#contact-submit").click()
    surfer.expect_heading("Confirm your mobile number")
    assert surfer.violations() == []
    surfer.press("Send code")
    surfer.enter_code("000000")
    surfer.expect_text("That code didn't match")
    assert surfer.violations() == []
    surfer.page.locator("#otp").fill(surfer.site._newest_code("sms", "new-number-code"))
    surfer.page.locator("#mfa-submit").dblclick()
    surfer.expect_heading("Your details")
    assert len(surfer.site.events(kind="person:number:changed")) == 1


def test_name_and_language_are_saved(plain: Surfer) -> None:
    plain.site.person("mere", sms=True)
    at_details(plain)
    plain.page.locator("#name").fill("Mere Te Rangi")
    plain.page.locator("#language").select_option("de")
    plain.page.locator("#details-save").click()
    expect(plain.page.locator("html")).to_have_attribute("lang", "de")
    expect(plain.page.locator("#name")).to_have_value("Mere Te Rangi")
    expect(plain.page.locator(".who")).to_have_text("Mere Te Rangi")
