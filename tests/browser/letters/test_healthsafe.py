"""HealthSafe's letter: MFA becomes a mandatory requirement, for one user type after the other."""

import re

import pytest
from playwright.sync_api import expect

from idp import clock, language, moments
from idp.language import _
from tests.browser.letters.conftest import SUPPORT, Reader
from tests.support.site import MFA, MFA_APP, ONE

DAY = 86400
WHY = "Administrators have deeper access."


@pytest.fixture(scope="module")
def brand() -> str:
    return "HealthSafe"


def on_the_day(reader: Reader, **person: object) -> None:
    """An administrator whose stage goes live today has given user name and password."""
    reader.site.person("aroha", user_type="administrator", **person)  # type: ignore[arg-type]
    reader.site.stage("administrator", MFA, -1, why={"en": WHY, "de": WHY})
    reader.app = reader.application()
    reader.comes("aroha", reader.app)


def test_a_staggered_approach_makes_it_mandatory_for_each_user_type_in_turn(
    reader: Reader,
) -> None:
    site, app = reader.site, reader.application()
    site.person("aroha", user_type="administrator")
    site.person("mere", user_type="clinician")
    site.stage("administrator", MFA, -1)
    site.stage("clinician", MFA, 30 * DAY)
    reader.comes("mere", app)
    reader.expect_heading(reader.says(_("A second step is coming")))
    with language.speaking(reader.spoken):
        moments.use_zone("Pacific/Auckland")
        date = moments.weekday(clock.now() + 30 * DAY)
        moments.use_zone("UTC")
    reader.expect_text(date)
    reader.page.locator("#not-now").click()
    assert reader.claims(app)["acr"] == ONE
    reader.context.clear_cookies()
    reader.comes("aroha", app)
    reader.expect_heading(reader.says(_("First we check that it is you")))


def test_on_the_day_you_go_to_the_login_screen_as_usual_and_a_screen_prompts_to_set_it_up(
    reader: Reader,
) -> None:
    on_the_day(reader)
    reader.expect_heading(reader.says(_("First we check that it is you")))
    reader.expect_said(_("Step %(num)s of %(all)s", num=1, all=3))


def test_firstly_at_the_top_of_the_screen_a_message_says_that_you_need_to_set_it_up(
    reader: Reader,
) -> None:
    on_the_day(reader)
    level = reader.says(_("a second step"))
    said = _(
        "From today, %(brand)s needs %(level)s when you sign in.", brand="HealthSafe", level=level
    )
    message, form = reader.page.get_by_text(reader.says(said)), reader.page.locator("main form")
    top, below = message.first.bounding_box(), form.first.bounding_box()
    assert top
    assert below
    assert top["y"] < below["y"]


def test_you_scan_the_qr_code_with_any_authenticator_app_and_then_enter_the_code(
    reader: Reader,
) -> None:
    on_the_day(reader)
    reader.check_that_it_is_me()
    first = reader.page.locator("[id^=choose-]").first
    expect(first).to_have_id("choose-totp")
    reader.choose("totp")
    expect(reader.page.locator("main svg path").first).to_be_visible()
    reader.enter_code(reader.site.code(reader.read_secret()))
    claims = reader.claims(reader.app)
    assert (claims["acr"], claims["amr"]) == (MFA_APP, ["pwd", "otp", "mfa"])


def test_if_you_prefer_sms_you_click_send_sms_to_your_number_and_enter_the_code_received(
    reader: Reader,
) -> None:
    on_the_day(reader)
    reader.check_that_it_is_me()
    reader.choose("sms")
    button = reader.page.locator("form[action$='/enrol/sms/send'] button").first
    expect(button).to_contain_text("02*******")
    button.click()
    expect(reader.page.locator("#otp")).to_be_visible()
    reader.enter_code(reader.site.texted_code())
    assert reader.claims(reader.app)["amr"] == ["pwd", "sms", "mfa"]


def test_you_must_ensure_your_correct_mobile_number_is_assigned_or_sms_is_not_offered(
    reader: Reader,
) -> None:
    on_the_day(reader, phone=None)
    reader.check_that_it_is_me()
    expect(reader.page.locator("#choose-totp")).to_be_visible()
    expect(reader.page.locator("#choose-sms")).to_have_count(0)


def test_someone_who_discovers_the_password_needs_the_phone_as_well(reader: Reader) -> None:
    site, secret = reader.site, reader.site.secret()
    site.person("aroha", user_type="administrator", totp=secret)
    app = reader.application()
    reader.comes("aroha", app)
    reader.enter_code("000000")
    expect(reader.page.get_by_role("alert")).to_be_visible()
    assert not reader.back.visits
    reader.enter_code(site.code(secret))
    assert reader.claims(app)["acr"] == MFA_APP


def test_a_code_that_you_did_not_ask_for_lets_you_stop_it_and_change_the_password(
    reader: Reader,
) -> None:
    reader.site.person("mere", sms=True)
    reader.comes("mere", reader.application())
    reader.page.locator("form[action$='/sms/send'] button").first.click()
    expect(reader.page.locator("#otp")).to_be_visible()
    body = reader.site.messages("sms")[-1]["body"]
    link = re.search(r"https?://\S+", body)
    assert link, body
    reader.page.goto(link.group(0).rstrip("."))
    reader.page.locator("main form button").first.click()
    expect(reader.page.locator("main form")).to_have_count(0)
    assert reader.site.events(kind="person:sign-in:denied")
    reader.context.clear_cookies()
    reader.comes("mere", reader.application())
    reader.page.locator("form[action$='/sms/send'] button").first.click()
    reader.enter_code(reader.site.texted_code())
    expect(reader.page.locator("input[autocomplete=new-password]").first).to_be_visible()


def test_with_a_shared_profile_whoever_has_not_the_phone_is_told_what_to_do(
    reader: Reader,
) -> None:
    reader.site.person("reception", user_type="clinician", totp=reader.site.secret())
    reader.comes("reception", reader.application())
    reader.page.locator("form[action$='/stuck'] button").first.click()
    reader.expect_text(SUPPORT["brand__support_phone"])
    expect(reader.page.locator("#help-reference")).to_have_text(
        re.compile(r"[0-9A-F]{4}-[0-9A-F]{4}")
    )


def test_the_support_team_is_named_on_every_page_of_the_way(reader: Reader) -> None:
    on_the_day(reader)
    for step in (reader.check_that_it_is_me, lambda: reader.choose("totp")):
        expect(
            reader.page.locator("a[href^='mailto:support@healthsafe.example']").first
        ).to_be_visible()
        expect(reader.page.locator("a[href^='tel:']").first).to_be_visible()
        step()
