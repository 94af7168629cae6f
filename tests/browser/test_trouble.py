"""What goes wrong in front of real people: back buttons, double clicks, no cookies, no carrier."""

import time
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Surfer
from tests.support.site import MFA, PASSWORD, Site, free_port
from tests.support.stand_ins.callback import Callback


def test_the_back_button_shows_the_step_that_is_due(surfer: Surfer) -> None:
    secret = surfer.site.secret()
    surfer.site.person("tane", totp=secret)
    app = surfer.application()
    surfer.start(app)
    surfer.sign_in("tane")
    surfer.expect_heading("Enter the code from your app")
    surfer.page.go_back()
    surfer.page.reload()
    surfer.expect_heading("Enter the code from your app")
    surfer.enter_code(surfer.site.code(secret))
    assert "code" in surfer.answer()
    surfer.page.go_back()
    surfer.expect_heading("You are signed in")
    surfer.expect_text("Sign in to App")


def test_a_double_click_signs_in_once(surfer: Surfer) -> None:
    surfer.site.person("aroha")
    app = surfer.application()
    surfer.start(app)
    surfer.page.locator("#username").fill("aroha")
    surfer.page.locator("#password").fill(PASSWORD)
    surfer.page.locator("#login-submit").dblclick()
    assert "code" in surfer.answer()
    assert len(surfer.site.events(kind="person:sign-in:finished")) == 1


def test_two_tabs_are_two_sign_ins(surfer: Surfer) -> None:
    surfer.site.person("aroha")
    one, two = surfer.application("one"), surfer.application("two")
    surfer.start(one)
    other = Surfer(surfer.site, surfer.context, surfer.back)
    other.start(two)
    other.sign_in("aroha")
    assert other.claims(two)["aud"] == "two"
    surfer.sign_in("aroha")
    assert surfer.claims(one)["aud"] == "one"


def test_lost_cookies_are_explained(surfer: Surfer) -> None:
    app = surfer.application()
    surfer.start(app)
    surfer.context.clear_cookies()
    surfer.sign_in("aroha")
    surfer.expect_heading("Your browser did not keep your place")
    expect(surfer.page.locator("#error-page")).to_contain_text("allow this site to save data")


def test_a_dead_carrier_is_told_within_five_seconds_with_another_way(
    tmp_path: Path, chromium: Browser, back: Callback
) -> None:
    settings = {
        "sms__backend": "twilio",
        "sms__twilio_account_sid": "AC" + "0" * 32,
        "sms__twilio_auth_token": "a token of the tests",
        "sms__twilio_from": "+6421000000",
        "sms__twilio_api": f"http://127.0.0.1:{free_port()}",
    }
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **settings)
    secret = site.secret()
    site.person("mere", sms=True, totp=secret)
    with site.serve():
        context = chromium.new_context()
        surfer = Surfer(site, context, back)
        app = surfer.application()
        surfer.start(app, acr_values=MFA)
        surfer.sign_in("mere")
        surfer.press("Use a text message instead")
        begun = time.monotonic()
        surfer.press("Send SMS to")
        expect(surfer.page.get_by_role("alert")).to_contain_text("could not send")
        assert time.monotonic() - begun < 5
        surfer.press("Use your authenticator app instead")
        surfer.enter_code(site.code(secret))
        assert "code" in surfer.answer()
        context.close()
    site.close()


def test_an_unknown_application_gets_a_page_and_no_redirect(surfer: Surfer) -> None:
    surfer.page.goto(
        f"{surfer.site.issuer}/authorize?response_type=code&client_id=nobody"
        f"&redirect_uri={surfer.back.url}&scope=openid"
    )
    expect(surfer.page.locator("#error-page")).to_contain_text("not known")
    assert not surfer.back.visits
