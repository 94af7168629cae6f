"""Passkeys in Chromium with a virtual authenticator: set up, second step, whole sign-in."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Surfer
from tests.support.stand_ins.virtual_device import Device

pytestmark = pytest.mark.browser


@pytest.fixture
def device(surfer: Surfer) -> Device:
    return Device(surfer.page)


def add_in_sign_in(surfer: Surfer) -> dict[str, Any]:
    """Sign in where a phishing-resistant level is demanded, and add a passkey for it."""
    strict = surfer.application("strict", min_acr="phr")
    surfer.start(strict)
    surfer.sign_in("tane")
    surfer.confirm_address()
    surfer.expect_heading("Add a passkey")
    surfer.press("Add a passkey")
    return surfer.claims(strict)


def test_a_passkey_is_set_up_in_the_sign_in_that_needs_it(surfer: Surfer, device: Device) -> None:
    surfer.site.person("tane")
    claims = add_in_sign_in(surfer)
    assert claims["acr"] == "phr"
    assert claims["amr"] == ["pwd", "pop", "user", "mfa"]
    assert len(device.keys()) == 1


def test_a_verified_passkey_is_the_whole_sign_in(surfer: Surfer, device: Device) -> None:
    surfer.site.person("tane")
    add_in_sign_in(surfer)
    surfer.context.clear_cookies()
    app = surfer.application("app")
    # The browser offers it in the name field, and the device takes the offer.
    surfer.start(app)
    claims = surfer.claims(app)
    assert (claims["acr"], claims["amr"]) == ("phr", ["pop", "user", "mfa"])


def test_who_is_known_signs_in_again_with_a_button(surfer: Surfer, device: Device) -> None:
    surfer.site.person("tane")
    add_in_sign_in(surfer)
    app = surfer.application("app")
    surfer.start(app, prompt="login")
    surfer.press("Sign in with a passkey")
    claims = surfer.claims(app)
    assert (claims["acr"], claims["amr"]) == ("phr", ["pop", "user", "mfa"])


def test_it_is_the_second_step_after_the_password(surfer: Surfer, device: Device) -> None:
    surfer.site.person("tane")
    add_in_sign_in(surfer)
    surfer.context.clear_cookies()
    app = surfer.application("app")
    device.verify(False)
    surfer.start(app)
    surfer.sign_in("tane")
    device.verify(True)
    surfer.expect_heading("Use your passkey")
    surfer.press("Use your passkey")
    claims = surfer.claims(app)
    assert (claims["acr"], claims["amr"]) == ("phr", ["pwd", "pop", "user", "mfa"])


def test_a_device_that_cannot_verify_its_user_never_replaces_the_password(
    surfer: Surfer, device: Device
) -> None:
    surfer.site.person("tane")
    add_in_sign_in(surfer)
    surfer.context.clear_cookies()
    device.verify(False)
    surfer.start(surfer.application("app"))
    surfer.press("Sign in with a passkey")
    expect(surfer.page.get_by_role("alert").filter(visible=True)).to_contain_text("another way")
    expect(surfer.page.locator("#login-page")).to_be_visible()


def test_a_person_without_a_passkey_sees_what_to_do_next(surfer: Surfer, device: Device) -> None:
    surfer.site.person("tane", totp=surfer.site.secret())
    surfer.start(surfer.application("app"))
    surfer.press("Sign in with a passkey")
    expect(surfer.page.get_by_role("alert").filter(visible=True)).to_contain_text(
        "Nothing was sent"
    )
    expect(surfer.page.locator("#password")).to_be_visible()


def test_the_pages_about_passkeys_are_accessible(surfer: Surfer, device: Device) -> None:
    surfer.site.person("tane")
    surfer.start(surfer.application("strict", min_acr="phr"))
    assert surfer.violations() == []
    surfer.sign_in("tane")
    surfer.confirm_address()
    surfer.expect_heading("Add a passkey")
    assert surfer.violations() == []
