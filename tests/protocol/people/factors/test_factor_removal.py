"""What rests on a factor ends with it, and a code is "reused" only when it was.

See docs/acr.md rule 14.
"""

import json
from typing import Any

import pytest

from idp.people.factors import removal
from idp.store import credentials, people
from idp.store.oidc import authorizations
from tests.support.site import MFA, Application, Site

OFFLINE = "openid offline_access"


def offline_token(site: Site, app: Application, username: str, secret: str | None = None) -> str:
    """Sign in in a fresh browser and return a refresh token."""
    browser = site.browser()
    browser.authorize(app, scope=OFFLINE)
    answer = browser.sign_in(username)
    if secret is not None:
        answer = browser.totp(secret)
    token: str = site.redeem(app, answer.query["code"]).json["refresh_token"]
    return token


def remove(site: Site, person_id: str, method: str) -> None:
    with site.work() as work:
        authorizations.revoke_resting_on(work, person_id, method)


def test_tokens_that_rest_on_a_removed_factor_die_and_others_live(site: Site) -> None:
    secret = site.secret()
    tane, aroha = site.person("tane", totp=secret), site.person("aroha")
    app = site.application()
    strong = offline_token(site, app, "tane", secret)
    weak = offline_token(site, app, "aroha")
    remove(site, tane, "totp")
    remove(site, aroha, "totp")
    assert site.refresh(app, strong).json["error"] == "invalid_grant"
    assert site.refresh(app, weak).status == 200


def test_they_die_too_when_somebody_else_signed_in_in_that_browser_since(site: Site) -> None:
    secret = site.secret()
    tane = site.person("tane", totp=secret)
    site.person("mere")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, scope=OFFLINE)
    browser.sign_in("tane")
    token = site.redeem(app, browser.totp(secret).query["code"]).json["refresh_token"]
    browser.authorize(app, prompt="login")
    browser.submit("/switch")
    assert "code" in browser.sign_in("mere").query
    remove(site, tane, "totp")
    assert site.refresh(app, token).json["error"] == "invalid_grant"


def test_a_code_revoked_by_signing_out_is_refused_but_not_called_reused(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    code = browser.sign_in("aroha").query["code"]
    browser.open("/end_session")
    browser.submit("/end_session")
    assert site.redeem(app, code).json["error"] == "invalid_grant"
    assert not site.events(kind="client:token:reused")


@pytest.mark.slow
def test_an_app_set_up_in_the_sign_in_is_what_the_tokens_rest_on(site: Site) -> None:
    aroha = site.person("aroha")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, scope=OFFLINE, claims=app.essential(MFA))
    browser.sign_in("aroha")
    token = site.redeem(app, browser.enrol_totp().query["code"]).json["refresh_token"]
    remove(site, aroha, "sms")
    token = site.refresh(app, token).json["refresh_token"]
    remove(site, aroha, "totp")
    assert site.refresh(app, token).status == 400


def test_of_two_of_a_kind_the_one_that_is_removed_takes_its_offline_access_along(
    site: Site,
) -> None:
    secret = site.secret()
    tane, app = site.person("tane", totp=secret), site.application()
    totp: Any = site.installation.signin.authenticators["totp"]
    with site.work() as work:
        [first] = credentials.of(work, tane, "totp")
    token = offline_token(site, app, "tane", secret)
    with site.work() as work:
        spare, other = (totp.add(work, tane, site.secret()) for _ in range(2))
    for credential, status in ((spare, 200), (first.id, 400)):
        with site.work() as work:
            people.lock_person(work, tane)
            removal.remove(work, site.installation.signin, tane, credential, "by its owner")
        answer = site.refresh(app, token)
        assert answer.status == status
        token = answer.json.get("refresh_token")
    event = site.events(kind="person:factor:removed")[0]
    assert json.loads(event.data or "")["authorizations"] == 1
    with site.work() as work:
        assert [row.id for row in credentials.of(work, tane, "totp")] == [other]
