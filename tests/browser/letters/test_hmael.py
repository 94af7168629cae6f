"""hMael's letter: two-factor authentication is available, and strongly recommended to some."""

import pytest
from playwright.sync_api import expect

from idp.language import _
from idp.policy.rollout import Strength
from tests.browser.letters.conftest import Reader
from tests.support.site import MFA, MFA_APP, ONE

GUIDE = "https://guide.hmael.example/two-factor"
WHY = "Administrators have greater and deeper access."


@pytest.fixture(scope="module")
def brand() -> str:
    return "hMael"


def test_its_use_is_optional_and_nobody_is_asked(reader: Reader) -> None:
    reader.site.person("mere", user_type="clinician")
    reader.site.stage("*", MFA, None, required=False, strength=Strength.OPTIONAL)
    app = reader.application()
    reader.comes("mere", app)
    assert reader.claims(app)["acr"] == ONE


def test_who_enables_it_is_asked_for_the_code_from_then_on(reader: Reader) -> None:
    reader.site.person("mere", user_type="clinician")
    app = reader.application()
    reader.page.goto(f"{reader.site.issuer}/account/ways")
    reader.sign_in("mere")
    reader.page.locator("a[href*='/totp'], form[action*='/totp'] button").first.click()
    reader.check_that_it_is_me()
    reader.enter_code(reader.site.code(reader.read_secret()))
    reader.page.locator("[value=later], #account-ways, h1").first.wait_for()
    reader.context.clear_cookies()
    reader.comes("mere", app)
    expect(reader.page.locator("#otp")).to_be_visible()


def test_even_if_someone_figured_out_your_password_they_still_could_not_get_access(
    reader: Reader,
) -> None:
    secret = reader.site.secret()
    reader.site.person("mere", user_type="clinician", totp=secret)
    app = reader.application()
    reader.comes("mere", app)
    reader.enter_code("123456")
    expect(reader.page.get_by_role("alert")).to_be_visible()
    assert not reader.back.visits


def test_administrators_are_highly_recommended_to_enable_it_with_the_reason_and_guidance(
    reader: Reader,
) -> None:
    site = reader.site
    site.person("aroha", user_type="administrator")
    words = {"why": {"en": WHY, "de": WHY}, "guidance": GUIDE}
    site.stage("administrator", MFA, None, required=False, **words)
    app = reader.application()
    reader.comes("aroha", app)
    reader.expect_heading(reader.says(_("Protect your account")))
    reader.expect_text(WHY)
    expect(reader.page.locator("#guidance")).to_have_attribute("href", GUIDE)
    reader.page.locator("#in-a-week").click()
    assert reader.claims(app)["acr"] == ONE
    reader.context.clear_cookies()
    reader.comes("aroha", app)
    assert reader.claims(app)["acr"] == ONE


def test_who_follows_the_recommendation_is_led_through_it_in_two_minutes(reader: Reader) -> None:
    reader.site.person("aroha", user_type="administrator")
    reader.site.stage("administrator", MFA, None, required=False)
    app = reader.application()
    reader.comes("aroha", app)
    reader.page.locator("[name=decision][value=now]").click()
    reader.check_that_it_is_me()
    reader.choose("totp")
    reader.enter_code(reader.site.code(reader.read_secret()))
    assert reader.claims(app)["acr"] == MFA_APP


def test_with_questions_and_concerns_you_contact_the_support_team(reader: Reader) -> None:
    reader.start(reader.application())
    expect(reader.page.locator("a[href^='mailto:support@']").first).to_be_visible()
