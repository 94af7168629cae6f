"""Whole journeys in a real browser; each ends at the claims of the ID token."""

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Surfer
from tests.support.site import MFA, MFA_APP, ONE, Site
from tests.support.stand_ins.callback import Callback

HOUR = 3600


def test_password_alone_when_nothing_more_is_asked(surfer: Surfer) -> None:
    surfer.site.person("aroha")
    app = surfer.application()
    surfer.start(app)
    surfer.expect_heading("Sign in")
    surfer.expect_text("to continue to")
    surfer.sign_in("aroha@example.org")
    claims = surfer.claims(app)
    assert (claims["acr"], claims["amr"]) == (ONE, ["pwd"])
    assert surfer.answer()["state"] == "the-state"
    assert surfer.answer()["iss"] == surfer.site.issuer


def test_first_authenticator_app_is_set_up_inside_the_sign_in(surfer: Surfer) -> None:
    surfer.site.person("aroha")
    app = surfer.application()
    surfer.start(app, claims=app.essential(MFA))
    surfer.sign_in("aroha")
    surfer.expect_heading("First we check that it is you")
    surfer.confirm_address()
    surfer.expect_heading("Set up a second step")
    surfer.press("Authenticator app")
    expect(surfer.page.locator("main svg path").first).to_be_visible()
    surfer.enter_code(surfer.site.code(surfer.read_secret()))
    claims = surfer.claims(app)
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "otp", "mfa"])
    assert surfer.site.messages("mail")[-1]["kind"] == "factor-added"


def test_first_text_message_factor_is_set_up_inside_the_sign_in(surfer: Surfer) -> None:
    surfer.site.person("mere")
    app = surfer.application(min_acr=MFA)
    surfer.start(app)
    surfer.sign_in("mere")
    surfer.confirm_address()
    surfer.press("Text message")
    surfer.press("Send SMS to 02*******")
    surfer.expect_text("We sent a code to")
    surfer.enter_code(surfer.site.texted_code())
    claims = surfer.claims(app)
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "sms", "mfa"])
    assert "auth_time" in claims


def test_enrolled_app_is_asked_for_and_spaces_in_the_code_are_fine(surfer: Surfer) -> None:
    secret = surfer.site.secret()
    surfer.site.person("tane", totp=secret)
    app = surfer.application()
    surfer.start(app)
    surfer.sign_in("tane")
    surfer.expect_heading("Enter the code from your app")
    code = surfer.site.code(secret)
    surfer.enter_code(f"{code[:3]} {code[3:]}")
    assert surfer.claims(app)["acr"] == MFA_APP


def test_wrong_answers_are_explained_beside_the_field_and_keep_what_was_typed(
    surfer: Surfer,
) -> None:
    secret = surfer.site.secret()
    surfer.site.person("tane", totp=secret)
    app = surfer.application()
    surfer.start(app)
    surfer.sign_in("tane", "not the password")
    alert = surfer.page.get_by_role("alert")
    expect(alert).to_contain_text("That name and password don't match")
    expect(alert).to_be_focused()
    expect(surfer.page.locator("#username")).to_have_value("tane")
    expect(surfer.page.locator("#password")).to_have_value("")
    assert surfer.page.title().startswith("Problem:")
    surfer.sign_in("tane")
    surfer.enter_code("000000")
    expect(surfer.page.get_by_role("alert")).to_contain_text("Codes change every 30 seconds")
    surfer.enter_code(surfer.site.code(secret))
    assert surfer.claims(app)["acr"] == MFA_APP


def test_second_application_needs_no_page_and_step_up_asks_only_the_missing_factor(
    surfer: Surfer,
) -> None:
    surfer.site.person("mere", sms=True)
    first, second = surfer.application(), surfer.application("second")
    strong = surfer.application("strong", min_acr=MFA_APP)
    surfer.start(first)
    surfer.sign_in("mere")
    surfer.press("Send SMS to")
    surfer.enter_code(surfer.site.texted_code())
    one = surfer.claims(first)
    surfer.start(second)
    two = surfer.claims(second)
    assert (two["sid"], two["acr"]) == (one["sid"], MFA)
    surfer.start(strong)
    surfer.expect_heading("Set up a second step")
    surfer.press("Authenticator app")
    surfer.enter_code(surfer.site.code(surfer.read_secret()))
    three = surfer.claims(strong)
    assert three["acr"] == MFA_APP
    assert three["amr"] == ["pwd", "otp", "mfa"]


def test_a_coming_stage_is_announced_and_later_is_an_answer(surfer: Surfer) -> None:
    surfer.site.person("aroha", user_type="nurse")
    surfer.site.stage("nurse", MFA, 14 * 24 * HOUR)
    app = surfer.application()
    surfer.start(app)
    surfer.sign_in("aroha")
    surfer.expect_heading("A second step is coming")
    surfer.press("Not now")
    assert surfer.claims(app)["acr"] == ONE


def test_a_coming_stage_may_be_answered_at_once(surfer: Surfer) -> None:
    surfer.site.person("aroha", user_type="nurse")
    surfer.site.stage("nurse", MFA, 14 * 24 * HOUR)
    app = surfer.application()
    surfer.start(app)
    surfer.sign_in("aroha")
    surfer.press("Set it up now")
    surfer.confirm_address()
    surfer.press("Authenticator app")
    surfer.enter_code(surfer.site.code(surfer.read_secret()))
    assert surfer.claims(app)["acr"] == MFA_APP


def test_from_its_date_a_stage_comes_before_anything_else(surfer: Surfer) -> None:
    surfer.site.person("aroha", user_type="nurse")
    surfer.site.person("rangi", user_type="guest")
    surfer.site.stage("nurse", MFA, 24 * HOUR)
    app = surfer.application()
    surfer.site.advance(25 * HOUR)
    surfer.start(app)
    surfer.sign_in("rangi")
    assert surfer.claims(app)["acr"] == ONE
    surfer.context.clear_cookies()
    surfer.start(app)
    surfer.sign_in("aroha")
    surfer.expect_heading("First we check that it is you")
    surfer.confirm_address()
    surfer.expect_text("needs a second step when you sign in.")
    surfer.press("Authenticator app")
    surfer.enter_code(surfer.site.code(surfer.read_secret()))
    assert surfer.claims(app)["acr"] == MFA_APP


def test_consent_is_asked_once_and_a_no_reaches_the_application(surfer: Surfer) -> None:
    surfer.site.person("aroha")
    app = surfer.application(first_party=False)
    surfer.start(app)
    surfer.sign_in("aroha")
    surfer.page.locator("#consent-deny").click()
    assert surfer.answer()["error"] == "access_denied"
    # Anyone who says no has signed in all the same.
    surfer.start(app)
    surfer.page.locator("#consent-allow").click()
    assert surfer.claims(app)["acr"] == ONE
    surfer.start(app)
    assert "code" in surfer.answer()


def test_giving_up_goes_back_to_the_application(surfer: Surfer) -> None:
    app = surfer.application()
    surfer.start(app)
    surfer.press("Cancel and go back to App")
    assert surfer.answer()["error"] == "access_denied"


def test_everything_works_without_javascript(
    live_site: Site, chromium: Browser, back: Callback
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    surfer = Surfer(live_site, context, back)
    live_site.person("aroha")
    app = surfer.application()
    surfer.start(app, claims=app.essential(MFA))
    surfer.sign_in("aroha")
    surfer.confirm_address()
    surfer.press("Authenticator app")
    surfer.enter_code(live_site.code(surfer.read_secret()))
    assert surfer.claims(app)["amr"] == ["pwd", "otp", "mfa"]
    context.close()
