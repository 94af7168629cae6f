"""Someone's passkeys on the account page, in Chromium: another one, a name for it, its end."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Surfer
from tests.support.applications.application import Application
from tests.support.stand_ins.virtual_device import Device

pytestmark = pytest.mark.browser

KEY: dict[str, Any] = {"transport": "usb"}
MINUTES = 400
"""Seconds after which a proof is too old for a change of how someone signs in."""


@pytest.fixture
def strict(surfer: Surfer) -> Application:
    return surfer.application("strict", min_acr="phr")


@pytest.fixture
def laptop(surfer: Surfer, strict: Application) -> Device:
    """Tane's device, on which the first passkey was made in the sign-in that demanded it."""
    surfer.site.person("tane")
    device = Device(surfer.page)
    surfer.start(strict)
    surfer.sign_in("tane")
    surfer.confirm_address()
    surfer.press("Add a passkey")
    surfer.answer()
    return device


@pytest.fixture
def library(surfer: Surfer, chromium: Browser) -> Iterator[Surfer]:
    """Tane at another computer."""
    context = chromium.new_context()
    yield Surfer(surfer.site, context, surfer.back)
    context.close()


def passkeys(surfer: Surfer) -> list[str]:
    """Return what the passkeys in the list are called."""
    surfer.expect_heading("Ways to sign in")
    rows = surfer.page.locator("section[aria-labelledby=have] li strong").all_inner_texts()
    return [name for name in rows if name != "Password"]


def add_key(surfer: Surfer, laptop: Device) -> Device:
    """Unplug the laptop's own device and add a passkey on a security key."""
    laptop.unplug()
    key = Device(surfer.page, **KEY)
    surfer.page.goto(f"{surfer.site.issuer}/account/ways/add/webauthn")
    surfer.press("Add a passkey")
    return key


def test_a_second_passkey_is_made_on_another_device_alone(surfer: Surfer, laptop: Device) -> None:
    surfer.page.goto(f"{surfer.site.issuer}/account/ways")
    surfer.press("Add a passkey")
    surfer.expect_heading("Add a passkey")
    surfer.press("Add a passkey")
    alert = surfer.page.get_by_role("alert").filter(visible=True)
    expect(alert).to_have_text("This device has a passkey of yours already.")
    expect(alert).to_be_focused()
    assert len(laptop.keys()) == 1
    laptop.unplug()
    key = Device(surfer.page, **KEY)
    surfer.press("Add a passkey")
    assert len(passkeys(surfer)) == 2
    assert len(key.keys()) == 1
    added = surfer.site.events(kind="person:factor:added")
    assert len(added) == 2


def test_a_passkey_is_named_and_removed_and_then_lets_nobody_in(
    surfer: Surfer, laptop: Device, library: Surfer, strict: Application
) -> None:
    own = laptop.keys()
    key = add_key(surfer, laptop)
    before = passkeys(surfer)
    surfer.page.get_by_role("link", name="Change or remove").last.click()
    surfer.page.locator("#label").fill("Blue key ring")
    surfer.press("Save name")
    assert passkeys(surfer) == [before[0], "Blue key ring"]

    # The key goes along to another computer.
    Device(library.page, key.unplug(), **KEY)
    library.start(strict)
    library.press("Sign in with a passkey")
    claims = library.claims(strict)
    assert claims["amr"] == ["pop", "user", "mfa"]

    # What lies open for a while asks for the passkey again before anything is removed.
    Device(surfer.page, own)
    surfer.site.advance(MINUTES)
    surfer.press("Change or remove Blue key ring")
    surfer.expect_heading("Sign in")
    surfer.press("Sign in with a passkey")
    surfer.expect_heading("Blue key ring")
    surfer.page.locator("#remove-way").click()
    assert passkeys(surfer) == before[:1]

    library.start(strict, prompt="none")
    assert library.answer()["error"] == "login_required"
    library.start(strict)
    library.press("Sign in with a passkey")
    expect(library.page.get_by_role("alert").filter(visible=True)).to_contain_text(
        "That passkey was not accepted"
    )
    library.expect_heading("Sign in")
    surfer.start(strict, prompt="login")
    surfer.press("Sign in with a passkey")
    assert surfer.claims(strict)["sub"] == claims["sub"]
