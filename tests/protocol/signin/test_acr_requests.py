"""Asking for a level: voluntary, essential, by registration; and the floor that none of it lowers.

`tests/unit/policy/test_policy_table.py` walks every cell; here a sample of them goes through the
pages.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.sign_ins import assert_redirect_error, signed_in
from tests.support.site import MFA, MFA_APP, ONE, Answer, Application, Browser, Site

UNMET = "unmet_authentication_requirements"
ENTER_CODE = "Enter the code from your app"


@pytest.fixture
def relaxed(tmp_path: Path) -> Iterator[Site]:
    """An installation that asks for a second step only when someone asks for one."""
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", policy__ask_enrolled="")
    yield found
    found.close()


def essential(**members: Any) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, **members}}})


def through(browser: Browser, answer: Answer, secret: str | None) -> Answer:
    """Answer the code page if there is one."""
    if answer.heading == ENTER_CODE:
        assert secret is not None
        return browser.totp(secret)
    return answer


def asked(
    site: Site, app: Application, name: str, secret: str | None = None, **changes: Any
) -> tuple[str, list[str]]:
    """Sign in in a new browser and return acr and amr."""
    browser = site.browser()
    browser.authorize(app, **changes)
    claims = site.claims(app, through(browser, browser.sign_in(name), secret))
    return claims["acr"], claims["amr"]


@pytest.mark.slow
def test_voluntary_values_give_the_first_that_the_person_can_reach(relaxed: Site) -> None:
    site, secret = relaxed, relaxed.secret()
    site.person("aroha")
    site.person("tane", totp=secret)
    app = site.application()
    one, two = (ONE, ["pwd"]), (MFA, ["pwd", "otp", "mfa"])
    app_code = (MFA_APP, two[1])
    assert asked(site, app, "aroha", acr_values=f"{MFA} {ONE}") == one
    assert asked(site, app, "aroha", acr_values=MFA) == one
    assert asked(site, app, "tane", secret, acr_values=f"{ONE} {MFA}") == one
    assert asked(site, app, "tane", secret, acr_values=f"{MFA} {ONE}") == two
    assert asked(site, app, "tane", secret, acr_values=f"phrh {MFA_APP} {MFA}") == app_code
    assert asked(site, app, "tane", secret, acr_values=f"urn:example:x {MFA}") == two
    assert asked(site, app, "tane", secret, acr_values="urn:example:x phr") == one
    # As a claim that is not essential it is the same wish (OIDC Core 5.5.1.1).
    wish = json.dumps({"id_token": {"acr": {"values": [MFA, ONE]}}})
    assert asked(site, app, "tane", secret, claims=wish) == two
    assert asked(site, app, "tane", secret) == one


def test_all_supported_values_at_once_succeed_with_one_of_them(site: Site) -> None:
    """As the conformance suite asks: in the order of discovery."""
    secret = site.secret()
    site.person("aroha")
    site.person("tane", totp=secret)
    app = site.application()
    document = site.client().send("GET", "/.well-known/openid-configuration").json
    values = document["acr_values_supported"]
    assert asked(site, app, "aroha", acr_values=" ".join(values))[0] == values[0]
    assert asked(site, app, "tane", secret, acr_values=" ".join(values))[0] in values


@pytest.mark.slow
def test_an_essential_value_is_met_or_the_request_fails(relaxed: Site) -> None:
    site, secret = relaxed, relaxed.secret()
    site.person("tane", totp=secret)
    app = site.application()
    for claims in (
        essential(value=MFA),
        essential(values=[MFA]),
        essential(values=["phrh", "urn:example:x", MFA]),
        essential(value="phrh", values=[MFA, ONE]),
    ):
        assert asked(site, app, "tane", secret, claims=claims)[0] == MFA
    assert asked(site, app, "tane", secret, claims=essential(values=[ONE, MFA]))[0] == ONE
    assert asked(site, app, "tane", secret, claims=essential())[0] == ONE
    for claims in (
        essential(value="phrh"),
        essential(values=["phrh", "urn:example:y"]),
        essential(value="urn:example:unknown"),
        essential(values=["0"]),
    ):
        browser = site.browser()
        browser.authorize(app, claims=claims)
        assert_redirect_error(site, browser.sign_in("tane"), UNMET)
    refused = site.events(kind="person:sign-in:refused")[0]
    assert (refused.username, refused.requested) == ("tane", "essential 0")


@pytest.mark.slow
def test_an_essential_value_wins_over_acr_values(relaxed: Site) -> None:
    site, secret = relaxed, relaxed.secret()
    site.person("tane", totp=secret)
    app = site.application(default_acr_values=[ONE])
    both = {"acr_values": ONE, "claims": essential(value=MFA)}
    assert asked(site, app, "tane", secret, **both)[0] == MFA
    both = {"acr_values": MFA, "claims": essential(value=ONE)}
    assert asked(site, app, "tane", secret, **both)[0] == ONE


@pytest.mark.slow
def test_registered_defaults_act_only_when_nothing_is_asked(relaxed: Site) -> None:
    site, secret = relaxed, relaxed.secret()
    site.person("tane", totp=secret)
    app = site.application(default_acr_values=[MFA])
    assert asked(site, app, "tane", secret)[0] == MFA
    assert asked(site, app, "tane", secret, acr_values=ONE)[0] == ONE
    assert asked(site, app, "tane", secret, claims=essential(value=ONE))[0] == ONE


@pytest.mark.slow
def test_a_client_may_have_its_acr_values_treated_as_essential(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    site.person("aroha")
    app = site.application(acr_values_mode="required")
    assert asked(site, app, "tane", secret, acr_values=f"phrh {MFA}")[0] == MFA
    browser = site.browser()
    browser.authorize(app, acr_values="phrh")
    assert_redirect_error(site, through(browser, browser.sign_in("tane"), secret), UNMET)
    browser = site.browser()
    browser.authorize(app, acr_values=MFA)
    browser.sign_in("aroha")
    assert site.claims(app, browser.enrol_totp())["acr"] == MFA
    default = site.application("default", acr_values_mode="required", default_acr_values=["phrh"])
    assert_redirect_error(site, browser.authorize(default), UNMET)


@pytest.mark.slow
def test_no_request_lowers_the_floor_of_a_client(relaxed: Site) -> None:
    site, secret = relaxed, relaxed.secret()
    site.person("tane", totp=secret)
    app = site.application(min_acr=MFA)
    two = ["pwd", "otp", "mfa"]
    assert asked(site, app, "tane", secret) == (MFA_APP, two)
    assert asked(site, app, "tane", secret, acr_values=ONE) == (MFA_APP, two)
    assert asked(site, app, "tane", secret, claims=essential(value=ONE)) == (ONE, two)
    plain = site.application("plain")
    browser = signed_in(site, plain)
    assert_redirect_error(
        site, browser.authorize(app, acr_values=ONE, prompt="none"), "interaction_required"
    )


def test_no_request_lowers_the_floor_of_the_installation(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, policy__floor=MFA, policy__ask_enrolled="")
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application()
    assert asked(site, app, "tane", secret, acr_values=ONE)[1] == ["pwd", "otp", "mfa"]
    site.close()


@pytest.mark.slow
def test_a_step_up_asks_only_for_the_factor_that_is_missing(relaxed: Site) -> None:
    site, secret = relaxed, relaxed.secret()
    site.person("tane", totp=secret, sms=True)
    app = site.application()
    browser = signed_in(site, app)
    before = site.claims(app, browser.at)
    assert before["acr"] == ONE
    page = browser.authorize(app, claims=essential(value=MFA))
    assert page.heading == ENTER_CODE
    page = browser.open(page.url.removesuffix("totp") + "sms")
    browser.submit("/sms/send")
    raised = site.claims(app, browser.submit("/sms", code=site.texted_code()))
    assert (raised["acr"], raised["amr"]) == (MFA, ["pwd", "sms", "mfa"])
    assert raised["sid"] == before["sid"]
    page = browser.authorize(app, claims=essential(value=MFA_APP))
    assert page.heading == ENTER_CODE
    assert "Use a text message instead" not in page.text
    highest = site.claims(app, browser.totp(secret))
    assert (highest["acr"], highest["amr"]) == (MFA_APP, ["pwd", "otp", "mfa"])
    assert browser.authorize(app, claims=essential(value=MFA)).query["code"]


def test_who_has_set_up_a_second_step_is_always_asked_for_it_by_default(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application()
    for values in (None, ONE):
        browser = site.browser()
        browser.authorize(app, acr_values=values)
        assert browser.sign_in("tane").heading == ENTER_CODE
        assert site.claims(app, browser.totp(secret))["amr"] == ["pwd", "otp", "mfa"]


def test_a_silent_request_answers_with_what_there_is_or_names_what_is_missing(
    relaxed: Site,
) -> None:
    site, secret = relaxed, relaxed.secret()
    site.person("tane", totp=secret)
    app = site.application()
    nobody = site.browser()
    for claims in (None, essential(value=MFA), essential(value="phrh")):
        answer = nobody.authorize(app, prompt="none", claims=claims)
        assert_redirect_error(site, answer, "login_required")
    browser = signed_in(site, app)
    voluntary = browser.authorize(app, prompt="none", acr_values=MFA)
    assert site.claims(app, voluntary)["acr"] == ONE
    answer = browser.authorize(app, prompt="none", claims=essential(value=MFA))
    assert_redirect_error(site, answer, "interaction_required")
    answer = browser.authorize(app, prompt="none", claims=essential(value="phrh"))
    assert_redirect_error(site, answer, UNMET)
    required = site.application("required", acr_values_mode="required")
    answer = browser.authorize(required, prompt="none", acr_values="phrh")
    assert_redirect_error(site, answer, UNMET)


@pytest.mark.slow
def test_a_client_may_refuse_a_factor_that_was_enrolled_just_now(site: Site) -> None:
    site.person("aroha")
    careful = site.application("careful", accepts_bootstrap=False, min_acr=MFA)
    app = site.application()
    browser = site.browser()
    browser.authorize(careful)
    assert browser.sign_in("aroha").heading == "Set up a second step first"
    assert "Careful takes a second step only once it is set up" in browser.at.text
    assert_redirect_error(site, browser.submit("/leave"), UNMET)
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("aroha")
    assert site.claims(app, browser.enrol_totp())["acr"] == MFA
    page = browser.authorize(careful)
    assert page.heading == ENTER_CODE
    assert site.claims(careful, browser.totp(browser.secret))["acr"] == MFA_APP


def test_the_audit_trail_says_what_was_asked_and_what_was_said(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application(min_acr=ONE)
    asked(site, app, "tane", secret, acr_values=f"phrh {MFA}", max_age="600")
    (issued,) = site.events(kind="client:code:issued")
    assert issued.requested == f"acr_values phrh {MFA}; floor {ONE}; max_age 600"
    assert (issued.username, issued.acr) == ("tane", MFA)
    assert issued.amr == ("pwd", "otp", "mfa")
    assert issued.auth_time is not None
    (token,) = site.events(kind="client:token:issued")
    assert (token.acr, token.amr, token.auth_time) == (issued.acr, issued.amr, issued.auth_time)
