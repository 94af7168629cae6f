"""People see their own number, and what a password must be, before anything goes wrong."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idp.cli.doctor.message_length import message_findings
from tests.support.letters import mailed_link
from tests.support.site import MFA, Site

MASKED = "02*******"
WHOLE = "021 123 4567"
Make = Callable[..., Site]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Site] = []

    def build(**settings: Any) -> Site:
        made.append(Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **settings))
        return made[-1]

    yield build
    for site in made:
        site.close()


@pytest.mark.slow
def test_a_fresh_proof_shows_the_owner_the_whole_number(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret)
    browser = site.browser()
    browser.open("/account/details")
    browser.sign_in("mere")
    page = browser.totp(secret)
    assert page.heading == "Your details"
    assert WHOLE in page.text, "the proof is fresh"
    site.advance(301)
    page = browser.open("/account/details")
    assert MASKED in page.text
    assert WHOLE not in page.text
    assert 'id="show-number"' in page.text
    assert browser.open("/account/details/whole").heading == "Sign in"
    browser.sign_in("mere")
    assert WHOLE in browser.totp(secret).text
    assert browser.at.heading == "Your details"
    assert f"At present: <strong>{WHOLE}</strong>" in browser.open("/account/details/phone").text


def test_a_wrong_new_number_without_a_fresh_proof_shows_no_whole_one(site: Site) -> None:
    site.person("mere", phone="+64217654321")
    browser = site.browser()
    browser.open("/account/details/phone")
    browser.sign_in("mere")
    site.advance(301)
    page = browser.submit("/account/details/phone", value="12")
    assert page.status == 400
    assert "021 765 4321" not in page.text


@pytest.mark.parametrize(("digits", "shown"), [(0, MASKED), (3, "02****567"), (4, "02***4567")])
def test_the_last_digits_stand_on_code_pages_by_setting(
    make: Make, digits: int, shown: str
) -> None:
    site = make(sms__show_digits=digits)
    site.person("mere", sms=True)
    app = site.application()
    browser = site.browser()
    browser.authorize(app, acr_values=MFA)
    page = browser.sign_in("mere")
    assert f"Send SMS to {shown}" in page.text
    ending = f"your number ending in {shown[-digits:]}." if digits else "the mobile number on your"
    assert f"We will send a code to {ending}" in page.text
    assert "Not your number, or not with you?" in page.text
    assert shown in browser.submit("/sms/send").text


def test_a_text_message_has_the_short_name_and_doctor_says_how_long_it_is(make: Make) -> None:
    site = make(brand__name="HealthSafe SecurePass", brand__short_name="HealthSafe")
    site.person("mere", sms=True)
    app = site.application()
    browser = site.browser()
    browser.authorize(app, acr_values=MFA)
    browser.sign_in("mere")
    browser.submit("/sms/send")
    assert site.installation.post.settle(30)
    body = site.messages("sms")[-1]["body"]
    assert "HealthSafe" in body
    assert "SecurePas" not in body
    assert len(body) <= 160
    [told] = message_findings(site.installation.settings)
    assert told.text == "a code takes one text message in every language"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["HealthSafe SecurePass", "The Canterbury Hospitals Group"])
def test_doctor_says_with_how_many_letters_a_code_would_fit(make: Make, name: str) -> None:
    settings = make(brand__name=name).installation.settings
    host = "securepass.health-system-services.co.nz1"
    server = replace(settings.server, issuer=f"https://{host}")
    [told] = message_findings(replace(settings, server=server))
    found = re.search(r"set brand\.short_name to (\d+) letters at most", told.remedy or "")
    assert found, told
    for letters, text in ((int(found[1]), "takes one"), (int(found[1]) + 1, "takes two")):
        brand = replace(settings.brand, short_name="x" * letters)
        [again] = message_findings(replace(settings, server=server, brand=brand))
        assert text in again.text


def test_the_rule_for_a_password_stands_there_before_it_is_broken(site: Site) -> None:
    site.person("mere")
    site.person("nurse", user_type="nurse")
    site.stage("nurse", MFA, -1)
    browser = site.browser()
    browser.open("/account/password")
    assert "At least 15 characters." in browser.sign_in("mere").text
    for name, least in (("mere", 15), ("nurse", 8)):
        other = site.browser()
        other.open("/forgot")
        other.submit("/forgot", username=name)
        assert f"At least {least} characters." in other.open(mailed_link(site, "reset-link")).text


def test_the_link_to_the_app_comes_before_the_picture_and_the_key_has_a_name(site: Site) -> None:
    site.person("mere")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("mere")
    browser.submit("/enrol/proof", code=site.mailed_code())
    page = browser.open(browser.at.url + "/totp").text
    assert page.index('id="open-app"') < page.index('class="qr"')
    assert re.search(r'<div[^>]*role="group"[^>]*aria-labelledby="secret-label"', page)
    assert not re.search(r"<code[^>]*aria-labelledby", page)
    texts = browser.open(browser.at.url.replace("totp", "sms")).text
    assert texts.index("Send SMS to") < texts.index("better than a password alone")
