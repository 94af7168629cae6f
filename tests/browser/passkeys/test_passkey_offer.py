"""The offer of a passkey in Chromium: who can make one is asked, the others never notice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Surfer
from tests.support.site import PASSWORD, Application, Site
from tests.support.stand_ins.virtual_device import Device

pytestmark = pytest.mark.browser

EVERY = 90 * 86400
OFFER = "Sign in faster next time"


@pytest.fixture
def live_site(tmp_path: Path) -> Iterator[Site]:
    """As shipped: the tests' own settings offer nothing."""
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", passkeys__offer_every=EVERY)
    with site.serve():
        yield site
    site.close()


class Tane:
    """Someone with an app, in front of a browser."""

    def __init__(self, surfer: Surfer) -> None:
        self.surfer = surfer
        self.secret = surfer.site.secret()
        surfer.site.person("tane", totp=self.secret)
        self.app: Application = surfer.application()

    def sign_in(self) -> None:
        self.surfer.start(self.app, prompt="login")
        if self.surfer.page.locator("#username:visible").count():
            self.surfer.sign_in("tane")
        else:
            self.surfer.page.locator("#password").fill(PASSWORD)
            self.surfer.page.locator("#login-submit").click()
        self.surfer.enter_code(self.surfer.site.code(self.secret))


def test_whoever_takes_it_signs_in_with_the_passkey_next_time(surfer: Surfer) -> None:
    device = Device(surfer.page)
    tane = Tane(surfer)
    tane.sign_in()
    surfer.expect_heading(OFFER)
    assert surfer.violations() == []
    surfer.press("Add a passkey")
    surfer.expect_heading("Add a passkey")
    assert surfer.violations() == []
    surfer.press("Add a passkey")
    claims = surfer.claims(tane.app)
    assert (claims["acr"], claims["amr"]) == ("phr", ["pwd", "otp", "pop", "user", "mfa"])
    assert len(device.keys()) == 1
    surfer.context.clear_cookies()
    surfer.start(tane.app)
    assert surfer.claims(tane.app)["amr"] == ["pop", "user", "mfa"]


def test_whoever_declines_is_asked_again_after_a_season(surfer: Surfer) -> None:
    device = Device(surfer.page)
    tane = Tane(surfer)
    tane.sign_in()
    surfer.expect_heading(OFFER)
    surfer.press("Not now")
    assert surfer.claims(tane.app)["amr"] == ["pwd", "otp", "mfa"]
    tane.sign_in()
    assert surfer.claims(tane.app)["amr"] == ["pwd", "otp", "mfa"]
    surfer.site.advance(EVERY + 60)
    surfer.context.clear_cookies()
    tane.sign_in()
    surfer.expect_heading(OFFER)
    surfer.press("Add a passkey")
    surfer.press("Not now")
    assert surfer.claims(tane.app)["amr"] == ["pwd", "otp", "mfa"]
    assert device.keys() == []


def test_a_device_that_fails_leaves_the_way_on(surfer: Surfer) -> None:
    Device(
        surfer.page,
        automaticPresenceSimulation=True,
        isUserVerified=False,
        hasUserVerification=True,
    )
    tane = Tane(surfer)
    tane.sign_in()
    surfer.press("Add a passkey")
    surfer.expect_heading("Add a passkey")
    surfer.press("Not now")
    assert surfer.claims(tane.app)["amr"] == ["pwd", "otp", "mfa"]


def test_without_javascript_nobody_is_stopped(surfer: Surfer, chromium: Browser) -> None:
    tane = Tane(surfer)
    plain = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    try:
        tane.surfer = guest = Surfer(surfer.site, plain, surfer.back)
        tane.sign_in()
        assert guest.claims(tane.app)["amr"] == ["pwd", "otp", "mfa"]
    finally:
        plain.close()


def test_a_browser_without_passkeys_is_not_asked(surfer: Surfer) -> None:
    surfer.context.add_init_script("delete window.PublicKeyCredential")
    tane = Tane(surfer)
    tane.sign_in()
    assert surfer.claims(tane.app)["amr"] == ["pwd", "otp", "mfa"]


def test_the_page_fits_a_narrow_phone_in_the_dark(surfer: Surfer, chromium: Browser) -> None:
    phone = chromium.new_context(viewport={"width": 320, "height": 640}, color_scheme="dark")
    try:
        tane = Tane(surfer)
        tane.surfer = guest = Surfer(surfer.site, phone, surfer.back)
        tane.sign_in()
        guest.expect_heading(OFFER)
        assert guest.violations() == []
        assert guest.page.evaluate("document.documentElement.scrollWidth") <= 320
    finally:
        phone.close()
