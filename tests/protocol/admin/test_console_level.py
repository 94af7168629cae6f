"""The level of whoever runs Acrux is a setting: the console and the API hold everyone to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.admin.audit.asking import two_steps
from tests.protocol.api.programs import Program, robot
from tests.support.site import MFA_APP, Site

SCOPE = "openid acrux:people:read"


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Site]:
    """An installation whose console takes no text message for a second step."""
    site = Site(tmp_path, "", policy__console=MFA_APP)
    yield site
    site.close()


def test_the_console_asks_for_the_level_that_is_set(strict: Site) -> None:
    secret = strict.secret()
    strict.person("hana", totp=secret, sms=True, roles=frozenset({"owner"}))
    browser = strict.browser()
    browser.authorize(strict.application())
    browser.sign_in("hana")
    if "sms" not in browser.at.url:
        browser.open(browser.at.url.replace("totp", "sms"))
    if "/send" in browser.at.text:
        browser.submit("/send")
    assert "code" in browser.submit("/sms", code=strict.texted_code()).query
    assert "/interaction/" in browser.open("/admin/").url, "signed in, but by a text message"
    assert browser.totp(secret).heading == "Overview"


@pytest.mark.slow
def test_the_api_says_which_level_a_sign_in_lacks(strict: Site) -> None:
    app, secret = robot(strict), strict.secret()
    strict.person("hana", sms=True, roles=frozenset({"owner"}))
    strict.person("mara", totp=secret, phone=None, roles=frozenset({"owner"}))
    token = two_steps(strict, app, "hana", "sms", scope=SCOPE)["access_token"]
    refused = Program(strict, token)("GET", "/people")
    assert refused.status == 401
    assert f'acr_values="{MFA_APP}"' in refused.headers["WWW-Authenticate"]
    browser = strict.browser()
    browser.authorize(app, acr_values=MFA_APP, scope=SCOPE)
    browser.sign_in("mara")
    found = strict.redeem(app, browser.totp(secret).query["code"]).json
    assert Program(strict, found["access_token"])("GET", "/people").status == 200
