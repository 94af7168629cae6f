"""A code read out in a call, and text messages switched off."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.app import create_app
from idp.messages.carriers.twilio import spoken
from tests.support.site import MFA, MFA_APP, Application, Browser, Site, by_keyword
from tests.support.stand_ins.twilio import FakeTwilio

OFFER = "Call me instead"


@pytest.fixture
def carried(tmp_path: Path, database_url: str, twilio: FakeTwilio) -> Iterator[Site]:
    """A site that sends by way of Twilio, and calls."""
    settings = by_keyword(twilio.settings())
    found = Site(tmp_path, database_url, **settings, sms__voice="true")
    yield found
    found.close()


def at_second_step(site: Site, app: Application, name: str = "mere") -> Browser:
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in(name)
    return browser


def call(browser: Browser) -> None:
    """Press "Call me instead", which is beside "Send a new code"."""
    path = browser.at.form("/send")[0]
    browser._follow(browser.post(path, way="call"))


def heard(twilio: FakeTwilio) -> str:
    """Return the code as someone hears it."""
    return "".join(re.findall(r"\d", twilio.rung[-1]["said"][0]))


@pytest.mark.slow
def test_a_code_may_be_read_out_after_a_text_message(carried: Site, twilio: FakeTwilio) -> None:
    carried.person("mere", sms=True)
    app = carried.application()
    browser = at_second_step(carried, app)
    assert OFFER not in browser.at.text
    browser.submit("/sms/send")
    assert OFFER in browser.at.text
    carried.advance(31)
    call(browser)
    assert browser.at.heading == "Enter the code from the call"
    assert "We are calling 02*******" in browser.at.text
    [rung] = twilio.rung
    first, second = rung["said"]
    assert first == second
    assert re.fullmatch(r"Hello\. Your Acrux code is: (\d, ){5}\d\. If you were not .*", first)
    assert (rung["to"], rung["from"], rung["timeout"]) == ("+64211234567", "+6421000000", "30")
    claims = carried.claims(app, browser.submit("/sms", code=heard(twilio)))
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "tel", "mfa"])
    sent = carried.events(kind="person:code:sent")
    assert [event.reason for event in sent] == ["voice-code", "sms-code"]


def test_what_is_said_of_a_sign_in_is_how_its_code_came(carried: Site, twilio: FakeTwilio) -> None:
    carried.person("mere", sms=True)
    app = carried.application()
    browser = at_second_step(carried, app)
    browser.submit("/sms/send")
    carried.advance(31)
    call(browser)
    carried.advance(61)
    browser.submit("/sms/send")
    texted = twilio.messages[-1]["body"][:6]
    assert texted != heard(twilio)
    claims = carried.claims(app, browser.submit("/sms", code=texted))
    assert claims["amr"] == ["pwd", "sms", "mfa"]


def test_a_call_is_no_app(carried: Site, twilio: FakeTwilio) -> None:
    carried.person("mere", sms=True)
    app = carried.application()
    browser = at_second_step(carried, app)
    browser.submit("/sms/send")
    carried.advance(31)
    call(browser)
    browser.submit("/sms", code=heard(twilio))
    browser.authorize(app, claims=app.essential(MFA_APP))
    assert not browser.at.location.startswith(app.redirect_uri)


@pytest.mark.slow
def test_setting_up_by_a_call_says_so(carried: Site, twilio: FakeTwilio) -> None:
    carried.person("aroha")
    app = carried.application()
    browser = carried.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("aroha")
    browser.submit("/enrol/proof", code=carried.mailed_code())
    page = browser.open(browser.at.url + "/sms")
    assert "but an app is safer: someone could take over your number" in page.text
    browser.submit("/enrol/sms/send")
    carried.advance(31)
    call(browser)
    claims = carried.claims(app, browser.set_up("/enrol/sms", code=heard(twilio)))
    assert claims["amr"] == ["pwd", "tel", "mfa"]


def test_there_is_no_call_before_a_message_nor_too_soon_after_it(
    carried: Site, twilio: FakeTwilio
) -> None:
    carried.person("mere", sms=True)
    browser = at_second_step(carried, carried.application())
    call(browser)
    assert (browser.at.status, twilio.rung) == (400, [])
    assert "Ask for a text message first." in browser.at.text
    browser.submit("/sms/send")
    call(browser)
    assert (browser.at.status, twilio.rung) == (400, [])
    assert "then ask for a new code" in browser.at.text


def test_a_call_that_nobody_takes_is_said_to_have_failed(carried: Site, twilio: FakeTwilio) -> None:
    carried.person("mere", sms=True)
    browser = at_second_step(carried, carried.application())
    browser.submit("/sms/send")
    carried.advance(31)
    call(browser)
    report = twilio.report(twilio.rung[0], "no-answer")
    url = report["url"].removeprefix(carried.issuer)
    assert carried.client().send("POST", url, report["form"], report["headers"]).status == 204
    page = browser.open(browser.at.url)
    assert "No one could be reached by calling 02*******" in page.text
    [event] = carried.events(kind="person:code:undelivered")
    assert event.reason == "voice-code: Twilio: no-answer"


@pytest.mark.slow
def test_calls_count_as_messages(carried: Site, twilio: FakeTwilio) -> None:
    carried.person("mere", sms=True)
    browser = at_second_step(carried, carried.application())
    browser.submit("/sms/send")
    for _ in range(5):
        carried.advance(61)
        call(browser)
        assert browser.at.status == 200
    carried.advance(61)
    call(browser)
    assert "Too many codes were sent" in browser.at.text
    assert len(twilio.rung) == 5


def test_where_calls_are_off_none_is_made(small_site: Site) -> None:
    small_site.person("mere", sms=True)
    browser = at_second_step(small_site, small_site.application())
    browser.submit("/sms/send")
    assert OFFER not in browser.at.text
    small_site.advance(31)
    call(browser)
    assert browser.at.status == 400
    assert len(small_site.messages("sms")) == 1


def test_a_brand_cannot_add_to_what_a_call_does() -> None:
    said = spoken("Hello </Say><Dial>+64900123456</Dial> & more")
    root = ElementTree.fromstring(said)
    assert [part.tag for part in root] == ["Pause", "Say", "Pause", "Say"]


# -- switched off


def switched_off(site: Site) -> Site:
    """Return the installation as it is when it is started again with text messages off."""
    site.environ["ACRUX_SMS__BACKEND"] = "off"
    site.close()
    site.app = create_app(site.environ)
    site.installation = site.app.extensions["acrux_installation"]
    return site


@pytest.mark.slow
def test_where_messages_are_off_another_way_is_set_up_and_the_demand_stands(site: Site) -> None:
    site.person("mere", sms=True)
    app = site.application()
    switched_off(site)
    browser = at_second_step(site, app)
    assert browser.at.heading == "First we check that it is you"
    answer = browser.enrol_totp()
    claims = site.claims(app, answer)
    assert (claims["acr"], claims["amr"]) == (MFA_APP, ["pwd", "otp", "mfa"])
    assert not site.messages("sms")


def test_where_messages_are_off_somebody_with_an_app_uses_that(site: Site) -> None:
    secret = site.secret()
    site.person("hemi", sms=True, totp=secret)
    app = site.application()
    switched_off(site)
    browser = at_second_step(site, app, "hemi")
    assert browser.at.heading == "Enter the code from your app"
    assert "text message" not in browser.at.text
    path = browser.at.url.replace("/totp", "/sms")
    assert browser.post(path + "/send").location == path.removesuffix("/sms")
    assert "code" in browser.totp(secret).query


def test_nobody_is_locked_out_without_a_word(site: Site) -> None:
    site.person("mere", sms=True, verified=False)
    app = site.application()
    site.environ["ACRUX_BRAND__SUPPORT_EMAIL"] = "help@example.org"
    switched_off(site)
    browser = at_second_step(site, app)
    assert browser.at.heading == "You cannot sign in yet"
    assert "is not offered here any more" in browser.at.text
    assert "was never confirmed" in browser.at.text
    assert "help@example.org" in browser.at.text
    answer = browser.submit("/leave")
    assert answer.query["error"] == "unmet_authentication_requirements"
