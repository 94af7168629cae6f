"""`acrux user enrol-totp`, `reset-factor`: what an operator gives works, what is taken is gone."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from idp.policy.throttling.throttle import Growing
from idp.store import throttles
from tests.protocol.command import Acrux
from tests.support.site import MFA, Browser, Site


def secret_of(uri: str) -> str:
    return parse_qs(urlsplit(uri.strip()).query)["secret"][0]


def signed_in(site: Site, secret: str) -> tuple[Browser, str]:
    """Sign tane in with both factors; return the browser and an access token."""
    app = site.application()
    browser = site.browser()
    browser.authorize(app, acr_values=MFA)
    browser.sign_in("tane")
    tokens = site.redeem(app, browser.totp(secret).query["code"]).json
    return browser, tokens["access_token"]


def alive(site: Site, access_token: str) -> bool:
    header = {"Authorization": f"Bearer {access_token}"}
    return bool(site.client().send("GET", "/userinfo", headers=header).status == 200)


@pytest.mark.slow
def test_the_printed_address_makes_codes_that_sign_in(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("tane")
    uri = acrux("user", "enrol-totp", "tane")
    assert uri.count("\n") == 1
    assert unquote(uri).startswith("otpauth://totp/Acrux:tane?")
    secret = secret_of(uri)
    assert re.fullmatch(r"[A-Z2-7]{32}", secret)
    _, token = signed_in(site, secret)
    assert alive(site, token)
    event = acrux.events(kind="person:factor:added")[0]
    assert event["reason"] == "totp, set up by an operator"
    assert secret not in acrux("audit", "export")
    assert [m["kind"] for m in site.messages("mail")] == ["factor-added"]
    assert secret not in site.messages("mail")[0]["body"]


def test_a_qr_code_is_shown_when_asked_for(small_site: Site) -> None:
    small_site.person("tane")
    lines = Acrux(small_site.environ)("user", "enrol-totp", "tane", "--qr").splitlines()
    assert lines[0].startswith("otpauth://")
    assert len(lines) > 20


def test_a_second_app_is_not_set_up_over_the_first(small_site: Site) -> None:
    acrux = Acrux(small_site.environ)
    small_site.person("tane", totp=small_site.secret())
    assert "reset-factor tane totp" in acrux.refused("user", "enrol-totp", "tane")


@pytest.mark.slow
def test_removing_a_factor_ends_what_rests_on_it(site: Site) -> None:
    acrux = Acrux(site.environ)
    secret = site.secret()
    site.person("tane", totp=secret)
    browser, token = signed_in(site, secret)
    assert alive(site, token)
    said = acrux("user", "reset-factor", "tane", "totp")
    assert said.startswith("tane: totp was removed. 1 sessions ended.\n")
    assert not alive(site, token)
    assert browser.open("/account/").heading == "Sign in"
    assert acrux.json("user", "show", "tane")["methods"] == ["password"]
    assert sorted(m["kind"] for m in site.messages("mail")) == ["enrol-link", "factor-removed"]
    event = acrux.events(kind="person:factor:removed")[0]
    assert event["reason"] == "totp, by an operator"
    sids = event["data"].pop("sids")
    assert event["data"] == {"credentials": 1, "sessions": len(sids), "authorizations": 1}


@pytest.mark.slow
def test_a_session_that_rests_on_something_else_goes_on(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("tane", sms=True)
    browser = site.browser()
    browser.open("/account/")
    browser.sign_in("tane")
    browser.submit("/sms/send")
    assert browser.submit("/sms", code=site.texted_code()).heading == "Your account"
    acrux("user", "enrol-totp", "tane")
    acrux("user", "reset-factor", "tane", "totp")
    assert browser.open("/account/").heading == "Your account"


@pytest.mark.slow
def test_a_sign_in_under_way_cannot_finish_on_a_removed_factor(small_site: Site) -> None:
    """The app was proved, the consent page is open, and the operator takes the app away."""
    acrux = Acrux(small_site.environ)
    secret = small_site.secret()
    small_site.person("tane", totp=secret)
    app = small_site.application("third", first_party=False)
    browser = small_site.browser()
    browser.authorize(app, acr_values=MFA)
    browser.sign_in("tane")
    assert "decision" in browser.totp(secret).text
    acrux("user", "reset-factor", "tane", "totp")
    answer = browser.submit("/consent", decision="allow")
    assert answer.heading == "First we check that it is you", "and another one is demanded"
    browser.enrol_totp()
    claims = small_site.claims(app, browser.submit("/consent", decision="allow"))
    assert claims["amr"] == ["pwd", "otp", "mfa"]
    assert browser.secret != secret
    [event] = small_site.events(kind="person:sign-in:finished")
    assert "(at enrolment)" in str(event.reason), "nothing of the old one counts"


@pytest.mark.parametrize("enrolled", [True, False])
def test_a_lock_is_lifted(small_site: Site, enrolled: bool) -> None:
    acrux = Acrux(small_site.environ)
    sub = small_site.person("tane", totp=small_site.secret() if enrolled else None)
    shut = Growing(free=100, first=1, cap=1, limit=1)
    with small_site.work() as work:
        for key in (f"totp:{sub}", f"enrol-totp:{sub}", f"address-code:{sub}", f"sms:{sub}"):
            throttles.count(work, key, shut)
    acrux("user", "reset-factor", "tane", "totp")
    with small_site.work() as work:
        for key in (f"totp:{sub}", f"enrol-totp:{sub}", f"address-code:{sub}"):
            assert throttles.count(work, key, shut) is None, key
        assert throttles.count(work, f"sms:{sub}", shut) is not None


def test_unknown_people_and_methods_are_one_line(small_site: Site) -> None:
    acrux = Acrux(small_site.environ)
    small_site.person("tane")
    assert "there is nobody" in acrux.refused("user", "enrol-totp", "who")
    assert "there is nobody" in acrux.refused("user", "reset-factor", "who", "totp")
    assert acrux.refused("user", "reset-factor", "tane", "pin").startswith("'pin' is no method: ")


def test_without_mail_the_factor_is_removed_all_the_same(small_acrux: Acrux) -> None:
    small_acrux.environ |= {"ACRUX_MAIL__BACKEND": "off", "ACRUX_ENROLMENT__PROOF": "none"}
    small_acrux("user", "add", "tane", "--email", "t@example.org")
    small_acrux("user", "enrol-totp", "tane")
    assert "was removed" in small_acrux("user", "reset-factor", "tane", "totp")
